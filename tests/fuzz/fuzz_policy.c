/*
 * Any bytes as what stands behind "require:" in a trust file. A policy that is read stays within
 * its bounds, never allows debugging, and is written in one form that reads as the same policy.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "reference-db/require.h"
#include "reference-db/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_bounds(const struct policy *p)
{
	must_be(!p->allow_debug && p->n_floors <= POLICY_LIST && p->kinds.n <= POLICY_LIST);
	must_be(p->vmpl <= 3 && (p->has_vmpl || p->vmpl == 0));
	must_be(p->fresh <= DEMAND_REQUIRE && p->channel <= DEMAND_REQUIRE);
	must_be((p->guest_forbidden & p->guest_required) == 0);
	must_be((p->platform_required & ~p->platform_allowed) == 0);
	for (size_t i = 0; i < p->id_keys.n; i++)
		must_be(strlen(p->id_keys.text[i]) == 96);
}

/* The JSON of both says whether they are the same, since it shows all there is. */
static void check_same(const struct policy *a, const struct policy *b)
{
	struct buf one = BUF(1u << 20), two = BUF(1u << 20);
	struct json_out w1 = json_out(&one, false), w2 = json_out(&two, false);

	require_json(a, &w1);
	require_json(b, &w2);
	must_be(one.failed == REASON_NONE && bytes_equal(buf_bytes(&one), buf_bytes(&two)));
	buf_free(&one);
	buf_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *library;
	struct buf text = BUF(TRUST_MAX + 64), again = BUF(TRUST_MAX);
	struct trust *t = NULL, *u = NULL;
	struct err e = {0};

	if (!library)
		library = dlopen("libyaml-0.so.2", RTLD_NOW);
	must_be(library != NULL);
	buf_str(&text, "version: 1\nrequire:\n");
	buf_put(&text, bytes_of(data, size));
	if (size <= TRUST_MAX && trust_parse(&t, buf_bytes(&text), &e)) {
		check_bounds(&t->require);
		trust_write(t, &again);
		must_be(again.failed == REASON_NONE && trust_parse(&u, buf_bytes(&again), &e));
		check_same(&t->require, &u->require);
	}
	trust_free(&t);
	trust_free(&u);
	buf_free(&text);
	buf_free(&again);
	return 0;
}
