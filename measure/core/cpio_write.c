#include <sys/stat.h>

#include "measure/core/cpio_image.h"
#include "measure/core/cpio_listing.h"
#include "measure/core/cpio_out.h"

struct writer {
	struct cpio_out out;
	struct cpio_names names;
	struct cpio_listing listing;
	struct buf path;
};

static void writer_free(struct writer *w)
{
	cpio_out_free(&w->out);
	cpio_names_free(&w->names);
	cpio_listing_free(&w->listing);
	buf_free(&w->path);
}

static bool put(struct writer *w, const struct tree_node *n, struct cpio_name *first, bool bare,
		struct err *e)
{
	const struct tree_inode *i = n->inode;
	struct cpio_item x = {
		.inode = i,
		.node = S_ISREG(i->mode) ? n : NULL,
		.name = buf_bytes(&w->path),
		.body = i->target ? bytes_str(i->target) : bytes_of(NULL, 0),
		.bare = bare,
	};

	if (first) {
		if (first->ino == 0)
			first->ino = w->out.next_inode++;
		x.ino = first->ino;
		x.nlink = first->n;
	}
	return cpio_out_item(&w->out, &x, e);
}

/* All names of a file, at the place of the last. */
static bool put_together(struct writer *w, struct cpio_name *first, struct err *e)
{
	for (uint32_t k = 0; k < first->n; k++)
		if (!tree_path_to(first[k].node, &w->path, e) ||
		    !put(w, first[k].node, first, k + 1 < first->n, e))
			return false;
	return true;
}

static bool put_node(struct writer *w, const struct tree_node *n, struct err *e)
{
	struct cpio_name *first = cpio_names_of(&w->names, n->inode);
	bool bare = first && first[first->n - 1].node != n;

	if (first && w->out.rule->profile->links == CPIO_LINKS_TOGETHER)
		return bare || put_together(w, first, e);
	return tree_path_to(n, &w->path, e) && put(w, n, first, bare, e);
}

static bool put_nodes(struct writer *w, const struct tree *t, bool listed, struct err *e)
{
	for (struct tree_node *n = tree_next(tree_root(t)); n; n = tree_next(n))
		if (!put_node(w, n, e) ||
		    (listed && !cpio_listing_add(&w->listing, n, &w->out.sha256, e)))
			return false;
	return true;
}

bool cpio_write(struct tree *t, const struct cpio_rule *rule, const struct cpio_io *io,
		struct digest *content, struct err *e)
{
	owned(writer_free) struct writer w = {
		.out = {.rule = rule, .io = io},
		.path = BUF(1u << 16),
	};
	bool files = rule->profile->links != CPIO_LINKS_APART;

	if (rule->profile->archive_order)
		return cpio_image_write(t, rule, io, content, e);
	tree_sort(t);
	if (!cpio_out_open(&w.out, content != NULL, e) || !cpio_names_find(&w.names, t, files, e) ||
	    (content && !cpio_listing_open(&w.listing, t, &w.names, e)) ||
	    !put_nodes(&w, t, content != NULL, e) || !cpio_out_end(&w.out, e))
		return false;
	return !content || content_end(w.listing.content, content, e);
}
