#include "ovmf-snp/vek_chain.h"

#include "measure/core/hash.h"
#include "measure/core/x509_list.h"

void snp_pool_free(struct snp_pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		x509_free(&p->cert[i]);
	p->n = 0;
}

const char *snp_signer_name(enum snp_signing_key kind)
{
	return kind == SNP_KEY_VLEK ? "ASVK" : "ASK";
}

/* x becomes the pool's, or goes away when the pool has it already. */
static bool keep(struct snp_pool *p, struct x509 **x, struct err *e)
{
	owned(x509_free) struct x509 *mine = take(*x);

	for (size_t i = 0; i < p->n; i++)
		if (bytes_equal(x509_der(p->cert[i]), x509_der(mine)))
			return true;
	if (p->n == SNP_POOL_MAX)
		return err_set(e, REASON_LIMIT, "there are more than %u certificates",
			       SNP_POOL_MAX);
	p->cert[p->n++] = take(mine);
	return true;
}

bool snp_pool_add(struct snp_pool *p, struct bytes file, struct err *e)
{
	owned(x509_list_free) struct x509_list list = {.cache = p->cache};

	if (!x509_list_add(&list, file, e))
		return false;
	for (size_t i = 0; i < list.n; i++)
		if (!keep(p, &list.x[i], e))
			return false;
	return true;
}

bool snp_pool_add_own(struct snp_pool *p, const struct snp_product *product,
		      enum snp_signing_key kind, struct err *e)
{
	const struct bytes *own = snp_authorities[product->id];

	return snp_pool_add(p, own[kind == SNP_KEY_VLEK ? SNP_ASVK : SNP_ASK], e) &&
	       snp_pool_add(p, own[SNP_ARK], e);
}

/* ---- the choice */

/*
 * The one of the pool that issued x: of several with the name the one whose key signed it, or else
 * the first. NULL when none has the name.
 */
static bool issuer_of(const struct snp_pool *p, const struct x509 *x, const struct x509 **found,
		      struct err *e)
{
	size_t named = 0;
	bool yes = false;

	*found = NULL;
	for (size_t i = 0; i < p->n; i++)
		named += x509_names_issuer(x, p->cert[i]);
	for (size_t i = 0; i < p->n && !yes; i++) {
		if (!x509_names_issuer(x, p->cert[i]))
			continue;
		if (named > 1 && !x509_signed(x, p->cert[i], X509_PSS_SHA384, &yes, e))
			return false;
		if (yes || !*found)
			*found = p->cert[i];
	}
	return true;
}

/* Among the named roots first, unless theirs did not sign x, and another certificate's key did. */
static bool root_of(const struct snp_chain_rules *r, const struct x509 *x,
		    const struct x509 **found, struct err *e)
{
	const struct x509 *other;
	bool named = false, signed_by_other = false;

	if (!issuer_of(r->roots, x, found, e) || !issuer_of(r->candidates, x, &other, e))
		return false;
	if (*found && other &&
	    (!x509_signed(x, *found, X509_PSS_SHA384, &named, e) ||
	     (!named && !x509_signed(x, other, X509_PSS_SHA384, &signed_by_other, e))))
		return false;
	if (!*found || signed_by_other)
		*found = other;
	return true;
}

static bool trust(struct snp_chain *c, const struct snp_chain_rules *r, struct err *e)
{
	struct bytes root = x509_der(c->cert[2]);
	struct digest d;

	if (r->roots->n == 0) {
		if (!hash_of(DIGEST_SHA256, root, &d, e))
			return false;
		c->product = snp_product_by_ark(digest_bytes(&d));
		c->trusted = c->product != NULL;
	}
	for (size_t i = 0; i < r->roots->n; i++)
		c->trusted = c->trusted || bytes_equal(root, x509_der(r->roots->cert[i]));
	return true;
}

static bool missing(const char *what, const struct snp_vek *v, struct err *e)
{
	const char *of = v->product ? v->product->name : "an unknown product";
	const char *signed_by_it =
		strcmp(what, "ARK") == 0 ? snp_signer_name(v->kind) : snp_key_name(v->kind);

	if (v->kind == SNP_KEY_NONE)
		err_set(e, REASON_COLLATERAL,
			"the issuer of the certificate is not at hand, which is one of %s, and "
			"must be one of SEV-VCEK or SEV-VLEK",
			v->common_name);
	else
		err_set(e, REASON_COLLATERAL, "the %s of %s was not given, which signed the %s",
			what, of, signed_by_it);
	return err_hint(e, "give it with --chain");
}

bool snp_chain_make(struct snp_chain *c, const struct x509 *vek, const struct snp_vek *v,
		    const struct snp_chain_rules *rules, struct err *e)
{
	struct x509_rules link = {
		.leaf_keys = X509_P384,
		.issuer_keys = X509_RSA_4096,
		.signatures = X509_PSS_SHA384,
		.judged = rules->judged,
		.at = rules->at,
		.cache = rules->cache,
	};

	*c = (struct snp_chain){.cert = {vek}};
	if (!issuer_of(rules->candidates, vek, &c->cert[1], e))
		return false;
	if (!c->cert[1])
		return missing(snp_signer_name(v->kind), v, e);
	if (!root_of(rules, c->cert[1], &c->cert[2], e))
		return false;
	if (!c->cert[2])
		return missing("ARK", v, e);
	return x509_chain_check(c->cert, SNP_CHAIN, &link, c->finding, e) && trust(c, rules, e);
}
