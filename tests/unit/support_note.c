#include "tests/unit/support_note.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "measure/base/base64.h"
#include "measure/base/hex.h"

static void must_be(bool so)
{
	if (!so)
		abort();
}

static EVP_PKEY *key_of(const struct note_signer *s)
{
	uint8_t seed[32];
	EVP_PKEY *key;

	memset(seed, s->seed, sizeof(seed));
	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	must_be(key != NULL);
	return key;
}

void note_signer_key(const struct note_signer *s, uint8_t key[32])
{
	EVP_PKEY *k = key_of(s);
	size_t n = 32;

	must_be(EVP_PKEY_get_raw_public_key(k, key, &n) == 1 && n == 32);
	EVP_PKEY_free(k);
}

/* SHA-256(name || "\n" || type || key)[:4] */
static void id_of(const struct note_signer *s, uint8_t id[4])
{
	struct buf all = BUF(4096);
	uint8_t key[32], digest[32];

	note_signer_key(s, key);
	buf_str(&all, s->name);
	buf_str(&all, "\n");
	buf_u8(&all, s->type);
	buf_put(&all, bytes_of(key, sizeof(key)));
	must_be(all.failed == REASON_NONE &&
		EVP_Digest(all.p, all.n, digest, NULL, EVP_sha256(), NULL) == 1);
	memcpy(id, digest, 4);
	buf_free(&all);
}

void note_signer_vkey(const struct note_signer *s, struct buf *out)
{
	uint8_t typed[33] = {s->type}, id[4];

	note_signer_key(s, typed + 1);
	id_of(s, id);
	buf_str(out, s->name);
	buf_str(out, "+");
	hex_put(out, bytes_of(id, 4));
	buf_str(out, "+");
	base64_put(out, bytes_of(typed, sizeof(typed)));
}

void note_signer_raw(const struct note_signer *s, struct bytes message, uint8_t signature[64])
{
	EVP_PKEY *key = key_of(s);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = 64;

	must_be(c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestSign(c, signature, &n, message.p, message.n) == 1 && n == 64);
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
}

void note_signer_sign(const struct note_signer *s, struct bytes text, uint64_t time,
		      struct buf *out)
{
	struct buf message = BUF(1u << 20);
	uint8_t signature[64];

	if (s->type == 0x04) {
		buf_fmt(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
		buf_be64(out, time);
	}
	buf_put(&message, text);
	must_be(message.failed == REASON_NONE);
	note_signer_raw(s, buf_bytes(&message), signature);
	buf_put(out, bytes_of(signature, sizeof(signature)));
	buf_free(&message);
}

void note_signer_line(const struct note_signer *s, struct bytes text, uint64_t time,
		      struct buf *out)
{
	struct buf all = BUF(4096);
	uint8_t id[4];

	id_of(s, id);
	buf_put(&all, bytes_of(id, 4));
	note_signer_sign(s, text, time, &all);
	must_be(all.failed == REASON_NONE);
	buf_fmt(out, "\xe2\x80\x94 %s ", s->name);
	base64_put(out, buf_bytes(&all));
	buf_str(out, "\n");
	buf_free(&all);
}
