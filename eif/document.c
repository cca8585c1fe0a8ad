#include "eif/document.h"

#include "measure/core/cbor_walk.h"

#define ENDLESS_MAP 0xbf
#define QUOTED_MAX 40

static struct bytes sized(struct cur *c, size_t max, const char *field)
{
	uint64_t at = cur_at(c);
	struct bytes x = cbor_get_bytes(c, max, field);

	if (cur_ok(c) && x.n == 0)
		cur_fail(c, REASON_FORMAT, at, "%s is empty", field);
	return x;
}

static struct eif_document_data data(struct cur *c, size_t min, size_t max, const char *field)
{
	struct eif_document_data d = {0};

	if (cbor_walk_null(c))
		return d;
	d.v = min ? sized(c, max, field) : cbor_get_bytes(c, max, field);
	d.present = cur_ok(c);
	return d;
}

/* ---- the members */

static void module_id(struct cur *c, struct eif_document *d)
{
	uint64_t at = cur_at(c);

	d->module_id = cbor_get_text(c, EIF_DOCUMENT_MODULE_ID_MAX, "module_id");
	if (cur_ok(c) && d->module_id.n == 0)
		cur_fail(c, REASON_FORMAT, at, "module_id is empty");
}

static void digest(struct cur *c, struct eif_document *d)
{
	(void)d;
	cbor_get_key(c, "SHA384", "digest");
}

static void timestamp(struct cur *c, struct eif_document *d)
{
	uint64_t at = cur_at(c), max = EIF_DOCUMENT_TIME_MAX;

	d->timestamp = cbor_get_uint(c, UINT64_MAX, "timestamp");
	if (cur_ok(c) && (d->timestamp == 0 || d->timestamp > max))
		cur_fail(c, REASON_FORMAT, at, "timestamp is %llu and must be from 1 to %llu",
			 (unsigned long long)d->timestamp, (unsigned long long)max);
}

static void pcr(struct cur *c, struct eif_document *d)
{
	uint64_t at = cur_at(c);
	unsigned i = (unsigned)cbor_get_uint(c, EIF_DOCUMENT_PCRS - 1, "the index of a PCR");
	struct bytes v;

	if (cur_ok(c) && d->pcr[i].n)
		cur_fail(c, REASON_FORMAT, at, "PCR%u stands there twice", i);
	at = cur_at(c);
	v = cbor_get_bytes(c, SIZE_MAX, "a PCR");
	if (cur_ok(c) && v.n != EIF_DOCUMENT_PCR)
		cur_fail(c, REASON_FORMAT, at, "PCR%u has %zu bytes and must have %u", i, v.n,
			 EIF_DOCUMENT_PCR);
	if (cur_ok(c))
		d->pcr[i] = v;
}

static void pcrs(struct cur *c, struct eif_document *d)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_map(c, EIF_DOCUMENT_PCRS, "pcrs");

	if (cur_ok(c) && n == 0)
		cur_fail(c, REASON_FORMAT, at, "pcrs is empty");
	for (size_t i = 0; i < n && cur_ok(c); i++)
		pcr(c, d);
}

static void certificate(struct cur *c, struct eif_document *d)
{
	d->certificate = sized(c, EIF_DOCUMENT_CERTIFICATE_MAX, "certificate");
}

static void cabundle(struct cur *c, struct eif_document *d)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_array(c, EIF_DOCUMENT_BUNDLE, "cabundle");

	if (cur_ok(c) && n == 0)
		cur_fail(c, REASON_FORMAT, at, "cabundle is empty");
	for (size_t i = 0; i < n && cur_ok(c); i++)
		d->cabundle[i] =
			sized(c, EIF_DOCUMENT_CERTIFICATE_MAX, "a certificate of cabundle");
	d->n_cabundle = n;
}

static void public_key(struct cur *c, struct eif_document *d)
{
	d->public_key = data(c, 1, EIF_DOCUMENT_PUBLIC_KEY_MAX, "public_key");
}

static void user_data(struct cur *c, struct eif_document *d)
{
	d->user_data = data(c, 0, EIF_DOCUMENT_DATA_MAX, "user_data");
}

static void nonce(struct cur *c, struct eif_document *d)
{
	d->nonce = data(c, 0, EIF_DOCUMENT_DATA_MAX, "nonce");
}

struct member {
	const char *name;
	void (*read)(struct cur *c, struct eif_document *d);
	bool required;
};

static const struct member members[] = {
	{"module_id", module_id, true},
	{"digest", digest, true},
	{"timestamp", timestamp, true},
	{"pcrs", pcrs, true},
	{"certificate", certificate, true},
	{"cabundle", cabundle, true},
	{"public_key", public_key, false},
	{"user_data", user_data, false},
	{"nonce", nonce, false},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* ---- the payload */

static void member(struct cur *c, struct eif_document *d, bool seen[MEMBERS])
{
	uint64_t at = cur_at(c);
	struct bytes name = cbor_get_text(c, SIZE_MAX, "a member's name");
	int shown = name.n < QUOTED_MAX ? (int)name.n : QUOTED_MAX;
	size_t i = 0;

	if (!cur_ok(c))
		return;
	while (i < MEMBERS && !bytes_equal(name, bytes_str(members[i].name)))
		i++;
	if (i == MEMBERS)
		cur_fail(c, REASON_FORMAT, at,
			 "the payload has a member \"%.*s\", which is unknown", shown,
			 name.n ? (const char *)name.p : "");
	else if (seen[i])
		cur_fail(c, REASON_FORMAT, at, "the payload has the member \"%s\" twice",
			 members[i].name);
	else
		members[i].read(c, d);
	if (i < MEMBERS)
		seen[i] = true;
}

static bool all_there(struct cur *c, const bool seen[MEMBERS])
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].required && !seen[i])
			return cur_fail(c, REASON_FORMAT, c->base,
					"the payload has no member \"%s\"", members[i].name);
	return true;
}

static bool payload_read(struct eif_document *d, struct err *e)
{
	struct cur c = cur_new(d->message.payload, d->message.payload_at, e);
	struct cbor_run run = {.endless = cur_peek(&c) == ENDLESS_MAP};
	bool seen[MEMBERS] = {false};

	if (c.in.n > EIF_DOCUMENT_PAYLOAD_MAX)
		return cur_fail(&c, REASON_FORMAT, c.base, "the payload has %zu bytes, %u may be",
				c.in.n, EIF_DOCUMENT_PAYLOAD_MAX);
	if (run.endless)
		cur_u8(&c, "the payload");
	else
		run.left = cbor_get_map(&c, SIZE_MAX, "the payload");
	d->endless = run.endless;
	while (cbor_walk_next(&c, &run))
		member(&c, d, seen);
	return cur_end(&c, "the payload") && all_there(&c, seen);
}

/* ---- the message */

/* Whatever else a header says, it must be one that every reader takes alike. */
static bool headers_read(struct eif_document *d, struct err *e)
{
	static const uint8_t es384[] = {0xa1, 0x01, 0x38, 0x22}; /* {1: -35} */
	const struct cose_message *m = &d->message;
	struct bytes h = m->protected_header;

	if (h.n && !cbor_scan(h, m->protected_at, CBOR_UNSORTED, 64, e))
		return err_in(e, "the protected header");
	d->es384 = m->unprotected == 0 && bytes_equal(h, bytes_of(es384, sizeof(es384)));
	return true;
}

static bool signature_read(const struct cose_message *m, struct err *e)
{
	if (m->signature.n == EIF_DOCUMENT_SIGNATURE)
		return true;
	if (m->signature.n == 0)
		return err_at(e, REASON_FORMAT, m->signature_at,
			      "the document is not signed, as emulators write them");
	return err_at(e, REASON_FORMAT, m->signature_at,
		      "the signature has %zu bytes and must have %u", m->signature.n,
		      EIF_DOCUMENT_SIGNATURE);
}

static bool whole_read(struct bytes in, struct eif_document *d, struct err *e)
{
	if (in.n > EIF_DOCUMENT_MAX)
		return err_set(e, REASON_FORMAT, "the document has %zu bytes, %u may be", in.n,
			       EIF_DOCUMENT_MAX);
	return cose_message_read(in, 0, COSE_FOREIGN, &d->message, e) && headers_read(d, e) &&
	       signature_read(&d->message, e) && payload_read(d, e);
}

bool eif_document_read(struct bytes in, struct eif_document *d, struct err *e)
{
	struct eif_document new = {0};

	if (!whole_read(in, &new, e)) {
		if (reason_class(e->reason) == EXIT_CLASS_MALFORMED)
			e->reason = REASON_FORMAT;
		return false;
	}
	*d = new;
	return true;
}

/* ---- guessing */

static bool holds(struct bytes whole, const char *key)
{
	return memmem(whole.p, whole.n, key, strlen(key)) != NULL;
}

int eif_document_bid(struct bytes whole)
{
	/* A tag or none, an array of four, ES384 alone, nothing unprotected. */
	static const uint8_t head[] = {0xd2, 0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0};
	size_t tags = 0;
	unsigned major;

	if (whole.n == 0)
		return 0;
	while (tags < whole.n - 1 && tags < 4 && whole.p[tags] >> 5 == CBOR_TAG)
		tags++;
	major = whole.p[tags] >> 5;
	if (major != CBOR_ARRAY && major != CBOR_MAP)
		return 0;
	if (holds(whole, "\x69module_id") || holds(whole, "\x68"
							  "cabundle"))
		return major == CBOR_ARRAY ? 90 : 50;
	if (bytes_start(whole, bytes_of(head, sizeof(head))) ||
	    bytes_start(whole, bytes_of(head + 1, sizeof(head) - 1)))
		return 60;
	return major == CBOR_ARRAY && tags == 0 ? 10 : 0;
}
