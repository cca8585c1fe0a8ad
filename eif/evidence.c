#include <stdio.h>

#include "eif/judge.h"
#include "eif/pcr.h"
#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/core/hash.h"
#include "measure/core/x509_field.h"

#define NAME_MAX_BYTES 4096u
#define SHOWN 32u /* bytes of a value that are shown whole */

/* ---- claims */

static bool put_registers(const struct eif_document *d, struct mset *m, struct err *e)
{
	for (unsigned i = 0; i < EIF_DOCUMENT_PCRS; i++) {
		struct digest value = {DIGEST_SHA384, EIF_DOCUMENT_PCR, {0}};
		char name[16];

		if (!d->pcr[i].n)
			continue;
		snprintf(name, sizeof(name), "PCR%u", i);
		memcpy(value.v, d->pcr[i].p, EIF_DOCUMENT_PCR);
		if (!mset_put(m, name, &value, e))
			return false;
	}
	return true;
}

static struct claim claim_of(struct claims *c, const struct eif_document_data *d)
{
	return (struct claim){d->present, claims_copy(c, d->v)};
}

/* "i-0123456789abcdef0-enc0123456789abcdef": the instance, and which of its enclaves. */
static struct bytes instance_of(struct bytes module_id)
{
	const uint8_t *end = memmem(module_id.p, module_id.n, "-enc", 4);

	return end ? bytes_of(module_id.p, (size_t)(end - module_id.p)) : module_id;
}

static bool take_claims(struct claims *c, const struct eif_document *d, struct err *e)
{
	struct eif_claims *own = c->own;

	own->module_id = claims_copy(c, d->module_id);
	own->instance_id = instance_of(own->module_id);
	own->timestamp = d->timestamp;
	own->leaf_name = own->instance_name = BUF(NAME_MAX_BYTES);
	c->has_time = true;
	c->time = (int64_t)(d->timestamp / 1000);
	c->nonce = claim_of(c, &d->nonce);
	c->user_data = claim_of(c, &d->user_data);
	c->public_key = claim_of(c, &d->public_key);
	return buf_done(&c->bytes, "the claims", e) && put_registers(d, &c->registers, e);
}

/* A certificate that cannot be read, or has no one name, names nobody. */
static bool name_of(const struct x509 *x, struct buf *name, struct err *e)
{
	struct err fault = {0};

	if (!x || x509_common_name(x, name, &fault))
		return buf_done(name, "the name of a certificate", e);
	if (reason_class(fault.reason) == EXIT_CLASS_MALFORMED)
		return true;
	*e = fault;
	return false;
}

/* What stands behind "HEAD." up to the next dot. */
static struct bytes label_behind(struct bytes name, struct bytes head)
{
	size_t n = 0;

	if (!bytes_start(name, head) || name.n == head.n || name.p[head.n] != '.')
		return bytes_of(NULL, 0);
	name = bytes_of(name.p + head.n + 1, name.n - head.n - 1);
	while (n < name.n && name.p[n] != '.')
		n++;
	return bytes_of(name.p, n);
}

static bool take_names(struct claims *c, struct err *e)
{
	struct eif_claims *own = c->own;
	struct bytes region;

	if (!name_of(own->chain[0], &own->leaf_name, e) ||
	    !name_of(own->chain[1], &own->instance_name, e))
		return false;
	region = label_behind(buf_bytes(&own->leaf_name), own->module_id);
	if (region.n && region.n < sizeof(c->region))
		memcpy(c->region, region.p, region.n);
	return true;
}

static bool judge_claims(const struct evidence_request *q, const struct eif_document *d,
			 struct claims *c, struct verdict *v, struct err *e)
{
	c->judged_at = q->when.clock == CLOCK_DOCUMENT ? c->time : q->when.at;
	return eif_judge(q, d, c, v, e) && take_names(c, e);
}

static void malformed(struct verdict *v, const struct err *fault)
{
	struct check *c = verdict_add(v, "genuine", CHECK_FAIL, fault->reason);

	if (fault->at)
		verdict_detail(c, "%s, at offset %llu", fault->text,
			       (unsigned long long)fault->offset);
	else
		verdict_detail(c, "%s", fault->text);
}

static bool authenticate(const struct evidence_request *q, struct claims **out, struct verdict *v,
			 struct err *e)
{
	owned(claims_free) struct claims *c = NULL;
	struct eif_document d;
	struct err fault = {0};

	if (!eif_document_read(q->evidence, &d, &fault)) {
		if (fault.reason != REASON_FORMAT) {
			*e = fault;
			return false;
		}
		malformed(v, &fault);
		return true;
	}
	if (!claims_new(&c, &eif_evidence, q->evidence.n, e))
		return false;
	c->own = own_new(sizeof(struct eif_claims), e);
	if (!c->own || !take_claims(c, &d, e) || !judge_claims(q, &d, c, v, e))
		return false;
	*out = take(c);
	return true;
}

/* ---- policy */

static void disagree(struct verdict *v, const char *what, struct bytes expected,
		     struct bytes actual)
{
	struct check *c = verdict_add(v, "policy", CHECK_FAIL, REASON_POLICY);

	verdict_expected(c, "%.*s", (int)expected.n, expected.n ? (const char *)expected.p : "");
	verdict_actual(c, "%.*s", (int)actual.n, actual.n ? (const char *)actual.p : "");
	verdict_detail(c, "%s: \"%s\" and \"%s\"", what, c->expected, c->actual);
}

/* The names in the two certificates: the module's, the instance's, and one region in both. */
static void compare_names(const struct claims *c, struct verdict *v)
{
	const struct eif_claims *own = c->own;
	struct bytes leaf = buf_bytes(&own->leaf_name), instance = buf_bytes(&own->instance_name);
	struct bytes here = label_behind(leaf, own->module_id);
	struct bytes there = label_behind(instance, own->instance_id);

	if (here.n == 0)
		disagree(v, "module_id and the name of the certificate differ", own->module_id,
			 leaf);
	if (there.n == 0)
		disagree(v, "module_id and the name of the certificate above it differ",
			 own->instance_id, instance);
	if (here.n && there.n && !bytes_equal(here, there))
		disagree(v, "the regions of the two certificates differ", here, there);
}

/* A PCR4 that is not there names nobody. */
static bool compare_pcr4(const struct claims *c, struct verdict *v, struct err *e)
{
	const struct eif_claims *own = c->own;
	const struct digest *found = mset_get(&c->registers, "PCR4");
	owned(buf_free) struct buf expected = BUF(2 * DIGEST_MAX + 1), actual = expected;
	struct digest wanted;
	struct check *k;

	if (!found || !eif_pcr_of_string(own->instance_id, &wanted, e))
		return !found;
	if (digest_equal(found, &wanted))
		return true;
	hex_put(&expected, digest_bytes(&wanted));
	hex_put(&actual, digest_bytes(found));
	k = verdict_add(v, "policy", CHECK_FAIL, REASON_POLICY);
	verdict_expected(k, "%s", buf_cstr(&expected));
	verdict_actual(k, "%s", buf_cstr(&actual));
	verdict_detail(k, "PCR4 is not that of the instance \"%.*s\"", (int)own->instance_id.n,
		       (const char *)own->instance_id.p);
	return buf_done(&expected, "a digest in text", e) &&
	       buf_done(&actual, "a digest in text", e);
}

/*
 * Hardware writes in four places who it is: module_id, PCR4, and the names in two certificates. In
 * all documents that are known they agree.
 */
static bool policy(const struct claims *c, const struct policy *p, struct verdict *v, struct err *e)
{
	size_t before = v->n;
	bool overflow = v->overflow;

	(void)p;
	compare_names(c, v);
	if (!compare_pcr4(c, v, e))
		return false;
	if (v->n == before && v->overflow == overflow)
		verdict_detail(verdict_add(v, "policy", CHECK_PASS, REASON_NONE),
			       mset_get(&c->registers, "PCR4")
				       ? "module_id, certificates and PCR4 name one instance"
				       : "module_id and certificates name one instance");
	return true;
}

/* ---- text */

static void line(struct buf *out, const char *name, struct bytes value)
{
	buf_fmt(out, "%-19s  ", name);
	text_tame(out, value);
	buf_u8(out, '\n');
}

/* What is longer than a line by its length and digest. */
static void line_hex(struct buf *out, const char *name, const struct claim *value)
{
	struct digest d;
	struct err e = {0};

	if (!value->present)
		return;
	buf_fmt(out, "%-19s  ", name);
	if (value->v.n <= SHOWN) {
		hex_put(out, value->v);
	} else if (hash_of(DIGEST_SHA256, value->v, &d, &e)) {
		buf_fmt(out, "%zu bytes, sha256 ", value->v.n);
		hex_put(out, digest_bytes(&d));
	} else {
		buf_fail(out, e.reason);
	}
	buf_u8(out, '\n');
}

static void when_line(struct buf *out, const char *name, uint64_t ms)
{
	buf_fmt(out, "%-19s  ", name);
	when_put(out, (int64_t)(ms / 1000), "");
	buf_fmt(out, ".%03uZ\n", (unsigned)(ms % 1000));
}

static void text(const struct claims *c, struct buf *out)
{
	const struct eif_claims *own = c->own;
	unsigned zero = 0;

	line(out, "module", own->module_id);
	line(out, "instance", own->instance_id);
	if (c->region[0])
		line(out, "region", bytes_str(c->region));
	when_line(out, "signed at", own->timestamp);
	for (size_t i = 0; i < c->registers.n; i++) {
		const struct mset_entry *m = &c->registers.entry[i];
		struct bytes value = digest_bytes(&m->digest);

		zero += bytes_zero(value);
		if (bytes_zero(value))
			continue;
		buf_fmt(out, "%-19s  ", m->name);
		hex_put(out, value);
		buf_u8(out, '\n');
	}
	if (zero)
		buf_fmt(out, "%-19s  %u other registers\n", "zero", zero);
	line_hex(out, "nonce", &c->nonce);
	line_hex(out, "user data", &c->user_data);
	line_hex(out, "public key", &c->public_key);
}

/* ---- JSON */

static void member_text(struct json_out *w, const char *key, struct bytes foreign)
{
	owned(buf_free) struct buf tamed = BUF(8 * EIF_DOCUMENT_MODULE_ID_MAX);

	text_tame(&tamed, foreign);
	if (tamed.failed)
		buf_fail(w->out, tamed.failed);
	json_key(w, key);
	json_string(w, buf_bytes(&tamed));
}

static void member_hex(struct json_out *w, const char *key, const struct claim *value)
{
	json_key(w, key);
	if (value->present)
		json_hex(w, value->v);
	else
		json_null(w);
}

static void member_time(struct json_out *w, const char *key, uint64_t ms)
{
	owned(buf_free) struct buf b = BUF(32);

	when_put(&b, (int64_t)(ms / 1000), "");
	buf_fmt(&b, ".%03uZ", (unsigned)(ms % 1000));
	if (b.failed)
		buf_fail(w->out, b.failed);
	json_key(w, key);
	json_string(w, buf_bytes(&b));
}

static void json(const struct claims *c, struct json_out *w)
{
	const struct eif_claims *own = c->own;

	member_text(w, "module_id", own->module_id);
	member_text(w, "instance_id", own->instance_id);
	if (c->region[0])
		member_text(w, "region", bytes_str(c->region));
	member_time(w, "timestamp", own->timestamp);
	json_key(w, "measurements");
	json_open(w, '{');
	for (size_t i = 0; i < c->registers.n; i++) {
		json_key(w, c->registers.entry[i].name);
		json_hex(w, digest_bytes(&c->registers.entry[i].digest));
	}
	json_close(w, '}');
	member_hex(w, "nonce", &c->nonce);
	member_hex(w, "user_data", &c->user_data);
	member_hex(w, "public_key", &c->public_key);
	json_key(w, "certificates");
	json_open(w, '[');
	for (size_t i = 0; i < own->n; i++) {
		if (own->chain[i])
			x509_json(own->chain[i], w);
		else
			json_null(w);
	}
	json_close(w, ']');
}

/* ---- the row */

static const char *const trust_base[] = {
	"the Nitro hypervisor and security module of AWS, which nobody outside AWS can rebuild",
	"the keys under the root of its chain, and that whoever holds them signs documents of "
	"their own machines alone",
	NULL,
};

const struct evidence_format eif_evidence = {
	.kind = "nitro",
	.summary = "AWS Nitro attestation document",
	.bid = eif_document_bid,
	.authenticate = authenticate,
	.policy = policy,
	.text = text,
	.json = json,
	.trust_base = trust_base,
	.free_own = eif_claims_free,
};
