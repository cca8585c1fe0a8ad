/*
 * What the texts of a lock may be, so that each means one thing to every reader, shell and file
 * system. All are UTF-8 without control characters and without any that are not seen.
 */
#ifndef MEASURE_REBUILD_LOCK_TEXT_H
#define MEASURE_REBUILD_LOCK_TEXT_H

#include "measure/core/digest.h"

#define LOCK_NAME_MAX 200u /* bytes */
#define LOCK_TEXT_MAX 4096u

enum lock_text {
	LOCK_TEXT_NAME, /* letters, digits and . _ + -, the first neither . nor - */
	LOCK_TEXT_NAME_OR_NONE,
	LOCK_TEXT_VERSION, /* letters, digits and . _ + ~ : - */
	LOCK_TEXT_ORIGIN, /* "ARCHIVE:PATH" */
	LOCK_TEXT_COMMIT, /* 40 lower-case hexadecimal digits */
	LOCK_TEXT_SUBMODULE, /* "PATH COMMIT" */
	LOCK_TEXT_FINGERPRINT, /* 40 or 64 upper-case hexadecimal digits */
	LOCK_TEXT_PATH, /* absolute, and clean */
	LOCK_TEXT_VARIABLE, /* "NAME=value" */
	LOCK_TEXT_SNAPSHOT, /* "20261101T000000Z" */
	LOCK_TEXT_SHA256, /* 64 lower-case hexadecimal digits */
	LOCK_TEXT_DIGEST, /* "sha256:" and them */
};

bool lock_text_is(enum lock_text kind, const char *text);

/* Refused (lock): `WHAT "TEXT" must be ...`. */
must bool lock_text_check(enum lock_text kind, const char *text, const char *what, struct err *e);

/*
 * A path of parts that are names, without a slash at either end: "a/b". Never "..", "." or nothing,
 * nor a backslash.
 */
bool lock_text_is_path(struct bytes path);

/* Of a text that is LOCK_TEXT_SHA256. */
struct digest lock_text_sha256(const char *hex);

#endif
