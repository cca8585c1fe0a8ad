#include "measure/core/cbor_walk.h"

#define SIMPLE_FALSE 20u
#define SIMPLE_TRUE 21u
#define FIRST_NULL 0xf6
#define FIRST_BREAK 0xff

static bool wrong(struct cur *c, const struct cbor_head *h, const char *field, const char *needed)
{
	return cur_fail(c, REASON_CBOR, h->at, "%s is %s%s and must be %s", field,
			cbor_head_kind(h), h->indefinite ? " of indefinite length" : "", needed);
}

static bool get(struct cur *c, enum cbor_major major, const char *field, struct cbor_head *h)
{
	if (!cbor_head_read(c, h, field))
		return false;
	return h->major == major || wrong(c, h, field, cbor_major_name(major));
}

static struct cbor_run run_of(struct cur *c, enum cbor_major major, const char *field)
{
	struct cbor_head h;

	if (!get(c, major, field, &h))
		return (struct cbor_run){0};
	return (struct cbor_run){.left = h.argument, .endless = h.indefinite};
}

struct cbor_run cbor_walk_map(struct cur *c, const char *field)
{
	return run_of(c, CBOR_MAP, field);
}

struct cbor_run cbor_walk_array(struct cur *c, const char *field)
{
	return run_of(c, CBOR_ARRAY, field);
}

bool cbor_walk_next(struct cur *c, struct cbor_run *run)
{
	if (!cur_ok(c))
		return false;
	if (!run->endless)
		return run->left > 0 && run->left--;
	if (cur_peek(c) != FIRST_BREAK)
		return true;
	cur_u8(c, "break");
	*run = (struct cbor_run){0};
	return false;
}

enum cbor_major cbor_walk_kind(const struct cur *c)
{
	int first = cur_peek(c);

	return first < 0 ? CBOR_SIMPLE : (enum cbor_major)(first >> 5);
}

uint64_t cbor_walk_uint(struct cur *c, const char *field)
{
	struct cbor_head h;

	return get(c, CBOR_UINT, field, &h) ? h.argument : 0;
}

int64_t cbor_walk_int(struct cur *c, const char *field)
{
	struct cbor_head h;

	if (!cbor_head_read(c, &h, field))
		return 0;
	if (h.major != CBOR_UINT && h.major != CBOR_NEGINT)
		return wrong(c, &h, field, "an integer"), 0;
	if (h.argument > INT64_MAX) {
		cur_fail(c, REASON_CBOR, h.at, "%s is %s beyond 64 bits with sign", field,
			 cbor_head_kind(&h));
		return 0;
	}
	return h.major == CBOR_UINT ? (int64_t)h.argument : -1 - (int64_t)h.argument;
}

static struct bytes string(struct cur *c, enum cbor_major major, const char *field)
{
	struct cbor_head h;

	if (!get(c, major, field, &h))
		return bytes_of(NULL, 0);
	if (h.indefinite)
		return wrong(c, &h, field, "of definite length"), bytes_of(NULL, 0);
	return cur_take(c, h.argument, field);
}

struct bytes cbor_walk_bytes(struct cur *c, const char *field)
{
	return string(c, CBOR_BYTES, field);
}

struct bytes cbor_walk_text(struct cur *c, const char *field)
{
	return string(c, CBOR_TEXT, field);
}

uint64_t cbor_walk_tag(struct cur *c, const char *field)
{
	struct cbor_head h;

	return get(c, CBOR_TAG, field, &h) ? h.argument : 0;
}

bool cbor_walk_bool(struct cur *c, const char *field)
{
	struct cbor_head h;

	if (!cbor_head_read(c, &h, field))
		return false;
	if (h.major != CBOR_SIMPLE || h.width > 0 ||
	    (h.argument != SIMPLE_FALSE && h.argument != SIMPLE_TRUE))
		return wrong(c, &h, field, "true or false");
	return h.argument == SIMPLE_TRUE;
}

bool cbor_walk_null(struct cur *c)
{
	return cur_peek(c) == FIRST_NULL && cur_u8(c, "null");
}

/* What one head announces: items still to come inside it. False for one that is complete. */
static bool opens(struct cur *c, const struct cbor_head *h, const char *field,
		  struct cbor_run *inside)
{
	bool string = h->major == CBOR_BYTES || h->major == CBOR_TEXT;

	*inside = (struct cbor_run){.endless = h->indefinite};
	if (string && !h->indefinite)
		cur_take(c, h->argument, field);
	else if (h->major == CBOR_TAG)
		inside->left = 1;
	else if (h->major == CBOR_ARRAY)
		inside->left = h->argument;
	else if (h->major == CBOR_MAP) /* what was scanned has no more than its bytes allow */
		inside->left = 2 * h->argument;
	return inside->endless || inside->left > 0;
}

struct bytes cbor_walk_skip(struct cur *c, const char *field)
{
	struct cbor_run open[CBOR_MAX_DEPTH + 2] = {{.left = 1}}; /* the item itself is the first */
	size_t from = c->pos, depth = 1;
	struct cbor_head h;

	while (depth > 0 && cur_ok(c)) {
		if (!cbor_walk_next(c, &open[depth - 1])) {
			depth--;
			continue;
		}
		if (!cbor_head_read(c, &h, field) || !opens(c, &h, field, &open[depth]))
			continue;
		if (depth++ > CBOR_MAX_DEPTH)
			cur_fail(c, REASON_LIMIT, h.at, "nested deeper than %d levels",
				 CBOR_MAX_DEPTH);
	}
	return cur_ok(c) ? bytes_of(c->in.p + from, c->pos - from) : bytes_of(NULL, 0);
}
