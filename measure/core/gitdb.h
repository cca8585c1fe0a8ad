/*
 * A repository of git: what its names point at, and objects by their id. What is written is in
 * gitdb_write.h. The only door to libgit2, which is loaded when it is needed.
 *
 * No program, hook, filter, credential or network of git's is ever used, no configuration of the
 * machine or its user is read, and that of the repository can only say how its objects lie. So it
 * does not matter whose the folder is, which git asks before it would obey such settings. What an
 * object holds is proved by its id (SHA-1 that knows the marks of a collision) whenever it is read.
 */
#ifndef MEASURE_CORE_GITDB_H
#define MEASURE_CORE_GITDB_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

#define GITDB_ID 20u
#define GITDB_DIGITS (2 * GITDB_ID)

struct gitdb_id {
	uint8_t v[GITDB_ID];
};

enum gitdb_kind { GITDB_COMMIT, GITDB_TREE, GITDB_BLOB, GITDB_TAG };
const char *gitdb_kind_name(enum gitdb_kind kind); /* "commit", as in objects */

struct gitdb;

/*
 * path: the folder that holds .git, or is one. Released by gitdb_free(). Errors: no-such-file,
 * source (it is none, or one of another format), library.
 */
must struct gitdb *gitdb_open(const char *path, struct err *e);

/*
 * The same with the objects that lie in it alone, and none of a repository that it borrows from.
 * Whatever is read of it then, by anyone in this process, takes 32 MiB of memory at once at most,
 * or is `limit`.
 */
must struct gitdb *gitdb_open_alone(const char *path, struct err *e);
void gitdb_free(struct gitdb **g);

/* Where the objects are, with a slash at the end; the work tree likewise, NULL: it has none. */
const char *gitdb_folder(const struct gitdb *g);
const char *gitdb_work(const struct gitdb *g);

/* Of a full name: "HEAD", "refs/tags/v1". *found: false when there is none of that name. */
must bool gitdb_resolve(const struct gitdb *g, const char *name, bool *found, struct gitdb_id *id,
			struct err *e);

/* Without its bytes. Errors: commit (it is not there), source (it cannot be read). */
must bool gitdb_look(const struct gitdb *g, const struct gitdb_id *id, enum gitdb_kind *kind,
		     uint64_t *size, struct err *e);

struct gitdb_object {
	enum gitdb_kind kind;
	struct bytes bytes; /* whole, in memory */
	void *handle;
	const struct gitdb *db;
};

/* Over max bytes is `limit`. Released by gitdb_release(), before the repository. */
must bool gitdb_read(const struct gitdb *g, const struct gitdb_id *id, uint64_t max,
		     struct gitdb_object *out, struct err *e);
void gitdb_release(struct gitdb_object *o);

/* Forty digits and a NUL. */
void gitdb_digits(const struct gitdb_id *id, char to[GITDB_DIGITS + 1]);

/* Of exactly forty lower-case digits; false: it is something else. */
must bool gitdb_of_digits(struct bytes digits, struct gitdb_id *id);

/* The libgit2 that this program was built with, and so loads: "1.5.1". Nothing is loaded for it. */
const char *gitdb_library_version(void);

#endif
