/*
 * The attestation documents in the vectors outside the tree, where those are present: what each of
 * them and every one of its `verify` entries must come to.
 */
#include <stdio.h>
#include <stdlib.h>

#include "eif/judge.h"
#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_document.h"

#define FILE_MAX (1u << 20)
#define FAILED_MAX 16

struct vectors {
	struct buf text;
	struct json json;
};

/* One run: what is asked for, and the slugs that failed. */
struct run {
	const char *id;
	bool advisory;
	struct buf document, root;
	struct evidence_request q;
	struct evidence_files roots;
	const struct json_node *options;
	struct mset expected;
	struct buf nonce;
	bool has_nonce;
	enum reason failed[FAILED_MAX];
	size_t n_failed;
};

static char *path_of(struct bytes file)
{
	const char *shared = getenv("SHARED");
	char *path;

	if (asprintf(&path, "%s/vectors/evidence/%.*s", shared ? shared : "../shared", (int)file.n,
		     (const char *)file.p) < 0)
		exit(99);
	return path;
}

static bool load(struct bytes file, struct buf *out)
{
	char *path = path_of(file);
	struct err e = {0};
	bool done = file_slurp(path, FILE_MAX, out, &e);

	free(path);
	return done;
}

static struct bytes text_of(const struct json *j, const struct json_node *n, const char *key)
{
	const struct json_node *m = json_member(j, n, key);

	return m ? m->text : bytes_of(NULL, 0);
}

static bool is(struct bytes a, const char *b)
{
	return bytes_equal(a, bytes_str(b));
}

static void unhex(struct bytes hex, struct buf *out)
{
	char *s = strndup((const char *)hex.p, hex.n);
	struct err e = {0};

	assert_true(hex_read(s, "hex", out, &e));
	free(s);
}

static void expect_pcr(struct run *r, struct bytes index, struct bytes hex)
{
	owned(buf_free) struct buf value = BUF(64);
	struct digest d = {DIGEST_SHA384, EIF_DOCUMENT_PCR, {0}};
	char name[16];
	struct err e = {0};

	unhex(hex, &value);
	memcpy(d.v, value.p, EIF_DOCUMENT_PCR);
	snprintf(name, sizeof(name), "PCR%.*s", (int)index.n, (const char *)index.p);
	assert_true(mset_put(&r->expected, name, &d, &e));
}

/* Options of the vector: {"nonce": hex, "pcrs": {index: hex}}. */
static void take_expectations(struct run *r, const struct json *j, const struct json_node *vector)
{
	const struct json_node *o = json_member(j, vector, "options");
	const struct json_node *pcrs = o ? json_member(j, o, "pcrs") : NULL;
	struct bytes nonce = o ? text_of(j, o, "nonce") : bytes_of(NULL, 0);

	r->has_nonce = nonce.n > 0;
	if (r->has_nonce)
		unhex(nonce, &r->nonce);
	for (const struct json_node *p = pcrs ? json_first(j, pcrs) : NULL; p;
	     p = json_after(j, pcrs, p))
		expect_pcr(r, p->key, p->text);
}

/* Options of the entry: "allow-debug", "pcr0=hex". */
static void take_options(struct run *r, const struct json *j, const struct json_node *entry)
{
	const struct json_node *list = json_member(j, entry, "options");
	static const char pcr0[] = "pcr0=";

	for (const struct json_node *o = list ? json_first(j, list) : NULL; o;
	     o = json_after(j, list, o)) {
		if (is(o->text, "allow-debug"))
			r->q.allow_debug = true;
		else if (bytes_start(o->text, bytes_str(pcr0)))
			expect_pcr(r, bytes_str("0"),
				   bytes_of(o->text.p + strlen(pcr0), o->text.n - strlen(pcr0)));
		else
			fail_msg("an option that is not known here");
	}
}

static void take_time(struct run *r, struct bytes at)
{
	char *s = strndup((const char *)at.p, at.n);
	struct err e = {0};

	r->q.when.clock = CLOCK_DOCUMENT;
	if (!is(at, "document-timestamp")) {
		r->q.when.clock = CLOCK_AT;
		assert_true(when_read(s, "at", &r->q.when.at, &e));
	}
	free(s);
}

static void fails(struct run *r, enum reason reason)
{
	assert_true(r->n_failed < FAILED_MAX);
	r->failed[r->n_failed++] = reason;
}

static void compare(struct run *r, const struct claims *c)
{
	for (size_t i = 0; i < r->expected.n; i++) {
		const struct digest *d = mset_get(&c->registers, r->expected.entry[i].name);

		if (!d || !digest_equal(d, &r->expected.entry[i].digest))
			fails(r, REASON_MEASUREMENT);
	}
	if (r->has_nonce && !(c->nonce.present && bytes_equal(c->nonce.v, buf_bytes(&r->nonce))))
		fails(r, REASON_NONCE);
}

static void judge(struct run *r)
{
	owned(claims_free) struct claims *c = NULL;
	struct policy p = policy_strict();
	struct verdict v = {.n = 0};
	struct err e = {0};

	if (!eif_evidence.authenticate(&r->q, &c, &v, &e) ||
	    (c && !eif_evidence.policy(c, &p, &v, &e)))
		fail_msg("%s: %s", r->id, e.text);
	for (size_t i = 0; i < v.n; i++)
		if (v.check[i].result == CHECK_FAIL)
			fails(r, v.check[i].reason);
	if (c)
		compare(r, c);
}

static bool as_expected(const struct run *r, struct bytes expect)
{
	if (is(expect, "ok"))
		return r->n_failed == 0;
	for (size_t i = 0; i < r->n_failed; i++)
		if (is(expect, reason_slug(r->failed[i])))
			return true;
	return false;
}

static void tell(const struct run *r, struct bytes at, struct bytes expect)
{
	printf("# %s%s at %.*s: %.*s is expected, and there fails", r->id,
	       r->advisory ? " (advisory)" : "", (int)at.n, (const char *)at.p, (int)expect.n,
	       (const char *)expect.p);
	for (size_t i = 0; i < r->n_failed; i++)
		printf(" %s", reason_slug(r->failed[i]));
	printf("%s\n", r->n_failed ? "" : " nothing");
}

struct tally {
	size_t vectors, entries, firm, good, advisory, agree;
};

static void entry(struct run base, const struct json *j, const struct json_node *n, struct tally *t)
{
	struct bytes at = text_of(j, n, "at"), expect = text_of(j, n, "expect");
	bool same;

	take_options(&base, j, n);
	take_time(&base, at);
	judge(&base);
	same = as_expected(&base, expect);
	if (!same)
		tell(&base, at, expect);
	t->entries++;
	t->firm += !base.advisory;
	t->good += !base.advisory && same;
	t->advisory += base.advisory;
	t->agree += base.advisory && same;
}

static void vector(const struct json *j, const struct json_node *n, struct tally *t)
{
	struct bytes id = text_of(j, n, "id"), root = text_of(j, n, "root");
	const struct json_node *entries = json_member(j, n, "verify");
	const struct json_node *advisory = json_member(j, n, "advisory");
	struct run r = {.document = BUF(FILE_MAX), .root = BUF(FILE_MAX), .nonce = BUF(1024)};

	r.id = strndup((const char *)id.p, id.n);
	r.advisory = advisory && advisory->type == JSON_TRUE;
	assert_true(load(text_of(j, n, "file"), &r.document) && load(root, &r.root));
	r.q.evidence = buf_bytes(&r.document);
	r.roots.n = 1;
	r.roots.file[0] = (struct evidence_file){"root.pem", buf_bytes(&r.root)};
	if (!is(root, "roots/aws-nitro-g1.pem"))
		r.q.root = &r.roots;
	take_expectations(&r, j, n);
	for (const struct json_node *v = json_first(j, entries); v; v = json_after(j, entries, v))
		entry(r, j, v, t);
	t->vectors++;
	free((void *)(uintptr_t)r.id);
	buf_free(&r.document);
	buf_free(&r.root);
	buf_free(&r.nonce);
}

static void open_vectors(struct vectors *v)
{
	struct err e = {0};

	*v = (struct vectors){.text = BUF(1u << 22)};
	if (!load(bytes_str("shared/vectors.json"), &v->text))
		skip();
	assert_true(json_read(&v->json, buf_bytes(&v->text), 0, &e));
}

static void close_vectors(struct vectors *v)
{
	json_free(&v->json);
	buf_free(&v->text);
}

static void every_firm_vector_comes_to_what_it_must(void **state)
{
	struct vectors v;
	const struct json_node *list;
	struct tally t = {0};

	(void)state;
	open_vectors(&v);
	list = json_member(&v.json, &v.json.nodes[0], "vectors");
	for (const struct json_node *n = json_first(&v.json, list); n;
	     n = json_after(&v.json, list, n))
		if (is(text_of(&v.json, n, "kind"), "nitro"))
			vector(&v.json, n, &t);
	printf("# %zu documents, %zu entries: %zu of %zu firm ones as expected, %zu of %zu advisory "
	       "ones\n",
	       t.vectors, t.entries, t.good, t.firm, t.agree, t.advisory);
	assert_int_equal(t.good, t.firm);
	assert_true(t.vectors > 0);
	close_vectors(&v);
}

/* ---- damage */

static bool is_accepted(const struct evidence_request *q)
{
	owned(claims_free) struct claims *c = NULL;
	struct policy p = policy_strict();
	struct verdict v = {.n = 0};
	struct err e = {0};

	if (!eif_evidence.authenticate(q, &c, &v, &e) || (c && !eif_evidence.policy(c, &p, &v, &e)))
		fail_msg("%s", e.text);
	return c && verdict_decide(&v, &e);
}

static void no_damage_to_a_genuine_document_is_accepted(void **state)
{
	owned(buf_free) struct buf b = BUF(FILE_MAX);
	owned(chain_cache_free) struct chain_cache *cache = NULL;
	struct evidence_request q = {.when = {CLOCK_DOCUMENT, 0}};
	size_t bits = check_soak() ? 8 : 1;
	struct err e = {0};

	(void)state;
	if (!load(bytes_str("shared/nitro/prod-2025-08-29-indefinite.cose"), &b))
		skip();
	assert_true(chain_cache_new(&cache, &e));
	q.cache = cache;
	q.evidence = buf_bytes(&b);
	assert_true(is_accepted(&q));
	for (size_t i = 0; i < bits * b.n; i++) {
		uint8_t bit = (uint8_t)(1u << (bits == 8 ? i % 8 : i * 5 % 8));

		b.p[i / bits] ^= bit;
		if (is_accepted(&q))
			fail_msg("accepted with bit 0x%02x flipped at %zu", bit, i / bits);
		b.p[i / bits] ^= bit;
	}
	for (q.evidence.n = 0; q.evidence.n < b.n; q.evidence.n++)
		assert_false(is_accepted(&q));
	printf("# %zu flipped bits and %zu truncations: 0 accepted\n", bits * b.n, b.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_firm_vector_comes_to_what_it_must),
		cmocka_unit_test(no_damage_to_a_genuine_document_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
