#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "measure/core/x509_crl.h"
#include "ovmf-snp/claims.h"
#include "ovmf-snp/vek_chain.h"
#include "tests/unit/support_check.h"

/*
 * All vectors of reports, extended reports and their revocation lists, read where they lie. Each
 * says which slug must be among those that fail, or that none does. Skipped where there are none.
 */

#define VECTORS "../shared/vectors/evidence/"

extern const struct evidence_format ovmf_snp_evidence;

struct tally {
	unsigned run, advisory, differ;
};

static bool slurp(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "rb");
	uint8_t room[4096];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(room, 1, sizeof(room), f)) > 0)
		buf_put(to, bytes_of(room, n));
	fclose(f);
	return true;
}

static struct buf file_of(const char *path)
{
	struct buf b = BUF(1u << 22);
	char name[512];

	snprintf(name, sizeof(name), VECTORS "%s", path);
	if (!slurp(name, &b))
		fail_msg("%s cannot be read", name);
	return b;
}

/* The text of a member, or "". */
static const char *text_of(const struct json *j, const struct json_node *object, const char *key,
			   char room[512])
{
	const struct json_node *n = json_member(j, object, key);

	snprintf(room, 512, "%.*s", n && n->type == JSON_STRING ? (int)n->text.n : 0,
		 n && n->text.p ? (const char *)n->text.p : "");
	return room;
}

/* ---- one vector */

struct vector {
	char id[512];
	struct buf evidence, vek, crl, chain[8];
	struct evidence_files veks, crls, chains, arks;
	struct snp_pool pool;
	struct policy policy;
	struct buf report_data;
};

static void one_file(struct evidence_files *f, struct buf *to, const char *path)
{
	*to = file_of(path);
	f->file[f->n++] = (struct evidence_file){path, buf_bytes(to)};
}

static void chains_of(struct vector *v, const char *folder, const char *ark_sha256)
{
	static const char *const names[] = {"Milan-vcek.pem", "Milan-vlek.pem", "Turin-vcek.pem",
					    "Turin-vlek.pem"};
	struct err e = {0};

	for (size_t i = 0; i < COUNT(names); i++) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		v->chain[i] = file_of(path);
		v->chains.file[v->chains.n++] =
			(struct evidence_file){names[i], buf_bytes(&v->chain[i])};
		assert_true(snp_pool_add(&v->pool, buf_bytes(&v->chain[i]), &e));
	}
	for (size_t i = 0; i < v->pool.n; i++) {
		owned(buf_free) struct buf hex = BUF(128);
		struct digest d;

		assert_true(hash_of(DIGEST_SHA256, x509_der(v->pool.cert[i]), &d, &e));
		hex_put(&hex, digest_bytes(&d));
		if (strcmp(buf_cstr(&hex), ark_sha256) == 0)
			v->arks.file[v->arks.n++] =
				(struct evidence_file){"ark", x509_der(v->pool.cert[i])};
	}
	assert_true(ark_sha256[0] == '\0' || v->arks.n == 1);
}

static int16_t number(const struct json *j, const struct json_node *object, const char *key)
{
	const struct json_node *n = json_member(j, object, key);

	return n ? (int16_t)strtol((const char *)n->text.p, NULL, 10) : -1;
}

static void options_of(struct vector *v, const struct json *j, const struct json_node *o)
{
	const struct json_node *min = o ? json_member(j, o, "min_tcb") : NULL;
	char room[512];
	struct err e = {0};

	if (!o)
		return;
	if (min) {
		v->policy.n_floors = 1;
		v->policy.floor[0].tcb =
			(struct tcb){number(j, min, "bl"), number(j, min, "tee"),
				     number(j, min, "snp"), number(j, min, "ucode"), -1};
	}
	if (json_member(j, o, "vmpl")) {
		v->policy.has_vmpl = true;
		v->policy.vmpl = (uint32_t)number(j, o, "vmpl");
	}
	if (json_member(j, o, "report_data"))
		assert_true(hex_read(text_of(j, o, "report_data", room), "report_data",
				     &v->report_data, &e));
}

static void vector_read(struct vector *v, const struct json *j, const struct json_node *n)
{
	char room[512];

	*v = (struct vector){.policy = policy_strict(), .report_data = BUF(128)};
	text_of(j, n, "id", v->id);
	v->evidence = file_of(text_of(j, n, "file", room));
	if (json_member(j, n, "vek"))
		one_file(&v->veks, &v->vek, text_of(j, n, "vek", room));
	if (json_member(j, n, "crl"))
		one_file(&v->crls, &v->crl, text_of(j, n, "crl", room));
	if (json_member(j, n, "chain"))
		one_file(&v->chains, &v->chain[7], text_of(j, n, "chain", room));
	if (json_member(j, n, "chains")) {
		char sha[512];

		chains_of(v, text_of(j, n, "chains", room), text_of(j, n, "ark_sha256", sha));
	}
	options_of(v, j, json_member(j, n, "options"));
}

static void vector_free(struct vector *v)
{
	buf_free(&v->evidence);
	buf_free(&v->vek);
	buf_free(&v->crl);
	for (size_t i = 0; i < COUNT(v->chain); i++)
		buf_free(&v->chain[i]);
	snp_pool_free(&v->pool);
	buf_free(&v->report_data);
}

/* ---- one verification of it */

static struct evidence_request request_of(struct vector *v, const char *at)
{
	struct evidence_request q = {
		.evidence = buf_bytes(&v->evidence),
		.when = {.clock = CLOCK_NONE},
		.ark = &v->arks,
		.chain = &v->chains,
		.vek = &v->veks,
		.crl = &v->crls,
	};
	struct err e = {0};

	if (at[0] != '\0') {
		q.when.clock = CLOCK_AT;
		assert_true(when_read(at, "at", &q.when.at, &e));
	}
	return q;
}

/* "allow-debug" and "measurement=HEX", which is nobody's. */
static bool asks(const struct json *j, const struct json_node *n, const char *what)
{
	const struct json_node *o = json_member(j, n, "options"), *x;

	for (x = o ? json_first(j, o) : NULL; x; x = json_after(j, o, x))
		if (bytes_start(x->text, bytes_str(what)))
			return true;
	return false;
}

static bool found(const struct verdict *v, const char *slug)
{
	bool none = strcmp(slug, "ok") == 0;

	for (size_t i = 0; i < v->n; i++) {
		bool failed = v->check[i].result == CHECK_FAIL || v->check[i].result == CHECK_SKIP;

		if (none && failed)
			return false;
		if (failed && strcmp(reason_slug(v->check[i].reason), slug) == 0)
			return true;
	}
	return none;
}

static void told(const struct vector *v, const struct verdict *verdict, const char *expect)
{
	print_message("%s: expected %s\n", v->id, expect);
	for (size_t i = 0; i < verdict->n; i++)
		print_message("  %s %s %s: %s\n", verdict->check[i].id,
			      check_result_name(verdict->check[i].result),
			      reason_slug(verdict->check[i].reason), verdict->check[i].detail);
}

static void compare(const struct vector *v, const struct claims *c, bool measurement,
		    struct verdict *verdict)
{
	struct err e = {0};

	assert_true(snp_policy(c, &v->policy, verdict, &e));
	if (v->report_data.n > 0 && !bytes_equal(buf_bytes(&v->report_data), c->report_data.v))
		verdict_add(verdict, "fresh", CHECK_FAIL, REASON_NONCE);
	if (measurement)
		verdict_add(verdict, "code", CHECK_FAIL, REASON_MEASUREMENT);
}

static bool verify(struct vector *v, const struct json *j, const struct json_node *n, bool built_in)
{
	char at[512], expect[512];
	struct evidence_request q = request_of(v, text_of(j, n, "at", at));
	struct claims *c = NULL;
	struct verdict verdict = {0};
	struct err e = {0};
	bool as_expected;

	q.allow_debug = asks(j, n, "allow-debug");
	if (built_in)
		q.chain = NULL;
	text_of(j, n, "expect", expect);
	if (!ovmf_snp_evidence.authenticate(&q, &c, &verdict, &e))
		fail_msg("%s: %s", v->id, e.text);
	if (c)
		compare(v, c, asks(j, n, "measurement="), &verdict);
	as_expected = found(&verdict, expect);
	if (!as_expected)
		told(v, &verdict, expect);
	claims_free(&c);
	return as_expected;
}

static void run(const struct json *j, const struct json_node *n, struct tally *t)
{
	const struct json_node *list = json_member(j, n, "verify"), *x;
	const struct json_node *advisory = json_member(j, n, "advisory");
	bool judgement = advisory && advisory->type == JSON_TRUE, differs = false;
	struct vector v;

	vector_read(&v, j, n);
	for (x = json_first(j, list); x; x = json_after(j, list, x)) {
		differs = !verify(&v, j, x, false) || differs;
		if (json_member(j, n, "chain"))
			differs = !verify(&v, j, x, true) || differs;
	}
	t->run++;
	t->advisory += judgement;
	t->differ += differs && !judgement;
	vector_free(&v);
}

static bool vectors_read(struct json *j)
{
	owned(buf_free) struct buf text = BUF(1u << 24);
	struct err e = {0};

	if (!slurp(VECTORS "shared/vectors.json", &text))
		return false;
	if (!json_read(j, buf_bytes(&text), 0, &e))
		fail_msg("vectors.json: %s", e.text);
	return true;
}

static void every_vector_gets_the_verdict_that_it_must(void **state)
{
	static const char *const kinds[] = {"snp", "snp-extended", "snp-crl"};
	struct tally t = {0};
	struct json j;
	const struct json_node *list, *x;
	char kind[512];

	(void)state;
	if (!vectors_read(&j))
		skip();
	list = json_member(&j, j.nodes, "vectors");
	for (x = json_first(&j, list); x; x = json_after(&j, list, x))
		for (size_t i = 0; i < COUNT(kinds); i++)
			if (strcmp(text_of(&j, x, "kind", kind), kinds[i]) == 0)
				run(&j, x, &t);
	json_free(&j);
	print_message("%u vectors, %u of them advisory, %u firm ones differ\n", t.run, t.advisory,
		      t.differ);
	assert_true(t.run > 0);
	assert_int_equal(t.differ, 0);
}

/* ---- properties of genuine ones */

struct genuine {
	struct buf report, vek;
	struct evidence_files veks;
	struct evidence_request q;
};

static void genuine_read(struct genuine *g)
{
	*g = (struct genuine){.q = {.when = {CLOCK_NONE, 0}}};
	g->report = file_of("shared/snp/milan-v3-vcek-aci.report");
	one_file(&g->veks, &g->vek, "shared/snp/milan-v3-vcek-aci.vek.der");
	g->q.evidence = buf_bytes(&g->report);
	g->q.vek = &g->veks;
}

static bool accepted(const struct evidence_request *q)
{
	struct claims *c = NULL;
	struct verdict v = {0};
	struct err e = {0};
	bool yes = ovmf_snp_evidence.authenticate(q, &c, &v, &e) && verdict_decide(&v, &e);

	claims_free(&c);
	return yes;
}

static size_t changes_accepted(const struct evidence_request *q, struct buf *b, struct bytes *given)
{
	size_t yes = 0;

	assert_true(accepted(q));
	for (size_t i = 0; i < b->n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			if (bit != i % 8 && !check_soak())
				continue;
			b->p[i] ^= (uint8_t)(1u << bit);
			yes += accepted(q);
			b->p[i] ^= (uint8_t)(1u << bit);
		}
	for (given->n = 0; given->n < b->n; given->n++)
		yes += accepted(q);
	return yes;
}

static void no_change_of_genuine_evidence_is_accepted(void **state)
{
	struct buf there = BUF(1u << 24);
	struct genuine g;

	(void)state;
	if (!slurp(VECTORS "shared/vectors.json", &there))
		skip();
	buf_free(&there);
	genuine_read(&g);
	assert_int_equal(changes_accepted(&g.q, &g.report, &g.q.evidence), 0);
	assert_int_equal(changes_accepted(&g.q, &g.vek, &g.veks.file[0].bytes), 0);
	print_message("%zu bytes of a report, %zu of a VCEK: one bit of each and every end\n",
		      g.report.n, g.vek.n);
	buf_free(&g.report);
	buf_free(&g.vek);
}

static void genuine_lists_are_signed_and_say_what_they_list(void **state)
{
	static const struct {
		const char *path;
		enum snp_product_id product;
		int64_t next;
	} rows[] = {
		{"amd-chains/Genoa.crl.der", SNP_GENOA, 1762131600},
		{"amd-chains/Milan.crl.der", SNP_MILAN, 1778544000},
	};
	struct buf there = BUF(1u << 24);

	(void)state;
	if (!slurp(VECTORS "shared/vectors.json", &there))
		skip();
	buf_free(&there);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf file = file_of(rows[i].path);
		struct snp_pool pool = {0};
		struct x509_crl *list = NULL;
		struct err e = {0};
		bool yes = false;

		assert_true(
			snp_pool_add_own(&pool, snp_product(rows[i].product), SNP_KEY_VCEK, &e));
		assert_true(x509_crl_read(&list, buf_bytes(&file), &e));
		assert_true(x509_crl_names(list, pool.cert[1]));
		assert_true(x509_crl_signed(list, pool.cert[1], X509_PSS_SHA384, &yes, &e) && yes);
		assert_true(x509_crl_next_update(list) == rows[i].next);
		assert_false(x509_crl_lists(list, pool.cert[0]));
		x509_crl_free(&list);
		snp_pool_free(&pool);
		buf_free(&file);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_gets_the_verdict_that_it_must),
		cmocka_unit_test(no_change_of_genuine_evidence_is_accepted),
		cmocka_unit_test(genuine_lists_are_signed_and_say_what_they_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
