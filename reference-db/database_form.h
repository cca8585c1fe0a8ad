/*
 * The small files of a database (formats/database.md), out of their bytes and into them, and the
 * form of the paths that statements have. Each has one spelling. Reason of refusals: database.
 */
#ifndef REFERENCE_DB_DATABASE_FORM_H
#define REFERENCE_DB_DATABASE_FORM_H

#include "reference-db/database.h"

#define DATABASE_FORM_MAX 2048u /* bytes of such a file */
#define DATABASE_LOG_PATH 16u /* "log/hh/hh/hh" and a NUL */

/* `format`: the name, with a NUL. */
must bool database_format_read(struct bytes file, char name[DATABASE_NAME + 1], struct err *e);
must bool database_format_write(const char *name, struct buf *out, struct err *e);

/* `head` */
must bool database_head_read(struct bytes file, struct signed_upon *head, struct err *e);
void database_head_write(const struct signed_upon *head, struct buf *out);

/* A file of the log, which is that of entry n; where it lies. */
must bool database_line_read(struct bytes file, uint64_t n, struct database_entry *out,
			     struct err *e);
void database_line_write(const struct database_entry *x, struct buf *out);
void database_log_path(uint64_t n, char to[DATABASE_LOG_PATH]);

/* Could it be the path of entry n's statement? */
must bool database_path_check(struct bytes path, uint64_t n, struct err *e);

/* The number in its last part; false: it has none. */
bool database_path_entry(struct bytes path, uint64_t *n);

/* Of SHA-256, in exactly 64 lower-case digits; false: it is something else. */
must bool database_digest(struct bytes digits, struct digest *out);

/* The next state. */
must bool database_state(const struct digest *before, struct bytes line, struct digest *state,
			 struct err *e);

#endif
