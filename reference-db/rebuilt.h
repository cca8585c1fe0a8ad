/*
 * The rebuilt statement (formats/rebuilt-statement.md): what somebody says who built a release
 * again. Its payload is signed in the same envelope as a manifest (signed.h, signing.h), under a
 * content type of its own, so that neither ever counts as the other. It names the manifest by the
 * digest of its payload, so that statements of many builders speak of one thing.
 *
 * There are two forms. In the first, what was built gives the manifest's payload again or does not.
 * The second says that it does with compressed ramdisks of the published image in place of those
 * that were built, which each of them unpacks to; so one who knows the first alone never takes the
 * weaker outcome for `equal`.
 */
#ifndef REFERENCE_DB_REBUILT_H
#define REFERENCE_DB_REBUILT_H

#include "reference-db/signed.h"

#define CONTENT_REBUILT "application/vnd.measure.rebuilt+cbor"
#define REBUILT_MAX 8192u /* bytes of a payload */
#define REBUILT_TEXT 255u /* bytes of a text */
#define REBUILT_VARIATIONS 32u
#define REBUILT_WITNESSES 32u

enum rebuilt_outcome { REBUILT_DIFFERS, REBUILT_EQUAL, REBUILT_WITNESSED, REBUILT_OUTCOMES };

/* A part of the image that was taken from the published one, and SHA-256 of what it unpacks to. */
struct rebuilt_witness {
	struct bytes part; /* "ramdisk1", "initrd" */
	struct digest content;
};

struct rebuilt {
	struct bytes id; /* of the manifest: "PRODUCT/VERSION" */
	struct digest payload; /* SHA-256 of the manifest's payload */
	enum rebuilt_outcome outcome;
	struct digest inputs; /* SHA-256 of the list of inputs */
	struct bytes tool; /* version of the program that built */
	struct digest program; /* SHA-256 of its file */
	size_t n; /* what was varied between two builds: names in bytewise order, or none */
	struct bytes variation[REBUILT_VARIATIONS];
	size_t n_witnesses; /* of REBUILT_WITNESSED; shorter names first, then in bytewise order */
	struct rebuilt_witness witness[REBUILT_WITNESSES];
};

/* Deterministic CBOR (RFC 8949 §4.2.1). What rebuilt_read() would refuse is refused: statement. */
must bool rebuilt_write(const struct rebuilt *r, struct buf *out, struct err *e);

/* A payload; borrows from it. Errors: cbor, statement. */
must bool rebuilt_read(struct rebuilt *r, struct bytes payload, uint64_t base, struct err *e);

/* A signed one, whose signature nobody has judged yet. Errors: content-type, and the above. */
must bool rebuilt_open(struct rebuilt *r, struct bytes file, struct signed_statement *s,
		       struct err *e);

#endif
