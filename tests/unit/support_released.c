#include "tests/unit/support_released.h"

#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "reference-db/released.h"
#include "tests/unit/support_check.h"

#define AS_OF 1800000000 /* inside the validity of what notation_sign() signs */
#define ROOM (1u << 20)

struct trust *trust_in(const char *const *keys)
{
	owned(buf_free) struct buf text = BUF(ROOM);
	struct trust *t = NULL;
	struct err e = {0};
	unsigned n = 0;

	buf_str(&text, "version: 1\nkeys:\n");
	for (; *keys; keys++, n++) {
		struct forged pem = notation_public_key(*keys);
		struct pubkey *key = NULL;

		assert_true(pubkey_read_pem(&key, bytes_of(pem.p, pem.n), &e));
		buf_fmt(&text, "  - name: %s\n    id: \"", *keys);
		hex_put(&text, digest_bytes(pubkey_id(key)));
		buf_str(&text, "\"\n    spki: \"");
		base64_put(&text, pubkey_spki(key));
		buf_str(&text, "\"\n    roles: [publisher]\n");
		pubkey_free(&key);
		free(pem.p);
	}
	buf_fmt(&text, "roles:\n  publisher:\n    threshold: %u\n", n);
	if (!trust_parse(&t, buf_bytes(&text), &e))
		fail_msg("%s", e.text);
	return t;
}

bool released_yes(struct trust *t, const uint8_t *p, size_t n, struct err *e)
{
	struct released r = {.trust = t, .when = {CLOCK_AT, AS_OF}};
	struct buf file = BUF(ROOM);
	struct verdict v = {0};
	bool yes;

	buf_put(&file, bytes_of(p, n));
	assert_true(buf_done(&file, "the file", e));
	yes = published_add_bytes(&r.published, &file, e) && released_read(&r, "it", e) &&
	      released_judge(&r, &v, e) && verdict_decide(&v, e);
	r.trust = NULL;
	released_free(&r);
	buf_free(&file);
	return yes;
}

struct forged released_signed(const char *key)
{
	struct notation s = notation_new("statement");
	struct forged x;

	if (strcmp(key, "ed25519") == 0)
		notation_replace(&s, "$ALG", "-8");
	notation_sign(&s, key);
	x = notation_bytes(&s);
	notation_free(&s);
	return x;
}

struct forged released_bundle(const char *key, const char *other)
{
	const char *const keys[] = {key, other};
	struct published p = {0};
	struct buf out = BUF(ROOM);
	struct forged x = {NULL, 0};
	struct err e = {0};

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct buf file = BUF(ROOM);
		struct forged one = released_signed(keys[i]);

		buf_put(&file, bytes_of(one.p, one.n));
		assert_true(published_add_bytes(&p, &file, &e));
		free(one.p);
	}
	assert_true(published_bundle(&p, &out, &e));
	x = (struct forged){forge_memory(out.n), out.n};
	memcpy(x.p, out.p, out.n);
	published_free(&p);
	buf_free(&out);
	return x;
}
