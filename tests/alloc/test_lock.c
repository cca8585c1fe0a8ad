#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/rebuild/crates.h"
#include "measure/rebuild/lock_diff.h"
#include "measure/rebuild/locking.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_lock.h"

static bool write_and_read(void *arg, struct err *e)
{
	owned(buf_free) struct buf out = BUF(1 << 16);
	owned(lock_free) struct lock l = {0};
	owned(buf_free) struct buf differ = BUF(1024);
	struct lock_changes changes = {0};
	struct lock_sample s;
	bool ok;

	(void)arg;
	lock_sample(&s);
	if (!lock_write(&s.lock, &out, e) || !lock_read(&l, buf_bytes(&out), e))
		return false;
	ok = lock_compare(&s.lock, &l, &changes, e);
	lock_changes_free(&changes);
	return ok && lock_diff(&s.lock, &l, &differ, e);
}

static bool read_crates(void *arg, struct err *e)
{
	static const char text[] =
		"[[package]]\nname = \"a\"\nversion = \"1\"\n"
		"source = \"sparse+https://index.crates.io/\"\n"
		"checksum = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\n";
	owned(crates_free) struct crates c = {0};

	(void)arg;
	return crates_read(&c, bytes_str(text), e);
}

static void locks_give_back_what_they_took(void **state)
{
	(void)state;
	assert_true(fail_each(write_and_read, NULL) > 5);
	assert_true(fail_each(read_crates, NULL) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(locks_give_back_what_they_took)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
