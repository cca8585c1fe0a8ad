#include "measure/fetch/collateral.h"

#include "measure/core/hash.h"
#include "measure/core/x509_chain.h"
#include "measure/core/x509_crl.h"
#include "ovmf-snp/tcb.h"

void collateral_free(struct collateral *c)
{
	snp_pool_free(&c->roots);
	snp_pool_free(&c->chain);
}

static const struct snp_product *product_of(const struct collateral *c)
{
	return snp_product_by_name(bytes_str(c->kds->product));
}

/* ---- signer and root */

static bool is_trusted(const struct collateral *c, const struct x509 *x, bool *yes, struct err *e)
{
	struct digest d;

	*yes = false;
	for (size_t i = 0; i < c->roots.n; i++)
		*yes = *yes || bytes_equal(x509_der(c->roots.cert[i]), x509_der(x));
	if (c->roots.n > 0)
		return true;
	if (!hash_of(DIGEST_SHA256, x509_der(x), &d, e))
		return false;
	*yes = snp_pinned(product_of(c), SNP_ARK, digest_bytes(&d));
	return true;
}

/* The root among the certificates, or NULL. */
static bool find_root(const struct collateral *c, const struct x509 **root, struct err *e)
{
	*root = NULL;
	for (size_t i = 0; i < c->chain.n; i++) {
		bool yes;

		if (!is_trusted(c, c->chain.cert[i], &yes, e))
			return false;
		if (yes)
			*root = c->chain.cert[i];
	}
	return *root ||
	       err_set(e, REASON_UNTRUSTED_ROOT,
		       "none of the %zu certificates is the root of %s that is pinned here",
		       c->chain.n, c->kds->product);
}

static bool chain_check(struct collateral *c, struct bytes file, struct err *e)
{
	const struct x509 *root;

	snp_pool_free(&c->chain);
	if (!snp_pool_add(&c->chain, file, e) || !find_root(c, &root, e))
		return false;
	for (size_t i = 0; i < c->chain.n; i++)
		if (c->chain.cert[i] != root && x509_names_issuer(c->chain.cert[i], root))
			return true;
	return err_set(e, REASON_CHAIN, "none of the %zu certificates was signed by the root",
		       c->chain.n);
}

/* ---- the chip's certificate */

static bool parts_match(const struct collateral *c, const struct snp_vek *v, struct err *e)
{
	const struct snp_product *p = product_of(c);
	struct tcb want;

	if (!snp_tcb_decode(p, c->report->reported_tcb, &want))
		return err_set(e, REASON_TCB, "the report's TCB is none of %s", p->name);
	for (size_t i = 0; i < SNP_TCB_PARTS; i++)
		if (snp_tcb_get(&want, i) != snp_tcb_get(&v->tcb, i))
			return err_set(e, REASON_TCB,
				       "the certificate is for %s %d, the report has %d",
				       snp_tcb_parts[i].name, snp_tcb_get(&v->tcb, i),
				       snp_tcb_get(&want, i));
	return true;
}

static bool is_of_report(const struct collateral *c, const struct snp_vek *v, struct err *e)
{
	const struct snp_product *p = product_of(c);

	if (v->kind != SNP_KEY_VCEK)
		return err_set(e, REASON_KEY_KIND, "the certificate is of a key '%s', not a VCEK",
			       v->common_name);
	if (v->product != p)
		return err_set(e, REASON_PRODUCT, "the certificate is of '%s', the report of %s",
			       v->product_name, p->name);
	if (!bytes_equal(bytes_of(v->hwid, v->hwid_len), bytes_of(c->report->chip_id, p->hwid_len)))
		return err_set(e, REASON_CHIP_ID, "the certificate is of another chip");
	return parts_match(c, v, e);
}

static bool vek_check(struct collateral *c, struct bytes file, struct err *e)
{
	const struct snp_chain_rules rules = {.candidates = &c->chain, .roots = &c->roots};
	owned(x509_free) struct x509 *x = NULL;
	const struct x509_finding *fault;
	struct snp_chain chain;
	struct snp_vek v;

	if (!x509_read_der(&x, file, e) || !snp_vek_read(&v, x, e) || !is_of_report(c, &v, e) ||
	    !snp_chain_make(&chain, x, &v, &rules, e))
		return false;
	fault = x509_chain_fault(chain.finding, SNP_CHAIN);
	if (fault)
		return err_set(e, fault->link ? fault->link : fault->time, "%s", fault->text);
	return chain.trusted ||
	       err_set(e, REASON_UNTRUSTED_ROOT, "its chain ends at a root that is not pinned");
}

/* ---- the list */

static bool crl_check(const struct collateral *c, struct bytes file, struct err *e)
{
	owned(x509_crl_free) struct x509_crl *list = NULL;
	const struct x509 *root;
	bool yes;

	if (!x509_crl_read(&list, file, e) || !find_root(c, &root, e) ||
	    !x509_crl_signed(list, root, X509_PSS_SHA384, &yes, e))
		return false;
	if (!yes || !x509_crl_names(list, root))
		return err_set(e, REASON_CHAIN, "the list was not signed by the root of %s",
			       c->kds->product);
	return c->now <= x509_crl_next_update(list) ||
	       err_set(e, REASON_STALE, "the list should have been replaced by now");
}

bool collateral_check(struct collateral *c, enum kds_item item, struct bytes file, struct err *e)
{
	switch (item) {
	case KDS_CHAIN:
		return chain_check(c, file, e);
	case KDS_VEK:
		return vek_check(c, file, e);
	case KDS_CRL:
	case KDS_ITEMS:
	default:
		return crl_check(c, file, e);
	}
}
