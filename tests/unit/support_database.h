/*
 * Databases of statements that are any text: entry n holds "statement n\n", unless told otherwise.
 */
#ifndef TESTS_UNIT_SUPPORT_DATABASE_H
#define TESTS_UNIT_SUPPORT_DATABASE_H

#include "reference-db/database.h"

#define DATABASE_WHEN 1700000000 /* of every commit */

/* The path of entry n: the nth manifest of one version. */
void database_path_of(uint64_t n, char to[DATABASE_PATH]);

/* An open one of that name at that place, without entries. */
struct database *database_made(const char *path, bool bare);

/* n more; by: a word in their texts, or NULL. */
bool database_grow(struct database *d, size_t n, const char *by, bool *moved, struct err *e);

/* Do all entries stand there, and lead to the state of the head? Their texts, one after another. */
bool database_all(const struct database *d, struct buf *texts, struct err *e);

/* The same for texts as database_grow() without a word makes them; fails the test. */
void database_check(const struct database *d, uint64_t height);

#endif
