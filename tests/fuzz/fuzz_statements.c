/*
 * Any bytes as the payload of a withdrawal, a release or a set of keys, and as a signed statement
 * of any kind. What is read is written as the same bytes again.
 */
#include <stdlib.h>

#include "reference-db/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool same(const struct buf *again, struct bytes in)
{
	return bytes_equal(buf_bytes(again), in);
}

static void as_payload(struct bytes in)
{
	struct buf again = BUF(STATEMENT_MAX);
	struct withdraw w;
	struct release r;
	struct keys k = {0};
	struct err e = {0}, other = {0}, third = {0};

	if (withdraw_read(&w, in, 0, &e))
		must_be(withdraw_write(&w, &again, &e) && same(&again, in));
	else
		must_be(err_is(&e));
	if (release_read(&r, in, 0, &other))
		must_be(release_write(&r, &again, &other) && same(&again, in));
	else
		must_be(err_is(&other));
	if (keys_read(&k, in, 0, &third))
		must_be(keys_write(&k, &again, &third) && same(&again, in));
	else
		must_be(err_is(&third));
	keys_free(&k);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct statement st;
	struct err e = {0};

	as_payload(bytes_of(data, size));
	if (statement_open(&st, bytes_of(data, size), &e))
		statement_free(&st);
	else
		must_be(err_is(&e));
	return 0;
}
