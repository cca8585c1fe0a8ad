#include "measure/guest/inside.h"

#include <sys/stat.h>

#define STEP (64u * 1024)
#define LINKS_MAX 40u
#define PATH_ROOM (1u << 16)

/* Where the link at `path` leads: its target, beside it unless that is absolute. */
static void follow(struct buf *path, const char *target)
{
	size_t folder = path->n;

	while (folder > 0 && path->p[folder - 1] != '/')
		folder--;
	path->n = target[0] == '/' ? 0 : folder;
	buf_str(path, target);
}

/* One step; a path that leads nowhere is no error. */
static bool look(struct rootfs *r, struct bytes path, struct tree_node **out, struct err *e)
{
	struct err found = {0};
	struct bytes name;
	struct tree_node *folder = tree_parent(r->tree, path, false, &name, &found);

	*out = folder ? tree_find(r->tree, folder, name) : NULL;
	return found.reason != REASON_OUT_OF_MEMORY || err_set(e, found.reason, "%s", found.text);
}

bool inside_find(struct rootfs *r, const char *path, struct tree_node **out, struct err *e)
{
	owned(buf_free) struct buf place = BUF(PATH_ROOM);
	struct tree_node *n = NULL;

	buf_str(&place, path);
	for (unsigned i = 0; i <= LINKS_MAX; i++) {
		if (place.failed == REASON_OUT_OF_MEMORY)
			return buf_done(&place, "a path", e);
		*out = NULL;
		if (place.failed != REASON_NONE)
			return true;
		if (!look(r, buf_bytes(&place), &n, e))
			return false;
		if (!n || !S_ISLNK(n->inode->mode)) {
			*out = n;
			return true;
		}
		follow(&place, n->inode->target);
	}
	return true;
}

bool inside_read(struct rootfs *r, const struct tree_node *n, struct buf *out, struct err *e)
{
	uint8_t step[STEP];
	size_t got;

	if (!rootfs_file(r, n, e))
		return false;
	do {
		if (!rootfs_read(r, (struct span){step, sizeof(step)}, &got, e))
			return false;
		buf_put(out, bytes_of(step, got));
	} while (got > 0 && out->failed == REASON_NONE);
	return buf_done(out, n->name, e);
}

bool inside_text(struct rootfs *r, const char *path, struct buf *out, struct err *e)
{
	struct tree_node *n = NULL;

	if (!inside_find(r, path, &n, e))
		return false;
	return !n || !S_ISREG(n->inode->mode) || inside_read(r, n, out, e) || err_in(e, "%s", path);
}

bool inside_put(struct rootfs *r, struct tree_node *folder, const struct inside_file *f,
		struct err *e)
{
	struct tree_inode inode = {.mode = S_IFREG | f->mode, .size = f->text.n};

	return rootfs_bytes(r, f->text, &inode.source, e) &&
	       tree_add(r->tree, folder, bytes_str(f->name), &inode, e);
}
