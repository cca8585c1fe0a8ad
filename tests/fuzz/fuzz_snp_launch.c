/*
 * Any bytes as the record of a launch: what is read is written in one form, which reads the same.
 */
#include <stdlib.h>

#include "ovmf-snp/launch_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void same_again(const struct launch_record *r)
{
	owned(buf_free) struct buf one = BUF(2 * LAUNCH_RECORD_MAX);
	owned(buf_free) struct buf two = BUF(2 * LAUNCH_RECORD_MAX);
	owned(launch_record_free) struct launch_record again = {0};
	struct err e = {0};

	launch_record_write(r, &one);
	must_be(one.failed == REASON_NONE && launch_record_read(&again, buf_bytes(&one), &e));
	launch_record_write(&again, &two);
	must_be(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(launch_record_free) struct launch_record r = {0};
	struct err e = {0};
	bool ok = launch_record_read(&r, bytes_of(data, size), &e);

	must_be(ok == !err_is(&e));
	if (ok)
		same_again(&r);
	return 0;
}
