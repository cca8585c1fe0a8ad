#include "tests/unit/support_memory.h"

static bool read_memory(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct memory *m = (struct memory *)s;
	size_t n = to.n < m->left.n ? to.n : m->left.n;

	(void)e;
	n = n < m->piece ? n : m->piece;
	if (n > 0)
		memcpy(to.p, m->left.p, n);
	m->left = bytes_of(m->left.p + n, m->left.n - n);
	*got = n;
	return true;
}

struct memory memory_stream(struct bytes x, size_t piece)
{
	return (struct memory){.stream = {.read = read_memory}, .left = x, .piece = piece};
}
