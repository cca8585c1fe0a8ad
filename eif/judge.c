#include "eif/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "measure/core/x509_list.h"

#define SHOWN_HEADER 16u /* bytes of a foreign header */

/* One document at work. */
struct judge {
	const struct evidence_request *q;
	const struct eif_document *d;
	struct eif_claims *own;
	bool judged; /* whether certificates must be in force */
	int64_t at;
	struct verdict *v;
	bool sound; /* nothing failed "genuine" yet */
	enum reason unshown; /* why a text could not be made, or REASON_NONE */
	struct err *e;
};

static struct check *genuine_fails(struct judge *j, enum reason r)
{
	j->sound = false;
	return verdict_add(j->v, "genuine", CHECK_FAIL, r);
}

/* As the document names it: the leaf stands in `certificate`, the root first in `cabundle`. */
struct place {
	char text[32]; /* "cabundle[", 20 digits, "]" */
};

static struct place place_of(const struct judge *j, size_t depth)
{
	struct place p = {"certificate"};

	if (depth > 0)
		snprintf(p.text, sizeof(p.text), "cabundle[%zu]", j->own->n - 1 - depth);
	return p;
}

static const char *shown(struct judge *j, struct buf *b)
{
	const char *text = buf_cstr(b);

	if (b->failed)
		j->unshown = b->failed;
	return text;
}

static const char *time_text(struct judge *j, struct buf *b, int64_t when)
{
	buf_reset(b);
	when_put(b, when, "Z");
	return shown(j, b);
}

static const char *hex_text(struct judge *j, struct buf *b, const struct digest *d)
{
	buf_reset(b);
	hex_put(b, digest_bytes(d));
	return shown(j, b);
}

/* ---- the algorithm */

static void judge_header(struct judge *j)
{
	owned(buf_free) struct buf hex = BUF(2 * SHOWN_HEADER + 4);
	const struct cose_message *m = &j->d->message;
	struct bytes h = m->protected_header;
	struct check *c;

	if (j->d->es384)
		return;
	hex_put(&hex, bytes_of(h.p, h.n < SHOWN_HEADER ? h.n : SHOWN_HEADER));
	buf_str(&hex, h.n > SHOWN_HEADER ? "..." : "");
	c = genuine_fails(j, REASON_ALG);
	verdict_expected(c, "a1013822, ES384 alone, and nothing unprotected");
	verdict_actual(c, "%s, and %zu unprotected", shown(j, &hex), m->unprotected);
	if (m->unprotected)
		verdict_detail(c, "the unprotected header holds %zu and must be empty",
			       m->unprotected);
	else
		verdict_detail(
			c, "the protected header is \"%s\" and must be \"a1013822\", ES384 alone",
			buf_cstr(&hex));
}

/* ---- the chain */

/* What cannot be read is a broken chain, unless the machinery failed. Leaves are all different. */
static bool read_one(struct judge *j, size_t depth, struct bytes der)
{
	struct chain_cache *cache = depth > 0 ? j->q->cache : NULL;
	struct x509 **x = &j->own->chain[depth];
	struct err fault = {0};
	struct check *c;

	if (cache ? chain_cache_read(cache, der, x, &fault) : x509_read_der(x, der, &fault))
		return true;
	if (reason_class(fault.reason) != EXIT_CLASS_MALFORMED) {
		*j->e = fault;
		return false;
	}
	c = genuine_fails(j, REASON_CHAIN);
	verdict_detail(c, "%s: %s", place_of(j, depth).text, fault.text);
	return true;
}

static bool read_chain(struct judge *j)
{
	const struct eif_document *d = j->d;

	j->own->n = d->n_cabundle + 1;
	if (!read_one(j, 0, d->certificate))
		return false;
	for (size_t i = 1; i < j->own->n; i++)
		if (!read_one(j, i, d->cabundle[d->n_cabundle - i]))
			return false;
	return true;
}

/* A chain with a hole has been told of; the certificates on either side cannot be joined. */
static bool is_whole(const struct eif_claims *own)
{
	for (size_t i = 0; i < own->n; i++)
		if (!own->chain[i])
			return false;
	return true;
}

static bool judge_links(struct judge *j)
{
	const struct x509_rules rules = {
		.leaf_keys = X509_P384,
		.issuer_keys = X509_P384,
		.signatures = X509_ECDSA_SHA384,
		.leaf_usage = true,
		.cache = j->q->cache,
	};
	struct x509_finding finding[X509_CHAIN_MAX];
	const struct x509 *cert[X509_CHAIN_MAX];

	for (size_t i = 0; i < j->own->n; i++)
		cert[i] = j->own->chain[i];
	if (!x509_chain_check(cert, j->own->n, &rules, finding, j->e))
		return false;
	for (size_t i = 0; i < j->own->n; i++)
		if (finding[i].link != REASON_NONE)
			verdict_detail(genuine_fails(j, finding[i].link), "%s %s",
				       place_of(j, i).text, finding[i].text);
	return true;
}

/* ---- the root */

static bool is_trusted(struct judge *j, struct bytes root, bool *trusted)
{
	const struct evidence_files *files = j->q->root;

	*trusted = !files && bytes_equal(root, eif_root_g1);
	for (size_t i = 0; files && i < files->n; i++) {
		owned(x509_list_free) struct x509_list list = {.cache = j->q->cache};

		if (!x509_list_add(&list, files->file[i].bytes, j->e))
			return err_subject(j->e, files->file[i].path);
		for (size_t k = 0; k < list.n; k++)
			*trusted = *trusted || bytes_equal(root, x509_der(list.x[k]));
	}
	return true;
}

static bool judge_root(struct judge *j)
{
	owned(buf_free) struct buf hex = BUF(2 * DIGEST_MAX + 1);
	struct bytes root = j->d->cabundle[0];
	struct digest found, pinned;
	struct check *c;
	bool trusted;

	if (!is_trusted(j, root, &trusted))
		return false;
	if (trusted)
		return true;
	if (!hash_of(DIGEST_SHA256, root, &found, j->e) ||
	    !hash_of(DIGEST_SHA256, eif_root_g1, &pinned, j->e))
		return false;
	c = genuine_fails(j, REASON_UNTRUSTED_ROOT);
	verdict_expected(c, "%s",
			 j->q->root ? "a certificate of --root" : hex_text(j, &hex, &pinned));
	verdict_actual(c, "%s", hex_text(j, &hex, &found));
	verdict_detail(c, "cabundle[0] is not %s: the SHA-256 of its DER is %s",
		       j->q->root ? "a root that --root names" : "root G1 of AWS Nitro Enclaves",
		       buf_cstr(&hex));
	return true;
}

/* ---- time */

/* One end of a certificate's time: r says which. what: why it must be in force at `when`. */
static bool judge_moment(struct judge *j, size_t depth, const char *what, int64_t when,
			 enum reason r)
{
	owned(buf_free) struct buf from = BUF(32), to = BUF(32), at = BUF(32);
	int64_t not_before, not_after;
	struct check *c;

	if (!x509_validity(j->own->chain[depth], &not_before, &not_after, j->e))
		return false;
	if (r == REASON_EXPIRED ? when <= not_after : when >= not_before)
		return true;
	c = genuine_fails(j, r);
	verdict_expected(c, "in force at %s", time_text(j, &at, when));
	verdict_actual(c, "from %s to %s", time_text(j, &from, not_before),
		       time_text(j, &to, not_after));
	verdict_detail(c, "%s is in force from %s to %s, and %s %s", place_of(j, depth).text,
		       buf_cstr(&from), buf_cstr(&to), what, buf_cstr(&at));
	return true;
}

/* Each certificate at the verifier's time; the leaf at the document's own, whichever that is. */
static bool judge_times(struct judge *j, enum reason r)
{
	int64_t signed_at = (int64_t)(j->d->timestamp / 1000);

	for (size_t i = j->own->n; i-- > 0;)
		if (j->own->chain[i] && !judge_moment(j, i, "it is judged at", j->at, r))
			return false;
	return !j->own->chain[0] || signed_at == j->at ||
	       judge_moment(j, 0, "the document was signed at", signed_at, r);
}

/* ---- the signature */

static bool judge_signature(struct judge *j)
{
	const struct cose_message *m = &j->d->message;
	owned(buf_free) struct buf tbs = BUF(EIF_DOCUMENT_MAX);
	struct err fault = {0};
	bool readable = j->own->chain[0] != NULL;

	if (!j->d->es384 || !readable) {
		verdict_detail(verdict_add(j->v, "vendor-signature", CHECK_SKIP,
					   readable ? REASON_ALG : REASON_CHAIN),
			       readable ? "the headers name no ES384, by which alone it is checked"
					: "the certificate whose key made it cannot be read");
		return true;
	}
	cose_message_tbs(&tbs, m->protected_header, m->payload);
	if (!buf_done(&tbs, "what is signed", j->e))
		return false;
	if (x509_verify(j->own->chain[0], buf_bytes(&tbs), m->signature, &fault)) {
		verdict_detail(verdict_add(j->v, "vendor-signature", CHECK_PASS, REASON_NONE),
			       "ES384, by the certificate of the document");
		return true;
	}
	if (fault.reason != REASON_SIGNATURE) {
		*j->e = fault;
		return false;
	}
	verdict_detail(verdict_add(j->v, "vendor-signature", CHECK_FAIL, REASON_SIGNATURE), "%s",
		       fault.text);
	return true;
}

/* ---- production */

/* PCR3 and PCR4 are set in debug mode as well. */
static void judge_production(struct judge *j)
{
	size_t absent = 0, zero = 0;
	struct check *c;

	for (size_t i = 0; i < 3; i++) {
		absent += j->d->pcr[i].n == 0;
		zero += j->d->pcr[i].n > 0 && bytes_zero(j->d->pcr[i]);
	}
	if (absent + zero < 3) {
		verdict_detail(verdict_add(j->v, "production", CHECK_PASS, REASON_NONE),
			       "PCR0, PCR1 and PCR2 are not all zero");
		return;
	}
	c = verdict_add(j->v, "production", j->q->allow_debug ? CHECK_WARN : CHECK_FAIL,
			REASON_DEBUG_MODE);
	verdict_expected(c, "PCR0, PCR1, PCR2 other than zero");
	verdict_actual(c, "%zu are zero, %zu are absent", zero, absent);
	verdict_detail(c, "PCR0, PCR1 and PCR2 are %s: the enclave runs in debug mode%s",
		       absent == 0 ? "all zero" : "all zero or absent",
		       j->q->allow_debug ? ", which is allowed here" : "");
}

/* ---- all of it */

static void genuine_passes(struct judge *j)
{
	owned(buf_free) struct buf at = BUF(32);
	const char *root =
		j->q->root ? "a root that --root names" : "root G1 of AWS Nitro Enclaves";

	if (!j->sound)
		return;
	verdict_detail(verdict_add(j->v, "genuine", CHECK_PASS, REASON_NONE),
		       j->judged ? "%zu certificates, from %s, in force at %s"
				 : "%zu certificates, from %s%s",
		       j->own->n, root, j->judged ? time_text(j, &at, j->at) : "");
	if (!j->judged)
		verdict_detail(verdict_add(j->v, "genuine", CHECK_WARN, REASON_EXPIRED),
			       "whether the certificates are in force was not judged");
}

bool eif_judge(const struct evidence_request *q, const struct eif_document *d, struct claims *c,
	       struct verdict *v, struct err *e)
{
	bool judged = q->when.clock != CLOCK_NONE;
	struct judge j = {q, d, c->own, judged, c->judged_at, v, true, REASON_NONE, e};

	judge_header(&j);
	if (!read_chain(&j) || (is_whole(j.own) && !judge_links(&j)) || !judge_root(&j))
		return false;
	if (j.judged && !(judge_times(&j, REASON_EXPIRED) && judge_times(&j, REASON_NOT_YET_VALID)))
		return false;
	genuine_passes(&j);
	judge_production(&j);
	if (j.unshown)
		return err_set(e, j.unshown, "the text of a check could not be made");
	return judge_signature(&j);
}

void eif_claims_free(void *own)
{
	struct eif_claims *c = own;

	for (size_t i = 0; i < X509_CHAIN_MAX; i++)
		x509_free(&c->chain[i]);
	buf_free(&c->leaf_name);
	buf_free(&c->instance_name);
	free(c);
}
