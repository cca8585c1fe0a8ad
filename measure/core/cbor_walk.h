/*
 * Taking the items of CBOR that cbor_scan() has passed, whichever its rules. Unlike the getters of
 * cbor.h, which demand the form that our own writers give, these take heads of any length and maps
 * and arrays of indefinite length; strings must be of definite length. A reader asks for what it
 * needs and skips what it does not know. On another type: reason cbor, message naming the field,
 * what was found and what is needed; the cursor's failure is sticky, results are 0 then.
 */
#ifndef MEASURE_CORE_CBOR_WALK_H
#define MEASURE_CORE_CBOR_WALK_H

#include "measure/core/cbor.h"
#include "measure/core/cbor_head.h"

/* What is left of a map (pairs) or an array (items). */
struct cbor_run {
	uint64_t left;
	bool endless; /* until a break */
};

struct cbor_run cbor_walk_map(struct cur *c, const char *field);
struct cbor_run cbor_walk_array(struct cur *c, const char *field);

/* Is there another item, or pair? False at the end, whose break is taken, and after a failure. */
bool cbor_walk_next(struct cur *c, struct cbor_run *run);

/* Of the item that stands next; CBOR_SIMPLE at the end of the bytes. */
enum cbor_major cbor_walk_kind(const struct cur *c);

uint64_t cbor_walk_uint(struct cur *c, const char *field);
int64_t cbor_walk_int(struct cur *c, const char *field);
struct bytes cbor_walk_bytes(struct cur *c, const char *field);
struct bytes cbor_walk_text(struct cur *c, const char *field);
uint64_t cbor_walk_tag(struct cur *c, const char *field);
bool cbor_walk_bool(struct cur *c, const char *field);

/* Takes null if it stands next. */
bool cbor_walk_null(struct cur *c);

/* Passes over one item with all that it holds; gives its encoding. */
struct bytes cbor_walk_skip(struct cur *c, const char *field);

#endif
