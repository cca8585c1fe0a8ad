#include "tests/unit/support_document.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "measure/core/hash.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_hex.h"

#define ROOM (1u << 16)
#define DAY 86400
#define ES384_HEADER "44a1013822"

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_document: %s\n", what);
	exit(99);
}

/* ---- what is ordered */

static void pcr4(uint8_t out[EIF_DOCUMENT_PCR], const char *module_id)
{
	static const uint8_t zero[EIF_DOCUMENT_PCR];
	const char *end = strstr(module_id, "-enc");
	size_t n = end ? (size_t)(end - module_id) : strlen(module_id);
	struct digest d;
	struct err e = {0};

	need(hash_of_two(DIGEST_SHA384, bytes_of(zero, sizeof(zero)), bytes_of(module_id, n), &d,
			 &e),
	     "PCR4");
	memcpy(out, d.v, EIF_DOCUMENT_PCR);
}

void document_module(struct document_order *o, const char *module_id)
{
	o->module_id = module_id;
	pcr4(o->pcr[4], module_id);
}

struct document_order document_order(void)
{
	struct document_order o = {
		.time = DOCUMENT_TIME,
		.region = DOCUMENT_REGION,
		.pcrs = 0xffff,
	};

	for (size_t i = 0; i < 3; i++)
		memset(o.pcr[i], (int)(0xa0 + i), EIF_DOCUMENT_PCR);
	document_module(&o, DOCUMENT_MODULE);
	return o;
}

/* ---- certificates */

static void set_time(ASN1_TIME *t, int64_t when)
{
	need(ASN1_TIME_set(t, (time_t)when) != NULL, "a time");
}

static void extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

	need(!value || (ext && X509_add_ext(x, ext, -1) == 1), "an extension");
	X509_EXTENSION_free(ext);
}

static void unknown_extension(X509 *x, const char *oid)
{
	ASN1_OBJECT *type = oid ? OBJ_txt2obj(oid, 1) : NULL;
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	need(value && ASN1_OCTET_STRING_set(value, (const uint8_t *)"\5\0", 2) == 1, "a value");
	ext = type ? X509_EXTENSION_create_by_OBJ(NULL, type, 1, value) : NULL;
	need(!oid || (ext && X509_add_ext(x, ext, -1) == 1), "an extension");
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(type);
}

static void named(X509_NAME *name, const char *common)
{
	while (X509_NAME_entry_count(name))
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 0));
	cert_name_add(name, "C", V_ASN1_PRINTABLESTRING, "ZZ");
	cert_name_add(name, "O", V_ASN1_UTF8STRING, "Test");
	cert_name_add(name, "CN", V_ASN1_UTF8STRING, common);
}

static struct bytes with_tail(struct bytes der, const char *tail)
{
	owned(hexed_free) struct bytes more = hexed(tail);
	size_t n = der.n + more.n;
	uint8_t *p = malloc(n);

	need(p != NULL, "memory");
	memcpy(p, der.p, der.n);
	memcpy(p + der.n, more.p, more.n);
	cert_bytes_free(&der);
	return bytes_of(p, n);
}

static struct bytes certificate_of(const struct document_level_plan *p, EVP_PKEY *issuer)
{
	owned(cert_free) X509 *x = cert_new(p->key);
	struct bytes der;

	named(X509_get_subject_name(x), p->subject);
	named(X509_get_issuer_name(x), p->issuer);
	set_time(X509_getm_notBefore(x), p->from);
	set_time(X509_getm_notAfter(x), p->to);
	extension(x, NID_basic_constraints, p->constraints);
	extension(x, NID_key_usage, p->usage);
	unknown_extension(x, p->critical);
	need(X509_sign(x, issuer, EVP_get_digestbyname(p->digest)) > 0, "a certificate");
	der = cert_der(x);
	return p->tail ? with_tail(der, p->tail) : der;
}

static struct bytes copy_of(struct bytes x)
{
	uint8_t *p = malloc(x.n ? x.n : 1);

	need(p != NULL, "memory");
	if (x.n)
		memcpy(p, x.p, x.n);
	return bytes_of(p, x.n);
}

void document_certify(struct document_work *w)
{
	const struct document_upper *u = w->order.upper;

	for (size_t i = 0; i < LEVELS; i++) {
		const struct document_level_plan *p = &w->plan[i];
		bool there = u && i < DOCUMENT_UPPER && u->key[i] == p->key && u->der[i].p;

		cert_bytes_free(&w->der[i]);
		w->der[i] = there ? copy_of(u->der[i])
				  : certificate_of(p, i && !p->self ? w->plan[i - 1].key : p->key);
	}
}

/* For the next one, unless there are some. */
static void keep_upper(struct document_work *w)
{
	struct document_upper *u = w->order.upper;

	for (size_t i = 0; u && i < DOCUMENT_UPPER; i++) {
		if (u->key[i])
			continue;
		need(EVP_PKEY_up_ref(w->plan[i].key) == 1, "a key");
		u->key[i] = w->plan[i].key;
		u->der[i] = copy_of(w->der[i]);
	}
}

static EVP_PKEY *key_for(const struct document_work *w, size_t level)
{
	const struct document_upper *u = w->order.upper;

	if (!u || level >= DOCUMENT_UPPER || !u->key[level])
		return cert_key("P-384");
	need(EVP_PKEY_up_ref(u->key[level]) == 1, "a key");
	return u->key[level];
}

void document_upper_free(struct document_upper *u)
{
	for (size_t i = 0; i < DOCUMENT_UPPER; i++) {
		EVP_PKEY_free(u->key[i]);
		cert_bytes_free(&u->der[i]);
	}
}

#define CA_USAGE "critical,digitalSignature,keyCertSign,cRLSign"

static void plan(struct document_work *w)
{
	static const struct {
		const char *constraints, *usage;
		int64_t before, after;
	} life[LEVELS] = {
		[ROOT] = {"critical,CA:TRUE", CA_USAGE, 2000 * DAY, 8000 * DAY},
		[REGIONAL] = {"critical,CA:TRUE,pathlen:2", CA_USAGE, 10 * DAY, 10 * DAY},
		[ZONAL] = {"critical,CA:TRUE,pathlen:1", CA_USAGE, 2 * DAY, 4 * DAY},
		[INSTANCE] = {"critical,CA:TRUE,pathlen:0", "critical,keyCertSign", 3600,
			      23 * 3600},
		[LEAF] = {"critical,CA:FALSE", "digitalSignature", 60, 3 * 3600 - 57},
	};
	const char *module = w->order.module_id, *region = w->order.region;
	int instance = (int)strcspn(module, "-") + 1;

	instance += (int)strcspn(module + instance, "-");
	for (size_t i = 0; i < LEVELS; i++) {
		w->plan[i] = (struct document_level_plan){
			.key = key_for(w, i),
			.digest = "SHA384",
			.constraints = life[i].constraints,
			.usage = life[i].usage,
			.from = w->order.time - life[i].before,
			.to = w->order.time + life[i].after,
		};
	}
#define NAME(level, ...) \
	snprintf(w->plan[level].subject, sizeof(w->plan[level].subject), __VA_ARGS__)
	NAME(ROOT, "test.nitro-enclaves");
	NAME(REGIONAL, "0123456789abcdef.%s.test.nitro-enclaves", region);
	NAME(ZONAL, "fedcba9876543210.zonal.%s.test.nitro-enclaves", region);
	NAME(INSTANCE, "%.*s.%s.test.nitro-enclaves", instance, module, region);
	NAME(LEAF, "%s.%s.aws", module, region);
	for (size_t i = 0; i < LEVELS; i++)
		memcpy(w->plan[i].issuer, w->plan[i ? i - 1 : 0].subject,
		       sizeof(w->plan[i].issuer));
}

/* ---- the payload */

void document_hex(struct buf *b, const char *hex)
{
	owned(hexed_free) struct bytes x = hexed(hex);

	buf_put(b, x);
}

static void put_data(struct buf *b, struct eif_document_data d)
{
	if (d.present)
		cbor_put_bytes(b, d.v);
	else
		buf_u8(b, 0xf6);
}

static const char *const names[MEMBERS] = {
	"module_id", "digest",	   "timestamp", "pcrs",	 "certificate",
	"cabundle",  "public_key", "user_data", "nonce",
};

static void members(struct document_work *w)
{
	const struct document_order *o = &w->order;
	struct buf *v = w->value;

	for (size_t i = 0; i < MEMBERS; i++)
		cbor_put_text(&w->key[i], names[i]);
	cbor_put_text(&v[MODULE_ID], o->module_id);
	cbor_put_text(&v[DIGEST], "SHA384");
	cbor_put_uint(&v[TIMESTAMP], (uint64_t)o->time * 1000);
	cbor_put_map(&v[PCRS], (size_t)__builtin_popcount(o->pcrs));
	for (unsigned i = 0; i < EIF_DOCUMENT_PCRS; i++) {
		if (!(o->pcrs >> i & 1))
			continue;
		cbor_put_uint(&v[PCRS], i);
		cbor_put_bytes(&v[PCRS], bytes_of(o->pcr[i], EIF_DOCUMENT_PCR));
	}
	cbor_put_bytes(&v[CERTIFICATE], w->certificate);
	cbor_put_array(&v[CABUNDLE], w->n_bundle);
	for (size_t i = 0; i < w->n_bundle; i++)
		cbor_put_bytes(&v[CABUNDLE], w->bundle[i]);
	put_data(&v[PUBLIC_KEY], o->public_key);
	put_data(&v[USER_DATA], o->user_data);
	put_data(&v[NONCE], o->nonce);
}

static void payload(struct document_work *w)
{
	owned(buf_free) struct buf b = BUF(ROOM);
	size_t n = w->extras;

	for (size_t i = 0; i < MEMBERS; i++)
		n += w->key[i].n > 0;
	if (w->order.endless)
		buf_u8(&b, 0xbf);
	else
		cbor_put_map(&b, n);
	for (size_t i = 0; i < MEMBERS; i++) {
		buf_put(&b, buf_bytes(&w->key[i]));
		buf_put(&b, buf_bytes(&w->value[i]));
	}
	buf_put(&b, buf_bytes(&w->extra));
	if (w->order.endless)
		buf_u8(&b, 0xff);
	document_hex(&w->piece[HEAD], w->order.tagged ? "d284" : "84");
	document_hex(&w->piece[PROTECTED], ES384_HEADER);
	document_hex(&w->piece[UNPROTECTED], "a0");
	cbor_put_bytes(&w->piece[PAYLOAD], buf_bytes(&b));
}

/* ---- the signature */

/* Over the pieces as they are encoded, so that broken ones are signed as well. */
static void signed_bytes(struct buf *tbs, const struct document_work *w)
{
	cbor_put_array(tbs, 4);
	cbor_put_text(tbs, "Signature1");
	buf_put(tbs, buf_bytes(&w->piece[PROTECTED]));
	cbor_put_bytes(tbs, bytes_of(NULL, 0));
	buf_put(tbs, buf_bytes(&w->piece[PAYLOAD]));
}

static void raw_signature(uint8_t *rs, size_t half, const uint8_t *der, size_t n)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

	need(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, (int)half) == (int)half &&
		     BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + half, (int)half) == (int)half,
	     "r and s");
	ECDSA_SIG_free(sig);
}

void document_sign(struct document_work *w)
{
	owned(buf_free) struct buf tbs = BUF(ROOM);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[1024], rs[132] = {0};
	size_t n = sizeof(der), half = ((size_t)EVP_PKEY_get_bits(w->signer) + 7) / 8;

	signed_bytes(&tbs, w);
	need(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, w->signer) == 1 &&
		     EVP_DigestSign(ctx, der, &n, tbs.p, tbs.n) == 1,
	     "a signature");
	EVP_MD_CTX_free(ctx);
	buf_reset(&w->piece[SIGNATURE]);
	if (!EVP_PKEY_is_a(w->signer, "EC")) {
		cbor_put_bytes(&w->piece[SIGNATURE], bytes_of(der, EIF_DOCUMENT_SIGNATURE));
		return;
	}
	raw_signature(rs, half, der, n);
	cbor_put_bytes(&w->piece[SIGNATURE], bytes_of(rs, 2 * half));
}

/* ---- all of it */

static const struct document_defect *defect_of(const char *name)
{
	const struct document_defect *d = document_defects;

	if (!name || strcmp(name, "none") == 0)
		return NULL;
	while (d->name && strcmp(d->name, name) != 0)
		d++;
	need(d->name != NULL, name);
	return d;
}

static void at(struct document_work *w, const struct document_defect *d, enum document_stage stage)
{
	if (d && d->stage == stage)
		d->put(w, d);
}

static void chain(struct document_work *w)
{
	document_certify(w);
	keep_upper(w);
	for (size_t i = 0; i < LEAF; i++)
		w->bundle[w->n_bundle++] = w->der[i];
	w->certificate = w->der[LEAF];
	w->signer = w->plan[LEAF].key;
}

static struct document_made finish(struct document_work *w)
{
	struct document_made m = {.root = w->der[ROOT]};
	size_t n = 0;
	uint8_t *p;

	for (size_t i = 0; i < PIECES; i++) {
		need(!w->piece[i].failed, "a piece");
		n += w->piece[i].n;
	}
	p = malloc(n ? n : 1);
	need(p != NULL, "memory");
	m.document = bytes_of(p, n);
	for (size_t i = 0; i < PIECES; i++) {
		if (w->piece[i].n)
			memcpy(p, w->piece[i].p, w->piece[i].n);
		p += w->piece[i].n;
		buf_free(&w->piece[i]);
	}
	for (size_t i = 0; i < MEMBERS; i++) {
		buf_free(&w->key[i]);
		buf_free(&w->value[i]);
	}
	buf_free(&w->extra);
	cert_bytes_free(&w->spare);
	for (size_t i = 0; i < LEVELS; i++) {
		EVP_PKEY_free(w->plan[i].key);
		if (i != ROOT)
			cert_bytes_free(&w->der[i]);
	}
	return m;
}

struct document_made document_make(const struct document_order *o, const char *defect)
{
	const struct document_defect *d = defect_of(defect);
	struct document_work w = {.order = *o, .extra = BUF(ROOM)};

	for (size_t i = 0; i < MEMBERS; i++)
		w.key[i] = w.value[i] = BUF(ROOM);
	for (size_t i = 0; i < PIECES; i++)
		w.piece[i] = BUF(ROOM);
	at(&w, d, AT_ORDER);
	plan(&w);
	at(&w, d, AT_PLAN);
	chain(&w);
	at(&w, d, AT_BUNDLE);
	members(&w);
	at(&w, d, AT_MEMBERS);
	payload(&w);
	at(&w, d, AT_PAYLOAD);
	document_sign(&w);
	at(&w, d, AT_SIGNATURE);
	return finish(&w);
}

void document_made_free(struct document_made *m)
{
	cert_bytes_free(&m->document);
	cert_bytes_free(&m->root);
}

/* ---- what was read, again */

static void put_optional(struct buf *b, const char *name, struct eif_document_data d)
{
	cbor_put_text(b, name);
	put_data(b, d);
}

static void put_payload(struct buf *b, const struct eif_document *d)
{
	size_t n = 0;

	for (size_t i = 0; i < EIF_DOCUMENT_PCRS; i++)
		n += d->pcr[i].n > 0;
	if (d->endless)
		buf_u8(b, 0xbf);
	else
		cbor_put_map(b, MEMBERS);
	cbor_put_text(b, names[MODULE_ID]);
	buf_u8(b, d->module_id.n < 24 ? (uint8_t)(0x60 + d->module_id.n) : 0x78);
	if (d->module_id.n >= 24)
		buf_u8(b, (uint8_t)d->module_id.n);
	buf_put(b, d->module_id);
	cbor_put_text(b, names[DIGEST]);
	cbor_put_text(b, "SHA384");
	cbor_put_text(b, names[TIMESTAMP]);
	cbor_put_uint(b, d->timestamp);
	cbor_put_text(b, names[PCRS]);
	cbor_put_map(b, n);
	for (size_t i = 0; i < EIF_DOCUMENT_PCRS; i++) {
		if (d->pcr[i].n) {
			cbor_put_uint(b, i);
			cbor_put_bytes(b, d->pcr[i]);
		}
	}
	cbor_put_text(b, names[CERTIFICATE]);
	cbor_put_bytes(b, d->certificate);
	cbor_put_text(b, names[CABUNDLE]);
	cbor_put_array(b, d->n_cabundle);
	for (size_t i = 0; i < d->n_cabundle; i++)
		cbor_put_bytes(b, d->cabundle[i]);
	put_optional(b, names[PUBLIC_KEY], d->public_key);
	put_optional(b, names[USER_DATA], d->user_data);
	put_optional(b, names[NONCE], d->nonce);
	if (d->endless)
		buf_u8(b, 0xff);
}

void document_write(struct buf *out, const struct eif_document *d)
{
	owned(buf_free) struct buf payload_again = BUF(ROOM);
	struct cose_message m = d->message;

	put_payload(&payload_again, d);
	m.payload = buf_bytes(&payload_again);
	cose_message_write(out, &m);
}
