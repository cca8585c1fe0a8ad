#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure/core/pubkey.h"
#include "reference-db/trust_add.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_trust.h"

static const char text[] =
	TRUST_HEAD "keys:\n" ALICE("publisher, root") BOB("publisher") "roles:\n"
								       "  publisher:\n"
								       "    threshold: 2\n"
								       "  root:\n"
								       "    threshold: 1\n";

static bool parse_and_show(void *arg, struct err *e)
{
	owned(trust_free) struct trust *t = NULL;
	owned(buf_free) struct buf out = BUF(1u << 16);
	struct json_out w = json_out(&out, true);

	(void)arg;
	if (!trust_parse(&t, bytes_str(text), e))
		return false;
	trust_write(t, &out);
	trust_text(t, &out);
	json_open(&w, '{');
	trust_json(t, &w);
	json_close(&w, '}');
	return buf_done(&out, "trust", e);
}

static bool add(void *arg, struct err *e)
{
	struct trust_addition a = {
		.path = arg,
		.make_folder = true,
		.pem = bytes_str(PEM(ALICE_SPKI)),
		.name = "alice",
		.roles = 1u << TRUST_ROOT,
	};

	unlink(arg);
	return trust_add(&a, e);
}

static bool read_key(void *arg, struct err *e)
{
	owned(pubkey_free) struct pubkey *k = NULL;

	(void)arg;
	return pubkey_read_pem(&k, bytes_str(PEM(BOB_SPKI)), e);
}

static void reading_and_writing_survive_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(parse_and_show, NULL) > 10);
}

static void adding_survives_the_lack_of_memory(void **state)
{
	owned(folder_free) struct folder f = {0};

	(void)state;
	folder_new(&f);
	assert_true(fail_each(add, (void *)(uintptr_t)folder_path(&f, "trust.yml")) > 10);
}

static void reading_a_key_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(read_key, NULL) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_and_writing_survive_the_lack_of_memory),
		cmocka_unit_test(adding_survives_the_lack_of_memory),
		cmocka_unit_test(reading_a_key_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
