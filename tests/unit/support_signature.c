#include "tests/unit/support_signature.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "tests/unit/support_cert.h"

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_signature: %s\n", what);
	exit(99);
}

struct pubkey *signature_pubkey(EVP_PKEY *key)
{
	uint8_t *spki = NULL;
	int n = i2d_PUBKEY(key, &spki);
	struct pubkey *k = NULL;
	struct err e = {0};

	need(n > 0 && pubkey_read_spki(&k, bytes_of(spki, (size_t)n), &e), e.text);
	OPENSSL_free(spki);
	return k;
}

static void sign(EVP_PKEY *key, enum cose_alg alg, struct bytes tbs, struct buf *rs)
{
	const char *md = alg == COSE_ES256   ? "SHA256"
			 : alg == COSE_ES384 ? "SHA384"
			 : alg == COSE_ES512 ? "SHA512"
					     : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[256];
	size_t n = sizeof(der);
	struct err e = {0};

	need(ctx && EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL) == 1 &&
		     EVP_DigestSign(ctx, der, &n, tbs.p, tbs.n) == 1,
	     "a signature");
	need(key_signature_raw(bytes_of(der, n), alg, rs, &e), e.text);
	EVP_MD_CTX_free(ctx);
}

struct buf signature_make(const struct signature_spec *s)
{
	struct pubkey *own = signature_pubkey(s->key);
	struct buf head = BUF(1u << 20), tbs = BUF(1u << 20), rs = BUF(256), out = BUF(1u << 20);
	struct bytes chain[SIGNED_CHAIN];
	struct signed_header h = {
		.alg = s->alg ? s->alg : pubkey_alg(own),
		.content_type = bytes_str(CONTENT_MANIFEST),
		.kid = digest_bytes(pubkey_id(s->kid ? s->kid : own)),
		.signer = bytes_str("a"),
		.has_not_before = s->not_before != 0,
		.has_expires = s->expires != 0,
		.not_before = s->not_before,
		.expires = s->expires,
		.n_chain = s->n_chain,
	};
	struct cose_message m = {.tagged = true, .payload = bytes_str("p")};
	struct err e = {0};

	for (size_t i = 0; i < s->n_chain; i++)
		h.chain[i] = chain[i] = cert_der(s->chain[i]);
	if (s->no_kid)
		h.kid = bytes_of(NULL, 0);
	need(signed_header_write(&head, &h, &e), e.text);
	m.protected_header = buf_bytes(&head);
	cose_message_tbs(&tbs, m.protected_header, m.payload);
	sign(s->key, pubkey_alg(own), buf_bytes(&tbs), &rs);
	rs.p[rs.n - 1] ^= s->broken;
	m.signature = buf_bytes(&rs);
	cose_message_write(&out, &m);
	need(buf_done(&out, "a statement", &e), e.text);
	for (size_t i = 0; i < s->n_chain; i++)
		cert_bytes_free(&chain[i]);
	buf_free(&head);
	buf_free(&tbs);
	buf_free(&rs);
	pubkey_free(&own);
	return out;
}

void signature_trust(struct buf *out, const char *name, EVP_PKEY *key, const char *more)
{
	struct pubkey *k = signature_pubkey(key);

	buf_fmt(out, "  - name: %s\n    id: \"", name);
	hex_put(out, digest_bytes(pubkey_id(k)));
	buf_str(out, "\"\n    spki: \"");
	base64_put(out, pubkey_spki(k));
	buf_fmt(out, "\"\n    roles: [publisher]\n%s", more);
	pubkey_free(&k);
}

void signature_trust_ca(struct buf *out, X509 *ca)
{
	char *pem = cert_pem(ca);

	buf_str(out, "      - |\n");
	for (char *line = pem, *end; (end = strchr(line, '\n')); line = end + 1)
		buf_fmt(out, "        %.*s\n", (int)(end - line), line);
	cert_text_free(&pem);
}
