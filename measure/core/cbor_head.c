#include "measure/core/cbor_head.h"

#define DEFINITE_MAX 27u
#define INDEFINITE 31u

static bool may_be_indefinite(enum cbor_major major)
{
	return major != CBOR_UINT && major != CBOR_NEGINT && major != CBOR_TAG;
}

static uint64_t argument(struct cur *c, unsigned width, const char *field)
{
	struct bytes b = cur_take(c, width, field);
	uint64_t x = 0;

	for (size_t i = 0; i < b.n; i++)
		x = x << 8 | b.p[i];
	return x;
}

bool cbor_head_read(struct cur *c, struct cbor_head *h, const char *field)
{
	uint64_t at = cur_at(c);
	uint8_t first = cur_u8(c, field);
	unsigned info = first & 0x1f;

	*h = (struct cbor_head){.major = (enum cbor_major)(first >> 5), .at = at};
	if (info == INDEFINITE && may_be_indefinite(h->major))
		h->indefinite = true;
	else if (info > DEFINITE_MAX)
		return cur_fail(c, REASON_CBOR, at, "%s: 0x%02x begins no CBOR item", field, first);
	else if (info < 24)
		h->argument = info;
	else
		h->width = 1u << (info - 24);
	if (h->width)
		h->argument = argument(c, h->width, field);
	return cur_ok(c);
}

unsigned cbor_head_needs(const struct cbor_head *h)
{
	if (h->argument < 24)
		return 0;
	if (h->argument <= UINT8_MAX)
		return 1;
	if (h->argument <= UINT16_MAX)
		return 2;
	return h->argument <= UINT32_MAX ? 4 : 8;
}

const char *cbor_major_name(enum cbor_major major)
{
	static const char *const name[] = {
		[CBOR_UINT] = "an unsigned integer",
		[CBOR_NEGINT] = "a negative integer",
		[CBOR_BYTES] = "a byte string",
		[CBOR_TEXT] = "a text string",
		[CBOR_ARRAY] = "an array",
		[CBOR_MAP] = "a map",
		[CBOR_TAG] = "a tag",
		[CBOR_SIMPLE] = "a simple value",
	};

	return name[major];
}

const char *cbor_head_kind(const struct cbor_head *h)
{
	if (h->major == CBOR_SIMPLE && h->indefinite)
		return "a break";
	return h->major == CBOR_SIMPLE && h->width >= 2 ? "a float" : cbor_major_name(h->major);
}
