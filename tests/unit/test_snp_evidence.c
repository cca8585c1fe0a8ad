#include <stdio.h>
#include <stdlib.h>

#include "measure/core/chain_cache.h"
#include "ovmf-snp/claims.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_report.h"

extern const struct evidence_format ovmf_snp_evidence;

#define AT 1768478400 /* 2026-01-15T12:00:00Z */

/* ---- one verification */

struct given {
	struct evidence_files ark, chain, vek, crl;
	struct evidence_request q;
};

static void add(struct evidence_files *f, const char *path, struct bytes b)
{
	f->file[f->n++] = (struct evidence_file){path, b};
}

static void give(struct given *g, const struct forged_report *f)
{
	*g = (struct given){0};
	add(&g->ark, "ark.der", f->ark);
	add(&g->chain, "ask.der", f->signer);
	add(&g->vek, "vek.der", f->vek);
	add(&g->crl, "crl.der", f->crl);
	g->q = (struct evidence_request){
		.evidence = f->report,
		.when = {CLOCK_AT, AT},
		.ark = &g->ark,
		.chain = &g->chain,
		.vek = &g->vek,
		.crl = &g->crl,
	};
}

static const struct check *failing(const struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->check[i].result == CHECK_FAIL || v->check[i].result == CHECK_SKIP)
			return &v->check[i];
	return NULL;
}

/* Its verdict, policy included; claims are given when the caller wants them. */
static struct verdict judged(const struct evidence_request *q, const struct policy *p,
			     struct claims **claims)
{
	struct claims *c = NULL;
	struct verdict v = {0};
	struct policy none = {0};
	struct err e = {0};

	if (!ovmf_snp_evidence.authenticate(q, &c, &v, &e))
		fail_msg("%s: %s", reason_slug(e.reason), e.text);
	if (c)
		assert_true(snp_policy(c, p ? p : &none, &v, &e));
	if (claims)
		*claims = c;
	else
		claims_free(&c);
	return v;
}

static void is_sound(const struct verdict *v)
{
	const struct check *c = failing(v);

	if (c)
		fail_msg("%s: %s: %s", c->id, reason_slug(c->reason), c->detail);
}

/* Word for word, but for what a library adds behind a colon. */
static bool is_text(const char *is, const char *text)
{
	size_t n = strlen(text);

	return strncmp(is, text, n) == 0 && (is[n] == '\0' || is[n] == ':');
}

static void must_say(const struct verdict *v, const char *id, const char *slug, const char *text)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->check[i].id, id) == 0 &&
		    strcmp(reason_slug(v->check[i].reason), slug) == 0 &&
		    (!text || is_text(v->check[i].detail, text)))
			return;
	for (size_t i = 0; i < v->n; i++)
		print_message("  %s %s: %s\n", v->check[i].id, reason_slug(v->check[i].reason),
			      v->check[i].detail);
	fail_msg("nothing says %s: %s: %s", id, slug, text ? text : "");
}

static void is_refused(const struct evidence_request *q, enum reason r, const char *text)
{
	struct claims *c = NULL;
	struct verdict v = {0};
	struct err e = {0};

	assert_false(ovmf_snp_evidence.authenticate(q, &c, &v, &e));
	check_err(&e, r, text);
	assert_null(c);
}

/* ---- tests */

static void sound_reports_of_every_version_product_and_key_pass(void **state)
{
	static const struct {
		const char *product;
		unsigned version;
		bool vlek;
	} rows[] = {
		{"Milan", 2, false}, {"Milan", 3, false}, {"Milan", 3, true}, {"Genoa", 3, false},
		{"Genoa", 4, true},  {"Turin", 5, false}, {"Turin", 5, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct forge_spec s = forge_spec(rows[i].product, rows[i].version, rows[i].vlek);
		struct forged_report f = forge_report(&s);
		struct claims *c;
		struct verdict v;
		struct given g;

		give(&g, &f);
		v = judged(&g.q, NULL, &c);
		is_sound(&v);
		assert_string_equal(c->product, rows[i].product);
		assert_string_equal(c->region, rows[i].vlek ? "eu-west-1" : "");
		assert_memory_equal(c->registers.entry[0].digest.v, s.r.measurement, 48);
		claims_free(&c);
		g.q.evidence = f.extended;
		g.q.vek = g.q.chain = NULL;
		v = judged(&g.q, NULL, NULL);
		is_sound(&v);
		forged_report_free(&f);
	}
}

static void every_defect_is_told(void **state)
{
	(void)state;
	for (const struct report_defect *d = report_defects; d->name; d++) {
		struct forged_report f = forge_defect(d);
		struct verdict v;
		struct given g;

		give(&g, &f);
		v = judged(&g.q, NULL, NULL);
		if (!failing(&v))
			fail_msg("%s passes", d->name);
		must_say(&v, d->id, d->slug, d->text);
	}
}

static void what_is_missing_is_named(void **state)
{
	struct forge_spec s = forge_spec("Genoa", 3, false);
	struct forged_report f = forge_report(&s);
	struct given g;

	(void)state;
	give(&g, &f);
	g.q.vek = NULL;
	is_refused(&g.q, REASON_COLLATERAL,
		   "the VCEK of the chip was not given, for Genoa at bl 10, tee 0, snp 27, ucode "
		   "86");
	give(&g, &f);
	g.q.crl = NULL;
	g.q.chain = g.q.ark = NULL;
	s.product_name = "Venice";
	forged_report_free(&f);
	s.signer_cn = "SEV-Venice";
	f = forge_report(&s);
	give(&g, &f);
	g.q.chain = NULL;
	is_refused(&g.q, REASON_COLLATERAL,
		   "the ASK of an unknown product was not given, which signed the VCEK");
	s = forge_spec("Genoa", 3, false);
	s.ark_cn = "ARK-Venice";
	forged_report_free(&f);
	f = forge_report(&s);
	give(&g, &f);
	g.q.ark = NULL;
	is_refused(&g.q, REASON_COLLATERAL, "the ARK of Genoa was not given, which signed the ASK");
	forged_report_free(&f);
}

static void a_report_holds_no_time(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f = forge_report(&s);
	struct given g;

	(void)state;
	give(&g, &f);
	g.q.when.clock = CLOCK_DOCUMENT;
	is_refused(&g.q, REASON_NO_TIME_IN_EVIDENCE,
		   "an attestation report holds no signed time to be judged by");
	forged_report_free(&f);
}

static void a_root_that_is_not_named_is_not_trusted(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f = forge_report(&s);
	struct verdict v;
	struct given g;

	(void)state;
	give(&g, &f);
	g.q.crl = NULL;
	add(&g.chain, "ark.der", f.ark);
	g.q.ark = NULL;
	v = judged(&g.q, NULL, NULL);
	must_say(&v, "genuine", "untrusted-root", NULL);
	/* a root of the right name, and not the one whose key signed */
	g.chain.n = 1;
	v = judged(&g.q, NULL, NULL);
	must_say(&v, "genuine", "chain",
		 "the certificate SEV-Milan is not signed by the next certificate's key");
	/* the built-in root cannot be trusted beside one that is named */
	give(&g, &f);
	assert_int_equal(g.ark.n, 1);
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	forged_report_free(&f);
}

static void validity_is_judged_as_was_asked(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, true);
	struct forged_report f;
	struct verdict v;
	struct given g;

	(void)state;
	s.not_after = "20250101000000Z";
	f = forge_report(&s);
	give(&g, &f);
	g.q.when.clock = CLOCK_NONE;
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	g.q.when = (struct when){CLOCK_NOW, AT};
	v = judged(&g.q, NULL, NULL);
	must_say(&v, "genuine", "expired", NULL);
	forged_report_free(&f);
}

static void debug_mode_is_told_when_it_is_allowed(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f;
	struct verdict v;
	struct given g;

	(void)state;
	s.r.policy |= SNP_POLICY_DEBUG;
	f = forge_report(&s);
	give(&g, &f);
	g.q.allow_debug = true;
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	must_say(&v, "production", "debug-mode",
		 "the guest's policy allows debugging: bit 19 of POLICY 0xb0000");
	forged_report_free(&f);
}

static void a_masked_chip_is_not_compared(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f;
	struct verdict v;
	struct given g;

	(void)state;
	memset(s.r.chip_id, 0, sizeof(s.r.chip_id));
	s.r.mask_chip_key = true;
	f = forge_report(&s);
	give(&g, &f);
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	must_say(&v, "genuine", "none",
		 "a VCEK of Milan, by SEV-Milan and ARK-Milan; nothing revoked by the list that is "
		 "good until 2027-01-01T00:00:00Z; the report does not name its chip");
	forged_report_free(&f);
}

/* By its length alone: 64 bytes that begin as a type of ASN.1 are a chip's number. */
static void a_chips_number_may_begin_with_any_byte(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first += first == 2 ? 2 : 1) {
		struct forge_spec s = forge_spec("Milan", 3, false);
		struct forged_report f;
		struct verdict v;
		struct given g;

		if (first > 8 && first < 250)
			continue;
		s.hwid[0] = s.r.chip_id[0] = (uint8_t)first;
		f = forge_report(&s);
		give(&g, &f);
		v = judged(&g.q, NULL, NULL);
		is_sound(&v);
		forged_report_free(&f);
	}
}

static void a_wrapped_chips_number_is_the_same(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f;
	struct verdict v;
	struct given g;

	(void)state;
	memmove(s.hwid + 2, s.hwid, 64);
	s.hwid[0] = 4;
	s.hwid[1] = 64;
	s.hwid_len = 66;
	f = forge_report(&s);
	give(&g, &f);
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	forged_report_free(&f);
}

static void the_certificate_that_fits_is_chosen(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false), other = s;
	struct forged_report f = forge_report(&s), g2;
	struct verdict v;
	struct given g;

	(void)state;
	other.hwid[3] ^= 1;
	g2 = forge_report(&other);
	give(&g, &f);
	g.vek = (struct evidence_files){0};
	add(&g.chain, "other.der", g2.vek);
	add(&g.chain, "right.der", f.vek);
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	forged_report_free(&f);
	forged_report_free(&g2);
}

/* The same verdicts, good and bad, with what a batch remembers. */
static void a_cache_changes_no_verdict(void **state)
{
	static const char *const products[] = {"Milan", "Genoa", "Turin", "Milan"};
	owned(chain_cache_free) struct chain_cache *cache = NULL;
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&cache, &e));
	for (size_t i = 0; i < COUNT(products); i++) {
		struct forge_spec s = forge_spec(products[i], 3 + 2 * (i == 2), false);
		struct forged_report f = forge_report(&s);
		struct verdict v;
		struct given g;

		give(&g, &f);
		g.q.cache = cache;
		for (unsigned again = 0; again < 2; again++) {
			v = judged(&g.q, NULL, NULL);
			is_sound(&v);
		}
		g.q.ark = g.q.chain = g.q.crl = NULL;
		v = judged(&g.q, NULL, NULL);
		must_say(&v, "genuine", "chain",
			 "the certificate SEV-VCEK is not signed by the next certificate's key");
		g.q.evidence = f.extended;
		v = judged(&g.q, NULL, NULL);
		must_say(&v, "genuine", "untrusted-root", NULL);
		forged_report_free(&f);
	}
}

/* ---- lists of revoked certificates */

static void lists_are_used_as_what_they_are(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false), o;
	struct forged_report f = forge_report(&s), other;
	struct verdict v;
	struct given g;

	(void)state;
	give(&g, &f);
	g.q.crl = NULL;
	v = judged(&g.q, NULL, NULL);
	must_say(&v, "genuine", "none",
		 "a VCEK of Milan, by SEV-Milan and ARK-Milan; no revocation list was given");

	o = forge_spec("Genoa", 3, false);
	other = forge_report(&o);
	give(&g, &f);
	g.crl.file[0].bytes = other.crl;
	v = judged(&g.q, NULL, NULL);
	must_say(&v, "genuine", "collateral",
		 "no revocation list of ARK-Milan was given, but one of another root");
	add(&g.crl, "genoa.crl", other.crl);
	v = judged(&g.q, NULL, NULL);
	must_say(&v, "genuine", "collateral",
		 "no revocation list of ARK-Milan was given, but those of other roots");
	add(&g.crl, "milan.crl", f.crl);
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	forged_report_free(&other);

	o = s;
	o.other_crl = true;
	other = forge_report(&o);
	give(&g, &f);
	g.crl.file[0].bytes = other.crl;
	v = judged(&g.q, NULL, NULL);
	must_say(&v, "genuine", "collateral",
		 "the revocation list was not signed by ARK-Milan, whose name it bears");
	forged_report_free(&other);
	forged_report_free(&f);
}

static void an_old_list_asks_for_nothing_beside_a_current_one(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f = forge_report(&s), old;
	struct verdict v;
	struct given g;

	(void)state;
	s.crl_until = "20260110000000Z";
	old = forge_report(&s);
	give(&g, &f);
	add(&g.crl, "old.crl", old.crl);
	v = judged(&g.q, NULL, NULL);
	is_sound(&v);
	forged_report_free(&f);
	forged_report_free(&old);
}

static void lists_that_are_none_are_refused(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false), o = s;
	struct forged_report f = forge_report(&s), other;
	struct given g;

	(void)state;
	give(&g, &f);
	o.crl_critical = true;
	other = forge_report(&o);
	g.crl.file[0].bytes = other.crl;
	is_refused(&g.q, REASON_CRL,
		   "the revocation list has a critical extension 2.5.29.27, which is not known "
		   "here");
	forged_report_free(&other);
	o = s;
	o.crl_until = NULL;
	other = forge_report(&o);
	g.crl.file[0].bytes = other.crl;
	is_refused(&g.q, REASON_CRL, "the revocation list does not say when the next one comes");
	forged_report_free(&other);
	forged_report_free(&f);
}

/* A list that came with the report takes trust away, and gives none. */
static void a_list_in_the_table_only_revokes(void **state)
{
	static const struct {
		long serial;
		size_t cut; /* bytes at the end */
		const char *slug, *text;
	} rows[] = {
		{FORGE_SIGNER_SERIAL, 0, "revoked",
		 "ARK-Milan has revoked the certificate SEV-Milan"},
		{0x999, 0, "none",
		 "a VCEK of Milan, by SEV-Milan and ARK-Milan; no revocation list was given"},
		{0x999, 1, "format",
		 "the certificate table's CRL: the file holds no revocation list"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct forge_spec s = forge_spec("Milan", 3, false);
		struct forged_report f;
		struct snp_certs t;
		struct verdict v;
		struct given g;

		s.revoked = rows[i].serial;
		f = forge_report(&s);
		t = forge_table(&f, false);
		t.entry[t.n].kind = SNP_CERT_CRL;
		snp_cert_guid(SNP_CERT_CRL, t.entry[t.n].guid);
		t.entry[t.n++].cert = bytes_of(f.crl.p, f.crl.n - rows[i].cut);
		give(&g, &f);
		g.q.evidence = forge_extended(&f, &t);
		g.q.crl = NULL;
		v = judged(&g.q, NULL, NULL);
		must_say(&v, "genuine", rows[i].slug, rows[i].text);
		free((void *)(uintptr_t)g.q.evidence.p);
		forged_report_free(&f);
	}
}

/* ---- one bit, and one byte too few */

static bool accepted(const struct evidence_request *q)
{
	struct claims *c = NULL;
	struct verdict v = {0};
	struct policy none = {0};
	struct err e = {0};
	bool yes = ovmf_snp_evidence.authenticate(q, &c, &v, &e);

	if (yes && c)
		assert_true(snp_policy(c, &none, &v, &e));
	yes = yes && verdict_decide(&v, &e);
	claims_free(&c);
	return yes;
}

/*
 * Of some bytes one bit, of all every bit with SOAK=1; each of a genuine report and VCEK stands in
 * test_snp_vectors. The sound one is accepted before.
 */
static size_t flips_accepted(const struct evidence_request *q, struct bytes b)
{
	uint8_t *p = (uint8_t *)(uintptr_t)b.p;
	size_t yes = 0, step = check_soak() ? 1 : 29; /* bits */

	assert_true(accepted(q));
	for (size_t i = 0; i < 8 * b.n; i += step) {
		p[i / 8] ^= (uint8_t)(1u << i % 8);
		yes += accepted(q);
		p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	return yes;
}

static size_t truncations_accepted(const struct evidence_request *q, struct bytes *b)
{
	size_t n = b->n, yes = 0;

	assert_true(accepted(q));
	for (b->n = 0; b->n < n; b->n++)
		yes += accepted(q);
	b->n = n;
	return yes;
}

static void no_change_of_a_report_or_a_certificate_is_accepted(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f = forge_report(&s);
	struct given g;

	(void)state;
	give(&g, &f);
	assert_int_equal(flips_accepted(&g.q, g.q.evidence), 0);
	assert_int_equal(truncations_accepted(&g.q, &g.q.evidence), 0);
	assert_int_equal(flips_accepted(&g.q, g.vek.file[0].bytes), 0);
	assert_int_equal(truncations_accepted(&g.q, &g.vek.file[0].bytes), 0);
	assert_int_equal(flips_accepted(&g.q, g.crl.file[0].bytes), 0);
	assert_int_equal(truncations_accepted(&g.q, &g.crl.file[0].bytes), 0);
	forged_report_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_reports_of_every_version_product_and_key_pass),
		cmocka_unit_test(every_defect_is_told),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_report_holds_no_time),
		cmocka_unit_test(a_root_that_is_not_named_is_not_trusted),
		cmocka_unit_test(validity_is_judged_as_was_asked),
		cmocka_unit_test(debug_mode_is_told_when_it_is_allowed),
		cmocka_unit_test(a_masked_chip_is_not_compared),
		cmocka_unit_test(a_chips_number_may_begin_with_any_byte),
		cmocka_unit_test(a_wrapped_chips_number_is_the_same),
		cmocka_unit_test(the_certificate_that_fits_is_chosen),
		cmocka_unit_test(a_cache_changes_no_verdict),
		cmocka_unit_test(lists_are_used_as_what_they_are),
		cmocka_unit_test(an_old_list_asks_for_nothing_beside_a_current_one),
		cmocka_unit_test(lists_that_are_none_are_refused),
		cmocka_unit_test(a_list_in_the_table_only_revokes),
		cmocka_unit_test(no_change_of_a_report_or_a_certificate_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
