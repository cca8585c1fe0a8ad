#include "reference-db/bundle.h"

#include <stdio.h>

#include "measure/core/cbor.h"
#include "reference-db/signed.h"

#define TYPE_PAYLOAD "application/rim+cbor"
#define TYPE_SIGNATURE "application/rim+cose"
#define NAME_MAX_BYTES 32
#define SCAN_ITEMS 1024u

static void signature_name(char name[NAME_MAX_BYTES], size_t i)
{
	snprintf(name, NAME_MAX_BYTES, "signature/%03zu", i);
}

/* A CMW record: [media type, bytes]. */
static struct bytes get_record(struct cur *c, const char *name, const char *type)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_array(c, 2, name);
	struct bytes found;

	if (cur_ok(c) && n != 2)
		cur_fail(c, REASON_BUNDLE, at, "%s is an array of %zu and must be one of 2", name,
			 n);
	found = cbor_get_text(c, SIGNED_NAME_MAX, name);
	if (cur_ok(c) && !bytes_equal(found, bytes_str(type)))
		cur_fail(c, REASON_BUNDLE, at, "%s is of type \"%.*s\" and must be \"%s\"", name,
			 (int)found.n, (const char *)found.p, type);
	return cbor_get_bytes(c, BUNDLE_MAX, name);
}

static void get_name(struct cur *c, const char *name)
{
	uint64_t at = cur_at(c);
	struct bytes found = cbor_get_text(c, SIGNED_NAME_MAX, "a member's name");

	if (cur_ok(c) && !bytes_equal(found, bytes_str(name)))
		cur_fail(c, REASON_BUNDLE, at, "member \"%.*s\" stands where \"%s\" must stand",
			 (int)found.n, (const char *)found.p, name);
}

static void get_type(struct cur *c)
{
	uint64_t at = cur_at(c);
	struct bytes type = cbor_get_text(c, SIGNED_NAME_MAX, "__cmwc_t");

	if (cur_ok(c) && !bytes_equal(type, bytes_str(BUNDLE_TYPE)))
		cur_fail(c, REASON_BUNDLE, at,
			 "the collection's type is \"%.*s\" and must be \"%s\"", (int)type.n,
			 (const char *)type.p, BUNDLE_TYPE);
}

/* One set of signatures has one spelling. */
static bool ascends(struct cur *c, const struct bundle *b, struct bytes x)
{
	int order = b->n > 0 ? bytes_order(b->signature[b->n - 1].bytes, x) : -1;

	return order < 0 || cur_fail(c, REASON_BUNDLE, cur_at(c) - x.n,
				     "signature/%03zu %s the one in front of it", b->n,
				     order > 0 ? "sorts before" : "is the same as");
}

static void get_signature(struct cur *c, struct bundle *b)
{
	char name[NAME_MAX_BYTES];
	struct bytes x;

	signature_name(name, b->n);
	get_name(c, name);
	x = get_record(c, name, TYPE_SIGNATURE);
	if (!cur_ok(c) || !ascends(c, b, x))
		return;
	b->signature[b->n].bytes = x;
	b->signature[b->n++].at = cur_at(c) - x.n;
}

bool bundle_read(struct bytes in, uint64_t base, struct bundle *b, struct err *e)
{
	struct cur c = cur_new(in, base, e);
	struct bundle read = {0};
	size_t members;

	if (!cbor_scan(in, base, CBOR_STRICT, SCAN_ITEMS, e))
		return false;
	members = cbor_get_map(&c, BUNDLE_SIGNATURES + 2, "the bundle");
	if (cur_ok(&c) && members < 2)
		return cur_fail(&c, REASON_BUNDLE, base, "%zu members, and 2 is the least",
				members);
	get_name(&c, "payload");
	read.payload = get_record(&c, "payload", TYPE_PAYLOAD);
	read.payload_at = cur_at(&c) - read.payload.n;
	get_name(&c, "__cmwc_t");
	get_type(&c);
	while (cur_ok(&c) && read.n < members - 2)
		get_signature(&c, &read);
	if (!cur_end(&c, "the bundle"))
		return false;
	*b = read;
	return true;
}

/* By insertion: there are few, and equal ones are met on the way. */
static void sort(struct bundle *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct bytes x = b->signature[i].bytes;
		size_t at = kept;

		while (at > 0 && bytes_order(b->signature[at - 1].bytes, x) > 0)
			at--;
		if (at > 0 && bytes_equal(b->signature[at - 1].bytes, x))
			continue;
		for (size_t j = kept; j > at; j--)
			b->signature[j] = b->signature[j - 1];
		b->signature[at].bytes = x;
		kept++;
	}
	b->n = kept;
}

static void put_record(struct buf *out, const char *name, const char *type, struct bytes x)
{
	cbor_put_text(out, name);
	cbor_put_array(out, 2);
	cbor_put_text(out, type);
	cbor_put_bytes(out, x);
}

bool bundle_write(struct buf *out, struct bundle *b, struct err *e)
{
	char name[NAME_MAX_BYTES];

	sort(b);
	cbor_put_map(out, 2 + b->n);
	put_record(out, "payload", TYPE_PAYLOAD, b->payload);
	cbor_put_text(out, "__cmwc_t");
	cbor_put_text(out, BUNDLE_TYPE);
	for (size_t i = 0; i < b->n; i++) {
		signature_name(name, i);
		put_record(out, name, TYPE_SIGNATURE, b->signature[i].bytes);
	}
	return buf_done(out, "the bundle", e);
}
