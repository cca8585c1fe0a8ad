#include "measure/base/arena.h"

#include <stdlib.h>

#define BLOCK (64u * 1024)

struct arena_block {
	struct arena_block *older;
	_Alignas(uint64_t) uint8_t bytes[];
};

void arena_free(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->older;
		free(b);
	}
	*a = ARENA(a->max);
}

static bool grow(struct arena *a, size_t n, struct err *e)
{
	size_t room =
		n > BLOCK - sizeof(struct arena_block) ? n : BLOCK - sizeof(struct arena_block);
	struct arena_block *b = own_new(sizeof(*b) + room, e);

	if (!b)
		return false;
	b->older = a->blocks;
	a->blocks = b;
	a->left = room;
	return true;
}

/* From the end of a block downwards, so that alignment is a matter of what is left. */
static uint8_t *cut(struct arena *a, size_t n, size_t align, const char *what, struct err *e)
{
	size_t waste;

	if (n > a->max - a->used) {
		err_set(e, REASON_LIMIT, "%s: over the limit of %zu bytes", what, a->max);
		return NULL;
	}
	waste = a->left < n ? 0 : (a->left - n) % align;
	if ((!a->blocks || a->left < n + waste) && !grow(a, n + align, e))
		return NULL;
	waste = (a->left - n) % align;
	a->left -= n + waste;
	a->used += n;
	return a->blocks->bytes + a->left;
}

void *arena_new(struct arena *a, size_t n, const char *what, struct err *e)
{
	return cut(a, n, _Alignof(uint64_t), what, e);
}

const char *arena_text(struct arena *a, struct bytes x, const char *what, struct err *e)
{
	uint8_t *to = x.n == SIZE_MAX ? NULL : cut(a, x.n + 1, 1, what, e);

	if (to && x.n > 0)
		memcpy(to, x.p, x.n);
	return (const char *)to;
}
