#include <openssl/err.h>
#include <stdlib.h>

#include "eif/judge.h"
#include "measure/core/hash.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_document.h"

#define ROOM (1u << 16)

/* One judgement, its failures and warnings as lines, its passes left out. */
struct outcome {
	struct claims *claims;
	struct verdict verdict;
	struct buf said;
};

static void outcome_free(struct outcome *o)
{
	claims_free(&o->claims);
	buf_free(&o->said);
}

static void say(struct outcome *o)
{
	for (size_t i = 0; i < o->verdict.n; i++) {
		const struct check *c = &o->verdict.check[i];

		if (c->result == CHECK_PASS)
			continue;
		buf_fmt(&o->said, "%s%s %s %s: %s", o->said.n ? "\n" : "", c->id,
			check_result_name(c->result), reason_slug(c->reason), c->detail);
	}
}

static struct outcome judge(const struct evidence_request *q)
{
	struct outcome o = {.said = BUF(ROOM)};
	struct policy p = policy_strict();
	struct err e = {0};

	if (!eif_evidence.authenticate(q, &o.claims, &o.verdict, &e) ||
	    (o.claims && !eif_evidence.policy(o.claims, &p, &o.verdict, &e)))
		fail_msg("%s", e.text);
	assert_int_equal(ERR_peek_error(), 0);
	say(&o);
	return o;
}

static struct evidence_files one_file(struct bytes file)
{
	struct evidence_files f = {.n = 1};

	f.file[0] = (struct evidence_file){"root", file};
	return f;
}

static struct evidence_request request(const struct document_made *m,
				       const struct evidence_files *root)
{
	return (struct evidence_request){
		.evidence = m->document,
		.when = {CLOCK_AT, DOCUMENT_TIME},
		.root = root,
	};
}

/* A star stands for what differs each time. */
static bool fits(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static void check_said(struct outcome *o, const char *what, const char *pattern)
{
	if (!fits(pattern, buf_cstr(&o->said)))
		fail_msg("%s:\n%s", what, buf_cstr(&o->said));
}

struct finding {
	const char *defect, *said;
};

#define NO_ES384                                                                        \
	"\nvendor-signature skip alg: the headers name no ES384, by which alone it is " \
	"checked"
#define HEADER(hex)                                                                              \
	"genuine fail alg: the protected header is \"" hex "\" and must be \"a1013822\", ES384 " \
	"alone" NO_ES384
#define NO_SIGNATURE \
	"vendor-signature fail signature: the signature does not verify under the certificate"
#define CHAIN "genuine fail chain: "
#define OTHER_ROOT                                                                       \
	"genuine fail untrusted-root: cabundle[0] is not a root that --root names: the " \
	"SHA-256 of its DER is *"
#define DIFFER "\npolicy fail policy: module_id and the name of the certificate differ: "
#define NAMES(found) DIFFER "\"" DOCUMENT_MODULE "\" and \"" found "\""
#define LINE "\n"

static const struct finding findings[] = {
	{"none", ""},
	{"twin-signature", ""},
	{"no-optional-members", ""},
	{"leaf-without-constraints", ""},
	{"pcr0-zero", ""},
	{"alg-es256", HEADER("a10126")},
	{"alg-es512", HEADER("a1013823")},
	{"alg-eddsa", HEADER("a10127")},
	{"alg-hmac", HEADER("a10105")},
	{"alg-text", HEADER("a101654553333834")},
	{"alg-missing", HEADER("a0")},
	{"alg-nothing-protected", HEADER("")},
	{"alg-crit", HEADER("a2013822028101")},
	{"alg-unprotected-too",
	 "genuine fail alg: the unprotected header holds 1 and must be empty" NO_ES384},
	{"signature-zero", NO_SIGNATURE},
	{"signature-r-zero", NO_SIGNATURE},
	{"signature-s-zero", NO_SIGNATURE},
	{"signature-r-order", NO_SIGNATURE},
	{"signature-s-order", NO_SIGNATURE},
	{"signature-swapped", NO_SIGNATURE},
	{"signature-flipped", NO_SIGNATURE},
	{"signature-other-key", NO_SIGNATURE},
	{"unsigned", "genuine fail format: the document is not signed, as emulators write them, "
		     "at offset *"},
	{"unsigned-payload",
	 "genuine fail format: COSE_Sign1 is a map and must be an array, at offset 0"},
	{"payload-30k", "genuine fail format: the document has *, 20480 may be"},
	{"debug-zero", "production fail debug-mode: PCR0, PCR1 and PCR2 are all zero: the enclave "
		       "runs in debug mode"},
	{"debug-absent", "production fail debug-mode: PCR0, PCR1 and PCR2 are all zero or absent: "
			 "the enclave runs in debug mode"},
	{"root-of-attacker", OTHER_ROOT},
	{"root-first-attacker-behind",
	 CHAIN "cabundle[1] is not signed by the next certificate's key"},
	{"root-omitted", OTHER_ROOT},
	{"bundle-without-zonal",
	 CHAIN "cabundle[2] names another issuer than the next certificate is"},
	{"bundle-root-twice", CHAIN "cabundle[0] stands twice in the chain"},
	{"leaf-is-ca", CHAIN "certificate is a CA, and the leaf must be none"},
	{"leaf-is-root",
	 CHAIN "certificate is a CA, and the leaf must be none" LINE CHAIN
	       "cabundle[0] stands twice in the chain" NAMES("test.nitro-enclaves")},
	{"leaf-is-instance", CHAIN
	 "certificate is a CA, and the leaf must be none" LINE CHAIN
	 "cabundle[3] stands twice in the chain" NAMES(DOCUMENT_INSTANCE "." DOCUMENT_REGION
									 ".test.nitro-enclaves")},
	{"leaf-path-length", CHAIN "certificate has a path length, and is no CA"},
	{"leaf-no-usage", CHAIN "certificate has no keyUsage, and needs one with digitalSignature"},
	{"leaf-usage", CHAIN "certificate has a keyUsage without digitalSignature"},
	{"zonal-no-ca", CHAIN "cabundle[2] is no CA by its basicConstraints"},
	{"zonal-no-constraints", CHAIN "cabundle[2] is no CA by its basicConstraints"},
	{"zonal-usage", CHAIN "cabundle[2] has a keyUsage without keyCertSign"},
	{"zonal-no-usage", CHAIN "cabundle[2] has no keyUsage, and needs one with keyCertSign"},
	{"regional-path-length",
	 CHAIN "cabundle[1] allows 1 certificates between it and the leaf, and there are 2"},
	{"leaf-rsa",
	 CHAIN "certificate: the key is RSA, and not of 4096 bits with the exponent 65537" LINE
	       "vendor-signature skip chain: the certificate whose key made it cannot be "
	       "read" NAMES("")},
	{"zonal-p256", CHAIN "cabundle[2] has a key of the kind P-256, which is not allowed here"},
	{"zonal-rsa",
	 CHAIN "cabundle[2]: the key is RSA, and not of 4096 bits with the exponent 65537"},
	{"zonal-sha256", CHAIN "cabundle[2] is signed with an algorithm that is not allowed here"},
	{"leaf-unknown-critical",
	 CHAIN "certificate has a critical extension 1.2.3.4, which is not known here"},
	{"leaf-issuer-name", CHAIN "certificate names another issuer than the next certificate is"},
	{"leaf-self-signed", CHAIN "certificate is not signed by the next certificate's key"},
	{"zonal-tail", CHAIN "cabundle[2]: the DER has bytes behind the certificate: 1 of *"},
	{"root-expired",
	 "genuine fail expired: cabundle[0] is in force from 2020-07-25T12:00:00Z to "
	 "2026-01-15T11:59:30Z, and it is judged at 2026-01-15T12:00:00Z"},
	{"zonal-expired",
	 "genuine fail expired: cabundle[2] is in force from 2026-01-13T12:00:00Z to "
	 "2026-01-15T11:59:30Z, and it is judged at 2026-01-15T12:00:00Z"},
	{"leaf-expired",
	 "genuine fail expired: certificate is in force from 2026-01-15T11:59:00Z to "
	 "2026-01-15T11:59:30Z, and it is judged at 2026-01-15T12:00:00Z"},
	{"leaf-to-come",
	 "genuine fail not-yet-valid: certificate is in force from 2026-01-15T12:00:30Z to "
	 "2026-01-15T14:59:03Z, and it is judged at 2026-01-15T12:00:00Z"},
	{"zonal-to-come",
	 "genuine fail not-yet-valid: cabundle[2] is in force from 2026-01-15T12:00:30Z to "
	 "2026-01-19T12:00:00Z, and it is judged at 2026-01-15T12:00:00Z"},
	{"signed-late",
	 "genuine fail expired: certificate is in force from 2026-01-15T11:59:00Z to "
	 "2026-01-15T14:59:03Z, and the document was signed at 2026-01-15T16:00:00Z"},
	{"signed-early",
	 "genuine fail not-yet-valid: certificate is in force from 2026-01-15T11:59:00Z to "
	 "2026-01-15T14:59:03Z, and the document was signed at 2026-01-15T11:00:00Z"},
	{"pcr4-of-another",
	 "policy fail policy: PCR4 is not that of the instance \"" DOCUMENT_INSTANCE "\""},
	{"leaf-of-another",
	 "policy fail policy: module_id and the name of the certificate differ: "
	 "\"" DOCUMENT_MODULE "\" and \"i-00000000000000001-enc0000000000000001.eu-west-1.aws\""},
	{"leaf-of-another-region", "policy fail policy: the regions of the two certificates "
				   "differ: \"us-east-1\" and \"eu-west-1\""},
	{"instance-of-another",
	 "policy fail policy: module_id and the name of the certificate above it differ: "
	 "\"" DOCUMENT_INSTANCE "\" and \"i-00000000000000001.eu-west-1.test.nitro-enclaves\""},
	{"bundle-reversed", CHAIN
	 "certificate names another issuer than the next certificate is" LINE CHAIN
	 "cabundle[3] names another issuer than the next certificate is" LINE CHAIN
	 "cabundle[2] names another issuer than the next certificate is" LINE CHAIN
	 "cabundle[1] allows 1 certificates between it and the leaf, and there are 2" LINE CHAIN
	 "cabundle[0] allows 0 certificates between it and the leaf, and there are 3" LINE
		 OTHER_ROOT
	 "\npolicy fail policy: module_id and the name of the certificate above it differ: "
	 "\"" DOCUMENT_INSTANCE "\" and \"test.nitro-enclaves\""},
};

static void each_defect_fails_what_it_breaks_and_nothing_else(void **state)
{
	struct document_order order = document_order();

	(void)state;
	for (size_t i = 0; i < COUNT(findings); i++) {
		owned(document_made_free) struct document_made m =
			document_make(&order, findings[i].defect);
		struct evidence_files root = one_file(m.root);
		struct evidence_request q = request(&m, &root);
		owned(outcome_free) struct outcome o = judge(&q);

		check_said(&o, findings[i].defect, findings[i].said);
	}
}

static bool is_found(const char *defect)
{
	for (size_t i = 0; i < COUNT(findings); i++)
		if (strcmp(findings[i].defect, defect) == 0)
			return true;
	return false;
}

/* The others are those whose encoding is refused (test_document has the words). */
static void every_other_defect_is_one_of_the_encoding(void **state)
{
	struct document_order order = document_order();

	(void)state;
	for (const struct document_defect *d = document_defects; d->name; d++) {
		owned(document_made_free) struct document_made m = {0};
		owned(outcome_free) struct outcome o = {0};
		struct evidence_files root;
		struct evidence_request q;

		if (is_found(d->name))
			continue;
		m = document_make(&order, d->name);
		root = one_file(m.root);
		q = request(&m, &root);
		o = judge(&q);
		assert_null(o.claims);
		check_said(&o, d->name, "genuine fail format: *");
	}
}

/* ---- what a good one says */

#define A8(x) x x x x x x x x
#define A48(x) A8(x) A8(x) A8(x) A8(x) A8(x) A8(x)
#define PCR4                                                   \
	"d6432900ac1c343cb40286898792c55e962aef0cc35c4910c0c2" \
	"86145b51af19e782cb21cc31a042671d7dfbd398251c"

static const char claims_text[] =
	"module               " DOCUMENT_MODULE "\n"
	"instance             " DOCUMENT_INSTANCE "\n"
	"region               eu-west-1\n"
	"signed at            2026-01-15T12:00:00.000Z\n"
	"PCR0                 " A48(
		"a0") "\n"
		      "PCR1                 " A48(
			      "a1") "\n"
				    "PCR2                 " A48(
					    "a2") "\n"
						  "PCR4                 " PCR4 "\n"
						  "zero                 12 other registers\n"
						  "nonce                6e6f6e6365\n"
						  "user data            33 bytes, sha256 3d82dc481317d597ff10430ce736656be89120b503d085302b230a16e1c6ef9c\n";

static struct document_made good_document(void)
{
	struct document_order order = document_order();

	order.nonce = (struct eif_document_data){true, bytes_str("nonce")};
	order.user_data =
		(struct eif_document_data){true, bytes_str("0123456789abcdef0123456789abcdef!")};
	return document_make(&order, NULL);
}

static void check_passes(const struct verdict *v, const char *id, const char *detail)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->check[i].id, id) == 0 && v->check[i].result == CHECK_PASS) {
			assert_string_equal(v->check[i].detail, detail);
			return;
		}
	}
	fail_msg("%s did not pass", id);
}

static void a_good_document_passes_and_says_why(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	struct evidence_files root = one_file(m.root);
	struct evidence_request q = request(&m, &root);
	owned(outcome_free) struct outcome o = judge(&q);

	(void)state;
	check_said(&o, "good", "");
	assert_int_equal(o.verdict.n, 4);
	check_passes(&o.verdict, "genuine",
		     "5 certificates, from a root that --root names, in force at "
		     "2026-01-15T12:00:00Z");
	check_passes(&o.verdict, "vendor-signature", "ES384, by the certificate of the document");
	check_passes(&o.verdict, "production", "PCR0, PCR1 and PCR2 are not all zero");
	check_passes(&o.verdict, "policy", "module_id, certificates and PCR4 name one instance");
}

static void claims_are_those_of_the_document(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	struct evidence_files root = one_file(m.root);
	struct evidence_request q = request(&m, &root);
	owned(outcome_free) struct outcome o = judge(&q);
	const struct claims *c = o.claims;
	owned(buf_free) struct buf text = BUF(ROOM);

	(void)state;
	assert_ptr_equal(c->format, &eif_evidence);
	assert_int_equal(c->registers.n, 16);
	assert_int_equal(mset_get(&c->registers, "PCR2")->v[47], 0xa2);
	assert_true(bytes_zero(digest_bytes(mset_get(&c->registers, "PCR15"))));
	assert_null(mset_get(&c->registers, "PCR16"));
	assert_true(c->has_time && c->time == DOCUMENT_TIME && c->judged_at == DOCUMENT_TIME);
	assert_true(c->nonce.present && bytes_equal(c->nonce.v, bytes_str("nonce")));
	assert_true(c->user_data.present && !c->public_key.present);
	assert_string_equal(c->region, DOCUMENT_REGION);
	assert_string_equal(c->product, "");
	eif_evidence.text(c, &text);
	assert_string_equal(buf_cstr(&text), claims_text);
}

static void claims_outlive_the_document(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	struct evidence_files root = one_file(m.root);
	struct evidence_request q = request(&m, &root);
	owned(outcome_free) struct outcome o = judge(&q);
	owned(buf_free) struct buf out = BUF(ROOM);
	struct json_out w = json_out(&out, false);

	(void)state;
	document_made_free(&m);
	json_open(&w, '{');
	eif_evidence.json(o.claims, &w);
	json_close(&w, '}');
	if (!fits("{\"module_id\":\"" DOCUMENT_MODULE "\",\"instance_id\":\"" DOCUMENT_INSTANCE
		  "\",\"region\":\"eu-west-1\",\"timestamp\":\"2026-01-15T12:00:00.000Z\","
		  "\"measurements\":{\"PCR0\":\"" A48("a0") "\",*\"PCR15\":\"" A48(
			  "00") "\"},"
				"\"nonce\":\"6e6f6e6365\",\"user_data\":\"30*21\",\"public_key\":null,"
				"\"certificates\":[{\"subject\":\"CN=" DOCUMENT_MODULE
				".eu-west-1.aws,*"
				"{\"subject\":\"CN=test.nitro-enclaves,*}]}",
		  buf_cstr(&out)))
		fail_msg("%s", buf_cstr(&out));
}

static void without_pcr4_the_names_alone_agree(void **state)
{
	struct document_order order = document_order();
	owned(document_made_free) struct document_made m = {0};
	struct evidence_files root;
	struct evidence_request q;
	owned(outcome_free) struct outcome o = {0};

	(void)state;
	order.pcrs = 7;
	m = document_make(&order, NULL);
	root = one_file(m.root);
	q = request(&m, &root);
	o = judge(&q);
	check_said(&o, "without PCR4", "");
	check_passes(&o.verdict, "policy", "module_id and certificates name one instance");
}

/* ---- time */

static void certificates_are_judged_at_the_time_that_is_chosen(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	struct evidence_files root = one_file(m.root);
	struct evidence_request q = request(&m, &root);
	owned(outcome_free) struct outcome document = {0}, none = {0}, late = {0};

	(void)state;
	q.when = (struct when){CLOCK_DOCUMENT, 0};
	document = judge(&q);
	check_said(&document, "document", "");
	assert_true(document.claims->judged_at == DOCUMENT_TIME);
	q.when.clock = CLOCK_NONE;
	none = judge(&q);
	check_said(&none, "none",
		   "genuine warn expired: whether the certificates are in force was not judged");
	check_passes(&none.verdict, "genuine", "5 certificates, from a root that --root names");
	q.when = (struct when){CLOCK_NOW, DOCUMENT_TIME + INT64_C(20) * 3600};
	late = judge(&q);
	check_said(&late, "late",
		   "genuine fail expired: certificate is in force from 2026-01-15T11:59:00Z to "
		   "2026-01-15T14:59:03Z, and it is judged at 2026-01-16T08:00:00Z");
}

/* ---- debug mode */

static void debug_mode_is_a_warning_where_it_is_allowed(void **state)
{
	struct document_order order = document_order();
	owned(document_made_free) struct document_made m = document_make(&order, "debug-zero");
	struct evidence_files root = one_file(m.root);
	struct evidence_request q = request(&m, &root);
	owned(outcome_free) struct outcome o = {0};

	(void)state;
	q.allow_debug = true;
	o = judge(&q);
	check_said(&o, "debug",
		   "production warn debug-mode: PCR0, PCR1 and PCR2 are all zero: the enclave "
		   "runs in debug mode, which is allowed here");
}

/* ---- roots */

static void the_pinned_root_is_the_one_that_is_published(void **state)
{
	static const uint8_t published[32] = {
		0x64, 0x1a, 0x03, 0x21, 0xa3, 0xe2, 0x44, 0xef, 0xe4, 0x56, 0x46,
		0x31, 0x95, 0xd6, 0x06, 0x31, 0x7e, 0xd7, 0xcd, 0xcc, 0x3c, 0x17,
		0x56, 0xe0, 0x98, 0x93, 0xf3, 0xc6, 0x8f, 0x79, 0xbb, 0x5b,
	};
	struct digest d;
	struct err e = {0};

	(void)state;
	assert_true(hash_of(DIGEST_SHA256, eif_root_g1, &d, &e));
	assert_memory_equal(d.v, published, sizeof(published));
}

static void without_a_root_only_the_pinned_one_is_trusted(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	struct evidence_request q = request(&m, NULL);
	owned(outcome_free) struct outcome o = judge(&q);

	(void)state;
	check_said(&o, "no root",
		   "genuine fail untrusted-root: cabundle[0] is not root G1 of AWS Nitro Enclaves: "
		   "the SHA-256 of its DER is *");
	assert_string_equal(o.verdict.check[0].expected,
			    "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b");
	assert_int_equal(strlen(o.verdict.check[0].actual), 64);
}

static void a_root_may_be_one_of_several_in_pem(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	char *mine = cert_pem_of(m.root, "CERTIFICATE");
	char *other = cert_pem_of(eif_root_g1, "CERTIFICATE"), *both;
	struct evidence_files root = one_file(eif_root_g1);
	struct evidence_request q = request(&m, &root);
	owned(outcome_free) struct outcome o = {0}, p = {0};

	(void)state;
	assert_true(asprintf(&both, "%s\n%s", other, mine) > 0);
	root.file[root.n++] = (struct evidence_file){"both", bytes_str(both)};
	o = judge(&q);
	check_said(&o, "both", "");
	root.n = 1;
	p = judge(&q);
	check_said(&p, "the other", OTHER_ROOT);
	free(mine);
	free(other);
	free(both);
}

static void a_root_that_cannot_be_read_is_named(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	struct evidence_files root = one_file(bytes_str("not a certificate"));
	struct evidence_request q = request(&m, &root);
	struct claims *c = NULL;
	struct verdict v = {.n = 0};
	struct err e = {0};

	(void)state;
	assert_false(eif_evidence.authenticate(&q, &c, &v, &e));
	assert_null(c);
	assert_int_equal(e.reason, REASON_CERTIFICATE);
	assert_string_equal(e.subject, "root");
	assert_true(fits("the DER holds no certificate*", e.text));
}

/* ---- the cache */

static void links_that_were_verified_are_not_verified_again(void **state)
{
	owned(document_made_free) struct document_made m = good_document(), other = good_document();
	owned(chain_cache_free) struct chain_cache *cache = NULL;
	struct evidence_files root = one_file(m.root);
	struct evidence_request q = request(&m, &root);
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&cache, &e));
	q.cache = cache;
	for (unsigned i = 0; i < 2; i++) {
		owned(outcome_free) struct outcome o = judge(&q), p = {0};
		struct evidence_request foreign = request(&other, &root);

		check_said(&o, "cached", "");
		foreign.cache = cache;
		p = judge(&foreign);
		check_said(&p, "another root", OTHER_ROOT);
	}
}

/* ---- damage */

static bool is_accepted(const struct evidence_request *q)
{
	owned(outcome_free) struct outcome o = judge(q);

	return o.said.n == 0;
}

/* Some bytes here, and each of a genuine document (test_evidence_nitro_vectors). */
static void no_flipped_bit_and_no_truncation_is_accepted(void **state)
{
	owned(document_made_free) struct document_made m = good_document();
	owned(chain_cache_free) struct chain_cache *cache = NULL;
	struct evidence_files root = one_file(m.root);
	struct evidence_request q = request(&m, &root);
	uint8_t *p = (uint8_t *)(uintptr_t)m.document.p;
	size_t step = check_soak() ? 1 : 29; /* bits */
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&cache, &e));
	q.cache = cache;
	assert_true(is_accepted(&q));
	for (size_t i = 0; i < 8 * m.document.n; i += step) {
		uint8_t bit = (uint8_t)(1u << i % 8);

		p[i / 8] ^= bit;
		if (is_accepted(&q))
			fail_msg("accepted with bit 0x%02x flipped at %zu", bit, i / 8);
		p[i / 8] ^= bit;
	}
	for (q.evidence.n = 0; q.evidence.n < m.document.n; q.evidence.n++)
		assert_false(is_accepted(&q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_defect_fails_what_it_breaks_and_nothing_else),
		cmocka_unit_test(every_other_defect_is_one_of_the_encoding),
		cmocka_unit_test(a_good_document_passes_and_says_why),
		cmocka_unit_test(claims_are_those_of_the_document),
		cmocka_unit_test(claims_outlive_the_document),
		cmocka_unit_test(without_pcr4_the_names_alone_agree),
		cmocka_unit_test(certificates_are_judged_at_the_time_that_is_chosen),
		cmocka_unit_test(debug_mode_is_a_warning_where_it_is_allowed),
		cmocka_unit_test(the_pinned_root_is_the_one_that_is_published),
		cmocka_unit_test(without_a_root_only_the_pinned_one_is_trusted),
		cmocka_unit_test(a_root_may_be_one_of_several_in_pem),
		cmocka_unit_test(a_root_that_cannot_be_read_is_named),
		cmocka_unit_test(links_that_were_verified_are_not_verified_again),
		cmocka_unit_test(no_flipped_bit_and_no_truncation_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
