/*
 * Attestation reports as AMD's processors and AMD would make them, made by a test: the report, its
 * key's certificate, the signer's, the root's and a revocation list, everything signed for good.
 * The RSA keys are products of primes next to 2^2048, so that nobody waits for them or takes them
 * for anybody's secret. Any mistake ends the program. Whatever a spec says is made, sense or not.
 */
#ifndef TESTS_UNIT_SUPPORT_REPORT_H
#define TESTS_UNIT_SUPPORT_REPORT_H

#include "ovmf-snp/certs.h"
#include "ovmf-snp/report.h"
#include "ovmf-snp/vek.h"

enum forge_padding { FORGE_PSS_48, FORGE_PSS_32, FORGE_PSS_SHA256, FORGE_PKCS1 };

struct forge_spec {
	struct snp_report r; /* all but the signature */
	bool unsigned_report; /* r's own signature stays */

	/* the key's certificate */
	const char *vek_cn, *product_name, *csp_id; /* NULL: without */
	const char *curve;
	struct tcb tcb; /* -1: without */
	uint8_t hwid[80];
	size_t hwid_len; /* 0: without */
	const char *not_before, *not_after; /* "20240101000000Z" */
	const char *twice; /* OID of an extension that stands a second time; or NULL */
	const char *odd; /* OID of an extension whose value is no value of its type; or NULL */
	enum forge_padding vek_padding;

	/* its signer's and the root's */
	const char *signer_cn, *ark_cn;
	bool signer_plain; /* is no CA */
	bool other_ark; /* another key than the root's signs the signer */
	enum forge_padding signer_padding;

	/* the list */
	long revoked; /* a serial number, or -1 */
	const char *crl_until;
	bool other_crl; /* signed by another key than the root's */
	bool crl_critical;
};

/* Each malloc'd; extended is the report with a table of the certificates, without the list. */
struct forged_report {
	struct bytes report, extended, vek, signer, ark, crl;
};

#define FORGE_SIGNER_SERIAL 0x10001L

/* product: "Milan", "Genoa", "Turin"; a sound report of that kind. */
struct forge_spec forge_spec(const char *product, unsigned version, bool vlek);
struct forged_report forge_report(const struct forge_spec *s);
void forged_report_free(struct forged_report *f);

/* The extended form of what stands in f now. */
struct bytes forge_extended(const struct forged_report *f, const struct snp_certs *t);
struct snp_certs forge_table(const struct forged_report *f, bool vlek);

/* A defect, and what has to be said of it. */
struct report_defect {
	const char *name;
	const char *product; /* that it is shown on */
	void (*before)(struct forge_spec *s); /* before signing; or NULL */
	void (*after)(struct forged_report *f); /* behind it; or NULL */
	const char *id, *slug, *text; /* the check, its reason, its detail */
};

extern const struct report_defect report_defects[]; /* ends with a name that is NULL */

struct forged_report forge_defect(const struct report_defect *d);

#endif
