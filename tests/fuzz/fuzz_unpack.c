/*
 * Any bytes as compressed data; the first says which kind, and under which rule. Whether they come
 * in one piece or byte by byte makes no difference to what is unpacked, nor to whether it is.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "measure/core/archive.h"
#include "tests/unit/support_memory.h"

#define MAX (1u << 18)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool unpack(struct memory in, const struct unpack_rule *rule, struct buf *out,
		   uint64_t *used, struct err *e)
{
	static uint8_t room[4096];
	struct unpack *u = unpack_new(&in.stream, rule, e);
	bool ok = true;
	size_t got = 0;

	must_be(u != NULL);
	do {
		ok = stream_read(unpack_stream(u), (struct span){room, sizeof(room)}, &got, e);
		if (ok)
			buf_put(out, bytes_of(room, got));
	} while (ok && got > 0);
	*used = unpack_used(u);
	unpack_free(&u);
	return ok;
}

/* Loaded once instead of for every input. */
static void keep_loaded(void)
{
	static const char *const names[] = {"libz.so.1", "libzstd.so.1", "liblzma.so.5"};
	static bool done;

	for (size_t i = 0; !done && i < sizeof(names) / sizeof(*names); i++)
		must_be(dlopen(names[i], RTLD_NOW) != NULL);
	done = true;
}

static void check_reason(enum reason r)
{
	must_be(r == REASON_COMPRESSION || r == REASON_TRUNCATED || r == REASON_TRAILING ||
		r == REASON_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF(MAX + 4096), again = BUF(MAX + 4096);
	struct err e = {0}, other = {0};
	struct unpack_rule rule = {.max = MAX};
	uint64_t used, used_again;
	struct bytes x;

	keep_loaded();
	if (size == 0)
		return 0;
	rule.packing = (enum packing)(PACKING_GZIP + data[0] % 4);
	rule.members = data[0] & 4;
	rule.rest = data[0] & 8;
	x = bytes_of(data + 1, size - 1);
	if (unpack(memory_stream(x, size), &rule, &once, &used, &e)) {
		must_be(rule.rest ? used <= x.n : used == x.n);
		must_be(unpack(memory_stream(x, 1), &rule, &again, &used_again, &other));
		must_be(used == used_again && bytes_equal(buf_bytes(&once), buf_bytes(&again)));
	} else {
		check_reason(e.reason);
		must_be(!unpack(memory_stream(x, 1), &rule, &again, &used_again, &other));
		check_reason(other.reason);
	}
	buf_free(&once);
	buf_free(&again);
	return 0;
}
