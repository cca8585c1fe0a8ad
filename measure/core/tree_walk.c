#include <sys/stat.h>

#include "measure/core/tree.h"

#define LINKS_MAX 40u /* as the kernel */
#define RUNS 32u

struct tree_node *tree_next_outside(const struct tree_node *n)
{
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

struct tree_node *tree_next(const struct tree_node *n)
{
	return n->child ? n->child : tree_next_outside(n);
}

/* Both ordered; no two names are equal. */
static struct tree_node *merge(struct tree_node *a, struct tree_node *b)
{
	struct tree_node *first = NULL, **to = &first;

	while (a && b) {
		struct tree_node **less =
			bytes_order(bytes_str(a->name), bytes_str(b->name)) < 0 ? &a : &b;

		*to = *less;
		*less = (*less)->next;
		to = &(*to)->next;
	}
	*to = a ? a : b;
	return first;
}

/* The first one leads back to the last. */
static void link_back(struct tree_node *folder, struct tree_node *first)
{
	struct tree_node *n = first;

	folder->child = first;
	for (; n && n->next; n = n->next)
		n->next->prev = n;
	if (first)
		first->prev = n;
}

/* run[i] is empty or 2^i names long. */
static void sort_folder(struct tree_node *folder)
{
	struct tree_node *run[RUNS] = {NULL}, *n, *next, *sorted = NULL;
	size_t i;

	for (n = folder->child; n; n = next) {
		next = n->next;
		n->next = NULL;
		for (i = 0; i < RUNS - 1 && run[i]; i++) {
			n = merge(run[i], n);
			run[i] = NULL;
		}
		run[i] = merge(run[i], n);
	}
	for (i = 0; i < RUNS; i++)
		sorted = merge(run[i], sorted);
	link_back(folder, sorted);
}

static void reverse_folder(struct tree_node *folder)
{
	struct tree_node *first = NULL, *next;

	for (struct tree_node *n = folder->child; n; n = next) {
		next = n->next;
		n->next = first;
		first = n;
	}
	link_back(folder, first);
}

void tree_sort(struct tree *t)
{
	for (struct tree_node *n = tree_root(t); n; n = tree_next(n))
		sort_folder(n);
}

void tree_reverse(struct tree *t)
{
	for (struct tree_node *n = tree_root(t); n; n = tree_next(n))
		reverse_folder(n);
}

void tree_renumber(struct tree *t)
{
	uint32_t order = 0;

	for (struct tree_node *n = tree_root(t); n; n = tree_next(n))
		n->order = order++;
}

bool tree_path_below(const struct tree_node *top, const struct tree_node *n, struct buf *out,
		     struct err *e)
{
	size_t length = 0, at, size;
	uint8_t *to;

	for (const struct tree_node *up = n; up != top; up = up->parent)
		length += strlen(up->name) + (up->parent != top);
	to = buf_room(out, length);
	if (!to)
		return buf_done(out, "a path", e);
	for (at = length; n != top; n = n->parent) {
		size = strlen(n->name);
		at -= size;
		memcpy(to + at, n->name, size);
		if (at > 0)
			to[--at] = '/';
	}
	return true;
}

bool tree_path(const struct tree_node *n, struct buf *out, struct err *e)
{
	const struct tree_node *root = n;

	while (root->parent)
		root = root->parent;
	return tree_path_below(root, n, out, e);
}

bool tree_path_to(const struct tree_node *n, struct buf *out, struct err *e)
{
	buf_reset(out);
	return tree_path(n, out, e);
}

/* What is still to be walked: the rest of the path behind the rest of each link's target. */
struct way {
	struct tree *tree;
	struct tree_node *here;
	struct bytes rest[LINKS_MAX + 1];
	size_t depth, links;
	size_t text; /* bytes of the targets that were followed */
	bool make, made; /* made: `here` was missing before */
};

static bool refuse(struct bytes name, const char *why, struct err *e)
{
	return err_set(e, REASON_ROOTFS, "\"%.*s\" %s", name.n < 255 ? (int)name.n : 255,
		       (const char *)name.p, why);
}

/* The next component, slashes and "." passed over; n is 0 at the end. */
static struct bytes component(struct bytes *rest)
{
	struct bytes c;

	do {
		while (rest->n > 0 && *rest->p == '/')
			*rest = bytes_of(rest->p + 1, rest->n - 1);
		for (c = bytes_of(rest->p, 0); c.n < rest->n && c.p[c.n] != '/';)
			c.n++;
		*rest = bytes_of(rest->p + c.n, rest->n - c.n);
	} while (c.n == 1 && c.p[0] == '.');
	return c;
}

static bool follow(struct way *w, const struct tree_node *link, struct err *e)
{
	struct bytes target = bytes_str(link->inode->target);

	if (w->links++ == LINKS_MAX)
		return err_set(e, REASON_AMBIGUOUS, "leads through more than %u symbolic links",
			       LINKS_MAX);
	w->text += target.n;
	if (w->text > TREE_PATH_MAX)
		return err_set(e, REASON_LIMIT,
			       "symbolic links on the way have %zu bytes, %u is the limit", w->text,
			       TREE_PATH_MAX);
	if (target.p[0] == '/')
		w->here = tree_root(w->tree);
	if (w->rest[w->depth].n > 0)
		w->depth++;
	w->rest[w->depth] = target;
	return true;
}

static bool missing(struct way *w, struct bytes name, struct err *e)
{
	const struct tree_inode folder = {.mode = S_IFDIR | 0755, .implied = true};

	if (!w->make)
		return refuse(name, "is not there", e);
	w->here = tree_add(w->tree, w->here, name, &folder, e);
	w->made = true;
	return w->here != NULL;
}

static bool step(struct way *w, struct bytes name, struct err *e)
{
	struct tree_node *n;

	if (bytes_equal(name, bytes_str(".."))) {
		if (w->made)
			return err_set(e, REASON_AMBIGUOUS,
				       "leads back out of a folder that is not there");
		if (w->here->parent)
			w->here = w->here->parent;
		return true;
	}
	n = tree_find(w->tree, w->here, name);
	if (!n)
		return missing(w, name, e);
	if (S_ISLNK(n->inode->mode))
		return follow(w, n, e);
	w->here = n;
	return S_ISDIR(n->inode->mode) ||
	       refuse(name, "is no folder, and something is to be in it", e);
}

/* The last component is cut off by its text, before anything is resolved. */
static struct bytes cut_last(struct bytes *path)
{
	size_t end = path->n, at;

	while (end > 0 && path->p[end - 1] == '/')
		end--;
	for (at = end; at > 0 && path->p[at - 1] != '/';)
		at--;
	path->n = at;
	return bytes_of(path->p + at, end - at);
}

struct tree_node *tree_parent(struct tree *t, struct bytes path, bool make, struct bytes *name,
			      struct err *e)
{
	struct way w = {.tree = t, .here = tree_root(t), .make = make};
	struct bytes last, c;

	if (path.n > TREE_PATH_MAX) {
		err_set(e, REASON_LIMIT, "a path has %zu bytes, %u is the limit", path.n,
			TREE_PATH_MAX);
		return NULL;
	}
	last = cut_last(&path);
	w.rest[0] = path;
	while (true) {
		c = component(&w.rest[w.depth]);
		if (c.n == 0 && w.depth == 0)
			break;
		if (c.n == 0)
			w.depth--;
		else if (!step(&w, c, e))
			return NULL;
	}
	*name = last;
	return w.here;
}
