#include "measure/core/layer.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_layer.h"
#include "tests/unit/support_tree.h"

#define LAYERS 4

struct told {
	struct buf text;
};

static bool tell(void *arg, struct bytes path, struct bytes name, struct err *e)
{
	struct told *told = arg;

	buf_put(&told->text, path);
	buf_str(&told->text, ": ");
	buf_put(&told->text, name);
	buf_str(&told->text, "\n");
	return buf_done(&told->text, "told", e);
}

/* What layers, one on the other, come to. */
struct stack {
	const char *layers[LAYERS];
	const char *expected;
};

/* The last layer is refused at that entry. */
struct refused {
	const char *layers[LAYERS];
	const char *entry, *why;
	enum reason reason;
};

static bool put_all(struct tree *t, const char *const *layers, bool plain, struct buf *spool,
		    struct err *e)
{
	struct layer_rule rule = {.plain = plain};
	bool done = true;

	for (uint32_t i = 0; i < LAYERS && layers[i] && done; i++) {
		rule.number = i + 1;
		done = layer_put(t, layers[i], rule, spool, e);
		assert_null(tree_fault(t));
	}
	return done;
}

static void check_stack(const struct stack *s, bool plain)
{
	owned(buf_free) struct buf spool = BUF(1u << 20);
	owned(buf_free) struct buf out = BUF(1u << 20);
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(1000, &e);

	put_all(t, s->layers, plain, &spool, &e);
	check_no_err(&e);
	assert_true(layer_text(t, &spool, &out, &e));
	assert_string_equal(buf_cstr(&out), s->expected);
}

static void check_stacks(const struct stack *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_stack(&s[i], false);
}

static void check_refused(const struct refused *r, size_t n)
{
	char text[300];

	for (size_t i = 0; i < n; i++) {
		owned(buf_free) struct buf spool = BUF(1u << 20);
		struct err e = {0};
		owned(tree_free) struct tree *t = tree_new(1000, &e);

		assert_false(put_all(t, r[i].layers, false, &spool, &e));
		snprintf(text, sizeof(text), "entry \"%s\": %s", r[i].entry, r[i].why);
		check_err(&e, r[i].reason, text);
	}
}

static void every_kind_of_entry_is_kept(void **state)
{
	static const struct stack stack = {
		{"d700@3 d\nf4755 d/f CONTENT\nl l ../up\nh4755 h d/f\nc666 null 1,3\nb disk 8,0\n"
		 "p fifo\n"},
		"d700@3 d\n"
		"f4755 d/f CONTENT #2\n"
		"b disk 8,0\n"
		"p fifo\n"
		"f4755 h CONTENT #2\n"
		"l l ../up\n"
		"c666 null 1,3\n",
	};

	(void)state;
	check_stack(&stack, false);
}

static void whiteouts_hide_what_lower_layers_brought(void **state)
{
	static const struct stack stacks[] = {
		{{"f a 1\nf b 2\n", "f .wh.a\n"}, "f b 2\n"},
		{{"d d\nf d/a 1\nf d/b 2\n", "f d/.wh.b\n"}, "d d\nf d/a 1\n"},
		{{"d d\nf d/a 1\nd d/e\nf d/e/f\nf z\n", "f .wh.d\n"}, "f z\n"},
		{{"l l d\nd d\nf d/a\n", "f l/.wh.a\n"}, "d d\nl l d\n"}, /* by the link */
		{{"l l d\nd d\nf d/a\n", "f .wh.l\n"}, "d d\nf d/a\n"}, /* the link itself */
		{{"f a 1\nh b a\n", "f .wh.a\n"}, "f b 1\n"},
		{{"f a 1\n", "f .wh.a\n", "f a 3\n"}, "f a 3\n"},
		{{"f a 1\n", "f .wh.none\nf .wh.a\nf .wh.a\n"}, ""},
		/* as AUFS wrote them: one file with many names */
		{{"f a\nf b\n", "f .wh.a\nh .wh.b .wh.a\n"}, ""},
		/* a folder that is not there is made, for nothing */
		{{"f a\n", "f d/.wh.a\n"}, "f a\ni d\n"},
	};

	(void)state;
	check_stacks(stacks, COUNT(stacks));
}

static void what_the_same_layer_brings_survives_its_whiteouts(void **state)
{
	static const struct stack stacks[] = {
		{{"f a 1\n", "f .wh.a\nf a 2\n"}, "f a 2\n"},
		{{"f a 1\n", "f a 2\nf .wh.a\n"}, "f a 2\n"},
		{{"f .wh.a\nf a 1\nf .wh.a\n"}, "f a 1\n"},
		{{"d d\nf d/a 1\n", "d700 d\nf d/b 2\nf .wh.d\n"}, "d700 d\nf d/b 2\n"},
		{{"d d\nf d/a 1\n", "f .wh.d\nd700 d\nf d/b 2\n"}, "d700 d\nf d/b 2\n"},
		{{"d d\nf d/a 1\n", "f .wh.d\nf d/b 2\n"}, "i d\nf d/b 2\n"},
		{{"f a 1\n", "f a 2\nf .wh.a\n", "f .wh.a\n"}, ""},
	};

	(void)state;
	check_stacks(stacks, COUNT(stacks));
}

static void opaque_folders_hide_wherever_they_stand(void **state)
{
	static const struct stack stacks[] = {
		{{"d d\nf d/a 1\nd d/e\nf d/e/x 2\n", "d d\nf d/.wh..wh..opq\nf d/b 3\n"},
		 "d d\nf d/b 3\n"},
		{{"d d\nf d/a 1\nd d/e\nf d/e/x 2\n", "f d/b 3\nf d/.wh..wh..opq\n"},
		 "d d\nf d/b 3\n"},
		{{"d700 d\nf d/a 1\n", "f d/.wh..wh..opq\n"}, "d700 d\n"},
		{{"f a 1\nd d\nf d/b 2\n", "f .wh..wh..opq\nf c 3\n"}, "f c 3\n"},
		{{"d d\nd d/e\nf d/e/x 1\n", "d d/e\nf d/e/y 2\nf d/.wh..wh..opq\nf d/z 3\n"},
		 "d d\nd d/e\nf d/e/y 2\nf d/z 3\n"},
		/* a new folder begins with it */
		{{"f a\n", "f d/.wh..wh..opq\nd700 d\nf d/x\n"}, "f a\nd700 d\nf d/x\n"},
		{{"d d\nf d/a\n", "f d/.wh..wh..opq\n", "f d/b\n", "f d/c\nf d/.wh..wh..opq\n"},
		 "d d\nf d/c\n"},
	};

	(void)state;
	check_stacks(stacks, COUNT(stacks));
}

static void whiteouts_that_readers_differ_on_are_refused(void **state)
{
	static const char hides[] = "hides a folder in which the same layer has put something";
	static const struct refused wrong[] = {
		{{"l l d\nd d\nf d/a 1\n", "f l/.wh..wh..opq\n"},
		 "l/.wh..wh..opq",
		 "hides a folder that a symbolic link leads to",
		 REASON_AMBIGUOUS},
		{{"l l d\nd d\nf d/a 1\n", "f l/b\nf d/.wh..wh..opq\n"},
		 "d/.wh..wh..opq",
		 "hides a folder in a layer that puts things through symbolic links",
		 REASON_AMBIGUOUS},
		{{"f .wh.\n"}, ".wh.", "a whiteout hides a name, and there is none", REASON_ROOTFS},
		{{"f .wh..\n"},
		 ".wh..",
		 "a whiteout hides a name, and there is none",
		 REASON_ROOTFS},
		{{"f .wh...\n"},
		 ".wh...",
		 "a whiteout hides a name, and there is none",
		 REASON_ROOTFS},
		{{"f d/.wh.a content\n"},
		 "d/.wh.a",
		 "a whiteout is an empty file, which this is not",
		 REASON_AMBIGUOUS},
		{{"d .wh.a\n"},
		 ".wh.a",
		 "a whiteout is an empty file, which this is not",
		 REASON_AMBIGUOUS},
		{{"l .wh.a b\n"},
		 ".wh.a",
		 "a whiteout is an empty file, which this is not",
		 REASON_AMBIGUOUS},
		{{"f a\nh .wh.b a\n"},
		 ".wh.b",
		 "a whiteout is an empty file, which this is not",
		 REASON_AMBIGUOUS},
		{{"f .wh..wh..opq content\n"},
		 ".wh..wh..opq",
		 "a whiteout is an empty file, which this is not",
		 REASON_AMBIGUOUS},
		{{"f .wh..wh.aufs\n"},
		 ".wh..wh.aufs",
		 "is a reserved name of AUFS, which readers take differently",
		 REASON_AMBIGUOUS},
		{{"f d/.wh..wh..opq2\n"},
		 "d/.wh..wh..opq2",
		 "is a reserved name of AUFS, which readers take differently",
		 REASON_AMBIGUOUS},
		{{"f d/.wh..wh.plnk/1.2 content\n"},
		 "d/.wh..wh.plnk/1.2",
		 "is in a folder with a reserved name of AUFS",
		 REASON_AMBIGUOUS},
		{{"f .wh..wh.plnk/1.2 content\n"},
		 ".wh..wh.plnk/1.2",
		 "is in a folder with a reserved name of AUFS",
		 REASON_AMBIGUOUS},
		{{"d d\nf d/a 1\n", "f d/b 2\nf .wh.d\n"}, ".wh.d", hides, REASON_AMBIGUOUS},
		{{"d d\nd d/e\nf d/e/x\n",
		  "d d/e\nf d/e/.wh..wh..opq\nf d/.wh..wh..opq\nf d/e/.wh..wh..opq\nf .wh.d\n"},
		 ".wh.d",
		 hides,
		 REASON_AMBIGUOUS},
		{{"d d\nd d/e\nf d/e/a 1\n", "f d/e/b\nf d/.wh..wh..opq\n"},
		 "d/.wh..wh..opq",
		 hides,
		 REASON_AMBIGUOUS},
		{{"d d\nd d/e\nf d/e/a 1\n", "d d\nf d/e/b\nf .wh.d\n"},
		 ".wh.d",
		 hides,
		 REASON_AMBIGUOUS},
		{{"c null 0,0\n"},
		 "null",
		 "the device 0,0 is a whiteout to some readers, a device to others",
		 REASON_AMBIGUOUS},
	};

	(void)state;
	check_refused(wrong, COUNT(wrong));
}

static void what_only_resembles_a_name_with_a_meaning_has_none(void **state)
{
	static const struct stack stack = {
		{"c tty 0,5\nc mem 1,0\nl stargz.index.json tty\nf d/stargz.index.json 1\n"},
		"i d\nf d/stargz.index.json 1\nc mem 1,0\nl stargz.index.json tty\nc tty 0,5\n",
	};

	(void)state;
	check_stack(&stack, false);
}

static void a_whole_file_system_has_no_names_with_a_meaning(void **state)
{
	static const struct stack stack = {
		{"f a 1\nf .wh.a\nf .wh..wh..opq 2\nf .wh. 3\nc null 0,0\n"
		 "f stargz.index.json 4\nd .wh.d\nf .wh.d/x\n"},
		"f .wh. 3\nf .wh..wh..opq 2\nf .wh.a\nd .wh.d\nf .wh.d/x\nf a 1\nc null 0,0\n"
		"f stargz.index.json 4\n",
	};

	(void)state;
	check_stack(&stack, true);
}

static void folders_merge_and_all_else_replaces(void **state)
{
	static const struct stack stacks[] = {
		{{"d d\nf d/a 1\n", "d700@5 d\nf d/b 2\n"}, "d700@5 d\nf d/a 1\nf d/b 2\n"},
		{{"d d\nf d/a 1\n", "f d 2\n"}, "f d 2\n"},
		{{"d d\nf d/a 1\nd e\n", "l d e\n"}, "l d e\nd e\n"},
		{{"f a 1\n", "d a\nf a/b 2\n"}, "d a\nf a/b 2\n"},
		{{"l l d\nd d\nf d/a 1\n", "d l\nf l/b 2\n"}, "d d\nf d/a 1\nd l\nf l/b 2\n"},
		{{"f a 1\n", "l a b\n", "p a\n", "c a 1,3\n"}, "c a 1,3\n"},
		{{"d .\nf a\n", "d700@9 .\n"}, "f a\n"},
		{{"f a 1\n", "f600 a 22\n"}, "f600 a 22\n"},
		/* the last of several counts, for folders too */
		{{"f a 1\nf600 a 22\nf a 333\nd d\nf d/x\nd700 d\n"}, "f a 333\nd700 d\nf d/x\n"},
		{{"f d/x\nd700 d\n"}, "d700 d\nf d/x\n"},
	};

	(void)state;
	check_stacks(stacks, COUNT(stacks));
}

static void one_layer_may_not_contradict_itself(void **state)
{
	static const char kind[] = "has stood in the same layer as something of another kind";
	static const struct refused wrong[] = {
		{{"d a\nf a\n"}, "a", kind, REASON_AMBIGUOUS},
		{{"f a\nd a\n"}, "a", kind, REASON_AMBIGUOUS},
		{{"f a\nl a b\n"}, "a", kind, REASON_AMBIGUOUS},
		{{"l a b\nf b\nh a b\n"}, "a", kind, REASON_AMBIGUOUS},
		{{"f a/b\nf a\n"},
		 "a",
		 kind,
		 REASON_AMBIGUOUS}, /* the folder that nothing spoke of */
		{{"p a\n", "d a\nf a/x\nf a\n"}, "a", kind, REASON_AMBIGUOUS},
		{{"d d\n", "f d/x\nf d\n"},
		 "d",
		 "is no folder, but the same layer has put something in it",
		 REASON_AMBIGUOUS},
		{{"f a\nf a/b\n"},
		 "a/b",
		 "\"a\" is no folder, and something is to be in it",
		 REASON_ROOTFS},
		{{"f a\n", "f a/b\n"},
		 "a/b",
		 "\"a\" is no folder, and something is to be in it",
		 REASON_ROOTFS},
		{{"l a a\n", "f a/b\n"},
		 "a/b",
		 "leads through more than 40 symbolic links",
		 REASON_AMBIGUOUS},
		{{"l a none/..\n", "f a/b\n"},
		 "a/b",
		 "leads back out of a folder that is not there",
		 REASON_AMBIGUOUS},
	};

	(void)state;
	check_refused(wrong, COUNT(wrong));
}

static void paths_lead_through_links_inside_the_root(void **state)
{
	static const struct stack stacks[] = {
		{{"d usr\nd usr/bin\nl bin usr/bin\n", "f bin/x 1\n"},
		 "l bin usr/bin\nd usr\nd usr/bin\nf usr/bin/x 1\n"},
		{{"l out ../../../etc\nd etc\n", "f out/passwd 1\n"},
		 "d etc\nf etc/passwd 1\nl out ../../../etc\n"},
		{{"l a /b\nl b c\nd c\n", "f a/x\nh y a/x\n"},
		 "l a /b\nl b c\nd c\nf c/x #2\nf y #2\n"},
		{{"l none /not/there\n", "f none/x\n"},
		 "l none /not/there\ni not\ni not/there\n"
		 "f not/there/x\n"},
		{{"l a b\nf b 1\n", "f a 2\n"}, "f a 2\nf b 1\n"}, /* the last one is no way */
	};

	(void)state;
	check_stacks(stacks, COUNT(stacks));
}

static void hard_links_share_what_is_there(void **state)
{
	static const struct stack stacks[] = {
		{{"f a 1\n", "h b a\n"}, "f a 1 #2\nf b 1 #2\n"},
		{{"f a 1\nh b a\n", "f a 2\n"}, "f a 2\nf b 1\n"},
		{{"f a 1\nh b a\nf a 2\n"}, "f a 2\nf b 1\n"},
		{{"l a x\n", "h777 b a\n"}, "l a x #2\nl b x #2\n"},
		{{"l a x\nh b a\n"}, "l a x #2\nl b x #2\n"},
		{{"f a 1\nh b a\nh c b\nh b a\n"}, "f a 1 #3\nf b 1 #3\nf c 1 #3\n"},
		{{"f a 1\nf b 2\n", "h b a\n"}, "f a 1 #2\nf b 1 #2\n"},
		{{"f a 1\nd b\nf b/x\n", "h b a\n"}, "f a 1 #2\nf b 1 #2\n"},
		{{"f a 1\n", "h b a\nf .wh.a\n"}, "f b 1\n"},
		{{"f a 1\n", "h b a\nf .wh.b\n"}, "f a 1 #2\nf b 1 #2\n"},
		{{"f a 1\nh b a\n", "h b a\nf .wh.b\n"}, "f a 1 #2\nf b 1 #2\n"},
		{{"f a 1\n", "h d/b a\n"}, "f a 1 #2\ni d\nf d/b 1 #2\n"},
		{{"c600 a 1,3\nh600 b a\n"}, "c600 a 1,3 #2\nc600 b 1,3 #2\n"},
	};

	(void)state;
	check_stacks(stacks, COUNT(stacks));
}

static void hard_links_to_what_is_not_there_are_refused(void **state)
{
	static const struct refused wrong[] = {
		{{"h b a\n"}, "b", "target \"a\" of a hard link: it is not there", REASON_ROOTFS},
		{{"h b a\nf a\n"},
		 "b",
		 "target \"a\" of a hard link: it is not there",
		 REASON_ROOTFS},
		{{"f a\n", "f .wh.a\nh b a\n"},
		 "b",
		 "target \"a\" of a hard link: it is not there",
		 REASON_ROOTFS},
		{{"h b d/a\n"},
		 "b",
		 "target \"d/a\" of a hard link: \"d\" is not there",
		 REASON_ROOTFS},
		{{"f d\nh b d/a\n"},
		 "b",
		 "target \"d/a\" of a hard link: \"d\" is no folder, and something is to be in it",
		 REASON_ROOTFS},
		{{"d d\nh b d\n"},
		 "b",
		 "target \"d\" of a hard link: it is a folder",
		 REASON_ROOTFS},
		{{"d d\nf d/a\n", "h d d/a\n"},
		 "d",
		 "target \"d/a\" of a hard link: \"d\" is not there",
		 REASON_ROOTFS},
		{{"f a\nh a a\n"}, "a", "a hard link to itself", REASON_ROOTFS},
		{{"l l .\nf a\nh a l/a\n"}, "a", "a hard link to itself", REASON_ROOTFS},
		{{"f600 a\nh b a\n"},
		 "b",
		 "a hard link has the mode 0644 and what it links to 0600",
		 REASON_AMBIGUOUS},
		{{"f@7 a\nh b a\n"},
		 "b",
		 "a hard link belongs to 0:0 and what it links to, to 7:7",
		 REASON_AMBIGUOUS},
	};

	(void)state;
	check_refused(wrong, COUNT(wrong));
}

static void attributes_are_refused_or_named(void **state)
{
	static const struct refused wrong[] = {
		{{"d bin\nx security.capability\nf bin/ping\n"},
		 "bin/ping",
		 "its attribute \"security.capability\" has no place in a ramdisk",
		 REASON_XATTR},
		{{"x user.root\nd .\n"},
		 "",
		 "its attribute \"user.root\" has no place in a ramdisk",
		 REASON_XATTR},
	};
	owned(buf_free) struct buf spool = BUF(1u << 20);
	struct told told = {BUF(4096)};
	struct layer_rule rule = {.number = 1, .left_out = {true, tell, &told}};
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(1000, &e);

	(void)state;
	check_refused(wrong, COUNT(wrong));
	assert_true(layer_put(t,
			      "x user.root\nd .\nx security.capability\nf a\n"
			      "f stargz.index.json {}\nf .no.prefetch.landmark x\n"
			      "f .prefetch.landmark\nf d/.prefetch.landmark\n",
			      rule, &spool, &e));
	assert_string_equal(buf_cstr(&told.text),
			    ": user.root\na: security.capability\nstargz.index.json: \n"
			    ".no.prefetch.landmark: \n.prefetch.landmark: \n");
	assert_null(tree_get(t, "stargz.index.json"));
	assert_non_null(tree_get(t, "d/.prefetch.landmark"));
	buf_reset(&told.text);
	rule.left_out.xattrs = false;
	rule.number = 2;
	assert_true(layer_put(t, "x security.selinux\nf b\nx trusted.overlay.opaque\nd c\n", rule,
			      &spool, &e));
	assert_string_equal(buf_cstr(&told.text),
			    "b: security.selinux\nc: trusted.overlay.opaque\n");
	buf_free(&told.text);
}

static void errors_say_where_the_entry_is(void **state)
{
	owned(buf_free) struct buf spool = BUF(1u << 20);
	struct layer_rule rule = {.number = 1};
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(2, &e);

	(void)state;
	assert_false(layer_put(t, "f a 123\nf b\nf c\n", rule, &spool, &e));
	check_err(&e, REASON_LIMIT, "entry \"c\": more than 2 names");
	assert_true(e.at);
	assert_int_equal(e.offset, 3 * 512);
}

/* Where the archive is a file that can be read again, nothing is copied. */
static void bytes_may_stay_where_they_are(void **state)
{
	owned(buf_free) struct buf archive = BUF(1u << 20);
	owned(tar_free) struct tar *in = NULL;
	struct layer_rule rule = {.number = 1, .plain = true, .source = 3, .start = 1000};
	struct file file = FILE_NONE;
	struct stream_file stream;
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(10, &e);
	char path[] = "/tmp/measure-test.XXXXXX";
	struct tree_node *b;

	(void)state;
	layer_tar(&archive, "f a 123\nf b 4567\n");
	close(mkstemp(path));
	assert_true(file_write(path, buf_bytes(&archive), &e));
	assert_true(file_open(&file, path, &e));
	stream = stream_file(&file);
	in = tar_new(&stream.stream, &e);
	assert_true(layer_apply(t, in, &rule, &e));
	file_close(&file);
	remove(path);
	b = tree_get(t, "b");
	assert_int_equal(b->inode->source, 3);
	assert_int_equal(b->inode->size, 4);
	assert_memory_equal(archive.p + b->inode->at - 1000, "4567", 4);
}

/*
 * In a folder of twenty thousand names, as many opaque whiteouts and whiteouts of the folder: each
 * name is looked at once.
 */
static void whiteouts_cost_no_more_for_being_many(void **state)
{
	owned(buf_free) struct buf lines = BUF(1u << 24);
	owned(buf_free) struct buf spool = BUF(1u << 20);
	struct layer_rule rule = {.number = 1};
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(50000, &e);

	(void)state;
	buf_str(&lines, "d d\n");
	for (unsigned i = 0; i < 20000; i++)
		buf_fmt(&lines, "f d/%u\n", i);
	assert_true(layer_put(t, buf_cstr(&lines), rule, &spool, &e));
	for (unsigned i = 0; i < 10000; i++)
		buf_str(&lines, "f d/.wh..wh..opq\nf .wh.d\n");
	rule.number = 2;
	assert_true(layer_put(t, buf_cstr(&lines), rule, &spool, &e));
	assert_int_equal(tree_count(t), 20002);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_entry_is_kept),
		cmocka_unit_test(whiteouts_hide_what_lower_layers_brought),
		cmocka_unit_test(what_the_same_layer_brings_survives_its_whiteouts),
		cmocka_unit_test(opaque_folders_hide_wherever_they_stand),
		cmocka_unit_test(whiteouts_that_readers_differ_on_are_refused),
		cmocka_unit_test(what_only_resembles_a_name_with_a_meaning_has_none),
		cmocka_unit_test(a_whole_file_system_has_no_names_with_a_meaning),
		cmocka_unit_test(folders_merge_and_all_else_replaces),
		cmocka_unit_test(one_layer_may_not_contradict_itself),
		cmocka_unit_test(paths_lead_through_links_inside_the_root),
		cmocka_unit_test(hard_links_share_what_is_there),
		cmocka_unit_test(hard_links_to_what_is_not_there_are_refused),
		cmocka_unit_test(attributes_are_refused_or_named),
		cmocka_unit_test(errors_say_where_the_entry_is),
		cmocka_unit_test(bytes_may_stay_where_they_are),
		cmocka_unit_test(whiteouts_cost_no_more_for_being_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
