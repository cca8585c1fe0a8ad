#include "tests/unit/support_eif_sign.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTE 0x11
#define NONCE_BYTE 0x22

struct curve {
	unsigned bits;
	int nid;
	const char *md;
	const char *protected_hex; /* RFC 9053: ES256 -7, ES384 -35, ES512 -36 */
	const char *pem;
};

static const struct curve curves[] = {
	{256, NID_X9_62_prime256v1, "SHA256", "a10126",
	 "-----BEGIN CERTIFICATE-----\n"
	 "MIIBGTCBwKADAgECAgIBADAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtmb3JnZSBQ\n"
	 "LTI1NjAeFw0yMDAxMDEwMDAwMDBaFw00OTEyMzEyMzU5NTlaMBYxFDASBgNVBAMM\n"
	 "C2ZvcmdlIFAtMjU2MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAhfmF/C2RDko\n"
	 "J4+WmZ5pojpPLBUr321s32bluAKC1O0ZSn3ry5dxLS3aPKhaqHZaVvRfx1hZllLy\n"
	 "iXxlMG5XlDAKBggqhkjOPQQDAgNIADBFAiBUoSLuaawG0LSNzJvJSAFSEKgPcVtk\n"
	 "ifL4Yc67Dx0OjwIhAMfKXYzLcXUzGWRguzlw4fTJhr/ji8TPZWy1fj7iT/Sb\n"
	 "-----END CERTIFICATE-----\n"},
	{384, NID_secp384r1, "SHA384", "a1013822",
	 "-----BEGIN CERTIFICATE-----\n"
	 "MIIBVjCB3aADAgECAgIBgDAKBggqhkjOPQQDAzAWMRQwEgYDVQQDDAtmb3JnZSBQ\n"
	 "LTM4NDAeFw0yMDAxMDEwMDAwMDBaFw00OTEyMzEyMzU5NTlaMBYxFDASBgNVBAMM\n"
	 "C2ZvcmdlIFAtMzg0MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEOG52fqXLcWyc1iD/\n"
	 "c0ISnIkqb8zv5hIUDIC/9Z6UNGgBndoW5QebDB2QAdI6Yktt0IjQw4JjlBlHh0A+\n"
	 "in0H5eIvfpwLjoD6H6/10otLtZeyZ/C4cCPKYfyEVL3e/S4OMAoGCCqGSM49BAMD\n"
	 "A2gAMGUCMQDo7WDQYmxPQlllpxlQvVXoE6+oXkKJ2lUWeFLchnHPBFYkMU0FCrva\n"
	 "6L1SBGx+x2wCMAjku2BAqVoxtwWvG2vCeX5m6hEhny2ibyZPkkZoTgreJHPOv+yz\n"
	 "ZXxBLQPndtSOlQ==\n"
	 "-----END CERTIFICATE-----\n"},
	{521, NID_secp521r1, "SHA512", "a1013823",
	 "-----BEGIN CERTIFICATE-----\n"
	 "MIIBojCCAQOgAwIBAgICAgkwCgYIKoZIzj0EAwQwFjEUMBIGA1UEAwwLZm9yZ2Ug\n"
	 "UC01MjEwHhcNMjAwMTAxMDAwMDAwWhcNNDkxMjMxMjM1OTU5WjAWMRQwEgYDVQQD\n"
	 "DAtmb3JnZSBQLTUyMTCBmzAQBgcqhkjOPQIBBgUrgQQAIwOBhgAEASlP5nvUNcsS\n"
	 "f5qZrQ3fSNJGdR2UjXmmHmqvOvXUNcSJghDwkggJDIVt0HJLQm8XxNEHOWy7RnTS\n"
	 "S9WxGPCpTz3tAK+6yF3l2S57BVSo5XPa7z6OUQW+2lAo+oOLlOqOhAUbUqNvwrXn\n"
	 "NhlazYvHz9L5dB6hIiANnH9gKtJcZgI1/ZNsMAoGCCqGSM49BAMEA4GMADCBiAJC\n"
	 "AaV4E/5twK0XUKihFCBvINZYozDBpgrD9W+6OKPhAAgabTj2tEK3XAXaULiAcWZU\n"
	 "bR3e+cbZ9dUDgWKucGPcOV9OAkIB8W6kBqU+RVWAcmm1QhkHMAU2dKVdJX7Bh1gm\n"
	 "8iqlVPm483+ng8Hz0yqH3a2NfH9u43Tp0Q8QD9Ex+n6YdQela74=\n"
	 "-----END CERTIFICATE-----\n"},
};

/* Of the same key on P-256, in force throughout 2020 alone. */
static const char expired[] = "-----BEGIN CERTIFICATE-----\n"
			      "MIIBGjCBwKADAgECAgIBADAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtmb3JnZSBQ\n"
			      "LTI1NjAeFw0yMDAxMDEwMDAwMDBaFw0yMDEyMzEyMzU5NTlaMBYxFDASBgNVBAMM\n"
			      "C2ZvcmdlIFAtMjU2MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAhfmF/C2RDko\n"
			      "J4+WmZ5pojpPLBUr321s32bluAKC1O0ZSn3ry5dxLS3aPKhaqHZaVvRfx1hZllLy\n"
			      "iXxlMG5XlDAKBggqhkjOPQQDAgNJADBGAiEA2wzyxxBt1FDUtiAs+SmyffHcD1py\n"
			      "MXOhAIY8gIU1QQ8CIQCT1qIt0cFB1HA0/89T3duYxI0ZjpXlSeTuKtWgfA74UA==\n"
			      "-----END CERTIFICATE-----\n";

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_eif_sign: %s\n", what);
	exit(99);
}

static const struct curve *curve_of(unsigned bits)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].bits == bits)
			return &curves[i];
	need(false, "curves are 256, 384 and 521");
	return NULL;
}

const char *forge_certificate(unsigned bits)
{
	return curve_of(bits)->pem;
}

const char *forge_certificate_expired(void)
{
	return expired;
}

struct forged forge_certificate_der(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
	struct forged out = {NULL, 0};
	uint8_t *p;
	int n;

	need(x != NULL, "a certificate that OpenSSL cannot read");
	n = i2d_X509(x, NULL);
	out.n = (size_t)n;
	p = out.p = forge_memory(out.n);
	i2d_X509(x, &p);
	X509_free(x);
	BIO_free(b);
	return out;
}

/* All bytes alike, the topmost zero where a curve's order is no whole number of bytes. */
static BIGNUM *fixed_number(unsigned bits, uint8_t byte)
{
	uint8_t raw[66];
	size_t n = (bits + 7) / 8;

	memset(raw, byte, sizeof(raw));
	if (bits % 8)
		raw[0] = 0;
	return BN_bin2bn(raw, (int)n, NULL);
}

struct forged forge_key_pem(unsigned bits)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(curve_of(bits)->nid);
	size_t n = (bits + 7) / 8;
	uint8_t der[128] = {0}, *p = der;
	BIGNUM *d = fixed_number(bits, KEY_BYTE);
	ASN1_OBJECT *oid = OBJ_nid2obj(curve_of(bits)->nid);
	int oid_n = i2d_ASN1_OBJECT(oid, NULL);
	BIO *b = BIO_new(BIO_s_mem());
	struct forged out;
	char *text;

	/* ECPrivateKey (RFC 5915): version, key, [0] curve; the public key is optional. */
	*p++ = 0x30;
	*p++ = (uint8_t)(3 + 2 + n + 2 + (size_t)oid_n);
	memcpy(p, "\x02\x01\x01\x04", 4);
	p += 4;
	*p++ = (uint8_t)n;
	BN_bn2binpad(d, p, (int)n);
	p += n;
	*p++ = 0xa0;
	*p++ = (uint8_t)oid_n;
	i2d_ASN1_OBJECT(oid, &p);
	PEM_write_bio(b, "EC PRIVATE KEY", "", der, p - der);
	out.n = (size_t)BIO_get_mem_data(b, &text);
	out.p = forge_memory(out.n + 1);
	memcpy(out.p, text, out.n);
	BIO_free(b);
	BN_free(d);
	EC_GROUP_free(g);
	return out;
}

/* s = (z + r d) / k, with r the x coordinate of k G (FIPS 186-4, 6.4); k is fixed, see above. */
static void ecdsa(unsigned bits, const BIGNUM *z, BIGNUM *r, BIGNUM *s)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(curve_of(bits)->nid);
	const BIGNUM *n = EC_GROUP_get0_order(g);
	EC_POINT *point = EC_POINT_new(g);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *k = fixed_number(bits, NONCE_BYTE), *d = fixed_number(bits, KEY_BYTE);

	need(EC_POINT_mul(g, point, k, NULL, NULL, ctx) == 1 &&
		     EC_POINT_get_affine_coordinates(g, point, r, NULL, ctx) == 1 &&
		     BN_nnmod(r, r, n, ctx) == 1 && BN_mod_mul(s, r, d, n, ctx) == 1 &&
		     BN_mod_add(s, s, z, n, ctx) == 1 && BN_mod_inverse(k, k, n, ctx) != NULL &&
		     BN_mod_mul(s, s, k, n, ctx) == 1,
	     "ECDSA");
	BN_free(k);
	BN_free(d);
	BN_CTX_free(ctx);
	EC_POINT_free(point);
	EC_GROUP_free(g);
}

struct forged forge_ecdsa(unsigned bits, const uint8_t *p, size_t n)
{
	BIGNUM *r = BN_new(), *s = BN_new(), *z;
	size_t half = (bits + 7) / 8;
	struct forged out = {forge_memory(2 * half), 2 * half};
	uint8_t digest[64];
	unsigned len;

	need(EVP_Digest(p, n, digest, &len, EVP_get_digestbyname(curve_of(bits)->md), NULL) == 1,
	     "digest");
	z = BN_bin2bn(digest, (int)len, NULL);
	ecdsa(bits, z, r, s);
	BN_bn2binpad(r, out.p, (int)half);
	BN_bn2binpad(s, out.p + half, (int)half);
	BN_free(r);
	BN_free(s);
	BN_free(z);
	return out;
}

/* The bytes in the making; `twist` is applied to each stage as soon as it is complete. */
struct making {
	const struct forge_signing *s;
	const struct forge_twist *twist;
	struct forged stage[FORGE_STAGES];
};

static void put(struct forged *to, const void *p, size_t n)
{
	to->p = realloc(to->p, to->n + n + 1);
	need(to->p != NULL, "memory");
	if (n)
		memcpy(to->p + to->n, p, n);
	to->n += n;
}

static void put_byte(struct forged *to, unsigned byte)
{
	uint8_t b = (uint8_t)byte;

	put(to, &b, 1);
}

/* A CBOR head, shortest (RFC 8949, 3). */
static void put_head(struct forged *to, unsigned major, uint64_t value)
{
	uint8_t raw[8];
	unsigned log2_width = value < 0x100 ? 0 : value < 0x10000 ? 1 : value >> 32 ? 3 : 2;

	put_byte(to, major << 5 | (value < 24 ? (unsigned)value : 24 + log2_width));
	forge_put(raw, 1u << log2_width, value);
	put(to, raw, value < 24 ? 0 : (size_t)1 << log2_width);
}

static void put_text(struct forged *to, const char *s)
{
	put_head(to, 3, strlen(s));
	put(to, s, strlen(s));
}

static void put_ints(struct forged *to, const uint8_t *p, size_t n)
{
	put_head(to, 4, n);
	for (size_t i = 0; i < n; i++)
		put_head(to, 0, p[i]);
}

static void put_wrapped(struct forged *to, const struct forged *x)
{
	put_head(to, 2, x->n);
	put(to, x->p, x->n);
}

static size_t unhex(const char *hex, uint8_t out[64])
{
	size_t n = strlen(hex) / 2;

	need(n <= 64, "hex too long");
	for (size_t i = 0; i < n; i++) {
		unsigned byte = 0;

		need(sscanf(hex + 2 * i, "%2x", &byte) == 1, "hex");
		out[i] = (uint8_t)byte;
	}
	return n;
}

static void splice(struct forged *x, const struct forge_splice *s)
{
	size_t at = s->at < 0 ? x->n + 1 - (size_t)-s->at : (size_t)s->at;
	size_t drop = s->drop == FORGE_ALL ? x->n - at : s->drop;
	struct forged new = {NULL, 0};
	uint8_t raw[64];
	size_t n = unhex(s->hex, raw);

	need(at <= x->n && drop <= x->n - at, "splice outside the stage");
	put(&new, x->p, at);
	put(&new, raw, n);
	put(&new, x->p + at + drop, x->n - at - drop);
	free(x->p);
	*x = new;
}

static void finish(struct making *m, enum forge_stage stage)
{
	const struct forge_splice *s = m->twist ? m->twist->splice : NULL;

	for (size_t i = 0; s && i < 3 && s[i].hex; i++)
		if (s[i].stage == stage)
			splice(&m->stage[stage], &s[i]);
}

static void make_payload(struct making *m)
{
	struct forged *x = &m->stage[FORGE_PAYLOAD];

	put_head(x, 5, 2);
	put_text(x, "register_index");
	put_head(x, 0, 0);
	put_text(x, "register_value");
	put_ints(x, m->s->pcr0, 48);
	finish(m, FORGE_PAYLOAD);
}

static void make_rs(struct making *m)
{
	struct forged tbs = {NULL, 0};

	put_head(&tbs, 4, 4);
	put_text(&tbs, "Signature1");
	put_wrapped(&tbs, &m->stage[FORGE_PROTECTED]);
	put_head(&tbs, 2, 0);
	put_wrapped(&tbs, &m->stage[FORGE_PAYLOAD]);
	m->stage[FORGE_RS] = forge_ecdsa(m->s->bits, tbs.p, tbs.n);
	free(tbs.p);
	finish(m, FORGE_RS);
}

static void make_cose(struct making *m)
{
	static const enum forge_stage parts[] = {FORGE_W_PROTECTED, FORGE_UNPROTECTED,
						 FORGE_W_PAYLOAD, FORGE_W_RS};
	struct forged *x = &m->stage[FORGE_COSE];

	put_wrapped(&m->stage[FORGE_W_PROTECTED], &m->stage[FORGE_PROTECTED]);
	put_head(&m->stage[FORGE_UNPROTECTED], 5, 0);
	put_wrapped(&m->stage[FORGE_W_PAYLOAD], &m->stage[FORGE_PAYLOAD]);
	put_wrapped(&m->stage[FORGE_W_RS], &m->stage[FORGE_RS]);
	put_head(x, 4, 4);
	for (size_t i = 0; i < 4; i++) {
		finish(m, parts[i]);
		put(x, m->stage[parts[i]].p, m->stage[parts[i]].n);
	}
	finish(m, FORGE_COSE);
}

static void make_entry(struct making *m)
{
	struct forged *cert = &m->stage[FORGE_CERT_PAIR], *cose = &m->stage[FORGE_COSE_PAIR];
	struct forged *x = &m->stage[FORGE_ENTRY];
	bool swapped = m->twist && m->twist->swap_pairs;
	const char *pem = forge_certificate(m->s->bits);

	put_text(cert, "signing_certificate");
	if (m->s->pem)
		put_ints(cert, m->s->pem, m->s->pem_n);
	else
		put_ints(cert, (const uint8_t *)pem, strlen(pem));
	finish(m, FORGE_CERT_PAIR);
	put_text(cose, "signature");
	put_ints(cose, m->stage[FORGE_COSE].p, m->stage[FORGE_COSE].n);
	finish(m, FORGE_COSE_PAIR);
	put_head(x, 5, 2);
	put(x, swapped ? cose->p : cert->p, swapped ? cose->n : cert->n);
	put(x, swapped ? cert->p : cose->p, swapped ? cert->n : cose->n);
	finish(m, FORGE_ENTRY);
}

static const struct forge_twist *twist_of(const char *name)
{
	const struct forge_twist *t = forge_twists;

	if (!name)
		return NULL;
	while (t->name && strcmp(t->name, name) != 0)
		t++;
	need(t->name != NULL, name);
	return t;
}

struct forged forge_signature(const struct forge_signing *s)
{
	struct making m = {.s = s, .twist = twist_of(s->twist)};
	struct forged *x = &m.stage[FORGE_SECTION];
	unsigned copies = m.twist && m.twist->twice ? 2 : 1;
	uint8_t raw[64];

	make_payload(&m);
	put(&m.stage[FORGE_PROTECTED], raw, unhex(curve_of(s->bits)->protected_hex, raw));
	finish(&m, FORGE_PROTECTED);
	make_rs(&m);
	make_cose(&m);
	make_entry(&m);
	put_head(x, 4, copies);
	while (copies--)
		put(x, m.stage[FORGE_ENTRY].p, m.stage[FORGE_ENTRY].n);
	finish(&m, FORGE_SECTION);
	for (unsigned i = 0; i < FORGE_SECTION; i++)
		free(m.stage[i].p);
	return *x;
}

uint8_t *forge_sign(struct forge *f, unsigned bits, const char *twist)
{
	struct forge_signing s = {.bits = bits, .twist = twist};
	struct forged section;
	uint8_t pcr[3][48];

	forge_registers(f, pcr);
	memcpy(s.pcr0, pcr[0], sizeof(s.pcr0));
	section = forge_signature(&s);
	forge_append(f, FORGE_SIGNATURE, section.p, section.n);
	return section.p;
}
