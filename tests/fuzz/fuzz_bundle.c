/*
 * Any bytes as a bundle: what is read lies inside the input and is written back the same; a refusal
 * names its place.
 */
#include <stdlib.h>

#include "reference-db/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool inside(struct bytes part, uint64_t at, const uint8_t *data, size_t size)
{
	return at <= size && part.n <= size - at && (part.n == 0 || part.p == data + at);
}

static void all_inside(const struct bundle_set *s, struct bytes in)
{
	must_be(s->n <= 64);
	for (size_t i = 0; i < s->n; i++)
		must_be(inside(s->member[i].bytes, s->member[i].at, in.p, in.n));
}

static void check(const struct bundle *b, struct bytes in)
{
	struct bundle sorted = *b;
	struct buf out = BUF(BUNDLE_MAX);
	struct err e = {0};

	must_be(inside(b->payload, b->payload_at, in.p, in.n));
	all_inside(&b->proofs, in);
	all_inside(&b->signatures, in);
	all_inside(&b->statements, in);
	all_inside(&b->collateral, in);
	must_be(bundle_write(&out, &sorted, &e));
	must_be(sorted.signatures.n == b->signatures.n && bytes_equal(buf_bytes(&out), in));
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct bundle b = {0};
	struct err e = {0};

	if (bundle_read(in, 0, &b, &e)) {
		must_be(!err_is(&e));
		check(&b, in);
	} else {
		must_be(err_is(&e) && e.at && e.offset <= size && !b.payload.p);
	}
	return 0;
}
