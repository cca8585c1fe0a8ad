#include "reference-db/statement.h"

#include "tests/alloc/fail.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_said.h"

static bool open_file(void *arg, struct err *e)
{
	const struct buf *file = arg;
	struct statement st;

	if (!statement_open(&st, buf_bytes(file), e))
		return false;
	statement_free(&st);
	return true;
}

static bool write_again(void *arg, struct err *e)
{
	const struct statement *st = arg;
	owned(buf_free) struct buf out = BUF(STATEMENT_MAX);

	if (st->kind == STATEMENT_WITHDRAW)
		return withdraw_write(&st->withdraw, &out, e);
	if (st->kind == STATEMENT_RELEASE)
		return release_write(&st->release, &out, e);
	return keys_write(&st->keys, &out, e);
}

static void statements_of_every_kind_survive_the_lack_of_memory(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("ED25519");

	(void)state;
	for (unsigned i = 0; i < STATEMENT_KINDS; i++) {
		struct buf file = said_file(key, (enum statement_kind)i, (enum statement_kind)i);
		struct statement st;
		struct err e = {0};

		fail_each(open_file, &file);
		assert_true(statement_open(&st, buf_bytes(&file), &e));
		if (i >= STATEMENT_WITHDRAW)
			assert_true(fail_each(write_again, &st) > 0);
		statement_free(&st);
		buf_free(&file);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_of_every_kind_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
