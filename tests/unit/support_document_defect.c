#include <openssl/bn.h>
#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_cert.h"
#include "tests/unit/support_document.h"
#include "tests/unit/support_hex.h"

typedef const struct document_defect row;

/* ---- the order */

static void zero_pcrs(struct document_work *w, row *d)
{
	for (int64_t i = 0; i < d->number; i++)
		memset(w->order.pcr[i], 0, EIF_DOCUMENT_PCR);
}

static void absent_pcrs(struct document_work *w, row *d)
{
	w->order.pcrs &= (uint32_t)d->number;
}

static void other_pcr(struct document_work *w, row *d)
{
	memset(w->order.pcr[d->which], 0xee, EIF_DOCUMENT_PCR);
}

/* ---- the certificates */

static void another_key(struct document_work *w, row *d)
{
	EVP_PKEY_free(w->plan[d->which].key);
	w->plan[d->which].key = cert_key(d->text);
}

static void constraints(struct document_work *w, row *d)
{
	w->plan[d->which].constraints = d->text;
}

static void usage(struct document_work *w, row *d)
{
	w->plan[d->which].usage = d->text;
}

static void critical(struct document_work *w, row *d)
{
	w->plan[d->which].critical = d->text;
}

static void signed_with(struct document_work *w, row *d)
{
	w->plan[d->which].digest = d->text;
}

static void issuer_name(struct document_work *w, row *d)
{
	snprintf(w->plan[d->which].issuer, sizeof(w->plan[d->which].issuer), "%s", d->text);
}

static void subject_name(struct document_work *w, row *d)
{
	snprintf(w->plan[d->which].subject, sizeof(w->plan[d->which].subject), "%s", d->text);
	if (d->which < LEAF)
		snprintf(w->plan[d->which + 1].issuer, sizeof(w->plan[d->which].issuer), "%s",
			 d->text);
}

static void tail(struct document_work *w, row *d)
{
	w->plan[d->which].tail = d->text;
}

static void self_signed(struct document_work *w, row *d)
{
	w->plan[d->which].self = true;
}

static void over(struct document_work *w, row *d)
{
	w->plan[d->which].to = w->order.time - d->number;
}

static void to_come(struct document_work *w, row *d)
{
	w->plan[d->which].from = w->order.time + d->number;
}

/* ---- the bundle */

/* The same names, other keys; the first `number` certificates of the bundle stay as they are. */
static void attacker(struct document_work *w, row *d)
{
	struct bytes genuine[LEVELS];

	memcpy(genuine, w->der, sizeof(genuine));
	memset(w->der, 0, sizeof(w->der));
	for (size_t i = 0; i < LEVELS; i++) {
		EVP_PKEY_free(w->plan[i].key);
		w->plan[i].key = cert_key("P-384");
	}
	document_certify(w);
	for (size_t i = 0; i < LEAF; i++)
		w->bundle[i] = (int64_t)i < d->number ? genuine[i] : w->der[i];
	w->certificate = w->der[LEAF];
	w->signer = w->plan[LEAF].key;
	if (d->number == 0) {
		/* The attacker's root in the document, the other one as the root to trust. */
		w->bundle[w->n_bundle] = w->der[ROOT];
		w->bundle[0] = w->bundle[w->n_bundle];
	}
	w->spare = w->der[ROOT];
	w->der[ROOT] = genuine[ROOT];
	for (size_t i = REGIONAL; i < LEVELS; i++)
		cert_bytes_free(&genuine[i]);
}

static void without(struct document_work *w, row *d)
{
	for (size_t i = (size_t)d->which; i + 1 < w->n_bundle; i++)
		w->bundle[i] = w->bundle[i + 1];
	w->n_bundle--;
}

static void reversed(struct document_work *w, row *d)
{
	(void)d;
	for (size_t i = 0; i < w->n_bundle / 2; i++) {
		struct bytes x = w->bundle[i];

		w->bundle[i] = w->bundle[w->n_bundle - 1 - i];
		w->bundle[w->n_bundle - 1 - i] = x;
	}
}

static void twice(struct document_work *w, row *d)
{
	w->bundle[w->n_bundle] = w->bundle[w->n_bundle - 1];
	w->n_bundle++;
	for (size_t i = w->n_bundle - 1; i > (size_t)d->which; i--)
		w->bundle[i] = w->bundle[i - 1];
}

static void leaf_is(struct document_work *w, row *d)
{
	w->certificate = w->der[d->which];
	w->signer = w->plan[d->which].key;
}

static void signed_by(struct document_work *w, row *d)
{
	w->signer = w->plan[d->which].key;
}

/* ---- the payload */

static void value(struct document_work *w, row *d)
{
	buf_reset(&w->value[d->which]);
	document_hex(&w->value[d->which], d->text);
}

static void key(struct document_work *w, row *d)
{
	buf_reset(&w->key[d->which]);
	document_hex(&w->key[d->which], d->text);
}

static void drop(struct document_work *w, row *d)
{
	buf_reset(&w->key[d->which]);
	buf_reset(&w->value[d->which]);
}

static void again(struct document_work *w, row *d)
{
	buf_put(&w->extra, buf_bytes(&w->key[d->which]));
	buf_put(&w->extra, buf_bytes(&w->value[d->which]));
	w->extras++;
}

static void more(struct document_work *w, row *d)
{
	document_hex(&w->extra, d->text);
	w->extras++;
}

/* A string of that many bytes; text is the type's head. */
static void long_value(struct document_work *w, row *d)
{
	struct buf *v = &w->value[d->which];

	buf_reset(v);
	document_hex(v, d->text);
	buf_be16(v, (uint16_t)d->number);
	for (int64_t i = 0; i < d->number; i++)
		buf_u8(v, 'a');
}

static void long_bundle(struct document_work *w, row *d)
{
	struct buf *v = &w->value[CABUNDLE];

	buf_reset(v);
	cbor_put_array(v, (size_t)d->number);
	for (int64_t i = 0; i < d->number; i++)
		cbor_put_bytes(v, w->bundle[0]);
}

static void long_certificate(struct document_work *w, row *d)
{
	struct buf *v = &w->value[CABUNDLE];

	buf_reset(v);
	document_hex(v, "8159");
	buf_be16(v, (uint16_t)d->number);
	buf_zero(v, (size_t)d->number);
}

static void deep_value(struct document_work *w, row *d)
{
	struct buf *v = &w->value[d->which];

	buf_reset(v);
	for (int64_t i = 0; i < d->number; i++)
		buf_u8(v, 0x81);
	buf_u8(v, 0x00);
}

/* ---- the message */

static void piece(struct document_work *w, row *d)
{
	buf_reset(&w->piece[d->which]);
	document_hex(&w->piece[d->which], d->text);
}

static void array_of(struct document_work *w, row *d)
{
	piece(w, d);
	buf_reset(&w->piece[HEAD]);
	buf_u8(&w->piece[HEAD], (uint8_t)d->number);
}

static void payload_of(struct document_work *w, row *d)
{
	struct buf *p = &w->piece[PAYLOAD];

	buf_reset(p);
	document_hex(p, "59");
	buf_be16(p, (uint16_t)d->number);
	buf_zero(p, (size_t)d->number);
}

static void payload_tail(struct document_work *w, row *d)
{
	owned(buf_free) struct buf b = BUF(1u << 16);
	struct buf *p = &w->piece[PAYLOAD];

	buf_put(&b, bytes_of(p->p + 3, p->n - 3));
	document_hex(&b, d->text);
	buf_reset(p);
	cbor_put_bytes(p, buf_bytes(&b));
}

/* The payload in one chunk of a string without a length. */
static void payload_chunked(struct document_work *w, row *d)
{
	owned(buf_free) struct buf b = BUF(1u << 16);
	struct buf *p = &w->piece[PAYLOAD];

	(void)d;
	buf_u8(&b, 0x5f);
	buf_put(&b, buf_bytes(p));
	buf_u8(&b, 0xff);
	buf_reset(p);
	buf_put(p, buf_bytes(&b));
}

static void payload_long_head(struct document_work *w, row *d)
{
	owned(buf_free) struct buf b = BUF(1u << 16);
	struct buf *p = &w->piece[PAYLOAD];

	(void)d;
	document_hex(&b, "5a0000");
	buf_put(&b, bytes_of(p->p + 1, p->n - 1));
	buf_reset(p);
	buf_put(p, buf_bytes(&b));
}

static void whole(struct document_work *w, row *d)
{
	for (size_t i = 0; i < PIECES; i++)
		buf_reset(&w->piece[i]);
	for (int64_t i = 0; i < d->number; i++)
		document_hex(&w->piece[HEAD], d->text);
}

/* The payload as it is, without a message around it. */
static void bare_payload(struct document_work *w, row *d)
{
	owned(buf_free) struct buf b = BUF(1u << 16);

	buf_put(&b, bytes_of(w->piece[PAYLOAD].p + 3, w->piece[PAYLOAD].n - 3));
	whole(w, d);
	buf_put(&w->piece[HEAD], buf_bytes(&b));
}

/* ---- the signature */

#define HALF (EIF_DOCUMENT_SIGNATURE / 2)
#define ORDER                                                                                  \
	"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec" \
	"196accc52973"

static uint8_t *rs_of(struct document_work *w)
{
	return w->piece[SIGNATURE].p + 2;
}

/* A half of it: which 0 is r, 1 is s. */
static void half(struct document_work *w, row *d)
{
	owned(hexed_free) struct bytes x = hexed(d->text);

	memset(rs_of(w) + HALF * (unsigned)d->which, 0, HALF);
	memcpy(rs_of(w) + HALF * (unsigned)d->which + HALF - x.n, x.p, x.n);
}

static void zero_signature(struct document_work *w, row *d)
{
	(void)d;
	memset(rs_of(w), 0, EIF_DOCUMENT_SIGNATURE);
}

static void swapped(struct document_work *w, row *d)
{
	uint8_t r[HALF];

	(void)d;
	memcpy(r, rs_of(w), HALF);
	memcpy(rs_of(w), rs_of(w) + HALF, HALF);
	memcpy(rs_of(w) + HALF, r, HALF);
}

static void flipped(struct document_work *w, row *d)
{
	rs_of(w)[d->number] ^= 1;
}

/* n - s signs the same: whoever holds a document can make this twin of it. */
static void high_s(struct document_work *w, row *d)
{
	BIGNUM *n = NULL, *s = BN_bin2bn(rs_of(w) + HALF, (int)HALF, NULL);

	(void)d;
	BN_hex2bn(&n, ORDER);
	BN_sub(s, n, s);
	BN_bn2binpad(s, rs_of(w) + HALF, (int)HALF);
	BN_free(n);
	BN_free(s);
}

static void as_der(struct document_work *w, row *d)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int n;

	(void)d;
	/* of one length each time */
	rs_of(w)[0] = rs_of(w)[HALF] = 0x7f;
	ECDSA_SIG_set0(sig, BN_bin2bn(rs_of(w), (int)HALF, NULL),
		       BN_bin2bn(rs_of(w) + HALF, (int)HALF, NULL));
	n = i2d_ECDSA_SIG(sig, &der);
	buf_reset(&w->piece[SIGNATURE]);
	cbor_put_bytes(&w->piece[SIGNATURE], bytes_of(der, (size_t)n));
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
}

static void of_length(struct document_work *w, row *d)
{
	struct buf *p = &w->piece[SIGNATURE];
	uint8_t rs[256] = {0};

	memcpy(rs, rs_of(w), EIF_DOCUMENT_SIGNATURE);
	buf_reset(p);
	cbor_put_bytes(p, bytes_of(rs, (size_t)d->number));
}

/* ---- the table */

#define Z8 "0000000000000000"
#define Z32 Z8 Z8 Z8 Z8
#define Z48 Z32 Z8 Z8
#define OTHER_MODULE "i-00000000000000001-enc0000000000000001"

const struct document_defect document_defects[] = {
	/* good all the same */
	{"twin-signature", AT_SIGNATURE, high_s, 0, NULL, 0},
	{"no-optional-members", AT_MEMBERS, drop, NONCE, NULL, 0},
	{"leaf-without-constraints", AT_PLAN, constraints, LEAF, NULL, 0},

	/* COSE */
	{"alg-es256", AT_PAYLOAD, piece, PROTECTED, "43a10126", 0},
	{"alg-es512", AT_PAYLOAD, piece, PROTECTED, "44a1013823", 0},
	{"alg-eddsa", AT_PAYLOAD, piece, PROTECTED, "43a10127", 0},
	{"alg-hmac", AT_PAYLOAD, piece, PROTECTED, "43a10105", 0},
	{"alg-text", AT_PAYLOAD, piece, PROTECTED, "48a101654553333834", 0},
	{"alg-missing", AT_PAYLOAD, piece, PROTECTED, "41a0", 0},
	{"alg-nothing-protected", AT_PAYLOAD, piece, PROTECTED, "40", 0},
	{"alg-crit", AT_PAYLOAD, piece, PROTECTED, "47a2013822028101", 0},
	{"alg-unprotected-too", AT_PAYLOAD, piece, UNPROTECTED, "a10126", 0},
	{"alg-duplicate", AT_PAYLOAD, piece, PROTECTED, "47a2013822013822", 0},
	{"alg-long-spelling", AT_PAYLOAD, piece, PROTECTED, "45a101390022", 0},

	/* the signature */
	{"signature-zero", AT_SIGNATURE, zero_signature, 0, NULL, 0},
	{"signature-r-zero", AT_SIGNATURE, half, 0, "00", 0},
	{"signature-s-zero", AT_SIGNATURE, half, 1, "00", 0},
	{"signature-r-order", AT_SIGNATURE, half, 0, ORDER, 0},
	{"signature-s-order", AT_SIGNATURE, half, 1, ORDER, 0},
	{"signature-swapped", AT_SIGNATURE, swapped, 0, NULL, 0},
	{"signature-flipped", AT_SIGNATURE, flipped, 0, NULL, 95},
	{"signature-der", AT_SIGNATURE, as_der, 0, NULL, 0},
	{"signature-95", AT_SIGNATURE, of_length, 0, NULL, 95},
	{"signature-97", AT_SIGNATURE, of_length, 0, NULL, 97},
	{"signature-other-key", AT_BUNDLE, signed_by, INSTANCE, NULL, 0},
	{"unsigned", AT_SIGNATURE, of_length, 0, NULL, 0},
	{"unsigned-payload", AT_SIGNATURE, bare_payload, 0, NULL, 0},

	/* the wrapper */
	{"tail", AT_SIGNATURE, piece, TAIL, "00", 0},
	{"tag-17", AT_PAYLOAD, piece, HEAD, "d184", 0},
	{"tag-twice", AT_PAYLOAD, piece, HEAD, "d2d284", 0},
	{"array-of-3", AT_SIGNATURE, array_of, SIGNATURE, "", 0x83},
	{"array-of-5", AT_SIGNATURE, array_of, TAIL, "f6", 0x85},
	{"array-long-head", AT_PAYLOAD, piece, HEAD, "9804", 0},
	{"array-endless", AT_PAYLOAD, piece, HEAD, "9f", 0},
	{"array-huge", AT_SIGNATURE, whole, 0, "9bffffffffffffffff", 1},
	{"payload-chunked", AT_PAYLOAD, payload_chunked, 0, NULL, 0},
	{"payload-long-head", AT_PAYLOAD, payload_long_head, 0, NULL, 0},
	{"payload-huge", AT_PAYLOAD, piece, PAYLOAD, "5bffffffffffffffff", 0},
	{"payload-nil", AT_PAYLOAD, piece, PAYLOAD, "f6", 0},
	{"payload-empty", AT_PAYLOAD, piece, PAYLOAD, "40", 0},
	{"payload-17k", AT_PAYLOAD, payload_of, 0, NULL, 17000},
	{"payload-30k", AT_PAYLOAD, payload_of, 0, NULL, 30000},
	{"payload-tail", AT_PAYLOAD, payload_tail, 0, "00", 0},
	{"payload-array", AT_PAYLOAD, piece, PAYLOAD, "4180", 0},
	{"empty", AT_SIGNATURE, whole, 0, NULL, 0},
	{"depth-bomb", AT_SIGNATURE, whole, 0, "81", 5000},

	/* the payload */
	{"member-twice", AT_MEMBERS, again, PCRS, NULL, 0},
	{"nonce-twice", AT_MEMBERS, again, NONCE, NULL, 0},
	{"member-unknown", AT_MEMBERS, more, 0, "65657874726100", 0},
	{"member-number", AT_MEMBERS, more, 0, "0700", 0},
	{"member-bytes", AT_MEMBERS, key, DIGEST, "46646967657374", 0},
	{"no-module-id", AT_MEMBERS, drop, MODULE_ID, NULL, 0},
	{"no-digest", AT_MEMBERS, drop, DIGEST, NULL, 0},
	{"no-timestamp", AT_MEMBERS, drop, TIMESTAMP, NULL, 0},
	{"no-pcrs", AT_MEMBERS, drop, PCRS, NULL, 0},
	{"no-certificate", AT_MEMBERS, drop, CERTIFICATE, NULL, 0},
	{"no-cabundle", AT_MEMBERS, drop, CABUNDLE, NULL, 0},
	{"module-id-null", AT_MEMBERS, value, MODULE_ID, "f6", 0},
	{"module-id-empty", AT_MEMBERS, value, MODULE_ID, "60", 0},
	{"module-id-bytes", AT_MEMBERS, value, MODULE_ID, "4169", 0},
	{"module-id-not-utf8", AT_MEMBERS, value, MODULE_ID, "6369ff2d", 0},
	{"module-id-257", AT_MEMBERS, long_value, MODULE_ID, "79", 257},
	{"digest-sha256", AT_MEMBERS, value, DIGEST, "66534841323536", 0},
	{"digest-number", AT_MEMBERS, value, DIGEST, "190180", 0},
	{"timestamp-zero", AT_MEMBERS, value, TIMESTAMP, "00", 0},
	{"timestamp-negative", AT_MEMBERS, value, TIMESTAMP, "20", 0},
	{"timestamp-float", AT_MEMBERS, value, TIMESTAMP, "f93c00", 0},
	{"timestamp-text", AT_MEMBERS, value, TIMESTAMP, "6131", 0},
	{"timestamp-2-64", AT_MEMBERS, value, TIMESTAMP, "1bffffffffffffffff", 0},
	{"timestamp-long-head", AT_MEMBERS, value, TIMESTAMP, "1b0000000000000001", 0},
	{"pcrs-empty", AT_MEMBERS, value, PCRS, "a0", 0},
	{"pcrs-array", AT_MEMBERS, value, PCRS, "80", 0},
	{"pcrs-33", AT_MEMBERS, value, PCRS, "b821", 0},
	{"pcr-index-32", AT_MEMBERS, value, PCRS, "a118205830" Z48, 0},
	{"pcr-index-negative", AT_MEMBERS, value, PCRS, "a1205830" Z48, 0},
	{"pcr-index-text", AT_MEMBERS, value, PCRS, "a161305830" Z48, 0},
	{"pcr-index-long-head", AT_MEMBERS, value, PCRS, "a118005830" Z48, 0},
	{"pcr-twice", AT_MEMBERS, value, PCRS, "a2005830" Z48 "005830" Z48, 0},
	{"pcr-0-bytes", AT_MEMBERS, value, PCRS, "a10040", 0},
	{"pcr-32-bytes", AT_MEMBERS, value, PCRS, "a1005820" Z32, 0},
	{"pcr-64-bytes", AT_MEMBERS, value, PCRS, "a1005840" Z32 Z32, 0},
	{"pcr-null", AT_MEMBERS, value, PCRS, "a100f6", 0},
	{"certificate-null", AT_MEMBERS, value, CERTIFICATE, "f6", 0},
	{"certificate-empty", AT_MEMBERS, value, CERTIFICATE, "40", 0},
	{"certificate-1025", AT_MEMBERS, long_value, CERTIFICATE, "59", 1025},
	{"cabundle-empty", AT_MEMBERS, value, CABUNDLE, "80", 0},
	{"cabundle-9", AT_MEMBERS, long_bundle, 0, NULL, 9},
	{"cabundle-1025", AT_MEMBERS, long_certificate, 0, NULL, 1025},
	{"cabundle-empty-item", AT_MEMBERS, value, CABUNDLE, "8140", 0},
	{"public-key-empty", AT_MEMBERS, value, PUBLIC_KEY, "40", 0},
	{"public-key-1025", AT_MEMBERS, long_value, PUBLIC_KEY, "59", 1025},
	{"user-data-513", AT_MEMBERS, long_value, USER_DATA, "59", 513},
	{"nonce-513", AT_MEMBERS, long_value, NONCE, "59", 513},
	{"nonce-text", AT_MEMBERS, value, NONCE, "6161", 0},
	{"nonce-endless", AT_MEMBERS, value, NONCE, "5f4101ff", 0},
	{"nonce-huge", AT_MEMBERS, value, NONCE, "5bffffffffffffffff", 0},
	{"user-data-deep", AT_MEMBERS, deep_value, USER_DATA, NULL, 5000},

	/* debug mode */
	{"debug-zero", AT_ORDER, zero_pcrs, 0, NULL, 3},
	{"debug-absent", AT_ORDER, absent_pcrs, 0, NULL, 0xfff8},
	{"pcr0-zero", AT_ORDER, zero_pcrs, 0, NULL, 1},

	/* the chain */
	{"root-of-attacker", AT_BUNDLE, attacker, 0, NULL, 0},
	{"root-first-attacker-behind", AT_BUNDLE, attacker, 0, NULL, 1},
	{"root-omitted", AT_BUNDLE, without, ROOT, NULL, 0},
	{"bundle-without-zonal", AT_BUNDLE, without, ZONAL, NULL, 0},
	{"bundle-reversed", AT_BUNDLE, reversed, 0, NULL, 0},
	{"bundle-root-twice", AT_BUNDLE, twice, ROOT, NULL, 0},
	{"leaf-is-root", AT_BUNDLE, leaf_is, ROOT, NULL, 0},
	{"leaf-is-instance", AT_BUNDLE, leaf_is, INSTANCE, NULL, 0},
	{"leaf-is-ca", AT_PLAN, constraints, LEAF, "critical,CA:TRUE", 0},
	{"leaf-path-length", AT_PLAN, constraints, LEAF, "critical,CA:FALSE,pathlen:0", 0},
	{"leaf-no-usage", AT_PLAN, usage, LEAF, NULL, 0},
	{"leaf-usage", AT_PLAN, usage, LEAF, "keyAgreement", 0},
	{"zonal-no-ca", AT_PLAN, constraints, ZONAL, "critical,CA:FALSE", 0},
	{"zonal-no-constraints", AT_PLAN, constraints, ZONAL, NULL, 0},
	{"zonal-usage", AT_PLAN, usage, ZONAL, "critical,digitalSignature,cRLSign", 0},
	{"zonal-no-usage", AT_PLAN, usage, ZONAL, NULL, 0},
	{"regional-path-length", AT_PLAN, constraints, REGIONAL, "critical,CA:TRUE,pathlen:1", 0},
	{"leaf-p256", AT_PLAN, another_key, LEAF, "P-256", 0},
	{"leaf-rsa", AT_PLAN, another_key, LEAF, "RSA", 0},
	{"zonal-p256", AT_PLAN, another_key, ZONAL, "P-256", 0},
	{"zonal-rsa", AT_PLAN, another_key, ZONAL, "RSA", 0},
	{"zonal-sha256", AT_PLAN, signed_with, ZONAL, "SHA256", 0},
	{"leaf-unknown-critical", AT_PLAN, critical, LEAF, "1.2.3.4", 0},
	{"leaf-issuer-name", AT_PLAN, issuer_name, LEAF, "somebody else", 0},
	{"leaf-self-signed", AT_PLAN, self_signed, LEAF, NULL, 0},
	{"zonal-tail", AT_PLAN, tail, ZONAL, "00", 0},
	{"root-expired", AT_PLAN, over, ROOT, NULL, 30},
	{"zonal-expired", AT_PLAN, over, ZONAL, NULL, 30},
	{"leaf-expired", AT_PLAN, over, LEAF, NULL, 30},
	{"leaf-to-come", AT_PLAN, to_come, LEAF, NULL, 30},
	{"zonal-to-come", AT_PLAN, to_come, ZONAL, NULL, 30},

	{"signed-late", AT_MEMBERS, value, TIMESTAMP, "1b0000019bc2629800", 0},
	{"signed-early", AT_MEMBERS, value, TIMESTAMP, "1b0000019bc14fef80", 0},

	/* who it is */
	{"pcr4-of-another", AT_ORDER, other_pcr, 4, NULL, 0},
	{"leaf-of-another", AT_PLAN, subject_name, LEAF, OTHER_MODULE "." DOCUMENT_REGION ".aws",
	 0},
	{"leaf-of-another-region", AT_PLAN, subject_name, LEAF, DOCUMENT_MODULE ".us-east-1.aws",
	 0},
	{"instance-of-another", AT_PLAN, subject_name, INSTANCE,
	 "i-00000000000000001." DOCUMENT_REGION ".test.nitro-enclaves", 0},
	{NULL, AT_ORDER, NULL, 0, NULL, 0},
};
