#include "tests/unit/support_tree.h"

#include <inttypes.h>
#include <sys/stat.h>

static const char *fault_of_children(const struct tree *t, const struct tree_node *n)
{
	const struct tree_node *last = NULL;

	for (const struct tree_node *c = n->child; c; last = c, c = c->next) {
		if (c->parent != n)
			return "a child has another parent";
		if (last && c->prev != last)
			return "a child's prev is not the one in front";
		if (tree_find(t, n, bytes_str(c->name)) != c)
			return "a child cannot be found by its name";
	}
	if (n->child && n->child->prev != last)
		return "the first child's prev is not the last one";
	if (n->child && !S_ISDIR(n->inode->mode))
		return "something that is no folder has children";
	return NULL;
}

const char *tree_fault(const struct tree *t)
{
	const char *fault = NULL;
	size_t count = 0, single = 0;
	uint64_t shared = 0;

	for (const struct tree_node *n = tree_root(t); n && !fault; n = tree_next(n)) {
		count++;
		single += n->inode->links == 1;
		shared += n->inode->links;
		fault = fault_of_children(t, n);
		if (n->inode->links == 0)
			fault = "an inode without a name is in use";
		if (S_ISDIR(n->inode->mode) && n->inode->links != 1)
			fault = "a folder has several names";
		if (S_ISLNK(n->inode->mode) != (n->inode->target != NULL))
			fault = "a target is that of no symbolic link, or lacking";
	}
	if (!fault && count != tree_count(t))
		fault = "the count is not that of the nodes";
	if (!fault && shared < count + (count - single))
		fault = "an inode has fewer names than it says";
	return fault;
}

static void list_node(const struct tree_node *n, struct buf *out)
{
	const struct tree_inode *i = n->inode;

	buf_fmt(out, " %06o %u:%u %" PRId64, i->mode, i->uid, i->gid, i->mtime);
	if (S_ISREG(i->mode))
		buf_fmt(out, " %" PRIu64 "@%u+%" PRIu64, i->size, i->source, i->at);
	if (S_ISLNK(i->mode))
		buf_fmt(out, " -> %s", i->target);
	if (S_ISCHR(i->mode) || S_ISBLK(i->mode))
		buf_fmt(out, " %u,%u", i->major, i->minor);
	if (i->links > 1)
		buf_fmt(out, " #%u", i->links);
	buf_str(out, i->implied ? " implied\n" : "\n");
}

bool tree_list(const struct tree *t, struct buf *out, struct err *e)
{
	for (const struct tree_node *n = tree_root(t); n; n = tree_next(n)) {
		buf_str(out, "/");
		if (!tree_path(n, out, e))
			return false;
		list_node(n, out);
	}
	return buf_done(out, "a listing", e);
}

struct tree_node *tree_put(struct tree *t, const char *path, uint32_t mode)
{
	const struct tree_inode inode = {.mode = mode, .target = S_ISLNK(mode) ? "x" : NULL};
	struct err e = {0};
	struct bytes name;
	struct tree_node *folder = tree_parent(t, bytes_str(path), true, &name, &e);

	return folder ? tree_add(t, folder, name, &inode, &e) : NULL;
}

struct tree_node *tree_get(struct tree *t, const char *path)
{
	struct err e = {0};
	struct bytes name;
	struct tree_node *folder = tree_parent(t, bytes_str(path), false, &name, &e);

	return folder ? tree_find(t, folder, name) : NULL;
}
