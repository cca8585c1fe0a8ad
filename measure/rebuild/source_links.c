#include <sys/stat.h>

#include "measure/rebuild/source_parts.h"

#define LINKS_MAX 40u /* as the kernel */

/* Where a link leads: the rest of its target, behind those of the links on its way. */
struct way {
	const struct tree *tree;
	const struct tree_node *here;
	size_t missing; /* folders behind `here` that are not there */
	struct bytes rest[LINKS_MAX + 1];
	size_t depth, links;
};

static bool follow(struct way *w, const struct tree_node *link, struct err *e)
{
	struct bytes target = bytes_str(link->inode->target);

	if (target.p[0] == '/')
		return err_set(e, REASON_SOURCE, "a symbolic link leads out of the tree, to '%s'",
			       link->inode->target);
	if (w->links++ == LINKS_MAX)
		return err_set(e, REASON_SOURCE, "a symbolic link leads over %u others", LINKS_MAX);
	while (w->depth > 0 && w->rest[w->depth - 1].n == 0)
		w->depth--;
	w->rest[w->depth++] = target;
	return true;
}

static struct bytes next_part(struct way *w)
{
	struct bytes *rest, part;
	const uint8_t *slash;

	while (w->depth > 0 && w->rest[w->depth - 1].n == 0)
		w->depth--;
	if (w->depth == 0)
		return bytes_of(NULL, 0);
	rest = &w->rest[w->depth - 1];
	slash = memchr(rest->p, '/', rest->n);
	part = bytes_of(rest->p, slash ? (size_t)(slash - rest->p) : rest->n);
	*rest = bytes_of(rest->p + part.n, rest->n - part.n);
	while (rest->n > 0 && rest->p[0] == '/')
		*rest = bytes_of(rest->p + 1, rest->n - 1);
	return part;
}

static bool up(struct way *w)
{
	if (w->missing > 0)
		w->missing--;
	else if (w->here->parent)
		w->here = w->here->parent;
	else
		return false;
	return true;
}

static bool step(struct way *w, struct bytes part, struct err *e)
{
	const struct tree_node *found = NULL;

	if (w->missing == 0 && S_ISDIR(w->here->inode->mode))
		found = tree_find(w->tree, w->here, part);
	if (!found)
		w->missing++;
	else if (found->inode->target)
		return follow(w, found, e);
	else
		w->here = found;
	return true;
}

static bool leads_inside(const struct tree *t, const struct tree_node *link, struct err *e)
{
	struct way w = {.tree = t, .here = link->parent};
	struct bytes part;

	if (!follow(&w, link, e))
		return false;
	while ((part = next_part(&w)).n > 0) {
		if (bytes_equal(part, bytes_str(".")))
			continue;
		if (bytes_equal(part, bytes_str(".."))) {
			if (!up(&w))
				return err_set(e, REASON_SOURCE,
					       "a symbolic link leads out of the tree, to '%s'",
					       link->inode->target);
		} else if (!step(&w, part, e)) {
			return false;
		}
	}
	return true;
}

bool source_links(const struct source *s, struct err *e)
{
	for (const struct tree_node *n = tree_root(s->tree); n; n = tree_next(n))
		if (n->inode->target && !leads_inside(s->tree, n, e))
			return source_in(n, bytes_of(NULL, 0), e);
	return true;
}
