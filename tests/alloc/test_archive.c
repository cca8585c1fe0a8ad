#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/core/archive.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_memory.h"

static bool put(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "packed", e);
}

static bool pack_into(struct buf *out, enum packing packing, struct err *e)
{
	const struct pack_sink sink = {put, out};
	owned(pack_free) struct pack *p = pack_new(packing, &sink, e);

	return p && pack_add(p, bytes_str("some bytes"), e) && pack_end(p, e);
}

static bool pack_and_unpack(void *arg, struct err *e)
{
	owned(buf_free) struct buf packed = BUF(1000);
	struct unpack_rule rule = {.packing = *(const enum packing *)arg, .max = 1000};
	owned(unpack_free) struct unpack *u = NULL;
	struct memory in;

	if (!pack_into(&packed, rule.packing, e))
		return false;
	in = memory_stream(buf_bytes(&packed), 1000);
	u = unpack_new(&in.stream, &rule, e);
	return u && stream_drain(unpack_stream(u), e);
}

/* Nothing, which is no stream: what is asked of memory, it is asked before. */
static bool unpack_nothing(void *arg, struct err *e)
{
	struct unpack_rule rule = {.packing = *(const enum packing *)arg, .max = 1000};
	struct memory in = memory_stream(bytes_str(""), 1);
	owned(unpack_free) struct unpack *u = unpack_new(&in.stream, &rule, e);

	return u && !stream_drain(unpack_stream(u), e) && e->reason == REASON_TRUNCATED;
}

static void packing_and_unpacking_survive_the_lack_of_memory(void **state)
{
	static enum packing gzip = PACKING_GZIP, zstd = PACKING_ZSTD, xz = PACKING_XZ,
			    lzma = PACKING_LZMA;

	(void)state;
	assert_in_range(fail_each(pack_and_unpack, &gzip), 5, 5);
	assert_in_range(fail_each(pack_and_unpack, &zstd), 5, 5);
	assert_in_range(fail_each(unpack_nothing, &xz), 2, 2);
	assert_in_range(fail_each(unpack_nothing, &lzma), 2, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packing_and_unpacking_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
