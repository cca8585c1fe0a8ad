#include "measure/core/erofs.h"

#include <sys/stat.h>

#include "measure/core/erofs_layout.h"

#define MAGIC 0xe0f5e1e2u
#define BLOCK_BITS 12u
#define COMPAT_MTIME 2u /* times are of modification */
#define EXTENDED 1u
#define INLINE (2u << 1) /* the layout of what stands behind its inode */
#define STEP (256u * 1024)

struct writer {
	struct erofs_layout layout;
	const struct erofs_rule *rule;
	const struct cpio_io *io;
	struct buf out; /* waits to be put */
	uint64_t pos;
};

static void writer_free(struct writer *w)
{
	erofs_layout_free(&w->layout);
	buf_free(&w->out);
}

static bool flush(struct writer *w, struct err *e)
{
	if (!buf_done(&w->out, "the image", e) || !w->io->put(w->io->arg, buf_bytes(&w->out), e))
		return false;
	w->pos += w->out.n;
	buf_reset(&w->out);
	return true;
}

static bool pad_to(struct writer *w, uint64_t at, struct err *e)
{
	uint64_t n = at - (w->pos + w->out.n);

	buf_zero(&w->out, (size_t)n); /* less than a block, or the first one */
	return w->out.n < STEP || flush(w, e);
}

static bool pad_block(struct writer *w, struct err *e)
{
	uint64_t at = w->pos + w->out.n;

	return pad_to(w, (at + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_BLOCK, e);
}

static void superblock(struct writer *w)
{
	const struct erofs_layout *l = &w->layout;
	struct buf *b = &w->out;

	buf_le(b, MAGIC, 4);
	buf_le(b, 0, 4); /* no checksum: verity has better */
	buf_le(b, COMPAT_MTIME, 4);
	buf_u8(b, BLOCK_BITS);
	buf_u8(b, 0); /* no further slots */
	buf_le(b, l->place[0].slot, 2); /* the root */
	buf_le(b, l->inodes, 8);
	buf_le(b, 0, 8); /* time and nanoseconds of building */
	buf_le(b, 0, 4);
	buf_le(b, l->blocks, 4);
	buf_le(b, 0, 4); /* inodes are numbered from the start of the image */
	buf_le(b, 0, 4); /* no shared attributes */
	buf_put(b, bytes_of(w->rule->uuid, sizeof(w->rule->uuid)));
	buf_zero(b, EROFS_SUPER_BYTES - 64);
}

static int64_t time_of(const struct erofs_rule *r, const struct tree_inode *i)
{
	if (r->time == CPIO_TIME_ZERO)
		return 0;
	return r->time == CPIO_TIME_CLAMP && i->mtime > r->clamp ? r->clamp : i->mtime;
}

/* As the kernel encodes devices in 32 bits. */
static uint32_t device(const struct tree_inode *i)
{
	return (i->minor & 0xff) | i->major << 8 | (i->minor & ~0xffu) << 12;
}

static uint32_t where(const struct erofs_place *p)
{
	const struct tree_inode *i = p->node->inode;

	if (S_ISCHR(i->mode) || S_ISBLK(i->mode))
		return device(i);
	return p->behind ? UINT32_MAX : p->block;
}

static void inode(struct writer *w, const struct erofs_place *p, uint32_t number)
{
	const struct tree_inode *i = p->node->inode;
	struct buf *b = &w->out;

	buf_le(b, EXTENDED | (p->behind ? INLINE : 0), 2);
	buf_le(b, 0, 2); /* no attributes */
	buf_le(b, i->mode, 2);
	buf_le(b, 0, 2);
	buf_le(b, p->size, 8);
	buf_le(b, where(p), 4);
	buf_le(b, number, 4);
	buf_le(b, i->uid, 4);
	buf_le(b, i->gid, 4);
	buf_le(b, (uint64_t)time_of(w->rule, i), 8);
	buf_le(b, 0, 4); /* nanoseconds */
	buf_le(b, p->links, 4);
	buf_zero(b, 16);
}

static unsigned kind(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 1;
	case S_IFDIR:
		return 2;
	case S_IFCHR:
		return 3;
	case S_IFBLK:
		return 4;
	case S_IFIFO:
		return 5;
	default:
		return 7; /* a symbolic link */
	}
}

/* One block of a folder: where each name stands, then the names. */
static void entries(struct writer *w, struct erofs_entries *x)
{
	struct erofs_entries names = *x;
	struct erofs_entry entry;
	size_t used, n = erofs_fill(*x, &used), at = n * EROFS_DIRENT;

	for (size_t i = 0; i < n && erofs_entry(x, &entry); i++) {
		buf_le(&w->out, erofs_place(&w->layout, entry.node)->slot, 8);
		buf_le(&w->out, at, 2);
		buf_u8(&w->out, (uint8_t)kind(entry.node->inode->mode));
		buf_u8(&w->out, 0);
		at += entry.name.n;
	}
	for (size_t i = 0; i < n && erofs_entry(&names, &entry); i++)
		buf_put(&w->out, entry.name);
}

static bool folder(struct writer *w, const struct erofs_place *p, struct err *e)
{
	struct erofs_entries x = erofs_entries(p->node);
	uint64_t end = w->pos + w->out.n + p->size;

	while (w->pos + w->out.n < end) {
		entries(w, &x);
		if (!buf_done(&w->out, "the image", e) ||
		    (w->pos + w->out.n < end && !pad_block(w, e)))
			return false;
	}
	return true;
}

static bool file(struct writer *w, const struct erofs_place *p, struct err *e)
{
	uint64_t left = p->size;
	size_t step, got;
	uint8_t *to;

	if (left == 0)
		return true;
	if (!w->io->open(w->io->arg, p->node, e))
		return false;
	for (; left > 0; left -= got) {
		if (w->out.n >= STEP && !flush(w, e))
			return false;
		step = STEP < left ? STEP : (size_t)left;
		to = buf_room(&w->out, step);
		if (!to)
			return buf_done(&w->out, "the image", e);
		if (!w->io->read(w->io->arg, (struct span){to, step}, &got, e))
			return false;
		if (got < step)
			return err_set(e, REASON_FILE_CHANGED, "'%s' ends %llu bytes too early",
				       p->node->name, (unsigned long long)(left - got));
	}
	return true;
}

static bool content(struct writer *w, const struct erofs_place *p, struct err *e)
{
	const struct tree_inode *i = p->node->inode;

	if (S_ISDIR(i->mode))
		return folder(w, p, e);
	if (S_ISREG(i->mode))
		return file(w, p, e);
	if (S_ISLNK(i->mode))
		buf_str(&w->out, i->target);
	return true;
}

static bool inodes(struct writer *w, struct err *e)
{
	const struct erofs_layout *l = &w->layout;
	uint32_t number = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct erofs_place *p = &l->place[i];

		if (!p->node)
			continue;
		if (!pad_to(w, (uint64_t)p->slot * EROFS_SLOT, e))
			return false;
		inode(w, p, ++number);
		if (p->behind && !content(w, p, e))
			return false;
	}
	return pad_block(w, e);
}

static bool blocks(struct writer *w, struct err *e)
{
	const struct erofs_layout *l = &w->layout;

	for (size_t i = 0; i < l->n; i++)
		if (l->place[i].node && !l->place[i].behind &&
		    (!content(w, &l->place[i], e) || !pad_block(w, e)))
			return false;
	return true;
}

bool erofs_size(struct tree *t, uint64_t *size, struct err *e)
{
	owned(erofs_layout_free) struct erofs_layout l = {0};

	if (!erofs_layout_new(&l, t, e))
		return false;
	*size = l.blocks * EROFS_BLOCK;
	return true;
}

bool erofs_write(struct tree *t, const struct erofs_rule *rule, const struct cpio_io *io,
		 uint64_t *size, struct err *e)
{
	owned(writer_free) struct writer w = {.rule = rule, .io = io, .out = BUF(4 * STEP)};

	if (!erofs_layout_new(&w.layout, t, e))
		return false;
	buf_zero(&w.out, EROFS_SUPER);
	superblock(&w);
	if (!inodes(&w, e) || !blocks(&w, e) || !flush(&w, e))
		return false;
	*size = w.pos;
	return true;
}
