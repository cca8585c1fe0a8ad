/* What the parts of database.h share: an open database. */
#ifndef REFERENCE_DB_DATABASE_PARTS_H
#define REFERENCE_DB_DATABASE_PARTS_H

#include "measure/core/gitfiles.h"
#include "measure/core/store.h"
#include "reference-db/database_form.h"

struct database {
	char *path;
	char name[DATABASE_NAME + 1];
	struct signed_upon head;
	struct digest first; /* state 0 */
	struct store *plain; /* a plain folder; NULL: a repository */
	int folder; /* of a plain one; -1 */
	struct gitdb *git;
	struct gitdb_id commit, tree;
	struct gitfiles *log, *files; /* of the tree: two ways through it */
};

/* What was wrong with the objects of git, or a folder, is wrong with the database. False. */
bool database_broken(const struct database *d, struct err *e);

/* The state of a repository: what the branch points at now. */
must bool database_read_commit(struct database *d, struct err *e);
must bool database_read_small(struct database *d, struct err *e);

#endif
