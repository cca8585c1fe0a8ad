#include "measure/rebuild/debian_root.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_deb.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_layer.h"
#include "tests/unit/support_tree.h"

#define PACKAGES 4
#define MERGED                                                                     \
	"bin 120777 usr/bin\nlib 120777 usr/lib\nlib32 120777 usr/lib32\n"         \
	"lib64 120777 usr/lib64\nlibx32 120777 usr/libx32\nsbin 120777 usr/sbin\n" \
	"usr 040755\nusr/bin 040755\nusr/lib 040755\nusr/lib32 040755\n"           \
	"usr/lib64 040755\nusr/libx32 040755\nusr/sbin 040755\n"

struct package {
	const char *name, *more, *files;
};

struct world {
	struct folder folder;
	struct objects store;
};

static int setup(void **state)
{
	static struct world w;
	struct err e = {0};

	folder_new(&w.folder);
	assert_true(objects_open(&w.store, folder_path(&w.folder, "store"), true, &e));
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	objects_close(&w->store);
	folder_free(&w->folder);
	return 0;
}

static bool make(struct world *w, const struct package *list, struct rootfs *r, struct err *e)
{
	struct rootfs_options o = {.spool = w->folder.path};
	struct lock_input in[PACKAGES];
	size_t n = 0;

	for (; n < PACKAGES && list[n].name; n++)
		in[n] = deb_put(&w->store, list[n].name, "1.0", list[n].more, list[n].files);
	return debian_root(r, &(struct debian_locked){&w->store, in, n}, &o, e);
}

static void put_content(struct rootfs *r, const struct tree_node *n, struct buf *out)
{
	uint8_t bytes[64];
	struct err e = {0};
	size_t got;

	assert_true(rootfs_file(r, n, &e));
	assert_true(rootfs_read(r, (struct span){bytes, sizeof(bytes)}, &got, &e));
	buf_put(out, bytes_of(bytes, got));
}

/* Lines "PATH MODE", and behind them what a file holds or where a link leads. */
static void put_lines(struct rootfs *r, struct buf *out)
{
	struct err e = {0};

	tree_sort(r->tree);
	for (struct tree_node *n = tree_next(tree_root(r->tree)); n; n = tree_next(n)) {
		assert_true(tree_path(n, out, &e));
		buf_fmt(out, " %06o", n->inode->mode);
		if (!S_ISDIR(n->inode->mode))
			buf_str(out, " ");
		if (S_ISREG(n->inode->mode))
			put_content(r, n, out);
		else if (n->inode->target)
			buf_str(out, n->inode->target);
		buf_str(out, n->inode->implied ? " implied\n" : "\n");
	}
}

/* What is there besides the merged layout. */
static void check_root(struct world *w, const struct package *list, const char *expected)
{
	owned(rootfs_free) struct rootfs r = {0};
	owned(buf_free) struct buf out = BUF(1u << 16), more = BUF(1u << 16);
	struct err e = {0};

	assert_true(make(w, list, &r, &e));
	check_no_err(&e);
	assert_null(tree_fault(r.tree));
	put_lines(&r, &out);
	for (const char *at = buf_cstr(&out), *end; *at; at = end) {
		char line[300];

		end = strchr(at, '\n') + 1;
		snprintf(line, sizeof(line), "%.*s", (int)(end - at), at);
		if (!strstr(MERGED, line))
			buf_str(&more, line);
	}
	assert_string_equal(buf_cstr(&more), expected);
}

static void check_refused(struct world *w, const struct package *list, const char *text)
{
	owned(rootfs_free) struct rootfs r = {0};
	struct err e = {0};

	assert_false(make(w, list, &r, &e));
	check_err(&e, REASON_PACKAGES, text);
	assert_null(r.tree);
}

#define LIST(...) ((const struct package[PACKAGES]){__VA_ARGS__})

static void packages_share_folders_whose_first_metadata_stay(void **state)
{
	check_root(*state,
		   LIST({"b", "", "d .\nd0700 e\nf e/b 2\n"},
			{"a", "", "d0711 .\nd1777 e\nf e/a 1\n"}),
		   "e 041777\ne/a 100644 1\ne/b 100644 2\n");
}

static void a_folder_that_nothing_spoke_of_becomes_what_a_later_package_says(void **state)
{
	check_root(*state, LIST({"a", "", "f e/a 1\n"}, {"b", "", "d0700 e\n"}),
		   "e 040700\ne/a 100644 1\n");
}

static void the_layout_is_merged(void **state)
{
	check_root(*state,
		   LIST({"a", "", "d lib\nd lib/x\nf lib/x/y 1\nf4755 bin/su s\nf sbin/t t\n"},
			{"b", "", "d usr\nd usr/lib\nl lib64 usr/lib64\nf lib64/ld 2\n"}),
		   "usr/bin/su 104755 s\nusr/lib/x 040755\nusr/lib/x/y 100644 1\n"
		   "usr/lib64/ld 100644 2\nusr/sbin/t 100644 t\n");
}

static void links_between_packages_stay_links(void **state)
{
	check_root(
		*state,
		LIST({"a", "", "d doc\nd doc/a\nl doc/b a\n"}, {"b", "", "d doc/b\nf doc/b/x 1\n"}),
		"doc 040755\ndoc/a 040755\ndoc/a/x 100644 1\ndoc/b 120777 a\n");
}

static void the_file_of_the_package_that_replaces_stays(void **state)
{
	static const char *const expected = "f 100644 new\n";

	check_root(*state, LIST({"aa", "", "f f old\n"}, {"bb", "Replaces: aa\n", "f f new\n"}),
		   expected);
	check_root(
		*state,
		LIST({"aa", "Replaces: cc, bb (<< 1.1)\n", "f f new\n"}, {"bb", "", "f f old\n"}),
		expected);
	check_refused(*state,
		      LIST({"aa", "Replaces: bb (<< 1.0)\n", "f f 1\n"}, {"bb", "", "f f 2\n"}),
		      "bb: entry \"f\": it is in aa, too");
	check_refused(*state, LIST({"aa", "Replaces: (b)\n", "f f 1\n"}, {"bb", "", "f f 2\n"}),
		      "bb: entry \"f\": it is in aa, too");
}

static void one_name_in_two_packages_is_refused(void **state)
{
	static const struct {
		const char *first, *second, *why;
	} cases[] = {
		{"f f 1\n", "f f 1\n", "b: entry \"f\": it is in a, too"},
		{"f lib/f 1\n", "f usr/lib/f 1\n", "b: entry \"usr/lib/f\": it is in a, too"},
		{"d f\n", "f f\n", "b: entry \"f\": it is in a, too"},
		{"f f\n", "d f\n", "b: entry \"f\": it is in a, too"},
		{"d g\nl f g\n", "l f g\n", "b: entry \"f\": it is in a, too"},
		{"l f g\n", "d f\n", "b: entry \"f\": it is in a, too"},
		{"f g\n", "f h\nh g h\n", "b: entry \"g\": it is in a, too"},
		{"f g\n", "l lib elsewhere\n", "b: entry \"lib\": it is in the root itself, too"},
		{"f g\n", "f lib\n", "b: entry \"lib\": it is in the root itself, too"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(*state, LIST({"a", "", cases[i].first}, {"b", "", cases[i].second}),
			      cases[i].why);
}

/* ---- single packages */

static struct lock_input odd_package(const struct objects *to, const char *format,
				     const char *control)
{
	owned(buf_free) struct buf deb = BUF(1u << 20), whole = BUF(1u << 20);

	deb_bytes(&whole, control ? control : "", "f f 1\n", PACKING_ZSTD);
	if (!format)
		return deb_object(to, buf_bytes(&whole), "a", "1.0");
	deb_member(&deb, "debian-binary", bytes_str(format));
	return deb_object(to, buf_bytes(&deb), "a", "1.0");
}

static void check_package(struct world *w, struct lock_input in, enum reason reason,
			  const char *text)
{
	owned(rootfs_free) struct rootfs r = {0};
	struct rootfs_options o = {.spool = w->folder.path};
	struct err e = {0};

	assert_false(debian_root(&r, &(struct debian_locked){&w->store, &in, 1}, &o, &e));
	check_err(&e, reason, text);
}

#define SAYS "Package: a\nVersion: 1.0\nArchitecture: "

static void a_package_says_what_the_lock_says(void **state)
{
	struct world *w = *state;
	const struct objects *s = &w->store;
	struct lock_input in = odd_package(s, NULL, SAYS "amd64\n");

	check_package(w, odd_package(s, NULL, SAYS "i386\n"), REASON_PACKAGE,
		      "a: its architecture is 'i386', and locked is 'amd64'");
	in.version = "1.1";
	check_package(w, in, REASON_PACKAGE, "a: its version is '1.0', and locked is '1.1'");
	in.name = "b";
	check_package(w, in, REASON_PACKAGE, "b: its name is 'a', and locked is 'b'");
	in.object.size = 1;
	check_package(w, in, REASON_INPUT_DIGEST,
		      "'b' in the store is another file: it has 2832 bytes and must have 1");
}

static void what_is_no_package_is_refused(void **state)
{
	struct world *w = *state;
	const struct objects *s = &w->store;
	owned(buf_free) struct buf deb = BUF(1u << 20), tar = BUF(1u << 20);

	check_package(w, deb_object(s, bytes_str("!<arch>"), "a", "1"), REASON_PACKAGE,
		      "a: is no Debian package, whose first bytes are \"!<arch>\"");
	check_package(w, odd_package(s, "3.0\n", NULL), REASON_PACKAGE,
		      "a: the format's version is not 2.x");
	check_package(w, odd_package(s, "2.0\n", NULL), REASON_PACKAGE,
		      "a: no member is called 'control.tar'");
	check_package(w, odd_package(s, NULL, SAYS "\n"), REASON_PACKAGE_LIST,
		      "a: control.tar: control file: field 'Architecture': is not one line");
	check_package(w, odd_package(s, NULL, "Package: a\n\nVersion: 1.0\n"), REASON_PACKAGE_LIST,
		      "a: control.tar: control file: a second paragraph follows");
	deb_member(&deb, "debian-binary", bytes_str("2.0\n"));
	layer_tar(&tar, "f md5sums\n");
	deb_member(&deb, "control.tar", buf_bytes(&tar));
	check_package(w, deb_object(s, buf_bytes(&deb), "a", "1"), REASON_PACKAGE,
		      "a: control.tar: there is no control file in it");
}

static void packages_without_their_files_are_refused_in_their_order(void **state)
{
	struct world *w = *state;
	owned(rootfs_free) struct rootfs r = {0};
	struct rootfs_options o = {.spool = w->folder.path, .max_bytes = 20000};
	struct lock_input in[12];
	struct err e = {0};

	for (size_t i = 0; i < COUNT(in); i++) {
		static const char *const names[] = {"a", "b", "c", "d", "e", "f",
						    "g", "h", "i", "j", "k", "l"};

		in[i] = deb_put(&w->store, names[i], "1.0", "", "");
	}
	in[3].object.sha256.v[0] ^= 1;
	in[7].object.sha256.v[0] ^= 1;
	assert_false(debian_root(&r, &(struct debian_locked){&w->store, in, COUNT(in)}, &o, &e));
	check_err(&e, REASON_INPUT_MISSING, "'d' is not in the store");
}

static void what_all_unpack_to_is_limited(void **state)
{
	struct world *w = *state;
	owned(rootfs_free) struct rootfs r = {0};
	owned(buf_free) struct buf deb = BUF(1u << 20);
	struct rootfs_options o = {.spool = w->folder.path, .max_bytes = 2047};
	struct lock_input in;
	struct err e = {0};

	deb_bytes(&deb, SAYS "amd64\n", "f a 1\n", PACKING_NONE);
	in = deb_object(&w->store, buf_bytes(&deb), "a", "1.0");
	assert_false(debian_root(&r, &(struct debian_locked){&w->store, &in, 1}, &o, &e));
	check_err(&e, REASON_LIMIT, "a: the packages unpack to more than 2047 bytes");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packages_share_folders_whose_first_metadata_stay),
		TEST(a_folder_that_nothing_spoke_of_becomes_what_a_later_package_says),
		TEST(the_layout_is_merged),
		TEST(links_between_packages_stay_links),
		TEST(the_file_of_the_package_that_replaces_stays),
		TEST(one_name_in_two_packages_is_refused),
		TEST(a_package_says_what_the_lock_says),
		TEST(what_is_no_package_is_refused),
		TEST(packages_without_their_files_are_refused_in_their_order),
		TEST(what_all_unpack_to_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
