/*
 * Any bytes as a lock: what is read is what would be written, byte for byte.
 */
#include <stdlib.h>

#include "measure/rebuild/lock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(lock_free) struct lock l = {0};
	owned(buf_free) struct buf again = BUF(LOCK_MAX_BYTES);
	struct err e = {0};

	if (!lock_read(&l, bytes_of(data, size), &e)) {
		must_be(err_is(&e));
		return 0;
	}
	must_be(lock_write(&l, &again, &e));
	must_be(bytes_equal(buf_bytes(&again), bytes_of(data, size)));
	return 0;
}
