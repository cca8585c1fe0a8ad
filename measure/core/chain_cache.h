/*
 * What a batch of evidence has in common and need not be worked out again: which certificate signed
 * which, and certificates as they were read. A link is known by the SHA-256 of the issuer's DER and
 * the subject's behind it; nothing but that one signature is remembered, all else is checked each
 * time. Of many the oldest are forgotten. For one thread at a time.
 */
#ifndef MEASURE_CORE_CHAIN_CACHE_H
#define MEASURE_CORE_CHAIN_CACHE_H

#include "measure/core/x509.h"

#define CHAIN_CACHE_LINKS 256u
#define CHAIN_CACHE_CERTIFICATES 64u

struct chain_cache;

must bool chain_cache_new(struct chain_cache **c, struct err *e);
void chain_cache_free(struct chain_cache **c);

/* What a link is known by. */
must bool chain_cache_link(struct bytes issuer, struct bytes subject, struct digest *link,
			   struct err *e);
bool chain_cache_has(const struct chain_cache *c, const struct digest *link);
void chain_cache_keep(struct chain_cache *c, const struct digest *link);

/* x509_read_der(), or another owner's share of what it gave before. */
must bool chain_cache_read(struct chain_cache *c, struct bytes der, struct x509 **x, struct err *e);

#endif
