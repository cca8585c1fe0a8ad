#include "measure/rebuild/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/num.h"

#define PIECE ((size_t)256 << 10)
#define KEPT 01777u /* of a mode: no set-id bits */
#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct name {
	const struct tree_node *node;
	size_t place; /* among all such names, as the walk comes to them */
};

struct place {
	const struct place_rule *rule;
	const struct cpio_io *io;
	const struct tree_node *top;
	struct name *shared; /* of inodes with several names, by inode and place */
	size_t n_shared;
	int fd[PLACE_DEPTH + 1]; /* the folders that lead to where it stands */
	size_t depth;
	uint8_t *piece;
	uint64_t written;
};

static void place_free(struct place *p)
{
	while (p->depth > 0)
		close(p->fd[p->depth--]);
	free(p->shared);
	free(p->piece);
}

static bool about(const struct place *p, const struct tree_node *n, struct err *e)
{
	owned(buf_free) struct buf path = BUF((size_t)1 << 20);

	return n != p->top && tree_path_below(p->top, n, &path, e) &&
	       err_subject(e, buf_cstr(&path));
}

static bool failed(const struct place *p, const struct tree_node *n, const char *what,
		   struct err *e)
{
	err_errno(e, errno, what);
	return about(p, n, e);
}

/* ---- the way through the tree: into every folder, and out of it */

struct visit {
	bool (*node)(struct place *p, const struct tree_node *n, struct err *e);
	bool (*behind)(struct place *p, const struct tree_node *n, struct err *e);
};

static int here(const struct place *p)
{
	return p->fd[p->depth];
}

static bool enter(struct place *p, const struct tree_node *n, struct err *e)
{
	if (p->depth == PLACE_DEPTH)
		return err_set(e, REASON_LIMIT, "more than %u folders stand in each other",
			       PLACE_DEPTH);
	p->fd[p->depth + 1] = openat(here(p), n->name, FOLDER);
	if (p->fd[p->depth + 1] < 0)
		return failed(p, n, "cannot be opened", e);
	p->depth++;
	return true;
}

static bool leave(struct place *p, const struct visit *v, const struct tree_node *n, struct err *e)
{
	bool ok = !v->behind || v->behind(p, n, e);

	close(p->fd[p->depth--]);
	return ok;
}

static bool walk(struct place *p, const struct visit *v, struct err *e)
{
	const struct tree_node *n = p->top->child;

	while (n) {
		bool folder = S_ISDIR(n->inode->mode);

		if ((v->node && !v->node(p, n, e)) || (folder && !enter(p, n, e)))
			return false;
		if (folder && n->child) {
			n = n->child;
			continue;
		}
		if (folder && !leave(p, v, n, e))
			return false;
		while (!n->next && n->parent != p->top) {
			n = n->parent;
			if (!leave(p, v, n, e))
				return false;
		}
		n = n->next;
	}
	return !v->behind || v->behind(p, p->top, e);
}

/* ---- names that share an inode */

static bool is_shared(const struct tree_node *n)
{
	return n->inode->links > 1 && (S_ISREG(n->inode->mode) || S_ISLNK(n->inode->mode));
}

/* Addresses only bring the names of one inode together; the first of them is that of the walk. */
static int by_inode(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	uintptr_t i = (uintptr_t)x->node->inode, j = (uintptr_t)y->node->inode;

	if (i != j)
		return i < j ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* The first name of a node's inode: itself, where it has no other. */
static const struct tree_node *first_name(const struct place *p, const struct tree_node *n)
{
	size_t low = 0, high = p->n_shared;

	if (!is_shared(n))
		return n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)p->shared[middle].node->inode < (uintptr_t)n->inode)
			low = middle + 1;
		else
			high = middle;
	}
	return p->shared[low].node;
}

/* Bytes of all files; of several names only those of the first count. */
static bool within(const struct place *p, struct err *e)
{
	const struct tree_node *end = tree_next_outside(p->top);
	uint64_t bytes = 0;

	for (const struct tree_node *n = tree_next(p->top); n != end; n = tree_next(n))
		if (S_ISREG(n->inode->mode) && first_name(p, n) == n &&
		    !num_add(bytes, n->inode->size, &bytes))
			bytes = UINT64_MAX;
	return bytes <= p->rule->max ||
	       err_set(e, REASON_LIMIT, "the files have %llu bytes, %llu is the limit",
		       (unsigned long long)bytes, (unsigned long long)p->rule->max);
}

static bool find_shared(struct place *p, struct err *e)
{
	const struct tree_node *end = tree_next_outside(p->top);
	size_t count = 0;

	for (const struct tree_node *n = tree_next(p->top); n != end; n = tree_next(n))
		count += is_shared(n);
	p->shared = own_new((count + 1) * sizeof(*p->shared), e);
	if (!p->shared)
		return false;
	for (const struct tree_node *n = tree_next(p->top); n != end; n = tree_next(n))
		if (is_shared(n)) {
			p->shared[p->n_shared] = (struct name){n, p->n_shared};
			p->n_shared++;
		}
	qsort(p->shared, p->n_shared, sizeof(*p->shared), by_inode);
	return true;
}

/* The folder of a name that was made before; step by step, as everywhere. */
static int open_folder(const struct place *p, const struct tree_node *folder)
{
	const struct tree_node *way[PLACE_DEPTH];
	size_t n = 0;
	int at = openat(p->fd[0], ".", FOLDER);

	for (; folder != p->top; folder = folder->parent)
		way[n++] = folder;
	while (n > 0 && at >= 0) {
		int below = openat(at, way[--n]->name, FOLDER);

		close(at);
		at = below;
	}
	return at;
}

static bool make_link(struct place *p, const struct tree_node *n, const struct tree_node *first,
		      struct err *e)
{
	owned(own_close) int from = open_folder(p, first->parent);

	return (from >= 0 && linkat(from, first->name, here(p), n->name, 0) == 0) ||
	       failed(p, n, "cannot be linked", e);
}

/* ---- making */

static bool write_all(struct place *p, int fd, size_t n)
{
	if (!file_put(fd, bytes_of(p->piece, n)))
		return false;
	p->written += n;
	if (p->rule->watch.tick)
		p->rule->watch.tick(p->rule->watch.arg, p->written);
	return true;
}

static bool copy(struct place *p, const struct tree_node *n, int fd, struct err *e)
{
	uint64_t left = n->inode->size;

	if (left > 0 && !p->io->open(p->io->arg, n, e))
		return false;
	while (left > 0) {
		size_t got, step = left < PIECE ? (size_t)left : PIECE;

		if (!p->io->read(p->io->arg, (struct span){p->piece, step}, &got, e))
			return false;
		if (got == 0) {
			err_set(e, REASON_FILE_CHANGED,
				"the file should have %llu bytes, and ends after %llu",
				(unsigned long long)n->inode->size,
				(unsigned long long)(n->inode->size - left));
			return about(p, n, e);
		}
		if (!write_all(p, fd, got))
			return failed(p, n, "cannot be written", e);
		left -= got;
	}
	return true;
}

/* The thing itself when name is empty. */
static bool give(const struct place *p, const struct tree_node *n, int fd, const char *name)
{
	uint32_t owner = p->rule->owner;

	if (p->rule->whole)
		return fchownat(fd, name, n->inode->uid, n->inode->gid,
				AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0;
	return owner == 0 ||
	       fchownat(fd, name, owner, owner, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0;
}

/* Owner first: giving a file away may take bits of its mode. */
static bool finish(const struct place *p, const struct tree_node *n, int fd)
{
	const struct timespec at = {.tv_sec = p->rule->time}, both[2] = {at, at};

	return give(p, n, fd, "") &&
	       fchmod(fd, n->inode->mode & (p->rule->whole ? 07777u : KEPT)) == 0 &&
	       futimens(fd, both) == 0;
}

static bool make_file(struct place *p, const struct tree_node *n, struct err *e)
{
	owned(own_close) int fd = openat(
		here(p), n->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return failed(p, n, "cannot be made", e);
	return copy(p, n, fd, e) &&
	       (finish(p, n, fd) || failed(p, n, "cannot be given owner, mode and time", e));
}

static bool make_symlink(struct place *p, const struct tree_node *n, struct err *e)
{
	const struct timespec at = {.tv_sec = p->rule->time}, both[2] = {at, at};

	if (symlinkat(n->inode->target, here(p), n->name) != 0)
		return failed(p, n, "cannot be made", e);
	return (give(p, n, here(p), n->name) &&
		utimensat(here(p), n->name, both, AT_SYMLINK_NOFOLLOW) == 0) ||
	       failed(p, n, "cannot be given owner, mode and time", e);
}

static bool make(struct place *p, const struct tree_node *n, struct err *e)
{
	const struct tree_node *first = first_name(p, n);

	if (S_ISDIR(n->inode->mode))
		return mkdirat(here(p), n->name, 0700) == 0 || failed(p, n, "cannot be made", e);
	if (first != n)
		return make_link(p, n, first, e);
	if (S_ISREG(n->inode->mode))
		return make_file(p, n, e);
	return !S_ISLNK(n->inode->mode) || make_symlink(p, n, e);
}

static bool finish_folder(struct place *p, const struct tree_node *n, struct err *e)
{
	return finish(p, n, here(p)) || failed(p, n, "cannot be given owner, mode and time", e);
}

/*
 * Folders are finished in a walk of their own: one that nobody may enter may hold the first name
 * of a file whose others come later.
 */
bool place_tree(int folder, struct tree *t, const struct place_rule *rule, const struct cpio_io *io,
		struct err *e)
{
	static const struct visit making = {.node = make}, finishing = {.behind = finish_folder};
	owned(place_free) struct place p = {.rule = rule,
					    .io = io,
					    .top = rule->top ? rule->top : tree_root(t),
					    .fd[0] = folder};

	tree_sort(t);
	if (rule->reversed)
		tree_reverse(t);
	p.piece = own_new(PIECE, e);
	return p.piece && find_shared(&p, e) && within(&p, e) && walk(&p, &making, e) &&
	       walk(&p, &finishing, e);
}
