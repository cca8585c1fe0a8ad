#include "tests/unit/support_trust.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "tests/unit/support_check.h"

/* Ed25519 with a y of two bytes, which is no point of small order; some are on no curve at all. */
static void numbered(unsigned i, uint8_t spki[44])
{
	static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

	memset(spki, 0, 44);
	memcpy(spki, head, sizeof(head));
	spki[12] = (uint8_t)i;
	spki[13] = (uint8_t)(1 + i / 256);
}

void trust_numbered_pem(unsigned i, char pem[TRUST_PEM_ROOM])
{
	owned(buf_free) struct buf base64 = BUF(128);
	uint8_t spki[44];

	numbered(i, spki);
	base64_put(&base64, bytes_of(spki, sizeof(spki)));
	snprintf(pem, TRUST_PEM_ROOM, PEM("%s"), buf_cstr(&base64));
}

char *trust_many_keys(unsigned n)
{
	char *text = calloc(1, 512 * (size_t)n + 512), *p = text;

	assert_non_null(text);
	p = stpcpy(p, "version: 1\nroles:\n  root:\n    threshold: 1\nkeys:\n");
	for (unsigned i = 0; i < n; i++) {
		owned(buf_free) struct buf base64 = BUF(128), id = BUF(128);
		struct digest d;
		struct err e = {0};
		uint8_t spki[44];

		numbered(i, spki);
		assert_true(hash_of(DIGEST_SHA256, bytes_of(spki, sizeof(spki)), &d, &e));
		base64_put(&base64, bytes_of(spki, sizeof(spki)));
		hex_put(&id, digest_bytes(&d));
		p += sprintf(p, KEY("k%u", "%s", "%s", "root"), i, buf_cstr(&id),
			     buf_cstr(&base64));
	}
	return text;
}
