/*
 * Any bytes as the payload of a rebuilt statement, and as a signed one. What is read is written as
 * the same bytes again.
 */
#include <stdlib.h>

#include "reference-db/rebuilt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = BUF(REBUILT_MAX);
	struct signed_statement s;
	struct rebuilt r;
	struct err e = {0};

	if (rebuilt_read(&r, bytes_of(data, size), 0, &e)) {
		must_be(rebuilt_write(&r, &again, &e));
		must_be(bytes_equal(buf_bytes(&again), bytes_of(data, size)));
	} else {
		must_be(err_is(&e));
	}
	e = (struct err){0};
	must_be(rebuilt_open(&r, bytes_of(data, size), &s, &e) || err_is(&e));
	buf_free(&again);
	return 0;
}
