#include "measure/core/cpio_listing.h"

#define PATH_ROOM (1u << 16)

void cpio_listing_free(struct cpio_listing *l)
{
	content_free(&l->content);
	buf_free(&l->path);
	buf_free(&l->last);
}

bool cpio_listing_open(struct cpio_listing *l, const struct tree *t, const struct cpio_names *names,
		       struct err *e)
{
	l->names = names;
	l->path = BUF(PATH_ROOM);
	l->last = BUF(PATH_ROOM);
	l->content = content_new(e);
	return l->content && cpio_listing_add(l, tree_root(t), NULL, e);
}

bool cpio_listing_add(struct cpio_listing *l, const struct tree_node *n,
		      const struct digest *sha256, struct err *e)
{
	const struct cpio_name *first = cpio_names_of(l->names, n->inode);
	const struct tree_inode *i = n->inode;
	struct content_entry x = {
		.mode = i->mode,
		.uid = i->uid,
		.gid = i->gid,
		.major = i->major,
		.minor = i->minor,
		.size = i->size,
		.sha256 = sha256,
		.target = i->target ? bytes_str(i->target) : bytes_of(NULL, 0),
	};

	if (!tree_path_to(n, &l->path, e))
		return false;
	x.path = buf_bytes(&l->path);
	if (first && first[first->n - 1].node != n) {
		if (!tree_path_to(first[first->n - 1].node, &l->last, e))
			return false;
		x.last = buf_bytes(&l->last);
	}
	return content_add(l->content, &x, e);
}
