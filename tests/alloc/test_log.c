#include "reference-db/log_judge.h"

#include "reference-db/log_proofs.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_log.h"
#include "tests/unit/support_signature.h"

#define PROOFS 3
#define IN_2026 1790000000

struct subject {
	struct buf trust, file, proof[PROOFS], bundle;
};

static bool copy(struct buf *to, const struct buf *from, struct err *e)
{
	*to = BUF(BUNDLE_MAX);
	buf_put(to, buf_bytes(from));
	return buf_done(to, "a file", e);
}

static bool gather(const struct subject *s, struct published *p, struct err *e)
{
	owned(buf_free) struct buf file = {0};

	if (!copy(&file, &s->file, e) || !published_add_bytes(p, &file, e))
		return false;
	for (size_t i = 0; i < PROOFS; i++) {
		owned(buf_free) struct buf proof = {0};

		if (!copy(&proof, &s->proof[i], e) || !published_add_proof_bytes(p, &proof, e))
			return false;
	}
	return true;
}

static bool judge_all(const struct subject *s, const struct published *p, struct err *e)
{
	owned(trust_free) struct trust *t = NULL;
	static struct verdict v;
	static struct judged judged;
	struct judge j = {
		.role = TRUST_PUBLISHER,
		.when = {CLOCK_AT, IN_2026},
		.verdict = &v,
		.judged = &judged,
	};

	v = (struct verdict){0};
	judged = (struct judged){0};
	if (!trust_parse(&t, buf_bytes(&s->trust), e))
		return false;
	j.trust = t;
	return judge_signatures(&j, p, e) && log_judge(&j, p, true, e) && verdict_decide(&v, e);
}

static bool judge_files(void *arg, struct err *e)
{
	owned(published_free) struct published p = {0};

	return gather(arg, &p, e) && judge_all(arg, &p, e);
}

static bool judge_bundle(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(published_free) struct published p = {0};
	owned(buf_free) struct buf file = {0};

	return copy(&file, &s->bundle, e) && published_add_bytes(&p, &file, e) &&
	       judge_all(s, &p, e);
}

static bool show(void *arg, struct err *e)
{
	owned(published_free) struct published p = {0};
	owned(buf_free) struct buf out = BUF(1u << 20);
	struct json_out w = json_out(&out, true);

	if (!gather(arg, &p, e))
		return false;
	log_proofs_text(&p.proofs, &out);
	json_open(&w, '{');
	log_proofs_json(&p.proofs, &w);
	json_close(&w, '}');
	return buf_done(&out, "what is shown", e);
}

static bool write_trust(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(trust_free) struct trust *t = NULL;
	owned(buf_free) struct buf out = BUF(1u << 20);
	struct json_out w = json_out(&out, true);

	if (!trust_parse(&t, buf_bytes(&s->trust), e))
		return false;
	trust_write(t, &out);
	json_open(&w, '{');
	trust_json(t, &w);
	json_close(&w, '}');
	return buf_done(&out, "the trust file", e);
}

static void subject_make(struct subject *s, EVP_PKEY *alice)
{
	static const struct log_spec spec[PROOFS] = {
		{.witnesses = 3, .extra = "extra AAECAw==\n"},
		{.witnesses = 7, .form = LOG_SIGSUM_2},
		{.witnesses = 7, .name = "other"},
	};
	owned(published_free) struct published p = {0};
	struct err e = {0};

	s->trust = BUF(TRUST_MAX);
	buf_str(&s->trust, "version: 1\nkeys:\n");
	signature_trust(&s->trust, "alice", alice, "");
	buf_str(&s->trust, "roles:\n  publisher:\n    threshold: 1\n");
	log_trust(&s->trust, "    group g all w1 w2\n    quorum g\n");
	buf_str(&s->trust, "require:\n  logs: require\n");
	s->file = signature_make(&(struct signature_spec){.key = alice});
	for (size_t i = 0; i < PROOFS; i++) {
		struct log_spec one = spec[i];

		one.file = buf_bytes(&s->file);
		s->proof[i] = log_proof_make(&one);
	}
	s->bundle = BUF(BUNDLE_MAX);
	assert_true(gather(s, &p, &e) && published_bundle(&p, &s->bundle, &e));
}

static void proofs_and_their_policy_survive_the_lack_of_memory(void **state)
{
	owned(cert_key_free) EVP_PKEY *alice = cert_key("P-256");
	struct subject s = {0};

	(void)state;
	subject_make(&s, alice);
	assert_true(fail_each(judge_files, &s) > 20);
	assert_true(fail_each(judge_bundle, &s) > 20);
	assert_true(fail_each(show, &s) > 5);
	assert_true(fail_each(write_trust, &s) > 10);
	for (size_t i = 0; i < PROOFS; i++)
		buf_free(&s.proof[i]);
	buf_free(&s.trust);
	buf_free(&s.file);
	buf_free(&s.bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proofs_and_their_policy_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
