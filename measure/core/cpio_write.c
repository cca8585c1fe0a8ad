#include <sys/stat.h>

#include "measure/core/content.h"
#include "measure/core/cpio_image.h"
#include "measure/core/cpio_names.h"
#include "measure/core/cpio_out.h"

struct writer {
	struct cpio_out out;
	struct content *content;
	struct cpio_names links;
	struct buf path, last; /* of the entry; of the last name of what it is */
};

static void writer_free(struct writer *w)
{
	cpio_out_free(&w->out);
	content_free(&w->content);
	cpio_names_free(&w->links);
	buf_free(&w->path);
	buf_free(&w->last);
}

/* What keeps several names; of the others every name is a thing of its own. */
static bool keeps_names(const struct cpio_profile *p, const struct tree_inode *i)
{
	if (i->links < 2 || S_ISDIR(i->mode) || S_ISLNK(i->mode))
		return false;
	return S_ISREG(i->mode) || p->links == CPIO_LINKS_APART;
}

static bool find_links(struct writer *w, const struct tree *t, struct err *e)
{
	const struct cpio_profile *p = w->out.rule->profile;
	uint32_t place = 0;
	size_t n = 0;

	for (struct tree_node *x = tree_next(tree_root(t)); x; x = tree_next(x))
		n += keeps_names(p, x->inode);
	if (!cpio_names_new(&w->links, n, e))
		return false;
	for (struct tree_node *x = tree_next(tree_root(t)); x; x = tree_next(x), place++)
		if (keeps_names(p, x->inode))
			cpio_names_add(&w->links, x, place);
	cpio_names_sort(&w->links);
	return true;
}

static bool path_of(const struct tree_node *n, struct buf *to, struct err *e)
{
	buf_reset(to);
	return tree_path(n, to, e) && buf_done(to, "a path", e);
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
		if (!path_of(first[k].node, &w->path, e) ||
		    !put(w, first[k].node, first, k + 1 < first->n, e))
			return false;
	return true;
}

static bool add_content(struct writer *w, const struct tree_node *n, const struct cpio_name *first,
			struct err *e)
{
	const struct tree_inode *i = n->inode;
	struct content_entry x = {
		.path = buf_bytes(&w->path),
		.mode = i->mode,
		.uid = i->uid,
		.gid = i->gid,
		.major = i->major,
		.minor = i->minor,
		.size = i->size,
		.sha256 = &w->out.sha256,
		.target = i->target ? bytes_str(i->target) : bytes_of(NULL, 0),
	};

	if (!w->content)
		return true;
	if (first && first->seen < first->n) {
		if (!path_of(first[first->n - 1].node, &w->last, e))
			return false;
		x.last = buf_bytes(&w->last);
	}
	return content_add(w->content, &x, e);
}

static bool put_node(struct writer *w, const struct tree_node *n, struct err *e)
{
	struct cpio_name *first = cpio_names_of(&w->links, n->inode);
	bool together = first && w->out.rule->profile->links == CPIO_LINKS_TOGETHER, bare;

	if (first)
		first->seen++;
	bare = first && first->seen < first->n;
	if (!path_of(n, &w->path, e))
		return false;
	if (together && !bare && !put_together(w, first, e))
		return false;
	return (together || put(w, n, first, bare, e)) && add_content(w, n, first, e);
}

static bool open_content(struct writer *w, struct err *e)
{
	struct content_entry root = {.mode = S_IFDIR | 0755};

	w->content = content_new(e);
	return w->content && content_add(w->content, &root, e);
}

bool cpio_write(struct tree *t, const struct cpio_rule *rule, const struct cpio_io *io,
		struct digest *content, struct err *e)
{
	owned(writer_free) struct writer w = {
		.out = {.rule = rule, .io = io},
		.path = BUF(1u << 16),
		.last = BUF(1u << 16),
	};

	if (rule->profile->archive_order)
		return cpio_image_write(t, rule, io, content, e);
	tree_sort(t);
	if (!cpio_out_open(&w.out, content != NULL, e) || !find_links(&w, t, e) ||
	    (content && !open_content(&w, e)))
		return false;
	for (struct tree_node *n = tree_next(tree_root(t)); n; n = tree_next(n))
		if (!put_node(&w, n, e))
			return false;
	return cpio_out_end(&w.out, e) && (!content || content_end(w.content, content, e));
}
