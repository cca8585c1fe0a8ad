/*
 * struct err: what went wrong, told once. The first fault wins: setting an err that is already set
 * changes nothing. Context is put in front of the text on the way out (err_in). Every function
 * that can fail takes a struct err * last; it may not be NULL. All of it is plain memory, owned by
 * whoever declared it, starting as (struct err){0}.
 *
 * What does not fit ends in "...". Texts may quote foreign bytes as they are; text_tame() is
 * applied where they are printed.
 */
#ifndef MEASURE_BASE_ERR_H
#define MEASURE_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/base/own.h"
#include "measure/base/reason.h"

struct err {
	enum reason reason;
	bool at; /* offset is known */
	uint64_t offset; /* absolute, in the file that subject names */
	char subject[4096]; /* file or option the fault is in, or empty; any path fits */
	char text[512];
	char hint[256];
};

#define ERR_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))

/* Set reason and text. All of these return false, so that a refusal is one return statement. */
bool err_set(struct err *e, enum reason r, const char *format, ...) ERR_FORMAT(3, 4);
bool err_at(struct err *e, enum reason r, uint64_t offset, const char *format, ...)
	ERR_FORMAT(4, 5);

/* truncated, at the offset: "WHAT needs 2 bytes, 1 is left". */
bool err_short(struct err *e, uint64_t offset, const char *what, uint64_t needs, uint64_t left);

/* From errno: no-such-file, permission, no-space, out-of-memory or io; text "WHAT: strerror". */
bool err_errno(struct err *e, int errnum, const char *what);

/* Put "CONTEXT: " in front of the text of an err that is set. */
bool err_in(struct err *e, const char *format, ...) ERR_FORMAT(2, 3);

/* Name the file or option, unless one is named already. Give a hint, unless one is given. */
bool err_subject(struct err *e, const char *subject);
bool err_hint(struct err *e, const char *format, ...) ERR_FORMAT(2, 3);

static inline bool err_is(const struct err *e)
{
	return e->reason != REASON_NONE;
}

#endif
