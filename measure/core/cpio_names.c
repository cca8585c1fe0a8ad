#include "measure/core/cpio_names.h"

#include <stdlib.h>
#include <sys/stat.h>

bool cpio_names_new(struct cpio_names *l, size_t max, struct err *e)
{
	*l = (struct cpio_names){0};
	if (max == 0)
		return true;
	l->v = calloc(max, sizeof(*l->v));
	l->max = max;
	return l->v || err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu hard links", max);
}

void cpio_names_free(struct cpio_names *l)
{
	free(take(l->v));
}

void cpio_names_add(struct cpio_names *l, const struct tree_node *n, uint32_t place)
{
	if (l->n < l->max)
		l->v[l->n++] = (struct cpio_name){n->inode, n, place, 0, 0, 0};
}

/* By address alone to bring an inode's names together: no order of addresses leaves this room. */
static int order(const void *a, const void *b)
{
	const struct cpio_name *x = a, *y = b;
	uintptr_t i = (uintptr_t)x->inode, j = (uintptr_t)y->inode;

	if (i != j)
		return i < j ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

void cpio_names_sort(struct cpio_names *l)
{
	size_t first = 0;

	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), order);
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].inode != l->v[first].inode)
			first = i;
		l->v[first].n++;
	}
}

struct cpio_name *cpio_names_of(const struct cpio_names *l, const struct tree_inode *inode)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)l->v[middle].inode < (uintptr_t)inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->n && l->v[low].inode == inode && l->v[low].n > 1 ? &l->v[low] : NULL;
}

static bool has_several(const struct tree_inode *i, bool files)
{
	return i->links > 1 && !S_ISDIR(i->mode) && !S_ISLNK(i->mode) &&
	       (S_ISREG(i->mode) || !files);
}

bool cpio_names_find(struct cpio_names *l, const struct tree *t, bool files, struct err *e)
{
	uint32_t place = 0;
	size_t n = 0;

	for (struct tree_node *x = tree_next(tree_root(t)); x; x = tree_next(x))
		n += has_several(x->inode, files);
	if (!cpio_names_new(l, n, e))
		return false;
	for (struct tree_node *x = tree_next(tree_root(t)); x; x = tree_next(x), place++)
		if (has_several(x->inode, files))
			cpio_names_add(l, x, place);
	cpio_names_sort(l);
	return true;
}
