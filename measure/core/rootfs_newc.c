#include "measure/core/rootfs_newc.h"

#include <stdlib.h>

#include "measure/core/rootfs_sources.h"

/* A number for the names of one inode. */
struct linked {
	uint32_t ino;
	struct tree_inode *inode;
};

struct reading {
	struct rootfs *r;
	struct cpio *in;
	uint64_t start; /* of the archive in its file */
	uint32_t source;
	struct linked *linked; /* by number modulo room, a power of two */
	size_t n, room;
};

static void reading_free(struct reading *w)
{
	cpio_free(&w->in);
	free(w->linked);
}

static bool refuse(const struct cpio_entry *x, const char *what, struct err *e)
{
	return err_at(e, REASON_ROOTFS, x->header, "'%.*s' %s",
		      x->name.n < 200 ? (int)x->name.n : 200, (const char *)x->name.p, what);
}

/* ---- inodes with several names */

static struct linked *slot(const struct reading *w, uint32_t ino)
{
	size_t i = ino & (w->room - 1);

	while (w->linked[i].inode && w->linked[i].ino != ino)
		i = (i + 1) & (w->room - 1);
	return &w->linked[i];
}

static bool grow(struct reading *w, struct err *e)
{
	struct linked *before = w->linked;
	size_t n = w->room;

	if (2 * w->n < n)
		return true;
	w->room = n ? 2 * n : 64;
	w->linked = own_new(w->room * sizeof(*w->linked), e);
	if (!w->linked) {
		w->linked = before;
		w->room = n;
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (before[i].inode)
			*slot(w, before[i].ino) = before[i];
	free(before);
	return true;
}

/* Where an inode gets a name. */
struct spot {
	struct tree_node *folder;
	struct bytes name;
	const struct tree_inode *inode;
};

/* One more name; its bytes stand with one of them, the last. */
static bool add_name(struct reading *w, struct linked *l, const struct spot *at, struct err *e)
{
	if (at->inode->size > 0) {
		l->inode->size = at->inode->size;
		l->inode->at = at->inode->at;
	}
	return tree_link(w->r->tree, at->folder, at->name, l->inode, e);
}

static bool add_linked(struct reading *w, uint32_t ino, const struct spot *at, struct err *e)
{
	struct tree_node *made;
	struct linked *l;

	if (!grow(w, e))
		return false;
	l = slot(w, ino);
	if (l->inode)
		return add_name(w, l, at, e);
	made = tree_add(w->r->tree, at->folder, at->name, at->inode, e);
	if (!made)
		return false;
	*l = (struct linked){ino, made->inode};
	w->n++;
	return true;
}

/* ---- entries */

#define TARGET_ROOM (TREE_PATH_MAX + 2) /* and a NUL that may be part of it, and one of ours */

/* The reader has refused what is empty or too long. */
static bool read_target(struct reading *w, const struct cpio_entry *x, char to[TARGET_ROOM],
			struct err *e)
{
	size_t got, n = 0;

	do {
		if (!cpio_read(w->in, (struct span){(uint8_t *)to + n, TARGET_ROOM - 1 - n}, &got,
			       e))
			return false;
		n += got;
	} while (got > 0 && n < TARGET_ROOM - 1);
	to[n] = '\0';
	return strlen(to) == n || refuse(x, "has a NUL in its target", e);
}

static bool add(struct reading *w, const struct cpio_entry *x, const struct tree_inode *i,
		struct err *e)
{
	struct spot at = {.inode = i};

	at.folder = tree_parent(w->r->tree, x->name, false, &at.name, e);
	if (!at.folder)
		return false;
	if (tree_find(w->r->tree, at.folder, at.name))
		return refuse(x, "stands there twice", e);
	if (S_ISREG(i->mode) && x->fields.nlink > 1)
		return add_linked(w, x->fields.ino, &at, e);
	return tree_add(w->r->tree, at.folder, at.name, i, e) != NULL;
}

static bool take_entry(struct reading *w, const struct cpio_entry *x, struct err *e)
{
	char target[TARGET_ROOM];
	struct tree_inode i = {
		.mode = x->fields.mode,
		.uid = x->fields.uid,
		.gid = x->fields.gid,
		.major = x->fields.rdev_major,
		.minor = x->fields.rdev_minor,
		.mtime = x->fields.mtime,
		.source = w->source,
	};

	if (S_ISREG(i.mode)) {
		i.size = x->fields.size;
		i.at = w->start + x->data;
	}
	if (S_ISLNK(i.mode)) {
		if (!read_target(w, x, target, e))
			return false;
		i.target = target;
	}
	return add(w, x, &i, e);
}

static bool read_all(struct reading *w, struct err *e)
{
	const struct cpio_entry *x;
	bool ended = false;

	for (;;) {
		if (!cpio_next(w->in, &x, e))
			return false;
		if (!x)
			return ended || err_set(e, REASON_ROOTFS, "the archive has no end");
		if (ended)
			return refuse(x, "stands behind the end of the archive", e);
		ended = cpio_is_trailer(x);
		if (!ended && !take_entry(w, x, e))
			return false;
	}
}

bool rootfs_newc(struct rootfs *r, struct store_item *archive, struct err *e)
{
	owned(rootfs_free) struct rootfs new = {0};
	owned(reading_free) struct reading w = {.r = &new, .start = archive->at};
	struct file file = archive->file; /* of the sources, then */
	struct stream_range range = stream_range(&file, archive->at, archive->size);
	struct store_item item = take(*archive);

	archive->file = FILE_NONE;
	if (!rootfs_empty(&new, e)) {
		store_item_free(&item);
		return false;
	}
	if (!rootfs_range(new.sources, &item, &w.source, e))
		return false;
	w.in = cpio_new(&range.stream, false, e);
	if (!w.in || !read_all(&w, e))
		return false;
	new.kind = ROOTFS_TAR;
	*r = take(new);
	return true;
}
