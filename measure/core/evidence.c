#include "measure/core/evidence.h"

#include <stdlib.h>

#include "measure/base/own.h"

const struct evidence_format *evidence_find(const struct evidence_format *const *table,
					    struct bytes whole)
{
	const struct evidence_format *best = NULL;
	int most = 0;

	for (size_t i = 0; table[i]; i++) {
		int bid = table[i]->bid(whole);

		if (bid > most) {
			most = bid;
			best = table[i];
		} else if (bid == most) {
			best = NULL;
		}
	}
	return best;
}

bool claims_new(struct claims **c, const struct evidence_format *f, size_t room, struct err *e)
{
	struct claims *made = own_new(sizeof(*made), e);

	if (!made)
		return false;
	made->format = f;
	made->bytes = BUF(room);
	if (!buf_room(&made->bytes, room)) {
		bool done = buf_done(&made->bytes, "the claims", e);

		claims_free(&made);
		return done;
	}
	/* All of the room is had at once, so that no copy ever moves. */
	made->bytes.n = 0;
	*c = made;
	return true;
}

void claims_free(struct claims **c)
{
	struct claims *old = *c;

	*c = NULL;
	if (!old)
		return;
	if (old->own)
		old->format->free_own(old->own);
	buf_free(&old->bytes);
	free(old);
}

struct bytes claims_copy(struct claims *c, struct bytes v)
{
	size_t at = c->bytes.n;

	buf_put(&c->bytes, v);
	return c->bytes.failed ? bytes_of(NULL, 0) : bytes_of(c->bytes.p + at, v.n);
}
