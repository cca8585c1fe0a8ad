#include <stdio.h>
#include <stdlib.h>

#include "ovmf-snp/tcb.h"
#include "tests/unit/support_report.h"

/*
 * The defects, one function each; what the verifier has to say of them stands in the table. Bytes
 * changed behind the signature are changed in the bare report and in the extended form alike.
 */

static void put(struct forged_report *f, size_t at, uint8_t byte)
{
	((uint8_t *)(uintptr_t)f->report.p)[at] = byte;
	((uint8_t *)(uintptr_t)f->extended.p)[at] = byte;
}

static void set_tcb(struct forge_spec *s, const struct snp_product *p, struct tcb t)
{
	s->r.reported_tcb = snp_tcb_encode(p, &t);
}

/* ---- which key */

static void vlek_flag(struct forge_spec *s)
{
	s->r.signing_key = SNP_KEY_VLEK;
}

static void vcek_flag(struct forge_spec *s)
{
	*s = forge_spec("Milan", 3, true);
	s->r.signing_key = SNP_KEY_VCEK;
}

static void vcek_by_asvk(struct forge_spec *s)
{
	s->signer_cn = "SEV-VLEK-Milan";
}

static void vlek_by_ask(struct forge_spec *s)
{
	*s = forge_spec("Milan", 3, true);
	s->signer_cn = "SEV-Milan";
}

static void no_key(struct forge_spec *s)
{
	s->r.signing_key = SNP_KEY_NONE;
	s->unsigned_report = true;
}

static void other_name(struct forge_spec *s)
{
	s->vek_cn = "SEV-TEST";
}

/* ---- the signature */

static void zero_signature(struct forge_spec *s)
{
	s->unsigned_report = true;
}

static void r_high(struct forged_report *f)
{
	put(f, 0x2a0 + 48, 1);
}

static void s_zero(struct forged_report *f)
{
	for (size_t i = 0; i < 72; i++)
		put(f, 0x2e8 + i, 0);
}

static void r_is_order(struct forged_report *f)
{
	static const uint8_t low[] = {0x73, 0x29, 0xc5, 0xcc, 0x6a, 0x19, 0xec, 0xec,
				      0x7a, 0xa7, 0xb0, 0x48, 0xb2, 0x0d, 0x1a, 0x58,
				      0xdf, 0x2d, 0x37, 0xf4, 0x81, 0x4d, 0x63, 0xc7};

	for (size_t i = 0; i < 48; i++)
		put(f, 0x2a0 + i, i < sizeof(low) ? low[i] : 0xff);
}

static void big_endian(struct forged_report *f)
{
	uint8_t r[48];

	memcpy(r, f->report.p + 0x2a0, 48);
	for (size_t i = 0; i < 48; i++)
		put(f, 0x2a0 + i, r[47 - i]);
}

static void swapped(struct forged_report *f)
{
	uint8_t r[72], s[72];

	memcpy(r, f->report.p + 0x2a0, 72);
	memcpy(s, f->report.p + 0x2e8, 72);
	for (size_t i = 0; i < 72; i++) {
		put(f, 0x2a0 + i, s[i]);
		put(f, 0x2e8 + i, r[i]);
	}
}

static void tail(struct forged_report *f)
{
	put(f, 0x330, 1);
}

static void other_measurement(struct forged_report *f)
{
	put(f, 0x90, 0);
}

/* ---- what the report says */

static void version_0(struct forge_spec *s)
{
	s->r.version = 0;
}

static void version_1(struct forge_spec *s)
{
	s->r.version = 1;
}

static void version_6(struct forge_spec *s)
{
	s->r.version = 6;
}

static void version_high(struct forge_spec *s)
{
	s->r.version = 0x10003;
}

static void policy_17(struct forge_spec *s)
{
	s->r.policy &= ~SNP_POLICY_ONE;
}

static void policy_26(struct forge_spec *s)
{
	s->r.policy |= 1u << 26;
}

static void algo_0(struct forge_spec *s)
{
	s->r.signature_algo = 0;
}

static void algo_2(struct forge_spec *s)
{
	s->r.signature_algo = 2;
}

static void algo_3(struct forge_spec *s)
{
	s->r.signature_algo = 3;
}

static void debug(struct forge_spec *s)
{
	s->r.policy |= SNP_POLICY_DEBUG;
}

static void reserved_4c(struct forged_report *f)
{
	put(f, 0x4c, 1);
}

static void reserved_18b(struct forged_report *f)
{
	put(f, 0x18b, 1);
}

static void reserved_208(struct forged_report *f)
{
	put(f, 0x208, 1);
}

static void short_by_one(struct forged_report *f)
{
	f->report.n--;
}

static void long_by_one(struct forged_report *f)
{
	struct buf b = BUF(4096);

	buf_put(&b, f->report);
	buf_u8(&b, 0);
	f->report = bytes_of(b.p, b.n);
}

/* ---- which product, which firmware, which chip */

static void other_product(struct forge_spec *s)
{
	s->r.cpuid_mod_id = 0x11;
}

static void unknown_silicon(struct forge_spec *s)
{
	s->r.cpuid_fam_id = 0x1a;
	s->r.cpuid_mod_id = 0x50;
}

static void unknown_product(struct forge_spec *s)
{
	s->product_name = "Venice-A0";
}

static void no_product(struct forge_spec *s)
{
	s->product_name = NULL;
}

static void tcb_bl(struct forge_spec *s)
{
	s->tcb.bl = 5;
}

static void tcb_tee(struct forge_spec *s)
{
	s->tcb.tee = 1;
}

static void tcb_snp(struct forge_spec *s)
{
	s->tcb.snp = 25;
}

static void tcb_ucode(struct forge_spec *s)
{
	s->tcb.ucode = 220;
}

static void tcb_fmc(struct forge_spec *s)
{
	s->tcb.fmc = 2;
}

static void tcb_none(struct forge_spec *s)
{
	s->tcb.ucode = -1;
}

static void tcb_order(struct forge_spec *s)
{
	s->r.committed_tcb += 1;
}

static void tcb_above(struct forge_spec *s)
{
	s->tcb.snp = 25;
	set_tcb(s, snp_product(SNP_MILAN), s->tcb);
}

/* A report of Turin in Milan's layout. */
static void tcb_layout(struct forge_spec *s)
{
	s->r.current_tcb = s->r.reported_tcb = s->r.committed_tcb = s->r.launch_tcb =
		snp_tcb_encode(snp_product(SNP_MILAN), &s->tcb);
}

static void hwid_other(struct forge_spec *s)
{
	s->hwid[0] = 0;
}

static void hwid_short(struct forge_spec *s)
{
	s->hwid_len = 8;
}

static void hwid_odd(struct forge_spec *s)
{
	s->hwid_len = 63;
}

static void hwid_none(struct forge_spec *s)
{
	s->hwid_len = 0;
}

static void chip_zero(struct forge_spec *s)
{
	memset(s->r.chip_id, 0, 64);
}

static void chip_tail(struct forge_spec *s)
{
	s->r.chip_id[8] = 1;
}

/* ---- certificates */

static void leaf_p256(struct forge_spec *s)
{
	s->curve = "P-256";
}

static void vek_pkcs1(struct forge_spec *s)
{
	s->vek_padding = FORGE_PKCS1;
}

static void vek_sha256(struct forge_spec *s)
{
	s->vek_padding = FORGE_PSS_SHA256;
}

static void vek_salt(struct forge_spec *s)
{
	s->vek_padding = FORGE_PSS_32;
}

static void signer_pkcs1(struct forge_spec *s)
{
	s->signer_padding = FORGE_PKCS1;
}

static void signer_plain(struct forge_spec *s)
{
	s->signer_plain = true;
}

static void other_ark(struct forge_spec *s)
{
	s->other_ark = true;
}

static void other_ark_name(struct forge_spec *s)
{
	s->ark_cn = "ARK-Genoa";
}

static void expired(struct forge_spec *s)
{
	s->not_after = "20250101000000Z";
}

static void future(struct forge_spec *s)
{
	s->not_before = "20270101000000Z";
}

static void twice(struct forge_spec *s)
{
	s->twice = "1.3.6.1.4.1.3704.1.3.8";
}

static void odd_number(struct forge_spec *s)
{
	s->odd = "1.3.6.1.4.1.3704.1.3.3";
}

static void odd_text(struct forge_spec *s)
{
	s->odd = "1.3.6.1.4.1.3704.1.2";
}

static void revoked_ask(struct forge_spec *s)
{
	s->revoked = FORGE_SIGNER_SERIAL;
}

static void stale_list(struct forge_spec *s)
{
	s->crl_until = "20260110000000Z";
}

/* ---- the certificate table */

static void table_put(struct forged_report *f, size_t at, uint32_t x)
{
	uint8_t *p = (uint8_t *)(uintptr_t)f->extended.p + SNP_REPORT_SIZE + at;

	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(x >> 8 * i);
	f->report = f->extended;
}

static void table_wraps(struct forged_report *f)
{
	table_put(f, 16, 0xffffff00);
}

static void table_in_entries(struct forged_report *f)
{
	table_put(f, 16, 0);
}

static void table_overlap(struct forged_report *f)
{
	table_put(f, 24 + 16, 4 * SNP_CERTS_ENTRY + 1);
}

static void table_empty_cert(struct forged_report *f)
{
	table_put(f, 20, 0);
}

static void table_twice(struct forged_report *f)
{
	uint8_t *p = (uint8_t *)(uintptr_t)f->extended.p + SNP_REPORT_SIZE;

	memcpy(p + 24, p, 16);
	f->report = f->extended;
}

static void table_endless(struct forged_report *f)
{
	f->report = bytes_of(f->extended.p, SNP_REPORT_SIZE + 3 * SNP_CERTS_ENTRY);
}

static void table_end_used(struct forged_report *f)
{
	table_put(f, 3 * 24 + 20, 1);
}

static void table_rest(struct forged_report *f)
{
	struct buf b = BUF(1u << 17);

	buf_put(&b, f->extended);
	buf_zero(&b, 4096);
	b.p[b.n - 1] = 7;
	f->report = bytes_of(b.p, b.n);
}

static void table_many(struct forged_report *f)
{
	struct buf b = BUF(1u << 17);

	buf_put(&b, bytes_of(f->report.p, SNP_REPORT_SIZE));
	for (unsigned i = 0; i < SNP_CERTS_MAX + 1; i++) {
		buf_u8(&b, (uint8_t)(i + 1));
		buf_zero(&b, SNP_CERTS_ENTRY - 1);
	}
	f->report = bytes_of(b.p, b.n);
}

static void table_large(struct forged_report *f)
{
	struct buf b = BUF(1u << 17);

	buf_put(&b, f->extended);
	buf_zero(&b, SNP_REPORT_SIZE + SNP_CERTS_SIZE + 1 - b.n);
	f->report = bytes_of(b.p, b.n);
}

static void table_no_cert(struct forged_report *f)
{
	size_t ask = SNP_REPORT_SIZE + 4 * SNP_CERTS_ENTRY + f->vek.n;

	((uint8_t *)(uintptr_t)f->extended.p)[ask] = 0;
	f->report = f->extended;
}

#define GENUINE "genuine"
#define SIGNED "vendor-signature"
#define RESERVED(at) "reserved byte " at " is 0x01 and must be zero"
#define VERSION(n) "the version of the report is " n "; known are 2 to 5"
#define NO_VERIFY "the signature does not verify under the certificate"
#define NOT_ALLOWED(which) \
	"the certificate " which " is signed with an algorithm that is not allowed here"
#define EXT "the certificate's extension 1.3.6.1.4.1.3704.1."

const struct report_defect report_defects[] = {
	{"vlek-flag-vcek", "Milan", vlek_flag, NULL, GENUINE, "key-kind",
	 "the report is signed by a VLEK, and the certificate is of a VCEK"},
	{"vcek-flag-vlek", "Milan", vcek_flag, NULL, GENUINE, "key-kind",
	 "the report is signed by a VCEK, and the certificate is of a VLEK"},
	{"vcek-by-asvk", "Milan", vcek_by_asvk, NULL, GENUINE, "chain",
	 "a VCEK of Milan is signed by SEV-Milan, and this one was by SEV-VLEK-Milan"},
	{"vlek-by-ask", "Milan", vlek_by_ask, NULL, GENUINE, "chain",
	 "a VLEK of Milan is signed by SEV-VLEK-Milan, and this one was by SEV-Milan"},
	{"no-key", "Milan", no_key, NULL, SIGNED, "signature",
	 "the report is not signed: SIGNING_KEY is 7"},
	{"no-key-kind", "Milan", no_key, NULL, GENUINE, "key-kind",
	 "SIGNING_KEY says that no key signed the report"},
	{"other-name", "Milan", other_name, NULL, GENUINE, "chain",
	 "the certificate is one of SEV-TEST, and must be one of SEV-VCEK or SEV-VLEK"},
	{"zero-signature", "Milan", zero_signature, NULL, SIGNED, "signature",
	 "r of the signature is 0"},
	{"s-zero", "Milan", NULL, s_zero, SIGNED, "signature", "s of the signature is 0"},
	{"r-high", "Milan", NULL, r_high, SIGNED, "signature",
	 "r of the signature has more than 48 bytes"},
	{"r-is-order", "Milan", NULL, r_is_order, SIGNED, "signature",
	 "r of the signature is not below the order of the curve"},
	{"r-big-endian", "Milan", NULL, big_endian, SIGNED, "signature", NO_VERIFY},
	{"r-s-swapped", "Milan", NULL, swapped, SIGNED, "signature", NO_VERIFY},
	{"signature-tail", "Milan", NULL, tail, GENUINE, "format", RESERVED("0x330")},
	{"other-measurement", "Milan", NULL, other_measurement, SIGNED, "signature", NO_VERIFY},
	{"version-0", "Milan", version_0, NULL, GENUINE, "version", VERSION("0")},
	{"version-1", "Milan", version_1, NULL, GENUINE, "version", VERSION("1")},
	{"version-6", "Milan", version_6, NULL, GENUINE, "version", VERSION("6")},
	{"version-high", "Milan", version_high, NULL, GENUINE, "version", VERSION("65539")},
	{"policy-bit-17", "Milan", policy_17, NULL, GENUINE, "format",
	 "bit 17 of POLICY 0x10000 is 0 and must be 1"},
	{"policy-bit-26", "Milan", policy_26, NULL, GENUINE, "format",
	 "POLICY is 0x4030000, and its bits 63:26 are reserved and must be zero"},
	{"algo-0", "Milan", algo_0, NULL, GENUINE, "alg",
	 "SIGNATURE_ALGO is 0 and must be 1, ECDSA on P-384 with SHA-384"},
	{"algo-2", "Milan", algo_2, NULL, GENUINE, "alg",
	 "SIGNATURE_ALGO is 2 and must be 1, ECDSA on P-384 with SHA-384"},
	{"algo-3", "Milan", algo_3, NULL, GENUINE, "alg",
	 "SIGNATURE_ALGO is 3 and must be 1, ECDSA on P-384 with SHA-384"},
	{"debug", "Milan", debug, NULL, "production", "debug-mode",
	 "the guest's policy allows debugging: bit 19 of POLICY 0xb0000"},
	{"reserved-4c", "Milan", NULL, reserved_4c, GENUINE, "format", RESERVED("0x04c")},
	{"reserved-18b", "Milan", NULL, reserved_18b, GENUINE, "format", RESERVED("0x18b")},
	{"reserved-208", "Turin", NULL, reserved_208, GENUINE, "format", RESERVED("0x208")},
	{"short", "Milan", NULL, short_by_one, GENUINE, "format",
	 "a report has 1184 bytes, this one has 1183"},
	{"long", "Milan", NULL, long_by_one, GENUINE, "format",
	 "the GUID of a certificate needs 16 bytes, 1 is left"},
	{"other-product", "Milan", other_product, NULL, GENUINE, "product",
	 "the report is of Genoa, and the certificate of Milan"},
	{"unknown-silicon", "Milan", unknown_silicon, NULL, GENUINE, "product",
	 "family 0x1a model 0x50 of the report is no product that is known here"},
	{"unknown-product", "Milan", unknown_product, NULL, GENUINE, "product",
	 "the certificate is of the product \"Venice-A0\", which is not known here"},
	{"no-product", "Milan", no_product, NULL, GENUINE, "product",
	 "the certificate names no product"},
	{"tcb-bl", "Milan", tcb_bl, NULL, "policy", "tcb",
	 "bl is 4 in the report and 5 in the certificate"},
	{"tcb-tee", "Milan", tcb_tee, NULL, "policy", "tcb",
	 "tee is 0 in the report and 1 in the certificate"},
	{"tcb-snp", "Milan", tcb_snp, NULL, "policy", "tcb",
	 "snp is 24 in the report and 25 in the certificate"},
	{"tcb-ucode", "Milan", tcb_ucode, NULL, "policy", "tcb",
	 "ucode is 219 in the report and 220 in the certificate"},
	{"tcb-fmc", "Turin", tcb_fmc, NULL, "policy", "tcb",
	 "fmc is 1 in the report and 2 in the certificate"},
	{"tcb-fmc-milan", "Milan", tcb_fmc, NULL, "policy", "tcb",
	 "the certificate names fmc as 2, and the report none"},
	{"tcb-none", "Milan", tcb_none, NULL, "policy", "tcb",
	 "the certificate names no ucode, and the report 219"},
	{"tcb-committed", "Milan", tcb_order, NULL, "policy", "tcb",
	 "bl is committed at 5, and 4 is running"},
	{"tcb-reported", "Milan", tcb_above, NULL, "policy", "tcb",
	 "snp is reported as 25, and 24 is running"},
	{"tcb-layout", "Turin", tcb_layout, NULL, GENUINE, "format",
	 "a TCB_VERSION of the report has bytes that the layout of Turin reserves"},
	{"hwid-other", "Milan", hwid_other, NULL, GENUINE, "chip-id",
	 "CHIP_ID of the report is not the certificate's HWID"},
	{"hwid-short", "Milan", hwid_short, NULL, GENUINE, "chip-id",
	 "the certificate's HWID has 8 bytes, and must have 64"},
	{"hwid-odd", "Milan", hwid_odd, NULL, GENUINE, "chain",
	 "the certificate's HWID has 63 bytes, and must have 64 or 8"},
	{"hwid-none", "Turin", hwid_none, NULL, GENUINE, "chip-id",
	 "the certificate's HWID has 0 bytes, and must have 8"},
	{"chip-zero", "Milan", chip_zero, NULL, GENUINE, "chip-id",
	 "CHIP_ID of the report is zero, and MASK_CHIP_KEY does not say so"},
	{"chip-tail", "Turin", chip_tail, NULL, GENUINE, "chip-id",
	 "CHIP_ID of the report is not the certificate's HWID"},
	{"leaf-p256", "Milan", leaf_p256, NULL, GENUINE, "chain",
	 "the certificate SEV-VCEK has a key of the kind P-256, which is not allowed here"},
	{"vek-pkcs1", "Milan", vek_pkcs1, NULL, GENUINE, "chain", NOT_ALLOWED("SEV-VCEK")},
	{"vek-sha256", "Milan", vek_sha256, NULL, GENUINE, "chain", NOT_ALLOWED("SEV-VCEK")},
	{"vek-salt", "Milan", vek_salt, NULL, GENUINE, "chain", NOT_ALLOWED("SEV-VCEK")},
	{"signer-pkcs1", "Milan", signer_pkcs1, NULL, GENUINE, "chain", NOT_ALLOWED("SEV-Milan")},
	{"signer-plain", "Milan", signer_plain, NULL, GENUINE, "chain",
	 "the certificate SEV-Milan is no CA by its basicConstraints"},
	{"other-ark", "Milan", other_ark, NULL, GENUINE, "chain",
	 "the certificate SEV-Milan is not signed by the next certificate's key"},
	{"other-ark-name", "Milan", other_ark_name, NULL, GENUINE, "chain",
	 "the root of Milan is ARK-Milan, and this one is ARK-Genoa"},
	{"expired", "Milan", expired, NULL, GENUINE, "expired",
	 "the certificate SEV-VCEK is valid until 2025-01-01T00:00:00Z, judged as of "
	 "2026-01-15T12:00:00Z"},
	{"future", "Milan", future, NULL, GENUINE, "not-yet-valid",
	 "the certificate SEV-VCEK is valid from 2027-01-01T00:00:00Z, judged as of "
	 "2026-01-15T12:00:00Z"},
	{"extension-twice", "Milan", twice, NULL, GENUINE, "chain",
	 "the certificate has the extension 1.3.6.1.4.1.3704.1.3.8 twice"},
	{"extension-number", "Milan", odd_number, NULL, GENUINE, "chain",
	 EXT "3.3 is not one value of its type"},
	{"extension-text", "Milan", odd_text, NULL, GENUINE, "chain",
	 EXT "2 is not one value of its type"},
	{"revoked-ask", "Milan", revoked_ask, NULL, GENUINE, "revoked",
	 "ARK-Milan has revoked the certificate SEV-Milan"},
	{"stale-list", "Milan", stale_list, NULL, GENUINE, "stale",
	 "the revocation list of ARK-Milan was good until 2026-01-10T00:00:00Z, judged as of "
	 "2026-01-15T12:00:00Z"},
	{"table-wraps", "Milan", NULL, table_wraps, GENUINE, "format",
	 "the certificate 0 (VCEK) is said to end at 4294968310, and the table has 4445 bytes"},
	{"table-in-entries", "Milan", NULL, table_in_entries, GENUINE, "format",
	 "the certificate 0 (VCEK) is said to begin at 0, within the table's first 96 bytes, its "
	 "entries"},
	{"table-overlap", "Milan", NULL, table_overlap, GENUINE, "format",
	 "the certificates 0 (VCEK) and 1 (ASK) overlap"},
	{"table-empty", "Milan", NULL, table_empty_cert, GENUINE, "format",
	 "the certificate 0 (VCEK) is empty"},
	{"table-twice", "Milan", NULL, table_twice, GENUINE, "format",
	 "the certificate table has two entries of one GUID (VCEK)"},
	{"table-endless", "Milan", NULL, table_endless, GENUINE, "format",
	 "the GUID of a certificate needs 16 bytes, 0 are left"},
	{"table-end-used", "Milan", NULL, table_end_used, GENUINE, "format",
	 "the entry that ends the certificate table has the offset 0 and the length 1, which must "
	 "be 0"},
	{"table-rest", "Milan", NULL, table_rest, GENUINE, "format",
	 "byte 8540 of the certificate table is 0x07, belongs to no certificate, and must be zero"},
	{"table-many", "Milan", NULL, table_many, GENUINE, "format",
	 "the certificate table has more than 16 entries"},
	{"table-large", "Milan", NULL, table_large, GENUINE, "format",
	 "the certificate table has 65537 bytes, and 65536 are the most there may be"},
	{"table-no-cert", "Milan", NULL, table_no_cert, GENUINE, "format",
	 "the certificate table's ASK: the DER holds no certificate"},
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

#define KEPT 1024u

struct forged_report forge_defect(const struct report_defect *d)
{
	struct forge_spec s = forge_spec(d->product, strcmp(d->product, "Turin") ? 3 : 5, false);
	/* Parts of a defect share memory: what there was before and after stays within reach. */
	static struct forged_report kept[KEPT];
	static size_t n;
	struct forged_report *before = &kept[n++ % KEPT], *after = &kept[n++ % KEPT];

	if (d->before)
		d->before(&s);
	*before = forge_report(&s);
	*after = *before;
	if (d->after)
		d->after(after);
	return *after;
}
