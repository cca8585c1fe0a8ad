#include "eif/inside.h"

#include <sys/stat.h>

#define STEP (64u * 1024)
#define LINKS_MAX 40u
#define PATH_ROOM (1u << 16)

/* Where the link at `path` leads: its target, beside it unless that is absolute. */
static bool follow(struct buf *path, const char *target)
{
	size_t folder = path->n;

	while (folder > 0 && path->p[folder - 1] != '/')
		folder--;
	path->n = target[0] == '/' ? 0 : folder;
	buf_str(path, target);
	return path->failed == REASON_NONE;
}

struct tree_node *inside_find(struct rootfs *r, const char *path)
{
	owned(buf_free) struct buf place = BUF(PATH_ROOM);
	struct tree_node *folder, *n = NULL;
	struct bytes name;

	buf_str(&place, path);
	for (unsigned i = 0; i <= LINKS_MAX; i++) {
		struct err none = {0};

		folder = tree_parent(r->tree, buf_bytes(&place), false, &name, &none);
		n = folder ? tree_find(r->tree, folder, name) : NULL;
		if (!n || !S_ISLNK(n->inode->mode))
			return n;
		if (!follow(&place, n->inode->target))
			break;
	}
	return NULL;
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
	const struct tree_node *n = inside_find(r, path);

	return !n || !S_ISREG(n->inode->mode) || inside_read(r, n, out, e) || err_in(e, "%s", path);
}

bool inside_put(struct rootfs *r, struct tree_node *folder, const struct inside_file *f,
		struct err *e)
{
	struct tree_inode inode = {.mode = S_IFREG | f->mode, .size = f->text.n};

	return rootfs_bytes(r, f->text, &inode.source, e) &&
	       tree_add(r->tree, folder, bytes_str(f->name), &inode, e);
}
