/*
 * Any bytes as CBOR under all three sets of rules: what a stricter one accepts the others accept;
 * what the strict one accepts comes out the same when every item is read and written again. Then
 * the getters: the first byte of an input chooses their order, the rest is what they read.
 */
#include <stdlib.h>

#include "measure/core/cbor.h"
#include "measure/core/cbor_head.h"

#define ITEMS 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool scan(struct bytes in, enum cbor_rules rules)
{
	struct err e = {0};
	bool ok = cbor_scan(in, 0, rules, ITEMS, &e);

	must_be(ok == !err_is(&e));
	must_be(ok || (e.at && e.offset <= in.n && e.text[0]));
	return ok;
}

static void put_item(struct buf *out, struct cur *c, const struct cbor_head *h)
{
	switch (h->major) {
	case CBOR_UINT:
		cbor_put_uint(out, h->argument);
		break;
	case CBOR_BYTES:
		cbor_put_bytes(out, cur_take(c, h->argument, "bytes"));
		break;
	case CBOR_ARRAY:
		cbor_put_array(out, (size_t)h->argument);
		break;
	case CBOR_MAP:
		cbor_put_map(out, (size_t)h->argument);
		break;
	case CBOR_TAG:
		cbor_put_tag(out, h->argument);
		break;
	case CBOR_NEGINT:
	case CBOR_TEXT:
	case CBOR_SIMPLE: /* as they stand: writers take smaller ranges, C strings, or none */
		buf_put(out, bytes_of(c->in.p + h->at, c->pos - (size_t)h->at));
		if (h->major == CBOR_TEXT)
			buf_put(out, cur_take(c, h->argument, "text"));
		break;
	}
}

static void written_again(struct bytes in)
{
	struct buf out = BUF(2 * in.n);
	struct err e = {0};
	struct cur c = cur_new(in, 0, &e);
	struct cbor_head h;

	while (cur_left(&c)) {
		must_be(cbor_head_read(&c, &h, "item"));
		must_be(!h.indefinite &&
			(h.major == CBOR_SIMPLE || cbor_head_needs(&h) == h.width));
		put_item(&out, &c, &h);
	}
	must_be(cur_ok(&c) && bytes_equal(buf_bytes(&out), in));
	buf_free(&out);
}

/* Three bits choose a getter, so that one seed is read in many ways. */
static void get(struct cur *c, unsigned which)
{
	struct buf out = BUF(256);
	size_t left = cur_left(c);

	switch (which & 7) {
	case 0:
		must_be(cbor_get_uint(c, 1000, "x") <= 1000);
		break;
	case 1:
		cbor_get_int(c, "x");
		break;
	case 2:
		must_be(cbor_get_bytes(c, 100, "x").n <= 100);
		break;
	case 3:
		must_be(cbor_get_text(c, SIZE_MAX, "x").n <= left);
		break;
	case 4:
		must_be(cbor_get_array(c, SIZE_MAX, "x") <= left);
		break;
	case 5:
		must_be(cbor_get_map(c, SIZE_MAX, "x") <= left / 2);
		break;
	case 6:
		cbor_get_byte_array(c, &out, "x");
		break;
	default:
		cbor_get_tag(c, "x");
		cbor_get_key(c, "a", "x");
		break;
	}
	buf_free(&out);
}

static void getters(uint8_t seed, struct bytes in)
{
	struct err e = {0};
	struct cur c = cur_new(in, 0, &e);
	unsigned order = seed;

	while (cur_ok(&c) && cur_left(&c)) {
		size_t before = cur_left(&c);

		get(&c, order);
		order = order * 5 + 3;
		must_be(!cur_ok(&c) || cur_left(&c) < before);
	}
	must_be(cur_ok(&c) == !err_is(&e));
	must_be(cur_ok(&c) || (e.at && e.offset <= in.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	bool strict = scan(in, CBOR_STRICT);
	bool unsorted = scan(in, CBOR_UNSORTED);
	bool foreign = scan(in, CBOR_FOREIGN);

	must_be(!strict || unsorted);
	must_be(!unsorted || foreign);
	if (unsorted)
		written_again(in);
	if (size)
		getters(data[0], bytes_of(data + 1, size - 1));
	return 0;
}
