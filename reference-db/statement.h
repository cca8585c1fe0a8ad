/*
 * The kinds of signed statements that a database holds, and what those say that are made of a
 * release after it: withdraw, keys, release (formats/statements.md). All are signed in the envelope
 * of signed.h, each kind under a content type of its own, which is looked at first, and each counts
 * only by keys of its own role. Payloads are deterministic CBOR (RFC 8949 §4.2.1) with all their
 * members and no others. None holds a time: that is the header's.
 */
#ifndef REFERENCE_DB_STATEMENT_H
#define REFERENCE_DB_STATEMENT_H

#include "reference-db/manifest.h"
#include "reference-db/rebuilt.h"
#include "reference-db/trust.h"

#define CONTENT_WITHDRAW "application/vnd.measure.withdraw+cbor"
#define CONTENT_KEYS "application/vnd.measure.keys+cbor"
#define CONTENT_RELEASE "application/vnd.measure.release+cbor"
#define STATEMENT_MAX (1u << 18) /* bytes of a payload, but for a manifest's */
#define STATEMENT_ID (2 * MANIFEST_NAME + 1) /* bytes of PRODUCT/VERSION */
#define STATEMENT_TEXT 1024u /* bytes of a reason */
#define STATEMENT_CHANNEL 64u /* bytes of a channel's name */
#define STATEMENT_SUPERSEDED 64u
#define STATEMENT_REFRESH 3650u /* days */

enum statement_kind {
	STATEMENT_MANIFEST,
	STATEMENT_REBUILT,
	STATEMENT_WITHDRAW,
	STATEMENT_KEYS,
	STATEMENT_RELEASE,
	STATEMENT_KINDS
};

struct statement_row {
	const char *name; /* "manifest" */
	const char *content_type, *extension; /* "corim", "cose" */
	enum trust_role role; /* whose keys can make it */
};
extern const struct statement_row statement_rows[STATEMENT_KINDS];

/* A release is taken back for ever. */
struct withdraw {
	struct bytes id; /* "PRODUCT/VERSION" */
	struct digest payload; /* SHA-256 of the manifest's payload */
	struct bytes reason; /* one line */
	struct bytes replacement; /* a version of the same product; may be none */
};

/* Which versions of a product are to be used. */
struct release {
	struct bytes product, channel, latest; /* channel: letters, digits, hyphens, dots */
	struct bytes minimum; /* the oldest that is accepted; may be none */
	size_t n; /* versions that `latest` replaces, in bytewise order */
	struct bytes superseded[STATEMENT_SUPERSEDED];
};

/*
 * Who has which role from here on. `trust` is owned: keys, roles, thresholds and times of
 * trust.h, without CAs and policy. Every role that a key has is there with its threshold, root
 * always. serial: one more than that of the keys before, from 1.
 */
struct keys {
	uint64_t serial;
	struct digest before; /* SHA-256 of the payload of the keys before; all zero in the first */
	uint32_t refresh_days; /* a statement is promised at least so often; 0: nothing is */
	struct trust *trust;
};
void keys_free(struct keys *k);
bool release_is_channel(struct bytes name);

/* What the reader would refuse is not written: statement. Reading: cbor, statement, key. */
must bool withdraw_write(const struct withdraw *w, struct buf *out, struct err *e);
must bool release_write(const struct release *r, struct buf *out, struct err *e);
must bool keys_write(const struct keys *k, struct buf *out, struct err *e);
must bool withdraw_read(struct withdraw *w, struct bytes payload, uint64_t base, struct err *e);
must bool release_read(struct release *r, struct bytes payload, uint64_t base, struct err *e);
must bool keys_read(struct keys *k, struct bytes payload, uint64_t base, struct err *e);

/* A signed statement of any kind, whose signature nobody has judged yet. Errors: content-type for
 * a kind that is not known, and those of its readers. */
struct statement {
	enum statement_kind kind;
	struct signed_statement s;
	struct digest sha256; /* of the file */
	struct digest payload; /* SHA-256 of the payload */
	struct bytes id; /* of manifest, rebuilt, withdraw: "PRODUCT/VERSION"; borrowed */
	union {
		struct manifest manifest;
		struct rebuilt rebuilt;
		struct withdraw withdraw;
		struct release release;
		struct keys keys;
	};
};

/* Borrows the file; released by statement_free(), of which a failure leaves nothing to do. */
must bool statement_open(struct statement *st, struct bytes file, struct err *e);
void statement_free(struct statement *st);

#endif
