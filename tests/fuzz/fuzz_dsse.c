/*
 * Any bytes as an envelope: a refusal says why; what is read is written in one form, which reads
 * and writes the same.
 */
#include <stdlib.h>

#include "reference-db/dsse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void same_again(const struct dsse *d, size_t size)
{
	owned(buf_free) struct buf one = BUF(8 * size + 4096), two = BUF(8 * size + 4096);
	owned(dsse_free) struct dsse again = {0};
	struct err e = {0};

	dsse_write(d, &one);
	must_be(one.failed == REASON_NONE && dsse_read(&again, buf_bytes(&one), 0, &e));
	must_be(again.n == d->n && bytes_equal(again.payload, d->payload) &&
		bytes_equal(again.type, d->type));
	dsse_write(&again, &two);
	must_be(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(dsse_free) struct dsse d = {0};
	struct err e = {0};
	bool ok = dsse_read(&d, bytes_of(data, size), 0, &e);

	must_be(ok == !err_is(&e));
	if (ok)
		same_again(&d, size);
	return 0;
}
