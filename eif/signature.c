#include "eif/signature.h"

#include "eif/chain.h"
#include "measure/base/hex.h"

#define CERTIFICATE "signing_certificate"
#define SIGNATURE "signature"
#define INDEX "register_index"
#define VALUE "register_value"
#define PCR_SIZE 48u
#define RS_HEAD 2u /* of a byte string of 64 to 132 bytes */
#define PAYLOAD_MAX 256u
#define CHAIN_MAX 16u /* certificates that are looked at to explain a failure */

/* Where the bytes of an array begin in the section, one or two bytes each. */
struct array {
	struct bytes section;
	size_t items;
	uint64_t base;
};

void eif_signature_free(struct eif_signature *s)
{
	buf_free(&s->pem);
	buf_free(&s->cose);
	x509_free(&s->cert);
	*s = (struct eif_signature){0};
}

/* What a reader below calls its own fault is here one of the section's form. */
static bool refuse(struct err *e, const struct err *inner)
{
	enum reason r = reason_class(inner->reason) == EXIT_CLASS_ENVIRONMENT
				? inner->reason
				: REASON_SIGNATURE_FORM;

	if (inner->at)
		return err_at(e, r, inner->offset, "%s", inner->text);
	return err_set(e, r, "%s", inner->text);
}

/* An offset among the bytes of the array becomes one in the file. */
static void place(struct err *inner, const struct array *a)
{
	size_t pos = a->items;

	for (uint64_t i = 0; i < inner->offset && pos < a->section.n; i++)
		pos += a->section.p[pos] == 0x18 ? 2 : 1;
	inner->offset = a->base + pos;
}

/* Key and array; *a says where the array's items stand. */
static void member(struct cur *c, const char *key, const char *place_of, struct buf *out,
		   struct array *a)
{
	size_t two = 0;

	cbor_get_key(c, key, place_of);
	cbor_get_byte_array(c, out, key);
	if (!cur_ok(c))
		return;
	for (size_t i = 0; i < out->n; i++)
		two += out->p[i] >= 24;
	*a = (struct array){.section = c->in, .items = c->pos - out->n - two, .base = c->base};
}

static bool outer(struct cur *c)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_array(c, SIZE_MAX, "the section");

	if (cur_ok(c) && n == 0)
		return cur_fail(c, REASON_CBOR, at, "an empty array, which must have one entry");
	if (cur_ok(c) && n != 1)
		return cur_fail(c, REASON_CBOR, at, "%zu entries, of which there must be one", n);
	at = cur_at(c);
	n = cbor_get_map(c, SIZE_MAX, "the entry");
	if (cur_ok(c) && n != 2)
		return cur_fail(c, REASON_CBOR, at,
				"the entry must have the keys \"" CERTIFICATE "\" and \"" SIGNATURE
				"\" alone; their number is %zu",
				n);
	return cur_ok(c);
}

static bool payload_read(struct bytes payload, uint64_t base, uint8_t pcr0[48], struct err *e)
{
	struct cur c = cur_new(payload, base, e);
	owned(buf_free) struct buf value = BUF(PAYLOAD_MAX);
	uint64_t at;

	if (cbor_get_map(&c, SIZE_MAX, "the payload") != 2 && cur_ok(&c))
		return cur_fail(&c, REASON_CBOR, base,
				"the payload must have the keys \"" INDEX "\" and \"" VALUE
				"\" alone");
	cbor_get_key(&c, INDEX, "the payload's first key");
	cbor_get_uint(&c, 0, INDEX);
	cbor_get_key(&c, VALUE, "the payload's second key");
	at = cur_at(&c);
	cbor_get_byte_array(&c, &value, VALUE);
	if (cur_ok(&c) && value.n != PCR_SIZE)
		return cur_fail(&c, REASON_CBOR, at,
				"the length of " VALUE " is %zu and must be %u", value.n, PCR_SIZE);
	if (!cur_end(&c, "the payload"))
		return false;
	memcpy(pcr0, value.p, PCR_SIZE);
	return true;
}

static bool cose_read(struct eif_signature *s, const struct array *a, struct err *e)
{
	struct bytes cose = buf_bytes(&s->cose);
	struct err inner = {0};
	size_t payload;

	if (cose_sign1_read(cose, 0, &s->sign1, &inner)) {
		/* it may be empty and then point nowhere, so its place is counted from the end */
		payload = cose.n - s->sign1.rs.n - RS_HEAD - s->sign1.payload.n;
		if (payload_read(s->sign1.payload, payload, s->pcr0, &inner))
			return true;
	}
	if (inner.at)
		place(&inner, a);
	return refuse(e, &inner);
}

static bool certificate_read(struct eif_signature *s, const struct array *a, struct err *e)
{
	struct bytes pem = buf_bytes(&s->pem);

	if (x509_read_pem(&s->cert, pem, &s->cert_end, e) &&
	    eif_chain_read(pem, s->cert_end, &s->chain, e))
		return true;
	if (e->at)
		place(e, a);
	return err_in(e, CERTIFICATE);
}

static bool parts_read(struct eif_signature *s, struct bytes section, uint64_t base, struct err *e)
{
	struct err inner = {0};
	struct cur c = cur_new(section, base, &inner);
	struct array certificate = {0}, signature = {0};

	if (!outer(&c))
		return refuse(e, &inner);
	member(&c, CERTIFICATE, "the first key", &s->pem, &certificate);
	member(&c, SIGNATURE, "the second key", &s->cose, &signature);
	if (!cur_end(&c, "the section"))
		return refuse(e, &inner);
	return cose_read(s, &signature, e) && certificate_read(s, &certificate, e);
}

bool eif_signature_same(struct bytes section, struct bytes rebuilt, uint64_t base, struct err *e)
{
	size_t n = section.n < rebuilt.n ? section.n : rebuilt.n, at = 0;

	while (at < n && section.p[at] == rebuilt.p[at])
		at++;
	if (at < n)
		return err_at(e, REASON_SIGNATURE_FORM, base + at,
			      "not the form that signers write: byte %02x, which must be %02x",
			      section.p[at], rebuilt.p[at]);
	if (section.n != rebuilt.n)
		return err_at(e, REASON_SIGNATURE_FORM, base + at,
			      "not the form that signers write: %zu bytes, which must be %zu",
			      section.n, rebuilt.n);
	return true;
}

bool eif_signature_read(struct eif_signature *s, struct bytes section, uint64_t base, struct err *e)
{
	owned(eif_signature_free) struct eif_signature new = {
		.pem = BUF(EIF_SIGNATURE_MAX),
		.cose = BUF(EIF_SIGNATURE_MAX),
	};
	owned(buf_free) struct buf again = BUF(EIF_SIGNATURE_MAX);

	if (!parts_read(&new, section, base, e))
		return false;
	eif_signature_write(&again, buf_bytes(&new.pem), new.sign1.alg, new.pcr0, new.sign1.rs);
	if (!buf_done(&again, "the signature section", e) ||
	    !eif_signature_same(section, buf_bytes(&again), base, e))
		return false;
	*s = take(new);
	return true;
}

static void payload_write(struct buf *out, const uint8_t pcr0[48])
{
	cbor_put_map(out, 2);
	cbor_put_text(out, INDEX);
	cbor_put_uint(out, 0);
	cbor_put_text(out, VALUE);
	cbor_put_byte_array(out, bytes_of(pcr0, PCR_SIZE));
}

bool eif_signature_tbs(struct buf *out, enum cose_alg alg, const uint8_t pcr0[48], struct err *e)
{
	owned(buf_free) struct buf payload = BUF(PAYLOAD_MAX);

	payload_write(&payload, pcr0);
	cose_tbs(out, alg, buf_bytes(&payload));
	return buf_done(&payload, "the payload", e) && buf_done(out, "the bytes to sign", e);
}

void eif_signature_write(struct buf *section, struct bytes pem, enum cose_alg alg,
			 const uint8_t pcr0[48], struct bytes rs)
{
	owned(buf_free) struct buf payload = BUF(PAYLOAD_MAX), cose = BUF(4 * PAYLOAD_MAX);

	payload_write(&payload, pcr0);
	cose_sign1_write(&cose, &(struct cose_sign1){alg, buf_bytes(&payload), rs});
	cbor_put_array(section, 1);
	cbor_put_map(section, 2);
	cbor_put_text(section, CERTIFICATE);
	cbor_put_byte_array(section, pem);
	cbor_put_text(section, SIGNATURE);
	cbor_put_byte_array(section, buf_bytes(&cose));
	if (payload.failed != REASON_NONE || cose.failed != REASON_NONE)
		buf_fail(section, payload.failed != REASON_NONE ? payload.failed : cose.failed);
}

/* Does the signature hold under this certificate? Only faults of the environment set e. */
static bool holds(const struct eif_signature *s, const struct x509 *cert, bool *yes, struct err *e)
{
	owned(buf_free) struct buf tbs = BUF(2 * PAYLOAD_MAX);
	struct err inner = {0};

	*yes = false;
	if (s->sign1.alg != x509_alg(cert))
		return true;
	if (!eif_signature_tbs(&tbs, s->sign1.alg, s->pcr0, e))
		return false;
	*yes = x509_verify(cert, buf_bytes(&tbs), s->sign1.rs, &inner);
	if (*yes || inner.reason == REASON_SIGNATURE)
		return true;
	return err_set(e, inner.reason, "%s", inner.text);
}

/*
 * The certificate behind the first one that the signature is of: 2 for the second, 0 for none. It
 * makes no signature valid, it explains why one is not; so what cannot be read ends the search.
 */
static unsigned chain_signer(const struct eif_signature *s)
{
	struct bytes pem = buf_bytes(&s->pem);
	size_t at = s->cert_end;

	for (unsigned i = 2; i <= CHAIN_MAX; i++) {
		owned(x509_free) struct x509 *cert = NULL;
		struct err unused = {0};
		size_t used = 0;
		bool yes = false;

		at = eif_chain_next(pem, at);
		if (!x509_read_pem(&cert, bytes_of(pem.p + at, pem.n - at), &used, &unused) ||
		    !holds(s, cert, &yes, &unused))
			return 0;
		if (yes)
			return i;
		at += used;
	}
	return 0;
}

static bool by_another(const struct eif_signature *s, struct err *e)
{
	unsigned signer = chain_signer(s);

	if (signer)
		return err_set(e, REASON_SIGNATURE,
			       "it is by certificate %u of the chain, and readers take the first",
			       signer);
	if (s->sign1.alg != x509_alg(s->cert))
		return err_set(e, REASON_SIGNATURE,
			       "its protected header says %s, the certificate's key is for %s",
			       cose_alg_name(s->sign1.alg), cose_alg_name(x509_alg(s->cert)));
	return err_set(e, REASON_SIGNATURE, "it does not verify under the certificate");
}

static bool same_register(const uint8_t a[48], const uint8_t b[48])
{
	struct digest x = {.alg = DIGEST_SHA384, .len = PCR_SIZE}, y = x;

	memcpy(x.v, a, PCR_SIZE);
	memcpy(y.v, b, PCR_SIZE);
	return digest_equal(&x, &y);
}

bool eif_signature_check(const struct eif_signature *s, const uint8_t pcr0[48], struct err *e)
{
	owned(buf_free) struct buf was = BUF(PAYLOAD_MAX), is = BUF(PAYLOAD_MAX);
	bool yes;

	if (!holds(s, s->cert, &yes, e))
		return false;
	if (!yes)
		return by_another(s, e);
	if (same_register(s->pcr0, pcr0))
		return true;
	hex_put(&was, bytes_of(s->pcr0, PCR_SIZE));
	hex_put(&is, bytes_of(pcr0, PCR_SIZE));
	if (!buf_done(&was, "PCR0", e) || !buf_done(&is, "PCR0", e))
		return false;
	return err_set(e, REASON_SIGNATURE, "it was made over PCR0 %s, the image has %s",
		       buf_cstr(&was), buf_cstr(&is));
}
