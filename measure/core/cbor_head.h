/*
 * The head of one CBOR item (RFC 8949 §3): what the scan and the getters share, and nobody else
 * needs. Any well-formed head is read; whether it may stand where it does is the caller's rule.
 */
#ifndef MEASURE_CORE_CBOR_HEAD_H
#define MEASURE_CORE_CBOR_HEAD_H

#include "measure/base/cur.h"

enum cbor_major {
	CBOR_UINT,
	CBOR_NEGINT,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_TAG,
	CBOR_SIMPLE,
};

struct cbor_head {
	enum cbor_major major;
	bool indefinite; /* of major CBOR_SIMPLE: a break */
	unsigned width; /* bytes behind the first: 0, 1, 2, 4 or 8 */
	uint64_t argument;
	uint64_t at; /* absolute offset of the first byte */
};

/* False, with the cursor failed (cbor or truncated), when no head stands here. */
must bool cbor_head_read(struct cur *c, struct cbor_head *h, const char *field);

/* Bytes behind the first that the argument needs: less than width means not the shortest. */
unsigned cbor_head_needs(const struct cbor_head *h);

/* "a text string"; "a float" and "a break" are told apart from "a simple value". */
const char *cbor_head_kind(const struct cbor_head *h);
const char *cbor_major_name(enum cbor_major major);

#endif
