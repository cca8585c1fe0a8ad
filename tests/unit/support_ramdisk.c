#include "tests/unit/support_ramdisk.h"

#include <sys/stat.h>

#include "tests/unit/support_check.h"

#define OUT_MAX (1u << 22)

void disk_new(struct disk *s)
{
	struct err e = {0};

	*s = (struct disk){.out = BUF(OUT_MAX)};
	s->tree = tree_new(100000, &e);
	check_no_err(&e);
}

void disk_free(struct disk *s)
{
	tree_free(&s->tree);
	buf_free(&s->out);
}

static struct tree_node *add(struct disk *s, const char *path, const struct tree_inode *inode)
{
	struct bytes name = {0};
	struct err e = {0};
	struct tree_node *n = tree_parent(s->tree, bytes_str(path), false, &name, &e);

	check_no_err(&e);
	n = tree_add(s->tree, n, name, inode, &e);
	check_no_err(&e);
	return n;
}

struct tree_node *disk_add(struct disk *s, const char *path, uint32_t mode, const char *holds)
{
	struct tree_inode inode = {.mode = mode, .mtime = 1000000000};

	if (S_ISREG(mode)) {
		assert_true(s->n < SCENE_FILES);
		inode.size = strlen(holds);
		inode.source = s->n;
		s->text[s->n++] = holds;
	} else if (S_ISLNK(mode)) {
		inode.target = holds;
	}
	return add(s, path, &inode);
}

struct tree_node *disk_link(struct disk *s, const char *path, const struct tree_node *of)
{
	struct bytes name = {0};
	struct err e = {0};
	struct tree_node *n = tree_parent(s->tree, bytes_str(path), false, &name, &e);

	check_no_err(&e);
	n = tree_link(s->tree, n, name, of->inode, &e);
	check_no_err(&e);
	return n;
}

struct tree_node *disk_device(struct disk *s, const char *path, uint32_t mode, uint32_t major,
			      uint32_t minor)
{
	struct tree_inode inode = {.mode = mode, .major = major, .minor = minor};

	return add(s, path, &inode);
}

static bool open_text(void *arg, const struct tree_node *n, struct err *e)
{
	struct disk *s = arg;

	(void)e;
	s->open = s->text[n->inode->source];
	s->left = strlen(s->open);
	return true;
}

/* Two bytes at a time, so that nobody relies on more. */
static bool read_text(void *arg, struct span to, size_t *got, struct err *e)
{
	struct disk *s = arg;

	(void)e;
	*got = s->left < to.n ? s->left : to.n;
	if (*got > 2)
		*got = 2;
	memcpy(to.p, s->open, *got);
	s->open += *got;
	s->left -= *got;
	return true;
}

static bool put_bytes(void *arg, struct bytes x, struct err *e)
{
	struct disk *s = arg;

	if (s->refuse)
		return err_set(e, REASON_NO_SPACE, "nothing more fits");
	buf_put(&s->out, x);
	return buf_done(&s->out, "the archive", e);
}

bool disk_write(struct disk *s, const struct cpio_rule *rule, struct digest *content, struct err *e)
{
	const struct cpio_io io = {open_text, read_text, put_bytes, s};

	buf_reset(&s->out);
	return cpio_write(s->tree, rule, &io, content, e);
}

static void pad(struct buf *to)
{
	while (to->n % 4 != 0)
		buf_u8(to, 0);
}

void archive_put(struct buf *to, const char *fields, const char *name, const char *body, size_t n)
{
	size_t digits = 0;

	buf_str(to, "070701");
	for (; *fields; fields++) {
		if (*fields == ' ')
			continue;
		buf_u8(to, (uint8_t)*fields);
		digits++;
	}
	assert_int_equal(digits, 104);
	buf_str(to, name);
	buf_u8(to, 0);
	pad(to);
	buf_put(to, bytes_of(body, n));
	pad(to);
}

void archive_forge(struct buf *to, const struct forged *x)
{
	struct cpio_fields f = x->fields;
	size_t n = x->body ? (x->n ? x->n : strlen(x->body)) : 0;
	size_t name_n = x->name_n ? x->name_n : strlen(x->name) + 1;

	if (f.name_size == 0)
		f.name_size = (uint32_t)name_n;
	if (f.size == 0)
		f.size = (uint32_t)n;
	buf_fmt(to, "%s%08x%08x%08x%08x%08x%08x%08x", x->magic ? x->magic : "070701", f.ino, f.mode,
		f.uid, f.gid, f.nlink, f.mtime, f.size);
	buf_fmt(to, "%08x%08x%08x%08x%08x%08x", f.dev_major, f.dev_minor, f.rdev_major,
		f.rdev_minor, f.name_size, f.check);
	buf_put(to, bytes_of(x->name, name_n));
	pad(to);
	buf_put(to, bytes_of(x->body, n));
	pad(to);
}

void archive_trailer(struct buf *to)
{
	const struct forged trailer = {.fields = {.nlink = 1}, .name = CPIO_TRAILER};

	archive_forge(to, &trailer);
}
