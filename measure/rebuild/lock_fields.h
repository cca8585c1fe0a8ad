/*
 * The members of a lock's objects as tables, by which they are read and written alike. Part of
 * lock.c and lock_read.c, for nobody else.
 */
#ifndef MEASURE_REBUILD_LOCK_FIELDS_H
#define MEASURE_REBUILD_LOCK_FIELDS_H

#include "measure/rebuild/lock.h"
#include "measure/rebuild/lock_text.h"

#define LOCK_PREFIX "sha256:" /* of FIELD_DIGEST */
#define LOCK_JOBS_MAX 4096u

/* How a member of an object stands in a structure. */
enum lock_type {
	FIELD_TEXT, /* const char * */
	FIELD_PRODUCT, /* the same, as names.h has it */
	FIELD_RELEASE,
	FIELD_TEXTS, /* struct lock_texts */
	FIELD_HEX, /* struct digest */
	FIELD_DIGEST, /* the same with "sha256:" in front */
	FIELD_NUMBER, /* uint64_t */
	FIELD_EPOCH, /* int64_t, as a number */
	FIELD_TIME, /* int64_t, as RFC 3339; INT64_MAX: none */
	FIELD_UMASK, /* uint32_t, as four octal digits */
	FIELD_KIND, /* enum lock_kind */
	FIELD_SCHEMA, /* in no structure */
	FIELD_LIST, /* of structures */
};

enum lock_need {
	FIELD_NEEDED,
	FIELD_OPTIONAL,
	FIELD_PLACE, /* needed, and no part of the list of inputs */
};

struct lock_items;

struct lock_field {
	const char *key;
	enum lock_type type;
	size_t at;
	enum lock_text text; /* of texts */
	enum lock_need need;
	const struct lock_items *list;
};

struct lock_items {
	const struct lock_field *fields; /* sorted by key; ends with a zeroed row, as all */
	size_t size, n_at, max; /* of an item; where the number is */
	int (*order)(const void *a, const void *b);
};

extern const struct lock_field lock_top_fields[];
extern const char *const lock_kind_names[];

/* Everything in its order; what stands there twice is refused (lock). */
must bool lock_order(struct lock *l, struct err *e);

/* Without a look at what it says. */
void lock_put(const struct lock *l, struct buf *out);

#endif
