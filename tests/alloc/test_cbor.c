#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/core/cose.h"
#include "tests/alloc/fail.h"

/*
 * Forty keys, none in its place, so that the list of keys grows twice; two of them for `repeated`.
 */
static void unsorted_map(struct buf *out, bool repeated)
{
	cbor_put_map(out, 40);
	for (unsigned i = 40; i > 0; i--) {
		cbor_put_uint(out, repeated && i == 1 ? 40 : i);
		cbor_put_uint(out, 0);
	}
}

static bool scan_unsorted(void *arg, struct err *e)
{
	return cbor_scan(buf_bytes(arg), 0, CBOR_UNSORTED, 100, e);
}

static bool scan_strict(void *arg, struct err *e)
{
	(void)arg;
	return cbor_scan(bytes_of("\xa2\x01\x80\x02\x81\xa0", 6), 0, CBOR_STRICT, 100, e);
}

static bool refuse_repeated(void *arg, struct err *e)
{
	return !cbor_scan(buf_bytes(arg), 0, CBOR_FOREIGN, 100, e) && e->reason == REASON_CBOR;
}

static bool write_and_read(void *arg, struct err *e)
{
	owned(buf_free) struct buf out = BUF(4096), back = BUF(256);
	struct cose_sign1 s = {COSE_ES256, bytes_str("payload"), bytes_of(arg, 64)}, again;
	struct cur c;

	cbor_put_byte_array(&out, bytes_of(arg, 64));
	if (!buf_done(&out, "array", e))
		return false;
	c = cur_new(buf_bytes(&out), 0, e);
	cbor_get_byte_array(&c, &back, "array");
	if (!cur_end(&c, "array"))
		return false;
	buf_reset(&out);
	cose_sign1_write(&out, &s);
	return buf_done(&out, "COSE_Sign1", e) && cose_sign1_read(buf_bytes(&out), 0, &again, e);
}

static bool refuse_header(void *arg, struct err *e)
{
	struct cose_sign1 s;

	(void)arg;
	return !cose_sign1_read(bytes_of("\x84\x41\xa0\xa0\x40\x40", 6), 0, &s, e) &&
	       e->reason == REASON_CBOR;
}

static void a_strict_scan_takes_no_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_each(scan_strict, NULL), 0);
}

static void keys_that_are_kept_survive_the_lack_of_memory(void **state)
{
	owned(buf_free) struct buf map = BUF(4096);

	(void)state;
	unsorted_map(&map, false);
	assert_int_equal(fail_each(scan_unsorted, &map), 3);
	buf_reset(&map);
	unsorted_map(&map, true);
	assert_int_equal(fail_each(refuse_repeated, &map), 3);
}

static void a_refusal_takes_no_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_each(refuse_header, NULL), 0);
}

static void writing_and_reading_survive_the_lack_of_memory(void **state)
{
	static uint8_t any[64] = {255, 1, 2, 3};

	(void)state;
	assert_in_range(fail_each(write_and_read, any), 3, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_strict_scan_takes_no_memory),
		cmocka_unit_test(keys_that_are_kept_survive_the_lack_of_memory),
		cmocka_unit_test(writing_and_reading_survive_the_lack_of_memory),
		cmocka_unit_test(a_refusal_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
