/*
 * Any bytes as a signed statement, a bundle or a bare payload: a refusal names its place; a
 * statement's header is in the one form that we write; what is gathered makes a bundle that gathers
 * to itself.
 */
#include <stdlib.h>

#include "reference-db/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

/* What is read is written back the same, unless it has an order or a time that we never write. */
static void check_header(const struct signed_statement *s)
{
	struct buf again = BUF(65536);
	struct err e = {0};

	if (signed_header_write(&again, &s->header, &e))
		must_be(bytes_equal(buf_bytes(&again), s->message.protected_header));
	buf_free(&again);
}

static void check_bundle(const struct published *p)
{
	struct buf first = BUF(BUNDLE_MAX), second = BUF(BUNDLE_MAX), copy = BUF(BUNDLE_MAX);
	struct published again = {0};
	struct err e = {0};

	must_be(published_bundle(p, &first, &e));
	buf_put(&copy, buf_bytes(&first));
	must_be(published_add_bytes(&again, &copy, &e));
	must_be(again.n <= p->n && bytes_equal(again.payload, p->payload));
	must_be(published_bundle(&again, &second, &e));
	must_be(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
	published_free(&again);
	buf_free(&first);
	buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf file = BUF(size + 1);
	struct published p = {0};
	struct err e = {0};

	buf_put(&file, bytes_of(data, size));
	if (published_add_bytes(&p, &file, &e)) {
		must_be(!err_is(&e));
		for (size_t i = 0; i < p.n; i++)
			check_header(&p.statement[i]);
		if (p.payload.p)
			check_bundle(&p);
	} else {
		must_be(err_is(&e));
	}
	published_free(&p);
	return 0;
}
