/*
 * Any bytes as a build record: what is read is written in one form, which reads the same.
 */
#include <stdlib.h>

#include "reference-db/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void same_again(const struct record *r)
{
	owned(buf_free) struct buf one = BUF(4 * RECORD_MAX), two = BUF(4 * RECORD_MAX);
	owned(record_free) struct record again = {0};
	struct err e = {0};

	record_write(r, &one);
	must_be(one.failed == REASON_NONE && record_read(&again, buf_bytes(&one), &e));
	record_write(&again, &two);
	must_be(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(record_free) struct record r = {0};
	struct err e = {0};
	bool ok = record_read(&r, bytes_of(data, size), &e);

	must_be(ok == !err_is(&e));
	if (ok)
		same_again(&r);
	return 0;
}
