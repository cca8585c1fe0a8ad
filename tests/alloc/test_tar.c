#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/core/tar.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_memory.h"
#include "tests/unit/support_tar.h"

static bool read_all(void *arg, struct err *e)
{
	struct memory in = memory_stream(buf_bytes(arg), 100000);
	owned(tar_free) struct tar *t = tar_new(&in.stream, e);
	const struct tar_entry *entry = NULL;
	bool ok = t != NULL;

	while (ok && (ok = tar_next(t, &entry, e)) && entry)
		;
	return ok;
}

static void put_named(struct buf *b, char type, const char *name)
{
	tar_put_header(b, type, "././@LongLink", strlen(name) + 1);
	tar_put_data(b, bytes_of(name, strlen(name) + 1));
}

/* Nine attributes in one header, which is one more than there is room for at first. */
static void put_attributes(struct buf *b)
{
	struct buf records = BUF(1000);

	for (unsigned i = 0; i < 9; i++)
		buf_fmt(&records, "29 LIBARCHIVE.xattr.u.%u=YQ==\n", i);
	tar_put_header(b, 'x', "pax", records.n);
	tar_put_data(b, buf_bytes(&records));
	buf_free(&records);
}

static void reading_survives_the_lack_of_memory(void **state)
{
	struct buf archive = BUF(1u << 20);

	(void)state;
	put_named(&archive, 'L', "a long name");
	put_named(&archive, 'K', "a long link name");
	tar_put_header(&archive, '1', "a", 0);
	put_attributes(&archive);
	tar_put_header(&archive, '0', "b", 0);
	tar_set_text(&archive, TAR_AT_PREFIX, "prefix");
	tar_put_end(&archive);
	assert_in_range(fail_each(read_all, &archive), 10, 10);
	buf_free(&archive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
