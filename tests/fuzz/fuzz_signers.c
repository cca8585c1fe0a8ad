/*
 * Any bytes as a file of allowed signers: read or refused, and a key that is in no file is never
 * found.
 */
#include <stdlib.h>

#include "measure/core/signers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char nobody[] = "\0\0\0\013ssh-ed25519\0\0\0 nobody has this key, none at all";
	const struct signers_claim claim = {bytes_of(nobody, sizeof(nobody) - 1), "git",
					    1700000000};
	struct err e = {0};
	struct signers *s = signers_read(bytes_of(data, size), &e);
	const char *who = NULL;

	must_be(s || err_is(&e));
	if (s) {
		must_be(!signers_find(s, &claim, &who, &e) && !who);
		must_be(e.reason == REASON_SIGNATURE);
	}
	signers_free(&s);
	return 0;
}
