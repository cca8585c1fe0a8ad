/*
 * DSSE (Dead Simple Signing Envelope 1.0.2), the JSON envelope of statements that others read: a
 * payload with its type, and signatures over both together, dsse_pae(). ECDSA signatures are DER.
 * Written in one form: the members in the order payload, payloadType, signatures (keyid, sig),
 * standard base64, nothing between them, a newline at the end. Ours have no keyid: verifiers name
 * keys in ways of their own, and some pass over a signature whose keyid is not theirs.
 *
 * The reader takes the members in any order, a missing keyid as an empty one, and is stricter than
 * the specification elsewhere: a member that it does not name, a name that stands twice, URL-safe
 * or loose base64 are refused. No signature is verified here, and there may be none.
 */
#ifndef REFERENCE_DB_DSSE_H
#define REFERENCE_DB_DSSE_H

#include "measure/base/json.h"
#include "measure/core/pubkey.h"

#define DSSE_MAX (16u << 20) /* bytes of an envelope */
#define DSSE_SIGNATURES 64u
#define DSSE_IN_TOTO "application/vnd.in-toto+json"

/* Borrows what is to be written; what was read or attached lies in `strings`, for dsse_free(). */
struct dsse {
	struct buf strings;
	struct bytes type, payload;
	size_t n;
	struct {
		struct bytes keyid, sig;
	} signature[DSSE_SIGNATURES];
};

/* Errors: dsse, json, trailing, limit, out-of-memory. */
must bool dsse_read(struct dsse *d, struct bytes in, uint64_t base, struct err *e);
void dsse_free(struct dsse *d);

/* The whole file; the same as a value inside other JSON. */
void dsse_write(const struct dsse *d, struct buf *out);
void dsse_put(const struct dsse *d, struct json_out *w);

/* The bytes to sign: the pre-authentication encoding of type and payload. */
void dsse_pae(struct buf *out, struct bytes type, struct bytes payload);

/*
 * The signature, raw (key.h), of an envelope that is to be written: of one that was read, `strings`
 * is in use. Verified before it is taken.
 */
must bool dsse_attach(struct dsse *d, const struct pubkey *key, struct bytes raw, struct err *e);

#endif
