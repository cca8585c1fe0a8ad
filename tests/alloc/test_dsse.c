#include "reference-db/dsse.h"

#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_key.h"

static const char envelope[] = "{\"payload\":\"aGVsbG8gd29ybGQ=\",\"payloadType\":\"t\","
			       "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"AAAA\"}]}\n";

struct world {
	struct pubkey *key;
	struct buf raw;
};

static struct dsse statement(void)
{
	return (struct dsse){.type = bytes_str("t"), .payload = bytes_str("body")};
}

static int setup(void **state)
{
	static struct world w;
	owned(key_free) struct key *secret = NULL;
	owned(buf_free) struct buf tbs = BUF(64);
	struct dsse d = statement();
	struct err e = {0};

	w = (struct world){.raw = BUF(256)};
	statement_key("P-256", &secret, &w.key);
	dsse_pae(&tbs, d.type, d.payload);
	assert_true(key_sign(secret, buf_bytes(&tbs), &w.raw, &e));
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pubkey_free(&w->key);
	buf_free(&w->raw);
	return 0;
}

static bool read_and_write(void *arg, struct err *e)
{
	owned(dsse_free) struct dsse d = {0};
	owned(buf_free) struct buf out = BUF(DSSE_MAX);

	(void)arg;
	if (!dsse_read(&d, bytes_str(envelope), 0, e))
		return false;
	dsse_write(&d, &out);
	return buf_done(&out, "the envelope", e);
}

static bool attach(void *arg, struct err *e)
{
	struct world *w = arg;
	owned(dsse_free) struct dsse d = statement();

	return dsse_attach(&d, w->key, buf_bytes(&w->raw), e);
}

static void reading_and_writing_survive_the_lack_of_memory(void **state)
{
	assert_true(fail_each(read_and_write, *state) >= 4);
}

static void attaching_survives_the_lack_of_memory(void **state)
{
	assert_true(fail_each(attach, *state) >= 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading_and_writing_survive_the_lack_of_memory,
						setup, teardown),
		cmocka_unit_test_setup_teardown(attaching_survives_the_lack_of_memory, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
