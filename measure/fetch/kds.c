#include "measure/fetch/kds.h"

#include "measure/base/hex.h"
#include "ovmf-snp/tcb.h"

const char *kds_item_name(enum kds_item item)
{
	static const char *const names[KDS_ITEMS] = {"chain", "vek", "crl"};

	return names[item];
}

static bool unnamed(const struct snp_report *r, struct err *e)
{
	err_set(e, REASON_COLLATERAL,
		"the report does not name its product: version %u has no processor family, family "
		"0x%02x model 0x%02x is none that is known",
		r->version, r->cpuid_fam_id, r->cpuid_mod_id);
	return err_hint(e, "name it: --product Milan, Genoa (also Bergamo and Siena) or Turin");
}

static bool product_of(const struct snp_report *r, const char *name, const struct snp_product **out,
		       struct err *e)
{
	const struct snp_product *named = name ? snp_product_by_name(bytes_str(name)) : NULL;
	const struct snp_product *own = snp_product_by_cpuid(r->cpuid_fam_id, r->cpuid_mod_id);

	if (name && (!named || strcmp(named->name, name) != 0))
		return err_set(e, REASON_USAGE, "--product: '%s' is none of Milan, Genoa, Turin",
			       name);
	if (own && named && own != named)
		return err_set(e, REASON_USAGE, "--product: the report is of %s, not of %s",
			       own->name, named->name);
	if (!own && !named)
		return unnamed(r, e);
	*out = own ? own : named;
	return true;
}

/* The query's order is that of the specification, which caches between depend upon. */
static void put_parts(struct buf *out, const struct snp_product *p, const struct tcb *t,
		      const char *format[2])
{
	const int16_t value[] = {t->fmc, t->bl, t->tee, t->snp, t->ucode};
	static const char *const name[] = {"fmcSPL", "blSPL", "teeSPL", "snpSPL", "ucodeSPL"};

	for (size_t i = p->fmc ? 0 : 1; i < sizeof(value) / sizeof(value[0]); i++) {
		buf_str(out, i == (p->fmc ? 0 : 1) ? format[0] : format[1]);
		if (format[0][0] == '?')
			buf_fmt(out, "%s=", name[i]);
		buf_fmt(out, "%02d", value[i]);
	}
}

/* A VCEK is found by chip and TCB; the holder of a VLEK has it, and nobody else. */
static bool vek_name(struct kds *k, const struct snp_report *r, const struct snp_product *p,
		     struct err *e)
{
	struct bytes chip = bytes_of(r->chip_id, p->hwid_len);
	struct tcb tcb;

	if (k->vlek)
		return true;
	if (bytes_zero(bytes_of(r->chip_id, sizeof(r->chip_id))))
		return err_set(e, REASON_COLLATERAL,
			       "the report does not name its chip (CHIP_ID is zero), so its "
			       "certificate must come from the machine's owner");
	if (!snp_tcb_decode(p, r->reported_tcb, &tcb))
		return err_set(e, REASON_FORMAT, "REPORTED_TCB 0x%016llx is none of %s",
			       (unsigned long long)r->reported_tcb, p->name);
	buf_fmt(&k->path[KDS_VEK], "/vcek/v1/%s/", p->name);
	hex_put(&k->path[KDS_VEK], chip);
	put_parts(&k->path[KDS_VEK], p, &tcb, (const char *[]){"?", "&"});
	buf_fmt(&k->name[KDS_VEK], "%s/vcek-", p->name);
	hex_put(&k->name[KDS_VEK], chip);
	put_parts(&k->name[KDS_VEK], p, &tcb, (const char *[]){"-", "-"});
	buf_str(&k->name[KDS_VEK], ".der");
	return true;
}

bool kds_name(struct kds *k, const struct snp_report *r, const char *product, struct err *e)
{
	const struct snp_product *p = NULL;
	const char *kind = r->signing_key == SNP_KEY_VLEK ? "vlek" : "vcek";

	*k = (struct kds){.vlek = r->signing_key == SNP_KEY_VLEK};
	for (unsigned i = 0; i < KDS_ITEMS; i++)
		k->path[i] = k->name[i] = BUF(1024);
	if (r->signing_key == SNP_KEY_NONE)
		return err_set(e, REASON_COLLATERAL, "the report is not signed by any key");
	if (!product_of(r, product, &p, e) || !p || !vek_name(k, r, p, e))
		return false;
	k->product = p->name;
	buf_fmt(&k->path[KDS_CHAIN], "/%s/v1/%s/cert_chain", kind, p->name);
	buf_fmt(&k->name[KDS_CHAIN], "%s/%s-chain.pem", p->name, kind);
	buf_fmt(&k->path[KDS_CRL], "/%s/v1/%s/crl", kind, p->name);
	buf_fmt(&k->name[KDS_CRL], "%s/%s.crl", p->name, kind);
	for (unsigned i = 0; i < KDS_ITEMS; i++)
		if (!buf_done(&k->path[i], "an address", e) || !buf_done(&k->name[i], "a name", e))
			return false;
	return true;
}

void kds_free(struct kds *k)
{
	for (unsigned i = 0; i < KDS_ITEMS; i++) {
		buf_free(&k->path[i]);
		buf_free(&k->name[i]);
	}
}
