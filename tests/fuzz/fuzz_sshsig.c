/*
 * Any bytes as what an armored SSH signature encodes: read or refused, never a yes for a message
 * that nobody signed, and a fingerprint of a line without blanks.
 */
#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/core/sshsig.h"

#define LINE 51u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_read(const struct sshsig *s)
{
	struct buf print = BUF(256);
	struct err e = {0};

	must_be(!sshsig_verify(s, bytes_str("nobody signed this"), "git", &e));
	must_be(err_is(&e));
	e = (struct err){0};
	must_be(sshsig_fingerprint(s->key, &print, &e));
	must_be(print.n == 50 && !memchr(print.p, ' ', print.n));
	buf_free(&print);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf armored = BUF(1u << 20);
	struct sshsig s = {0};
	struct err e = {0};

	buf_str(&armored, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t at = 0; at < size && at < 1u << 15; at += LINE) {
		base64_put(&armored, bytes_of(data + at, size - at < LINE ? size - at : LINE));
		buf_str(&armored, "\n");
	}
	buf_str(&armored, "-----END SSH SIGNATURE-----\n");
	if (sshsig_read(&s, buf_bytes(&armored), &e))
		check_read(&s);
	else
		must_be(err_is(&e));
	sshsig_free(&s);
	buf_free(&armored);
	return 0;
}
