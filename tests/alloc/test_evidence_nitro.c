#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "eif/judge.h"
#include "tests/alloc/fail.h"
#include "tests/alloc/library.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_document.h"

struct subject {
	struct document_made good, bad;
	char *pem;
	struct evidence_files root;
};

static int set_up(void **state)
{
	static struct subject s;
	struct document_order o = document_order();

	o.nonce = (struct eif_document_data){true, bytes_str("nonce")};
	s.good = document_make(&o, NULL);
	s.bad = document_make(&o, "pcr4-of-another");
	s.pem = cert_pem_of(s.good.root, "CERTIFICATE");
	s.root.n = 1;
	s.root.file[0] = (struct evidence_file){"root.pem", bytes_str(s.pem)};
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct subject *s = *state;

	document_made_free(&s->good);
	document_made_free(&s->bad);
	free(s->pem);
	return 0;
}

/* Every check passes and everything is shown; or memory lacked, and there is no verdict. */
static bool judge(void *arg, struct err *e)
{
	const struct subject *s = arg;
	const struct evidence_request q = {
		.evidence = s->good.document,
		.when = {CLOCK_DOCUMENT, 0},
		.root = &s->root,
	};
	owned(claims_free) struct claims *c = NULL;
	owned(buf_free) struct buf out = BUF(1u << 16);
	struct json_out w = json_out(&out, false);
	struct policy p = policy_strict();
	struct verdict v = {.n = 0};

	if (!eif_evidence.authenticate(&q, &c, &v, e) || !eif_evidence.policy(c, &p, &v, e))
		return false;
	if (!verdict_decide(&v, e))
		return false;
	json_open(&w, '{');
	eif_evidence.json(c, &w);
	json_close(&w, '}');
	eif_evidence.text(c, &out);
	return buf_done(&out, "the claims", e);
}

/* Another's root, a time before its own, and not whom it says: all three, or no verdict. */
static bool refuse(void *arg, struct err *e)
{
	const struct subject *s = arg;
	const struct evidence_request q = {
		.evidence = s->bad.document,
		.when = {CLOCK_AT, DOCUMENT_TIME - INT64_C(7) * 86400},
		.root = &s->root,
	};
	owned(claims_free) struct claims *c = NULL;
	struct policy p = policy_strict();
	struct verdict v = {.n = 0};
	size_t fails = 0;

	if (!eif_evidence.authenticate(&q, &c, &v, e) || !eif_evidence.policy(c, &p, &v, e))
		return false;
	for (size_t i = 0; i < v.n; i++)
		fails += v.check[i].result == CHECK_FAIL;
	/* the zone's, the instance's and the leaf's time; root; PCR4 */
	return fails == 5;
}

static bool keep(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(chain_cache_free) struct chain_cache *cache = NULL;
	owned(x509_free) struct x509 *x = NULL;
	struct digest link;

	return chain_cache_new(&cache, e) &&
	       chain_cache_link(s->good.root, s->good.root, &link, e) &&
	       chain_cache_read(cache, s->good.root, &x, e);
}

static void our_allocations_may_fail_at_any_place(void **state)
{
	assert_true(fail_each(judge, *state) >= 10);
	assert_true(fail_each(refuse, *state) >= 10);
	assert_true(fail_each(keep, *state) >= 3);
}

/* Of thousands of places each seventh, and all of them where time is no matter. */
static void openssls_allocations_may_fail_at_any_place(void **state)
{
	size_t step = getenv("SOAK") ? 1 : 7;

	for (library.refuse = 1;; library.refuse += step) {
		struct err e = {0};
		bool ok = library_run(judge, *state, &e);

		if (ERR_peek_error() != 0)
			fail_msg("%zu: errors are left in the queue", library.refuse);
		if (library.made < library.refuse) {
			assert_true(ok);
			break;
		}
		if (!ok && reason_class(e.reason) != EXIT_CLASS_ENVIRONMENT)
			fail_msg("%zu: %s: %s", library.refuse, reason_slug(e.reason), e.text);
	}
	assert_true(library.refuse > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_allocations_may_fail_at_any_place),
		cmocka_unit_test(openssls_allocations_may_fail_at_any_place),
	};

	if (!library_take_over())
		return 99;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
