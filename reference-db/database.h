/*
 * The reference database (formats/database.md): signed statements in the order in which they were
 * published, one file each, as the tree of a commit of git, or as a plain folder with the same
 * files, which is what a web server hands out. Nothing that carries it is trusted: what stands here
 * is form and order, and whose statements count is the ledger's business (ledger.h).
 *
 *   format            "measure-db/1\nname NAME\n"
 *   head              "HEIGHT STATE\n"
 *   log/hh/hh/hh      entry n (0, 1, ...) by the six hexadecimal digits of n: "SHA256  PATH\n", as
 *                     sha256sum writes it, of the statement's file
 *   PATH              of a statement: database_path()
 *   README.md         for people who find it; nothing reads it
 *
 * State 0 is the SHA-256 of `format`; state n+1 the SHA-256 of the 32 bytes of state n and the line
 * of entry n. So who remembers a state knows all that came before it.
 */
#ifndef REFERENCE_DB_DATABASE_H
#define REFERENCE_DB_DATABASE_H

#include "reference-db/signed.h"

#define DATABASE_NAME 64u /* bytes */
#define DATABASE_PATH 1024u /* of a statement, with its NUL */
#define DATABASE_ENTRIES (1u << 24)
#define DATABASE_REF "refs/heads/main"

struct database;

/*
 * path: a repository, bare or not, whose branch `main` is read out of the object database and
 * never out of its work tree; or a plain folder. Released by database_free(). Errors: no-such-file;
 * database, when it is none or its form is broken; what gitdb_open() gives.
 */
must struct database *database_open(const char *path, struct err *e);
void database_free(struct database **d);

const char *database_name(const struct database *d);

/* What its `head` says: to be believed only when the log gives it. */
struct signed_upon database_head(const struct database *d);

/* Entry n, its form proved; `before` is the state before it, *state the one after it. */
struct database_entry {
	struct digest sha256; /* of the statement's file */
	char path[DATABASE_PATH];
};
must bool database_entry(const struct database *d, uint64_t n, const struct digest *before,
			 struct database_entry *out, struct digest *state, struct err *e);

/* The bytes of its statement, whose digest is proved; appended. Errors: database (missing, other
 * bytes), limit. */
must bool database_statement(const struct database *d, const struct database_entry *entry,
			     struct buf *out, struct err *e);

/* Is there anything in the tree that neither format, head, log nor README.md account for? The tree
 * of a commit is walked whole: symbolic links, submodules, executable files, names that differ in
 * case alone, statements that no entry names are `database`, each told to `stray`. */
struct database_stray {
	void (*tell)(void *arg, const char *path, const char *what);
	void *arg;
};
must bool database_audit_tree(const struct database *d, const struct database_stray *stray,
			      bool *clean, struct err *e);

/* ---- writing: repositories alone */

/* A new repository with an empty database. It must not exist, or be an empty folder. */
must bool database_init(const char *path, const char *name, bool bare, struct err *e);

struct database_new {
	struct bytes bytes; /* the statement's file */
	const char *path; /* database_path() */
};

/*
 * n entries upon the state that was opened, as one commit: written and made durable as one pack,
 * then the branch is moved if it still is where it was. *moved: false when somebody else was
 * faster, and nothing has changed but for objects that nothing reaches; open it again, judge again
 * and try again. A process killed at any instant leaves the old state or the new one. message: of
 * the commit. The work tree of a repository that has one is not touched.
 */
must bool database_append(struct database *d, const struct database_new *entry, size_t n,
			  const char *message, bool *moved, struct err *e);

/*
 * Where entry n lies: "products/PRODUCT/VERSION/000042-manifest.corim", "keys/000001-keys.cose".
 * Characters that a file system, a shell or git could take amiss become %XX. Where a folder has
 * 128 names already the next go to folders "~hh/hh" in it, so that no tree has over 256 names:
 * the ordinals say which of its folder each part is, counted from 0.
 */
struct database_place {
	const char *product, *version; /* NULL: of no product */
	uint64_t nth_product, nth_version, nth_file;
	uint64_t entry; /* n */
	const char *kind, *extension; /* "manifest", "corim" */
};
must bool database_path(const struct database_place *p, char out[DATABASE_PATH], struct err *e);

#endif
