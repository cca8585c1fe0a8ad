#include "measure/core/cose_message.h"

#include "measure/core/cbor_walk.h"

#define TAG_SIGN1 18u
#define HEAD_NIL 0xf6u
#define FOREIGN_ITEMS 64u /* of a message and all that its unprotected header holds */

static void payload_read(struct cur *c, enum cose_form form, struct cose_message *m)
{
	m->detached = form == COSE_TAGGED && cur_peek(c) == HEAD_NIL;
	if (m->detached)
		cur_u8(c, "the payload");
	else
		m->payload = cbor_get_bytes(c, SIZE_MAX, "the payload");
	m->payload_at = cur_at(c) - m->payload.n;
}

static void tag_read(struct cur *c, const char *field)
{
	uint64_t at = cur_at(c), tag = cbor_get_tag(c, field);

	if (cur_ok(c) && tag != TAG_SIGN1)
		cur_fail(c, REASON_CBOR, at, "%s is %llu and must be %u", field,
			 (unsigned long long)tag, TAG_SIGN1);
}

static void unprotected_read(struct cur *c, enum cose_form form, struct cose_message *m)
{
	static const char field[] = "the unprotected header";
	struct cur head = *c;

	if (form != COSE_FOREIGN) {
		cbor_get_map(c, 0, field);
		return;
	}
	m->unprotected = cbor_get_map(&head, SIZE_MAX, field);
	if (cur_ok(&head))
		cbor_walk_skip(c, field);
	c->failed = c->failed || head.failed;
}

bool cose_message_read(struct bytes in, uint64_t base, enum cose_form form,
		       struct cose_message *out, struct err *e)
{
	struct cur c = cur_new(in, base, e);
	struct cose_message m = {.tagged = form == COSE_TAGGED};
	size_t items;

	if (form == COSE_FOREIGN) {
		if (!cbor_scan(in, base, CBOR_UNSORTED, FOREIGN_ITEMS, e))
			return false;
		m.tagged = cur_peek(&c) >> 5 == CBOR_TAG;
	}
	if (m.tagged)
		tag_read(&c, "the tag of COSE_Sign1");
	items = cbor_get_array(&c, SIZE_MAX, "COSE_Sign1");
	if (cur_ok(&c) && items != 4)
		return cur_fail(&c, REASON_CBOR, base,
				"COSE_Sign1 is an array of %zu and must be one of 4", items);
	m.protected_header = cbor_get_bytes(&c, SIZE_MAX, "the protected header");
	m.protected_at = cur_at(&c) - m.protected_header.n;
	unprotected_read(&c, form, &m);
	payload_read(&c, form, &m);
	m.signature = cbor_get_bytes(&c, SIZE_MAX, "the signature");
	m.signature_at = cur_at(&c) - m.signature.n;
	if (!cur_end(&c, "COSE_Sign1"))
		return false;
	*out = m;
	return true;
}

void cose_message_write(struct buf *out, const struct cose_message *m)
{
	if (m->tagged)
		cbor_put_tag(out, TAG_SIGN1);
	cbor_put_array(out, 4);
	cbor_put_bytes(out, m->protected_header);
	cbor_put_map(out, 0);
	if (m->detached)
		buf_u8(out, HEAD_NIL);
	else
		cbor_put_bytes(out, m->payload);
	cbor_put_bytes(out, m->signature);
}

void cose_message_tbs(struct buf *out, struct bytes protected_header, struct bytes payload)
{
	cbor_put_array(out, 4);
	cbor_put_text(out, "Signature1");
	cbor_put_bytes(out, protected_header);
	cbor_put_bytes(out, bytes_of(NULL, 0)); /* external_aad */
	cbor_put_bytes(out, payload);
}
