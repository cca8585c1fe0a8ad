/*
 * Any bytes as a stack of layers, two of them an entry. The tree stays whole after
 * every layer, none of the names that mean something is left in it, and the flat archive of what
 * the layers come to comes to the same.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/support_layer.h"
#include "tests/unit/support_tree.h"

#define NAMES_MAX 2000u
#define LAYERS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

/* Each with the kind that it mostly is, so that not every stack contradicts itself. */
static const char *const paths[] = {
	"d a",	     "d b",
	"d c",	     "f a/a",
	"d a/b",     "f a/b/c",
	"f b/a",     "l b/c",
	"f c/a",     "f c/b/a",
	"d .",	     "f .wh.a",
	"f .wh.b",   "f .wh..wh..opq",
	"f a/.wh.b", "f a/.wh..wh..opq",
	"f b/.wh.",  "f c/.wh.a",
	"l l",	     "f l/a",
	"f l/.wh.a", "h c/d",
	"h a/e",     "p p",
};
static const char *const targets[] = {"a",   "b",      "..",  "/", "/a/b", "../c",
				      "a/a", "none/x", "a/a", "l", "b/a",  "c/a"};

/* One entry of two bytes: what it is and where, and what it holds or leads to. */
static void put_line(struct buf *out, uint8_t kind, uint8_t what)
{
	const char *path = paths[what % (sizeof(paths) / sizeof(*paths))];
	const char *target = targets[(kind / 8) % (sizeof(targets) / sizeof(*targets))];
	bool mark = strstr(path, ".wh.") != NULL;
	char letter = path[0];

	if (kind % 8 == 0 && !mark && strcmp(path, "d .") != 0)
		letter = "dflhp"[kind / 8 % 5];
	buf_fmt(out, "%c%s %s", letter, letter == 'd' && kind % 8 == 1 ? "700" : "", path + 2);
	if (letter == 'l' || letter == 'h')
		buf_fmt(out, " %s", target);
	if (letter == 'f' && !mark)
		buf_fmt(out, " %u", kind);
	buf_str(out, "\n");
}

/* As an archive of its own: the first name of an inode is the file, others link to it. */
static void flatten(struct tree *t, const struct buf *spool, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf path = BUF(4096);
	const struct tree_node *first;

	for (struct tree_node *n = tree_next(tree_root(t)); n; n = tree_next(n)) {
		const struct tree_inode *i = n->inode;

		buf_reset(&path);
		must_be(tree_path(n, &path, e));
		for (first = tree_next(tree_root(t)); first->inode != i; first = tree_next(first))
			;
		buf_fmt(out, "%c%o %s",
			first != n	    ? 'h'
			: S_ISDIR(i->mode)  ? 'd'
			: S_ISLNK(i->mode)  ? 'l'
			: S_ISFIFO(i->mode) ? 'p'
					    : 'f',
			i->mode & 07777, buf_cstr(&path));
		if (first != n) {
			buf_str(out, " ");
			must_be(tree_path(first, out, e));
		} else if (S_ISLNK(i->mode)) {
			buf_fmt(out, " %s", i->target);
		} else if (S_ISREG(i->mode)) {
			buf_str(out, " ");
			buf_put(out, bytes_of(spool->p + i->at, (size_t)i->size));
		}
		buf_str(out, "\n");
	}
}

/* Folders that are implied are told in the flat archive like others. */
static void text_of(struct tree *t, const struct buf *spool, struct buf *out)
{
	struct err e = {0};

	for (struct tree_node *n = tree_root(t); n; n = tree_next(n)) {
		must_be(strncmp(n->name, ".wh.", 4) != 0);
		n->inode->implied = false;
	}
	must_be(layer_text(t, spool, out, &e));
}

static void check_flat(struct tree *t, const struct buf *spool)
{
	owned(buf_free) struct buf lines = BUF(1u << 22);
	owned(buf_free) struct buf expected = BUF(1u << 22);
	owned(buf_free) struct buf got = BUF(1u << 22);
	owned(buf_free) struct buf other = BUF(1u << 22);
	struct layer_rule rule = {.number = 1};
	struct err e = {0};
	owned(tree_free) struct tree *flat = tree_new(NAMES_MAX, &e);

	text_of(t, spool, &expected);
	flatten(t, spool, &lines, &e);
	must_be(flat && layer_put(flat, buf_cstr(&lines), rule, &other, &e));
	text_of(flat, &other, &got);
	must_be(strcmp(buf_cstr(&expected), buf_cstr(&got)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(buf_free) struct buf lines = BUF(1u << 22);
	owned(buf_free) struct buf spool = BUF(1u << 22);
	struct layer_rule rule = {.number = 1};
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(NAMES_MAX, &e);
	bool done = true;

	if (size > 400)
		return 0;
	for (size_t i = 0; i < size && done && rule.number <= LAYERS; i += 2) {
		bool last = i + 2 >= size;

		if (data[i] != 255 && !last)
			put_line(&lines, data[i], data[i + 1]);
		if (data[i] != 255 && !last)
			continue;
		done = layer_put(t, buf_cstr(&lines), rule, &spool, &e);
		must_be(tree_fault(t) == NULL);
		buf_reset(&lines);
		rule.number++;
	}
	must_be(done != err_is(&e));
	if (done)
		check_flat(t, &spool);
	return 0;
}
