/*
 * The way from a report-signing key to AMD: VEK, its signer (ASK for VCEKs, ASVK for VLEKs) and
 * the root (ARK). Certificates are candidates, whatever the files they come from are called: the
 * signer is the one whose name the VEK gives and whose key signed it, and so the root. A root is
 * trusted when its SHA-256 is pinned (product.h), or when it was named in place of the pinned ones.
 * What AMD signs with today is built in, so that a VEK is all that a verifier needs. Links are
 * checked one by one (x509_chain.h): RSA-4096, PSS with SHA-384 and a salt of 48 bytes, P-384.
 */
#ifndef OVMF_SNP_VEK_CHAIN_H
#define OVMF_SNP_VEK_CHAIN_H

#include "measure/core/chain_cache.h"
#include "measure/core/evidence.h"
#include "measure/core/x509_chain.h"
#include "ovmf-snp/vek.h"

#define SNP_POOL_MAX 256u

/* Certificates that it owns, no two the same. Starts zeroed, but for the cache. */
struct snp_pool {
	struct chain_cache *cache; /* of what is read; borrowed, or NULL */
	size_t n;
	struct x509 *cert[SNP_POOL_MAX];
};

void snp_pool_free(struct snp_pool *p);

/* All certificates of a file, as x509_list_add() reads them. Errors: those, and limit. */
must bool snp_pool_add(struct snp_pool *p, struct bytes file, struct err *e);

/* The built-in signer and root for a key of that kind. */
must bool snp_pool_add_own(struct snp_pool *p, const struct snp_product *product,
			   enum snp_signing_key kind, struct err *e);

#define SNP_CHAIN 3u

struct snp_chain {
	const struct x509 *cert[SNP_CHAIN]; /* VEK, its signer, the root; borrowed from pools */
	struct x509_finding finding[SNP_CHAIN];
	bool trusted;
	const struct snp_product *product; /* of a pinned root; else NULL */
};

/* What decides a chain, besides its certificates. */
struct snp_chain_rules {
	const struct snp_pool *candidates;
	const struct snp_pool *roots; /* empty: the pinned ones */
	bool judged; /* validity in time */
	int64_t at;
	struct chain_cache *cache; /* or NULL */
};

/* False when a certificate is missing (collateral), and when the machinery fails. */
must bool snp_chain_make(struct snp_chain *c, const struct x509 *vek, const struct snp_vek *v,
			 const struct snp_chain_rules *rules, struct err *e);

/* "ASK", "ASVK": the signer of that kind of key. */
const char *snp_signer_name(enum snp_signing_key kind);

#endif
