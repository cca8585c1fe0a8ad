#include "measure/core/chain_cache.h"

#include <stdlib.h>

#include "measure/core/hash.h"

struct chain_cache {
	size_t n, next;
	struct digest link[CHAIN_CACHE_LINKS];
	size_t next_cert;
	struct x509 *cert[CHAIN_CACHE_CERTIFICATES]; /* NULL behind the last */
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
	for (size_t i = 0; *c && i < CHAIN_CACHE_CERTIFICATES; i++)
		x509_free(&(*c)->cert[i]);
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

bool chain_cache_read(struct chain_cache *c, struct bytes der, struct x509 **x, struct err *e)
{
	for (size_t i = 0; i < CHAIN_CACHE_CERTIFICATES && c->cert[i]; i++) {
		if (bytes_equal(x509_der(c->cert[i]), der)) {
			*x = x509_share(c->cert[i]);
			return true;
		}
	}
	if (!x509_read_der(x, der, e))
		return false;
	x509_free(&c->cert[c->next_cert]);
	c->cert[c->next_cert] = x509_share(*x);
	c->next_cert = (c->next_cert + 1) % CHAIN_CACHE_CERTIFICATES;
	return true;
}
