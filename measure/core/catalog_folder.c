#include <sys/stat.h>

#include "measure/core/catalog.h"
#include "measure/core/rootdir.h"

/* What newc has no place for is no matter of a comparison of files. */
static const struct rootdir_rule rule = {.owners = true, .left_out = {.xattrs = true}};

static bool add_node(struct catalog *c, const struct tree_node *top, const struct tree_node *n,
		     struct err *e)
{
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX + 1);
	const struct tree_inode *i = n->inode;
	struct catalog_entry x = {
		.fields = {.mode = i->mode,
			   .uid = i->uid,
			   .gid = i->gid,
			   .nlink = S_ISDIR(i->mode) ? 0 : i->links,
			   .size = (uint32_t)i->size,
			   .rdev_major = i->major,
			   .rdev_minor = i->minor},
	};

	if (i->target) {
		x.data = c->names.n;
		buf_str(&c->names, i->target);
		x.end = c->names.n;
	}
	return tree_path_below(top, n, &path, e) && catalog_add(c, &x, buf_bytes(&path), e);
}

static void tree_release(struct tree **t)
{
	tree_free(t);
}

bool catalog_folder(struct catalog *c, const char *path, struct err *e)
{
	owned(tree_release) struct tree *t = tree_new(CATALOG_MAX, e);
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct tree_node *top = t ? tree_root(t) : NULL;

	c->folder = path;
	if (!t || !rootdir_open(&d, path, e) || !rootdir_read(&d, t, top, &rule, e))
		return false;
	tree_sort(t);
	for (const struct tree_node *n = tree_next(top); n; n = tree_next(n))
		if (!add_node(c, top, n, e))
			return false;
	return true;
}
