/*
 * The envelope of every statement: COSE_Sign1 with a protected header of exactly these fields.
 *   1 alg (-7, -35, -36, -8), 3 content type, 4 key id (SHA-256 of the signer's SPKI, 32 bytes),
 *   8 corim-meta (bstr of {0: {0: signer}, ?1: {?0: 1(not-before), 1: 1(expires)}}),
 *   15 CWT claims {1: signer, ?4: expires, ?5: not-before, ?6: issued, ?-65537: [height, state]};
 *   of signer and validity 8 and 15 say the same; the last names the state of a database that the
 *   signer saw (database.h),
 *   33 x5chain, optional: one certificate or an array of 2 to 8 in DER, the signer's own first.
 * Each kind of statement has its own content type, which is looked at first. Other fields, an
 * unknown `crit` among them, are refused. What a chain is worth is judged elsewhere (certified.h).
 * Sources: RFC 9052 §3.1, §4.2; draft-ietf-rats-corim-11 §4.2; RFC 9597 §2; RFC 9360 §2.
 */
#ifndef REFERENCE_DB_SIGNED_H
#define REFERENCE_DB_SIGNED_H

#include "measure/core/cose.h"
#include "measure/core/cose_message.h"
#include "measure/core/digest.h"

#define SIGNED_MAX (16u << 20) /* bytes of a statement */
#define SIGNED_NAME_MAX 255u /* bytes of a signer's name */
#define SIGNED_CHAIN 8u /* certificates */
#define SIGNED_HEIGHT_MAX UINT32_MAX /* statements of a database */
#define CONTENT_MANIFEST "application/rim+cbor"

/* A state of a database: after so many statements, the digest of all of them (database.h). */
struct signed_upon {
	uint64_t height;
	struct digest state; /* SHA-256 */
};

struct signed_header {
	enum cose_alg alg;
	struct bytes content_type;
	struct bytes kid; /* 32 bytes, or none */
	struct bytes signer; /* UTF-8 that shows, not empty */
	bool has_not_before, has_expires;
	int64_t not_before, expires; /* seconds since the epoch */
	bool has_issued, has_upon;
	int64_t issued; /* when it was signed, by the signer's clock */
	struct signed_upon upon; /* what the signer knew of the database */
	size_t n_chain;
	struct bytes chain[SIGNED_CHAIN];
};

/* Borrows what was read. */
struct signed_statement {
	struct cose_message message;
	struct signed_header header;
};

/* Form only; the content type must be the one expected (content-type), or is for the caller to look
 * at (NULL). payload may be detached. */
must bool signed_read(struct bytes in, uint64_t base, const char *content_type,
		      struct signed_statement *out, struct err *e);

/* The protected header's bytes, deterministic (RFC 8949 §4.2.1). */
must bool signed_header_write(struct buf *out, const struct signed_header *h, struct err *e);

#endif
