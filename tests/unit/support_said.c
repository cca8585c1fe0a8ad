#include "tests/unit/support_said.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/base64.h"
#include "reference-db/corim.h"
#include "reference-db/signing.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_manifest.h"
#include "tests/unit/support_signature.h"
#include "tests/unit/support_trust.h"

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_said: %s\n", what);
	exit(99);
}

struct digest said_digest(uint8_t x)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = 32};

	memset(d.v, x, 32);
	return d;
}

static void header(struct buf *out, const struct pubkey *key, const struct said_terms *t)
{
	struct signed_header h = {
		.alg = pubkey_alg(key),
		.content_type = bytes_str(t->content_type),
		.kid = digest_bytes(pubkey_id(key)),
		.signer = bytes_str("a"),
		.has_not_before = t->not_before != 0,
		.has_expires = t->expires != 0,
		.not_before = t->not_before,
		.expires = t->expires,
		.has_issued = t->issued != 0,
		.issued = t->issued,
		.has_upon = t->has_upon,
		.upon = t->upon,
		.n_chain = t->cert != NULL,
	};
	unsigned char *der = NULL;
	int n = t->cert ? i2d_X509(t->cert, &der) : 0;
	struct err e = {0};

	h.chain[0] = bytes_of(der, n < 0 ? 0 : (size_t)n);

	need(signed_header_write(out, &h, &e), e.text);
	OPENSSL_free(der);
}

struct buf said_sign(EVP_PKEY *key, const struct said_terms *t, struct bytes payload)
{
	struct pubkey *own = signature_pubkey(key);
	struct buf head = BUF(4096), tbs = BUF(SIGNED_MAX), raw = BUF(256), out = BUF(SIGNED_MAX);
	int bits = EVP_PKEY_get_bits(key);
	const char *md = EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL
			 : bits == 256				  ? "SHA256"
			 : bits == 384				  ? "SHA384"
								  : "SHA512";
	struct cose_message m = {.tagged = true, .payload = payload, .detached = t->detached};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t rs[256];
	size_t n = sizeof(rs);
	struct err e = {0};

	header(&head, own, t);
	m.protected_header = buf_bytes(&head);
	cose_message_tbs(&tbs, m.protected_header, payload);
	need(EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL) == 1 &&
		     EVP_DigestSign(ctx, rs, &n, tbs.p, tbs.n) == 1,
	     "a signature");
	if (md)
		need(key_signature_raw(bytes_of(rs, n), pubkey_alg(own), &raw, &e), e.text);
	else
		buf_put(&raw, bytes_of(rs, n));
	raw.p[raw.n - 1] ^= t->broken;
	m.signature = buf_bytes(&raw);
	cose_message_write(&out, &m);
	need(buf_done(&out, "a statement", &e), e.text);
	EVP_MD_CTX_free(ctx);
	pubkey_free(&own);
	buf_free(&head);
	buf_free(&tbs);
	buf_free(&raw);
	return out;
}

/* ---- samples */

struct withdraw said_withdraw(const char *id, uint8_t payload)
{
	return (struct withdraw){
		.id = bytes_str(id),
		.payload = said_digest(payload),
		.reason = bytes_str("a key leaked"),
	};
}

struct release said_release(const char *product, const char *channel, const char *latest)
{
	return (struct release){
		.product = bytes_str(product),
		.channel = bytes_str(channel),
		.latest = bytes_str(latest),
	};
}

static void add_key(struct trust *t, const char *name, const char *spki, unsigned roles)
{
	struct trust_key *k = &t->key[t->n++];
	struct buf der = BUF(256);
	struct err e = {0};
	size_t bad;

	snprintf(k->name, sizeof(k->name), "%s", name);
	need(base64_read(bytes_str(spki), &der, &bad) &&
		     pubkey_read_spki(&k->key, buf_bytes(&der), &e),
	     "a key");
	k->roles = roles;
	buf_free(&der);
}

struct keys said_keys(uint64_t serial)
{
	struct keys k = {
		.serial = serial,
		.before = said_digest(serial > 1 ? 9 : 0),
		.refresh_days = 90,
	};
	struct err e = {0};

	need(trust_new(&k.trust, &e), e.text);
	add_key(k.trust, "alice", ALICE_SPKI, 1u << TRUST_ROOT);
	add_key(k.trust, "bob", BOB_SPKI, 1u << TRUST_ROOT | 1u << TRUST_PUBLISHER);
	k.trust->rule[TRUST_ROOT].threshold = 2;
	k.trust->rule[TRUST_PUBLISHER].threshold = 1;
	return k;
}

struct buf said_manifest(const char *product, const char *version, uint8_t registers)
{
	struct buf out = BUF(CORIM_MAX);
	struct manifest m = {0};
	uint8_t bytes[8][48];
	char id[STATEMENT_ID + 1];
	struct err e = {0};

	need(sample_manifest(&m, &e), e.text);
	snprintf(id, sizeof(id), "%s/%s", product, version);
	m.id = id;
	m.product = m.row[0].model = product;
	m.version = version;
	for (size_t i = 0; i < m.n_values; i++) {
		memset(bytes[i], registers, sizeof(bytes[i]));
		bytes[i][0] = (uint8_t)(0x10 + i);
		m.value[i].bytes = bytes_of(bytes[i], sizeof(bytes[i]));
	}
	need(corim_write(&m, &out, &e), e.text);
	manifest_free(&m);
	return out;
}

static void put_payload(struct buf *out, enum statement_kind kind)
{
	const struct rebuilt rebuilt = {
		.id = bytes_str("a/b/1"),
		.payload = said_digest(1),
		.inputs = said_digest(2),
		.tool = bytes_str("0.1"),
		.program = said_digest(3),
	};
	const struct withdraw withdraw = said_withdraw("a/b/1", 1);
	const struct release release = said_release("a/b", "stable", "1");
	struct buf manifest = said_manifest("a/b", "1", 0x33);
	struct keys keys = said_keys(1);
	struct err e = {0};

	if (kind == STATEMENT_REBUILT)
		need(rebuilt_write(&rebuilt, out, &e), e.text);
	else if (kind == STATEMENT_WITHDRAW)
		need(withdraw_write(&withdraw, out, &e), e.text);
	else if (kind == STATEMENT_RELEASE)
		need(release_write(&release, out, &e), e.text);
	else if (kind == STATEMENT_KEYS)
		need(keys_write(&keys, out, &e), e.text);
	else
		buf_put(out, buf_bytes(&manifest));
	keys_free(&keys);
	buf_free(&manifest);
}

struct buf said_file(EVP_PKEY *key, enum statement_kind as, enum statement_kind payload)
{
	const struct said_terms t = {
		.content_type = statement_rows[as].content_type,
		.issued = 1790000000,
		.has_upon = true,
		.upon = {7, said_digest(5)},
	};
	struct buf bytes = BUF(CORIM_MAX), out;

	put_payload(&bytes, payload);
	out = said_sign(key, &t, buf_bytes(&bytes));
	buf_free(&bytes);
	return out;
}
