/*
 * Names and texts of manifests and build records: what may be in them, so that they mean one thing
 * to every reader, terminal and file system. Refusals are usage errors that quote the text.
 */
#ifndef REFERENCE_DB_NAMES_H
#define REFERENCE_DB_NAMES_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

/* Not empty, MANIFEST_NAME bytes at most, UTF-8 that text_tame() leaves as it is, no blank ends. */
must bool name_check_text(const char *text, const char *what, struct err *e);

/* That, and one component of a path: no slash, not "." or "..". */
must bool name_check(const char *name, const char *what, struct err *e);

/* Names in that sense with slashes between them: "example.org/blindbox". */
must bool name_check_product(const char *product, struct err *e);

/* 40 or 64 lower-case hexadecimal digits; "sha256:" and 64 of them. Not all zero. */
must bool name_check_commit(const char *commit, struct err *e);
must bool name_check_digest(const char *digest, const char *what, struct err *e);

/* UTF-8 that text_tame() leaves as it is: no control character, nothing hidden, no backslash. */
bool name_shows(struct bytes text);

/* Of a file in a manifest of others: could it lead out of a folder, or deceive the eye? */
bool name_is_safe(struct bytes name);

#endif
