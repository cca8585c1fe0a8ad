#include "reference-db/signed.h"

#include "measure/base/when.h"
#include "reference-db/names.h"

#define LABEL_ALG 1
#define LABEL_CONTENT_TYPE 3
#define LABEL_KID 4
#define LABEL_CORIM_META 8
#define LABEL_CWT_CLAIMS 15
#define LABEL_X5CHAIN 33
#define HEADER_ITEMS 64u
#define TAG_TIME 1u
#define CLAIM_EXPIRES 4
#define CLAIM_NOT_BEFORE 5
#define CLAIM_ISSUED 6
#define CLAIM_UPON (-65537) /* the first number for private use (RFC 8392 §9.1) */

/* What corim-meta and the CWT claims both say; and the last two, which only the claims can. */
struct claims {
	struct bytes signer;
	bool has_not_before, has_expires, has_issued, has_upon;
	int64_t not_before, expires, issued;
	struct signed_upon upon;
};

static int64_t get_seconds(struct cur *c, const char *field)
{
	uint64_t at = cur_at(c);
	int64_t t = cbor_get_int(c, field);

	if (cur_ok(c) && (t < 0 || t > WHEN_LAST))
		cur_fail(c, REASON_STATEMENT, at,
			 "%s is %lld, which is no time before the year 10000", field, (long long)t);
	return t;
}

static int64_t get_tagged_time(struct cur *c, const char *field)
{
	uint64_t at = cur_at(c), tag = cbor_get_tag(c, field);

	if (cur_ok(c) && tag != TAG_TIME)
		cur_fail(c, REASON_STATEMENT, at, "%s has tag %llu and must have tag %u", field,
			 (unsigned long long)tag, TAG_TIME);
	return get_seconds(c, field);
}

static struct bytes get_name(struct cur *c, const char *field)
{
	uint64_t at = cur_at(c);
	struct bytes name = cbor_get_text(c, SIGNED_NAME_MAX, field);

	if (cur_ok(c) && name.n == 0)
		cur_fail(c, REASON_STATEMENT, at, "%s is empty", field);
	else if (cur_ok(c) && !name_shows(name))
		cur_fail(c, REASON_STATEMENT, at,
			 "%s holds a character that cannot be shown as it is", field);
	return name;
}

static bool expect_key(struct cur *c, int64_t key, const char *field)
{
	uint64_t at = cur_at(c);
	int64_t found = cbor_get_int(c, field);

	return cur_ok(c) && (found == key || cur_fail(c, REASON_STATEMENT, at,
						      "%s: key %lld stands where %lld must stand",
						      field, (long long)found, (long long)key));
}

/* A map of so many members; the getter knows only the upper bound. */
static size_t get_members(struct cur *c, size_t least, size_t most, const char *field)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_map(c, most, field);

	if (cur_ok(c) && n < least)
		cur_fail(c, REASON_STATEMENT, at,
			 "%s is a map of %zu and must be one of %zu or more", field, n, least);
	return n;
}

/* {0: {0: signer}, ?1: {?0: 1(not-before), 1: 1(expires)}} */
static void get_corim_meta(struct cur *outer, struct claims *m)
{
	struct bytes in = cbor_get_bytes(outer, SIGNED_MAX, "corim-meta");
	struct cur c = cur_new(in, cur_at(outer) - in.n, outer->e);
	size_t members;

	if (!cur_ok(outer))
		return;
	if (!cbor_scan(in, c.base, CBOR_STRICT, HEADER_ITEMS, outer->e)) {
		err_in(outer->e, "corim-meta");
		outer->failed = true;
		return;
	}
	members = get_members(&c, 1, 2, "corim-meta");
	expect_key(&c, 0, "corim-meta");
	get_members(&c, 1, 1, "corim-meta signer");
	expect_key(&c, 0, "corim-meta signer");
	m->signer = get_name(&c, "corim-meta signer-name");
	if (members == 2 && expect_key(&c, 1, "corim-meta")) {
		m->has_expires = true;
		m->has_not_before = get_members(&c, 1, 2, "corim-meta validity") == 2;
		if (m->has_not_before && expect_key(&c, 0, "corim-meta validity"))
			m->not_before = get_tagged_time(&c, "corim-meta not-before");
		expect_key(&c, 1, "corim-meta validity");
		m->expires = get_tagged_time(&c, "corim-meta not-after");
	}
	if (!cur_end(&c, "corim-meta"))
		outer->failed = true;
}

static void get_upon(struct cur *c, struct signed_upon *u)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_array(c, 2, "CWT claim upon");
	struct bytes state;

	if (cur_ok(c) && n != 2)
		cur_fail(c, REASON_STATEMENT, at,
			 "CWT claim upon is an array of %zu and must be one of 2", n);
	u->height = cbor_get_uint(c, SIGNED_HEIGHT_MAX, "CWT claim upon height");
	at = cur_at(c);
	state = cbor_get_bytes(c, 32, "CWT claim upon state");
	if (cur_ok(c) && state.n != 32)
		cur_fail(c, REASON_STATEMENT, at,
			 "CWT claim upon state is of length %zu and must be of length 32", state.n);
	u->state = (struct digest){.alg = DIGEST_SHA256, .len = 32};
	if (cur_ok(c))
		memcpy(u->state.v, state.p, 32);
}

static void get_claim(struct cur *c, struct claims *m)
{
	uint64_t at = cur_at(c);
	int64_t key = cbor_get_int(c, "CWT claims");

	if (!cur_ok(c))
		return;
	switch (key) {
	case CLAIM_EXPIRES:
		m->has_expires = true;
		m->expires = get_seconds(c, "CWT claim exp");
		return;
	case CLAIM_NOT_BEFORE:
		m->has_not_before = true;
		m->not_before = get_seconds(c, "CWT claim nbf");
		return;
	case CLAIM_ISSUED:
		m->has_issued = true;
		m->issued = get_seconds(c, "CWT claim iat");
		return;
	case CLAIM_UPON:
		m->has_upon = true;
		get_upon(c, &m->upon);
		return;
	default:
		cur_fail(c, REASON_STATEMENT, at,
			 "CWT claim %lld is none of iss, exp, nbf, iat and %d", (long long)key,
			 CLAIM_UPON);
	}
}

/* {1: signer, ?4: expires, ?5: not-before, ?6: issued, ?-65537: [height, state]}; no key stands
 * there twice, which the scan has seen. */
static void get_cwt_claims(struct cur *c, struct claims *m)
{
	size_t members = get_members(c, 1, 5, "CWT claims");

	expect_key(c, 1, "CWT claims");
	m->signer = get_name(c, "CWT claim iss");
	for (size_t i = 1; i < members && cur_ok(c); i++)
		get_claim(c, m);
}

static void get_alg(struct cur *c, struct signed_header *h)
{
	uint64_t at = cur_at(c);
	int64_t alg = cbor_get_int(c, "alg");

	if (cur_ok(c) && alg != COSE_ES256 && alg != COSE_ES384 && alg != COSE_ES512 &&
	    alg != COSE_EDDSA)
		cur_fail(c, REASON_STATEMENT, at, "alg is %lld and must be -7, -35, -36 or -8",
			 (long long)alg);
	h->alg = (enum cose_alg)alg;
}

static void get_chain(struct cur *c, struct signed_header *h)
{
	uint64_t at = cur_at(c);
	bool is_array = cur_peek(c) >> 5 == 4;
	size_t n = is_array ? cbor_get_array(c, SIGNED_CHAIN, "x5chain") : 1;

	if (cur_ok(c) && is_array && n < 2)
		cur_fail(c, REASON_STATEMENT, at,
			 "x5chain is an array of %zu and must be one of 2 or more, or one "
			 "certificate",
			 n);
	for (size_t i = 0; i < n && cur_ok(c); i++)
		h->chain[i] = cbor_get_bytes(c, SIGNED_MAX, "x5chain");
	h->n_chain = n;
}

struct parts {
	struct claims meta, cwt;
	bool has_alg, has_type, has_meta, has_cwt;
};

static void get_field(struct cur *c, int64_t label, uint64_t at, struct signed_header *h,
		      struct parts *p)
{
	switch (label) {
	case LABEL_ALG:
		p->has_alg = true;
		get_alg(c, h);
		return;
	case LABEL_CONTENT_TYPE:
		p->has_type = true;
		h->content_type = cbor_get_text(c, SIGNED_NAME_MAX, "content type");
		return;
	case LABEL_KID:
		h->kid = cbor_get_bytes(c, 32, "kid");
		if (cur_ok(c) && h->kid.n != 32)
			cur_fail(c, REASON_STATEMENT, at,
				 "kid is of length %zu and must be of length 32", h->kid.n);
		return;
	case LABEL_CORIM_META:
		p->has_meta = true;
		get_corim_meta(c, &p->meta);
		return;
	case LABEL_CWT_CLAIMS:
		p->has_cwt = true;
		get_cwt_claims(c, &p->cwt);
		return;
	case LABEL_X5CHAIN:
		get_chain(c, h);
		return;
	default:
		cur_fail(c, REASON_STATEMENT, at, "header label %lld is none that a statement has",
			 (long long)label);
	}
}

static bool same(const struct claims *a, const struct claims *b)
{
	return bytes_equal(a->signer, b->signer) && a->has_expires == b->has_expires &&
	       a->has_not_before == b->has_not_before && a->expires == b->expires &&
	       a->not_before == b->not_before;
}

static bool complete(struct signed_header *h, const struct parts *p, uint64_t at, struct err *e)
{
	const struct claims *said = &p->cwt;

	if (!p->has_alg || !p->has_type || !p->has_meta || !p->has_cwt)
		return err_at(e, REASON_STATEMENT, at, "the protected header has no %s",
			      !p->has_alg    ? "alg"
			      : !p->has_type ? "content type"
			      : !p->has_meta ? "corim-meta"
					     : "CWT claims");
	if (!same(&p->meta, said))
		return err_at(e, REASON_STATEMENT, at,
			      "corim-meta and the CWT claims name another signer or another time");
	if (said->has_not_before && said->has_expires && said->not_before > said->expires)
		return err_at(e, REASON_STATEMENT, at, "not-before is later than expires");
	h->signer = said->signer;
	h->has_not_before = said->has_not_before;
	h->not_before = said->not_before;
	h->has_expires = said->has_expires;
	h->expires = said->expires;
	h->has_issued = said->has_issued;
	h->issued = said->issued;
	h->has_upon = said->has_upon;
	h->upon = said->upon;
	return true;
}

static bool header_read(const struct cose_message *m, struct signed_header *h, struct err *e)
{
	struct cur c = cur_new(m->protected_header, m->protected_at, e);
	struct parts p = {0};
	size_t n;

	if (!cbor_scan(m->protected_header, m->protected_at, CBOR_STRICT, HEADER_ITEMS, e))
		return err_in(e, "the protected header");
	n = cbor_get_map(&c, HEADER_ITEMS, "the protected header");
	for (size_t i = 0; i < n && cur_ok(&c); i++) {
		uint64_t at = cur_at(&c);
		int64_t label = cbor_get_int(&c, "a header label");

		if (cur_ok(&c))
			get_field(&c, label, at, h, &p);
	}
	return cur_end(&c, "the protected header") && complete(h, &p, m->protected_at, e);
}

bool signed_read(struct bytes in, uint64_t base, const char *content_type,
		 struct signed_statement *out, struct err *e)
{
	struct signed_statement s = {0};

	if (in.n > SIGNED_MAX)
		return err_at(e, REASON_LIMIT, base,
			      "%zu bytes are over the limit of %u for a statement", in.n,
			      SIGNED_MAX);
	if (!cose_message_read(in, base, COSE_TAGGED, &s.message, e))
		return false;
	if (!header_read(&s.message, &s.header, e))
		return false;
	if (content_type && !bytes_equal(s.header.content_type, bytes_str(content_type)))
		return err_at(e, REASON_CONTENT_TYPE, s.message.protected_at,
			      "the content type is \"%.*s\" and must be \"%s\"",
			      (int)s.header.content_type.n, (const char *)s.header.content_type.p,
			      content_type);
	if (s.message.signature.n != cose_rs_len(s.header.alg))
		return err_at(e, REASON_STATEMENT, s.message.signature_at,
			      "the length of the signature is %zu and must be %zu for %s",
			      s.message.signature.n, cose_rs_len(s.header.alg),
			      cose_alg_name(s.header.alg));
	*out = s;
	return true;
}

static void put_time(struct buf *b, int64_t t)
{
	cbor_put_tag(b, TAG_TIME);
	cbor_put_int(b, t);
}

static void put_name(struct buf *b, struct bytes name)
{
	owned(buf_free) struct buf text = BUF(SIGNED_NAME_MAX + 1);

	buf_put(&text, name);
	cbor_put_text(b, buf_cstr(&text));
	if (text.failed != REASON_NONE)
		buf_fail(b, text.failed);
}

static void put_corim_meta(struct buf *b, const struct signed_header *h)
{
	cbor_put_map(b, h->has_expires ? 2 : 1);
	cbor_put_uint(b, 0);
	cbor_put_map(b, 1);
	cbor_put_uint(b, 0);
	put_name(b, h->signer);
	if (!h->has_expires)
		return;
	cbor_put_uint(b, 1);
	cbor_put_map(b, h->has_not_before ? 2 : 1);
	if (h->has_not_before) {
		cbor_put_uint(b, 0);
		put_time(b, h->not_before);
	}
	cbor_put_uint(b, 1);
	put_time(b, h->expires);
}

static void put_claim(struct buf *b, int64_t key, int64_t seconds)
{
	cbor_put_int(b, key);
	cbor_put_int(b, seconds);
}

static void put_cwt_claims(struct buf *b, const struct signed_header *h)
{
	cbor_put_map(b, 1u + h->has_expires + h->has_not_before + h->has_issued + h->has_upon);
	cbor_put_uint(b, 1);
	put_name(b, h->signer);
	if (h->has_expires)
		put_claim(b, CLAIM_EXPIRES, h->expires);
	if (h->has_not_before)
		put_claim(b, CLAIM_NOT_BEFORE, h->not_before);
	if (h->has_issued)
		put_claim(b, CLAIM_ISSUED, h->issued);
	if (h->has_upon) {
		cbor_put_int(b, CLAIM_UPON);
		cbor_put_array(b, 2);
		cbor_put_uint(b, h->upon.height);
		cbor_put_bytes(b, digest_bytes(&h->upon.state));
	}
}

static bool writable(const struct signed_header *h, struct err *e)
{
	if (h->signer.n == 0 || h->signer.n > SIGNED_NAME_MAX || !name_shows(h->signer))
		return err_set(e, REASON_USAGE,
			       "the signer's name must be 1 to %u bytes of UTF-8 that can be shown",
			       SIGNED_NAME_MAX);
	if (h->has_not_before && !h->has_expires)
		return err_set(e, REASON_USAGE,
			       "a time from which it is valid needs one at which it expires");
	if (h->has_expires && (h->expires < 0 || h->expires > WHEN_LAST))
		return err_set(e, REASON_USAGE, "the time at which it expires is out of range");
	if (h->has_not_before && (h->not_before < 0 || h->not_before > h->expires))
		return err_set(e, REASON_USAGE, "it would expire before it is valid");
	if (h->has_issued && (h->issued < 0 || h->issued > WHEN_LAST))
		return err_set(e, REASON_USAGE, "the time at which it is signed is out of range");
	if (h->has_upon && (h->upon.height > SIGNED_HEIGHT_MAX ||
			    h->upon.state.alg != DIGEST_SHA256 || h->upon.state.len != 32))
		return err_set(e, REASON_USAGE, "what it is made upon is no state of a database");
	return true;
}

static void put_chain(struct buf *b, const struct signed_header *h)
{
	cbor_put_uint(b, LABEL_X5CHAIN);
	if (h->n_chain > 1)
		cbor_put_array(b, h->n_chain);
	for (size_t i = 0; i < h->n_chain; i++)
		cbor_put_bytes(b, h->chain[i]);
}

bool signed_header_write(struct buf *out, const struct signed_header *h, struct err *e)
{
	owned(buf_free) struct buf meta = BUF(1024);

	if (!writable(h, e))
		return false;
	put_corim_meta(&meta, h);
	cbor_put_map(out, 4u + (h->kid.n > 0) + (h->n_chain > 0));
	cbor_put_uint(out, LABEL_ALG);
	cbor_put_int(out, h->alg);
	cbor_put_uint(out, LABEL_CONTENT_TYPE);
	put_name(out, h->content_type);
	if (h->kid.n > 0) {
		cbor_put_uint(out, LABEL_KID);
		cbor_put_bytes(out, h->kid);
	}
	cbor_put_uint(out, LABEL_CORIM_META);
	cbor_put_bytes(out, buf_bytes(&meta));
	cbor_put_uint(out, LABEL_CWT_CLAIMS);
	put_cwt_claims(out, h);
	if (h->n_chain > 0)
		put_chain(out, h);
	return buf_done(&meta, "corim-meta", e) && buf_done(out, "the protected header", e);
}
