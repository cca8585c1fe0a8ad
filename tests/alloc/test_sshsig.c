#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/base/base64.h"
#include "measure/base/file.h"
#include "measure/core/sshsig.h"
#include "tests/alloc/fail.h"

#define LINE 51u

/* A signature over "a message", as ssh-keygen made it. */
static bool verify(void *arg, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(4096), armored = BUF(8192);
	owned(sshsig_free) struct sshsig s = {0};

	if (!file_slurp(arg, 4096, &raw, e))
		return false;
	buf_str(&armored, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t at = 0; at < raw.n; at += LINE) {
		base64_put(&armored, bytes_of(raw.p + at, raw.n - at < LINE ? raw.n - at : LINE));
		buf_str(&armored, "\n");
	}
	buf_str(&armored, "-----END SSH SIGNATURE-----\n");
	return buf_done(&armored, "armor", e) && sshsig_read(&s, buf_bytes(&armored), e) &&
	       sshsig_verify(&s, bytes_str("a message"), "git", e);
}

static void memory_may_run_out_at_any_place(void **state)
{
	static char ed25519[] = "tests/fuzz/corpus/sshsig/ed25519";
	static char p256[] = "tests/fuzz/corpus/sshsig/p256";
	static char rsa[] = "tests/fuzz/corpus/sshsig/rsa";

	(void)state;
	assert_true(fail_each(verify, ed25519) >= 3);
	assert_true(fail_each(verify, p256) >= 3);
	assert_true(fail_each(verify, rsa) >= 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
