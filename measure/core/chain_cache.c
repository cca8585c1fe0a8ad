#include "measure/core/chain_cache.h"

#include <stdlib.h>

#include "measure/core/hash.h"

struct chain_cache {
	size_t n, next;
	struct digest link[CHAIN_CACHE_LINKS];
};

bool chain_cache_new(struct chain_cache **c, struct err *e)
{
	struct chain_cache *new = own_new(sizeof(*new), e);

	if (!new)
		return false;
	*c = new;
	return true;
}

void chain_cache_free(struct chain_cache **c)
{
	free(*c);
	*c = NULL;
}

/* DER says itself where it ends, so that the two cannot be cut in another way. */
bool chain_cache_link(struct bytes issuer, struct bytes subject, struct digest *link, struct err *e)
{
	return hash_of_two(DIGEST_SHA256, issuer, subject, link, e);
}

bool chain_cache_has(const struct chain_cache *c, const struct digest *link)
{
	for (size_t i = 0; i < c->n; i++)
		if (digest_equal(&c->link[i], link))
			return true;
	return false;
}

void chain_cache_keep(struct chain_cache *c, const struct digest *link)
{
	c->link[c->next] = *link;
	c->next = (c->next + 1) % CHAIN_CACHE_LINKS;
	if (c->n < CHAIN_CACHE_LINKS)
		c->n++;
}
