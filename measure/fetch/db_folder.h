/*
 * A reference database as a plain folder (formats/database.md) that grows: a copy of one that a web
 * server has. What its `head` counts is never touched, and `head` is written last: who reads the
 * folder meanwhile, or after this process was killed, has the old database or the new one. What a
 * killed one left behind it is gone on with.
 */
#ifndef MEASURE_FETCH_DB_FOLDER_H
#define MEASURE_FETCH_DB_FOLDER_H

#include "reference-db/database_form.h"

struct db_folder {
	char *path;
	int fd; /* locked: one process at a time */
	char name[DATABASE_NAME + 1];
	struct digest first; /* state 0 */
	struct signed_upon head; /* of what is there */
};

#define DB_FOLDER_NONE ((struct db_folder){.fd = -1})

/*
 * f: DB_FOLDER_NONE. format: of the database that is copied. The folder is made where nothing
 * stands, and becomes an empty database; else it must be one of that format. Released by
 * db_folder_close(). Errors: usage (a repository, other files), fork (another database), database,
 * busy (another process copies into it), not-a-file, no-space, permission, io.
 */
must bool db_folder_open(struct db_folder *f, const char *path, struct bytes form, struct err *e);
void db_folder_close(struct db_folder *f);

/* Is a file of that digest there? name: a path in it. Like the next, by several threads at once. */
bool db_folder_has(const struct db_folder *f, const char *name, const struct digest *sha256);
/* Below the folder, whatever stands there: symbolic links are refused. */
must bool db_folder_put(const struct db_folder *f, const char *name, struct bytes x, struct err *e);

/* All that was put is durable, and then counts. */
must bool db_folder_grow(struct db_folder *f, const struct signed_upon *head, struct err *e);

#endif
