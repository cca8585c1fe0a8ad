#include "measure/core/erofs_layout.h"

#include <stdlib.h>
#include <sys/stat.h>

#define BEHIND_MAX 2048u /* an inode with its bytes, when those stand behind it */
#define BLOCKS_MAX UINT32_MAX

struct erofs_key {
	const struct tree_inode *inode;
	uint32_t place;
};

struct erofs_entries erofs_entries(const struct tree_node *folder)
{
	return (struct erofs_entries){folder, folder->child, 0};
}

bool erofs_entry(struct erofs_entries *x, struct erofs_entry *out)
{
	static const char *const dots[] = {".", ".."};
	const struct tree_node *up = x->folder->parent ? x->folder->parent : x->folder;

	if (x->dots < 2 && (!x->child || strcmp(dots[x->dots], x->child->name) < 0)) {
		*out = (struct erofs_entry){bytes_str(dots[x->dots]), x->dots ? up : x->folder};
		x->dots++;
		return true;
	}
	if (!x->child)
		return false;
	*out = (struct erofs_entry){bytes_str(x->child->name), x->child};
	x->child = x->child->next;
	return true;
}

size_t erofs_fill(struct erofs_entries x, size_t *used)
{
	struct erofs_entry entry;
	size_t n = 0, bytes = 0;

	while (erofs_entry(&x, &entry)) {
		if (bytes + EROFS_DIRENT + entry.name.n > EROFS_BLOCK)
			break;
		bytes += EROFS_DIRENT + entry.name.n;
		n++;
	}
	*used = bytes;
	return n;
}

static uint64_t folder_size(const struct tree_node *folder)
{
	struct erofs_entries x = erofs_entries(folder);
	struct erofs_entry entry;
	uint64_t size = 0;
	size_t n, used = 0;

	for (;;) {
		n = erofs_fill(x, &used);
		for (size_t i = 0; i < n; i++)
			(void)erofs_entry(&x, &entry);
		if (!x.child && x.dots == 2)
			return size + used;
		size += EROFS_BLOCK;
	}
}

/* By address alone to find an inode again: no order of addresses leaves this room. */
static int order(const void *a, const void *b)
{
	const struct erofs_key *x = a, *y = b;
	uintptr_t i = (uintptr_t)x->inode, j = (uintptr_t)y->inode;

	if (i != j)
		return i < j ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static size_t key_of(const struct erofs_layout *l, const struct tree_inode *inode)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)l->key[middle].inode < (uintptr_t)inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct erofs_place *erofs_place(const struct erofs_layout *l, const struct tree_node *n)
{
	return &l->place[l->key[key_of(l, n->inode)].place];
}

static bool checked(const struct tree_node *n, struct err *e)
{
	const struct tree_inode *i = n->inode;

	if (strlen(n->name) > EROFS_NAME_MAX)
		return err_set(e, REASON_LIMIT, "a name of %zu bytes, at most %u are possible",
			       strlen(n->name), EROFS_NAME_MAX);
	return i->major < 1u << 12 && i->minor < 1u << 20
		       ? true
		       : err_set(e, REASON_LIMIT,
				 "the device %u:%u, at most 4095:1048575 is possible", i->major,
				 i->minor);
}

/* Names of one inode become one place, that of the first. */
static bool find_places(struct erofs_layout *l, struct tree *t, struct err *e)
{
	uint32_t i = 0;

	l->n = tree_count(t);
	l->place = calloc(l->n, sizeof(*l->place));
	l->key = calloc(l->n, sizeof(*l->key));
	if (!l->place || !l->key)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu inodes", l->n);
	for (const struct tree_node *x = tree_root(t); x; x = tree_next(x), i++) {
		if (!checked(x, e))
			return false;
		l->key[i] = (struct erofs_key){x->inode, i};
	}
	qsort(l->key, l->n, sizeof(*l->key), order);
	i = 0;
	for (const struct tree_node *x = tree_root(t); x; x = tree_next(x), i++) {
		struct erofs_place *p = erofs_place(l, x);

		l->inodes += !p->node;
		if (!p->node)
			p->node = x;
		p->links++;
	}
	return true;
}

static uint64_t size_of(const struct tree_node *n)
{
	switch (n->inode->mode & S_IFMT) {
	case S_IFDIR:
		return folder_size(n);
	case S_IFLNK:
		return strlen(n->inode->target);
	case S_IFREG:
		return n->inode->size;
	default:
		return 0;
	}
}

/* A link's bytes stand behind its inode whenever a block holds both: so the kernel reads it fast */
static bool fits_behind(const struct tree_node *n, uint64_t size)
{
	return EROFS_INODE + size <= (S_ISLNK(n->inode->mode) ? EROFS_BLOCK : BEHIND_MAX);
}

/* One slot behind the other; an inode and what stands behind it never cross a block. */
static void number(struct erofs_layout *l, struct erofs_place *p)
{
	uint64_t need = EROFS_INODE + (p->behind ? p->size : 0);

	if (l->meta % EROFS_BLOCK + need > EROFS_BLOCK)
		l->meta += EROFS_BLOCK - l->meta % EROFS_BLOCK;
	p->slot = (uint32_t)(l->meta / EROFS_SLOT);
	l->meta += (need + EROFS_SLOT - 1) / EROFS_SLOT * EROFS_SLOT;
}

static bool lay_out(struct erofs_layout *l, struct err *e)
{
	l->meta = EROFS_SUPER + EROFS_SUPER_BYTES;
	for (size_t i = 0; i < l->n; i++) {
		struct erofs_place *p = &l->place[i];

		if (!p->node)
			continue;
		p->size = size_of(p->node);
		p->behind = fits_behind(p->node, p->size);
		if (S_ISDIR(p->node->inode->mode))
			p->links = 2;
		number(l, p);
	}
	for (size_t i = 1; i < l->n; i++)
		if (l->place[i].node && S_ISDIR(l->place[i].node->inode->mode))
			erofs_place(l, l->place[i].node->parent)->links++;
	l->blocks = (l->meta + EROFS_BLOCK - 1) / EROFS_BLOCK;
	for (size_t i = 0; i < l->n && l->blocks <= BLOCKS_MAX; i++)
		if (!l->place[i].behind) {
			l->place[i].block = (uint32_t)l->blocks;
			l->blocks += l->place[i].size / EROFS_BLOCK +
				     (l->place[i].size % EROFS_BLOCK > 0);
		}
	return l->blocks <= BLOCKS_MAX && l->meta / EROFS_SLOT <= UINT32_MAX
		       ? true
		       : err_set(e, REASON_LIMIT, "more than %u blocks of %u bytes", BLOCKS_MAX,
				 EROFS_BLOCK);
}

bool erofs_layout_new(struct erofs_layout *l, struct tree *t, struct err *e)
{
	*l = (struct erofs_layout){0};
	tree_sort(t);
	return find_places(l, t, e) && lay_out(l, e);
}

void erofs_layout_free(struct erofs_layout *l)
{
	free(take(l->place));
	free(take(l->key));
}
