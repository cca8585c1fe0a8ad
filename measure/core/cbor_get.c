#include "measure/base/text.h"
#include "measure/core/cbor.h"
#include "measure/core/cbor_head.h"

#define QUOTED_MAX 60

/* Definite and shortest, whatever the type. */
static bool plain(struct cur *c, const struct cbor_head *h, const char *field)
{
	if (h->indefinite)
		return cur_fail(c, REASON_CBOR, h->at, "%s is %s of indefinite length", field,
				cbor_head_kind(h));
	if (h->major != CBOR_SIMPLE && cbor_head_needs(h) < h->width)
		return cur_fail(c, REASON_CBOR, h->at,
				"%s: the head of %s has %u bytes where %u would do", field,
				cbor_head_kind(h), 1 + h->width, 1 + cbor_head_needs(h));
	return true;
}

static bool wrong_type(struct cur *c, const struct cbor_head *h, const char *field,
		       const char *wanted)
{
	return cur_fail(c, REASON_CBOR, h->at, "%s is %s and must be %s", field, cbor_head_kind(h),
			wanted);
}

/* The argument of a head of that type, or 0 with the cursor failed. */
static uint64_t get(struct cur *c, enum cbor_major wanted, const char *field, uint64_t *at)
{
	struct cbor_head h;

	if (!cbor_head_read(c, &h, field))
		return 0;
	if (h.major != wanted)
		return wrong_type(c, &h, field, cbor_major_name(wanted)), 0;
	*at = h.at;
	return plain(c, &h, field) ? h.argument : 0;
}

uint64_t cbor_get_uint(struct cur *c, uint64_t max, const char *field)
{
	uint64_t at = 0, x = get(c, CBOR_UINT, field, &at);

	if (x <= max)
		return x;
	cur_fail(c, REASON_CBOR, at, "%s is %llu and must be %s%llu", field, (unsigned long long)x,
		 max ? "at most " : "", (unsigned long long)max);
	return 0;
}

int64_t cbor_get_int(struct cur *c, const char *field)
{
	struct cbor_head h;

	if (!cbor_head_read(c, &h, field))
		return 0;
	if (h.major != CBOR_UINT && h.major != CBOR_NEGINT)
		return wrong_type(c, &h, field, "an integer"), 0;
	if (!plain(c, &h, field))
		return 0;
	if (h.argument > INT64_MAX) {
		cur_fail(c, REASON_CBOR, h.at, "%s is %s beyond 64 bits with sign", field,
			 cbor_head_kind(&h));
		return 0;
	}
	return h.major == CBOR_UINT ? (int64_t)h.argument : -1 - (int64_t)h.argument;
}

/* A length or count that is declared; not yet compared with the bytes that are there. */
static size_t counted(struct cur *c, enum cbor_major major, size_t max, const char *field)
{
	bool string = major == CBOR_BYTES || major == CBOR_TEXT;
	uint64_t at = 0, n = get(c, major, field, &at);

	if (n <= max)
		return (size_t)n;
	cur_fail(c, REASON_CBOR, at, "%s: a %s of %llu, which may be %zu", field,
		 string ? "length" : "count", (unsigned long long)n, max);
	return 0;
}

/* An item takes a byte at least, so that no count can be larger than what is left. */
static size_t present(struct cur *c, size_t n, size_t bytes_each, const char *field)
{
	if (n <= cur_left(c) / bytes_each)
		return n;
	cur_fail(c, REASON_TRUNCATED, cur_at(c),
		 "%s: a count of %zu, where the bytes left allow %zu", field, n,
		 cur_left(c) / bytes_each);
	return 0;
}

struct bytes cbor_get_bytes(struct cur *c, size_t max, const char *field)
{
	return cur_take(c, counted(c, CBOR_BYTES, max, field), field);
}

struct bytes cbor_get_text(struct cur *c, size_t max, const char *field)
{
	struct bytes text = cur_take(c, counted(c, CBOR_TEXT, max, field), field);
	size_t bad = text_utf8_bad(text);

	if (bad == text.n)
		return text;
	cur_fail(c, REASON_CBOR, cur_at(c) - text.n + bad, "%s is not UTF-8", field);
	return bytes_of(NULL, 0);
}

size_t cbor_get_array(struct cur *c, size_t max, const char *field)
{
	return present(c, counted(c, CBOR_ARRAY, max, field), 1, field);
}

size_t cbor_get_map(struct cur *c, size_t max, const char *field)
{
	return present(c, counted(c, CBOR_MAP, max, field), 2, field);
}

uint64_t cbor_get_tag(struct cur *c, const char *field)
{
	uint64_t at = 0;

	return get(c, CBOR_TAG, field, &at);
}

void cbor_get_key(struct cur *c, const char *key, const char *field)
{
	uint64_t at = cur_at(c);
	struct bytes found = cbor_get_text(c, SIZE_MAX, field);
	int shown = found.n < QUOTED_MAX ? (int)found.n : QUOTED_MAX;

	if (cur_ok(c) && !bytes_equal(found, bytes_str(key)))
		cur_fail(c, REASON_CBOR, at, "%s is \"%.*s\" and must be \"%s\"", field, shown,
			 found.n ? (const char *)found.p : "", key);
}

/* One element; the shortest form of a byte is itself below 24, else 0x18 and itself. */
static uint8_t small(struct cur *c, size_t i, const char *field)
{
	uint64_t at = cur_at(c);
	uint8_t first = cur_u8(c, field), x = first;

	if (first >= 24 && first != 0x18) {
		cur_fail(
			c, REASON_CBOR, at,
			"%s: item %zu begins with 0x%02x and must be a number up to 255 in its shortest form",
			field, i, first);
		return 0;
	}
	if (first == 0x18)
		x = cur_u8(c, field);
	if (first == 0x18 && x < 24)
		cur_fail(c, REASON_CBOR, at,
			 "%s: item %zu is 18 %02x and must be %02x, the shorter form", field, i, x,
			 x);
	return x;
}

void cbor_get_byte_array(struct cur *c, struct buf *out, const char *field)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_array(c, SIZE_MAX, field);
	uint8_t *to = buf_room(out, n);

	if (!to) {
		cur_fail(c, out->failed, at, "%s: a length of %zu, which may be %zu", field, n,
			 out->max);
		return;
	}
	for (size_t i = 0; i < n && cur_ok(c); i++)
		to[i] = small(c, i, field);
}
