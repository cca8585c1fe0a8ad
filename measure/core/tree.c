#include "measure/core/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "measure/base/arena.h"
#include "measure/base/num.h"

#define BUCKETS_MIN 64u
#define TEXT_MIN (1u << 20)
#define TEXT_EACH 256u

struct tree {
	struct tree_node *root;
	struct tree_node **bucket;
	size_t n_buckets; /* a power of two */
	uint64_t key[2];
	size_t count, max;
	uint32_t added, layer;
	struct arena things, text;
	void *nodes,
		*inodes; /* that nobody uses any more: each begins with the address of the next */
};

static void spare_put(void **list, void *thing)
{
	memcpy(thing, list, sizeof(*list));
	*list = thing;
}

static void *spare_take(void **list, size_t size)
{
	void *thing = *list;

	if (!thing)
		return NULL;
	memcpy(list, thing, sizeof(*list));
	return memset(thing, 0, size);
}

/*
 * Where a name in a folder is looked for: the value of a polynomial at a secret place, so that
 * whoever makes an archive cannot choose names that meet. Of its result no output depends.
 */
#define PRIME ((UINT64_C(1) << 61) - 1)

static uint64_t times(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 x = (unsigned __int128)a * b;
	uint64_t sum = (uint64_t)(x & PRIME) + (uint64_t)(x >> 61);

	return sum >= PRIME ? sum - PRIME : sum;
}

static struct tree_node **bucket_of(const struct tree *t, const struct tree_node *folder,
				    struct bytes name)
{
	uint64_t h = (uint64_t)(uintptr_t)folder % PRIME;

	for (size_t i = 0; i < name.n; i += 7) {
		uint64_t piece = 0;

		memcpy(&piece, name.p + i, name.n - i < 7 ? name.n - i : 7);
		h = times((h + piece) % PRIME, t->key[0]);
	}
	return &t->bucket[times(h, t->key[1]) & (t->n_buckets - 1)];
}

static struct tree_node **bucket(const struct tree *t, const struct tree_node *n)
{
	return bucket_of(t, n->parent, bytes_str(n->name));
}

static bool rehash(struct tree *t, size_t n_buckets, struct err *e)
{
	struct tree_node **old = t->bucket, **b, *next;
	size_t size, n_old = t->n_buckets;

	if (!num_mul_size(n_buckets, sizeof(struct tree_node *), &size))
		return err_set(e, REASON_LIMIT, "more than %zu names", t->count);
	b = own_new(size, e);
	if (!b)
		return false;
	t->bucket = b;
	t->n_buckets = n_buckets;
	for (size_t i = 0; i < n_old; i++)
		for (struct tree_node *n = old[i]; n; n = next) {
			next = n->chain;
			b = bucket(t, n);
			n->chain = *b;
			*b = n;
		}
	free(old);
	return true;
}

static bool plant(struct tree *t, struct err *e)
{
	const struct tree_inode folder = {.mode = S_IFDIR | 0755, .links = 1, .implied = true};

	t->root = arena_new(&t->things, sizeof(*t->root), "files", e);
	if (!t->root)
		return false;
	t->root->name = "";
	t->root->inode = arena_new(&t->things, sizeof(folder), "files", e);
	if (!t->root->inode)
		return false;
	*t->root->inode = folder;
	t->count = 1;
	return true;
}

struct tree *tree_new(size_t max, struct err *e)
{
	struct tree *t = own_new(sizeof(*t), e);

	if (!t)
		return NULL;
	t->max = max < UINT32_MAX ? max : UINT32_MAX;
	t->things = ARENA(SIZE_MAX);
	t->text = ARENA(TEXT_MIN + t->max * TEXT_EACH);
	if (getrandom(t->key, sizeof(t->key), 0) != (ssize_t)sizeof(t->key))
		err_errno(e, errno, "no random key for a table");
	t->key[0] = t->key[0] % (PRIME - 1) + 1;
	t->key[1] = t->key[1] % (PRIME - 1) + 1;
	if (err_is(e) || !plant(t, e) || !rehash(t, BUCKETS_MIN, e))
		tree_free(&t);
	return t;
}

void tree_free(struct tree **t)
{
	if (!*t)
		return;
	arena_free(&(*t)->things);
	arena_free(&(*t)->text);
	free((*t)->bucket);
	free(*t);
	*t = NULL;
}

struct tree_node *tree_root(const struct tree *t)
{
	return t->root;
}

size_t tree_count(const struct tree *t)
{
	return t->count;
}

void tree_layer(struct tree *t, uint32_t layer)
{
	t->layer = layer;
}

struct tree_node *tree_find(const struct tree *t, const struct tree_node *folder, struct bytes name)
{
	struct tree_node *n = *bucket_of(t, folder, name);

	while (n && (n->parent != folder || !bytes_equal(bytes_str(n->name), name)))
		n = n->chain;
	return n;
}

static bool check_name(struct bytes name, struct err *e)
{
	int quoted = name.n > 60 ? 60 : (int)name.n;

	if (name.n > TREE_NAME_MAX)
		return err_set(e, REASON_LIMIT,
			       "the name \"%.*s...\" has %zu bytes, %u is the limit", quoted,
			       (const char *)name.p, name.n, TREE_NAME_MAX);
	if (name.n == 0 || bytes_equal(name, bytes_str(".")) || bytes_equal(name, bytes_str("..")))
		return err_set(e, REASON_ROOTFS, "\"%.*s\" is no name of a file", quoted,
			       (const char *)name.p);
	if (memchr(name.p, '/', name.n) || memchr(name.p, '\0', name.n))
		return err_set(e, REASON_ROOTFS, "a name of a file holds a slash or a NUL");
	return true;
}

static bool check_target(const struct tree_inode *inode, struct err *e)
{
	size_t n = inode->target ? strlen(inode->target) : 0;

	if (!S_ISLNK(inode->mode))
		return true;
	if (n == 0)
		return err_set(e, REASON_ROOTFS,
			       "a symbolic link leads nowhere: its target is empty");
	return n <= TREE_PATH_MAX ||
	       err_set(e, REASON_LIMIT, "a symbolic link's target has %zu bytes, %u is the limit",
		       n, TREE_PATH_MAX);
}

/* A copy with one name; its memory may be that of an inode that nobody uses any more. */
static struct tree_inode *copy(struct tree *t, const struct tree_inode *inode, struct err *e)
{
	const char *target = NULL;
	struct tree_inode *to;

	if (!check_target(inode, e))
		return NULL;
	if (S_ISLNK(inode->mode)) {
		target = arena_text(&t->text, bytes_str(inode->target), "names and targets", e);
		if (!target)
			return NULL;
	}
	to = spare_take(&t->inodes, sizeof(*to));
	if (!to)
		to = arena_new(&t->things, sizeof(*to), "files", e);
	if (!to)
		return NULL;
	*to = *inode;
	to->target = target;
	to->links = 1;
	return to;
}

static void drop(struct tree *t, struct tree_inode *inode)
{
	if (--inode->links == 0)
		spare_put(&t->inodes, inode);
}

static struct tree_node *new_node(struct tree *t, struct bytes name, struct err *e)
{
	struct tree_node *n;
	const char *text;

	if (!check_name(name, e))
		return NULL;
	if (t->added >= t->max) {
		err_set(e, REASON_LIMIT, "more than %zu names", t->max);
		return NULL;
	}
	if (t->count >= t->n_buckets && !rehash(t, t->n_buckets * 2, e))
		return NULL;
	text = arena_text(&t->text, name, "names and targets", e);
	if (!text)
		return NULL;
	n = spare_take(&t->nodes, sizeof(*n));
	if (!n)
		n = arena_new(&t->things, sizeof(*n), "files", e);
	if (n)
		n->name = text;
	return n;
}

/* The first child's `prev` is the last one, whose `next` is none. */
static void append(struct tree *t, struct tree_node *folder, struct tree_node *n)
{
	struct tree_node **b;

	n->parent = folder;
	n->order = ++t->added;
	n->layer = t->layer;
	n->prev = n;
	if (folder->child) {
		n->prev = folder->child->prev;
		n->prev->next = n;
		folder->child->prev = n;
	} else {
		folder->child = n;
	}
	b = bucket(t, n);
	n->chain = *b;
	*b = n;
	t->count++;
}

struct tree_node *tree_add(struct tree *t, struct tree_node *folder, struct bytes name,
			   const struct tree_inode *inode, struct err *e)
{
	struct tree_node *n = new_node(t, name, e);

	if (!n)
		return NULL;
	n->inode = copy(t, inode, e);
	if (!n->inode)
		return NULL;
	append(t, folder, n);
	return n;
}

struct tree_node *tree_link(struct tree *t, struct tree_node *folder, struct bytes name,
			    struct tree_inode *inode, struct err *e)
{
	struct tree_node *n = new_node(t, name, e);

	if (!n)
		return NULL;
	n->inode = inode;
	inode->links++;
	append(t, folder, n);
	return n;
}

bool tree_replace(struct tree *t, struct tree_node *n, const struct tree_inode *inode,
		  struct err *e)
{
	struct tree_inode *to = copy(t, inode, e);

	if (!to)
		return false;
	drop(t, n->inode);
	n->inode = to;
	n->layer = t->layer;
	return true;
}

/* Out of its folder, with what is below it. */
static void detach(struct tree *t, struct tree_node *n)
{
	struct tree_node **b = bucket(t, n), *first = n->parent->child;

	while (*b != n)
		b = &(*b)->chain;
	*b = n->chain;
	if (n->next)
		n->next->prev = n->prev;
	else
		first->prev = n->prev;
	if (n == first)
		n->parent->child = n->next;
	else
		n->prev->next = n->next;
	t->count--;
}

static void remove_leaf(struct tree *t, struct tree_node *n)
{
	detach(t, n);
	drop(t, n->inode);
	spare_put(&t->nodes, n);
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	struct tree_node *leaf = n, *parent;
	bool last;

	do {
		while (leaf->child)
			leaf = leaf->child;
		parent = leaf->parent;
		last = leaf == n;
		remove_leaf(t, leaf);
		leaf = parent;
	} while (!last);
}

bool tree_lower(struct tree *t, struct bytes path, struct err *e)
{
	struct tree_node *old = t->root, *folder;
	size_t count = t->count;
	struct bytes name;

	if (!plant(t, e))
		return false;
	t->count = count + 1;
	folder = tree_parent(t, path, true, &name, e);
	if (!folder || !check_name(name, e))
		return false;
	old->name = arena_text(&t->text, name, "names and targets", e);
	if (!old->name)
		return false;
	append(t, folder, old);
	t->count--;
	for (; old; old = old->parent)
		old->order = 0;
	return true;
}

void tree_raise(struct tree *t, struct tree_node *folder)
{
	if (folder == t->root)
		return;
	detach(t, folder);
	while (t->root->child)
		tree_remove(t, t->root->child);
	drop(t, t->root->inode);
	spare_put(&t->nodes, t->root);
	folder->parent = folder->next = folder->prev = folder->chain = NULL;
	folder->name = "";
	folder->order = 0;
	t->root = folder;
}
