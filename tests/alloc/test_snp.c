#include <openssl/err.h>
#include <stdlib.h>

#include "ovmf-snp/claims.h"
#include "tests/alloc/fail.h"
#include "tests/alloc/library.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_report.h"

extern const struct evidence_format ovmf_snp_evidence;

static struct forged_report forged;

static int set_up(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);

	forged = forge_report(&s);
	*state = &forged;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	forged_report_free(&forged);
	return 0;
}

static bool verify(const struct evidence_request *q, bool yes, struct err *e)
{
	owned(claims_free) struct claims *c = NULL;
	owned(buf_free) struct buf text = BUF(1u << 16), json = BUF(1u << 16);
	struct json_out w = json_out(&json, false);
	struct policy p = policy_strict();
	struct verdict v = {0};
	struct err decided = {0};

	if (!ovmf_snp_evidence.authenticate(q, &c, &v, e))
		return false;
	if (!c) /* refused as malformed, which it is not */
		return verdict_decide(&v, e);
	if (!snp_policy(c, &p, &v, e))
		return false;
	snp_claims_text(c, &text);
	json_open(&w, '{');
	snp_claims_json(c, &w);
	json_close(&w, '}');
	if (verdict_decide(&v, &decided) != yes)
		return err_set(e, decided.reason, "another verdict: %s", decided.text);
	return buf_done(&text, "text", e) && buf_done(&json, "json", e);
}

static bool yes_with_a_list(void *arg, struct err *e)
{
	const struct forged_report *f = arg;
	struct evidence_files ark = {.n = 1, .file = {{"ark", f->ark}}};
	struct evidence_files crl = {.n = 1, .file = {{"crl", f->crl}}};
	struct evidence_request q = {
		.evidence = f->extended,
		.when = {CLOCK_AT, 1768478400},
		.ark = &ark,
		.crl = &crl,
	};

	return verify(&q, true, e);
}

/* The right verdict, or none. */
static bool no_to_another_root(void *arg, struct err *e)
{
	const struct forged_report *f = arg;
	struct evidence_request q = {.evidence = f->extended, .when = {CLOCK_AT, 1768478400}};

	return verify(&q, false, e);
}

static void our_allocations_may_fail_at_any_place(void **state)
{
	assert_true(fail_each(yes_with_a_list, *state) > 10);
	assert_true(fail_each(no_to_another_root, *state) > 10);
}

/*
 * The verdict is the right one, or there is none for want of memory, or, since OpenSSL says so when
 * it runs out within a signature, that a link or a signature does not hold. Never a yes for a no.
 */
static void fail_library(bool (*run)(void *arg, struct err *e), void *arg)
{
	for (library.refuse = 1;; library.refuse++) {
		struct err e = {0};
		bool ok = library_run(run, arg, &e);

		if (ERR_peek_error() != 0)
			fail_msg("%zu: errors are left in the queue", library.refuse);
		if (!ok && reason_class(e.reason) != EXIT_CLASS_ENVIRONMENT &&
		    e.reason != REASON_CHAIN && e.reason != REASON_COLLATERAL)
			fail_msg("%zu: %s: %s", library.refuse, reason_slug(e.reason), e.text);
		if (library.made < library.refuse) {
			assert_true(ok);
			return;
		}
	}
}

static void openssls_allocations_may_fail_at_any_place(void **state)
{
	fail_library(yes_with_a_list, *state);
	fail_library(no_to_another_root, *state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_allocations_may_fail_at_any_place),
		cmocka_unit_test(openssls_allocations_may_fail_at_any_place),
	};

	if (!library_take_over())
		return 99;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
