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
 *   PATH              of a statement: database_path(); its last part begins with the number of its
 *                     entry, so that no two have the same
 *   README.md         for people who find it; nothing reads it
 *
 * State 0 is the SHA-256 of `format`; state n+1 the SHA-256 of the 32 bytes of state n and the line
 * of entry n with its newline. So who remembers a state knows all that came before it.
 */
#ifndef REFERENCE_DB_DATABASE_H
#define REFERENCE_DB_DATABASE_H

#include "reference-db/signed.h"

#define DATABASE_NAME 64u /* bytes: letters, digits, . _ and -, a letter or digit at first */
#define DATABASE_PATH 1024u /* of a statement, with its NUL */
#define DATABASE_ENTRIES (1u << 24)
#define DATABASE_NAMES 256u /* in a folder */
#define DATABASE_BRANCH "main"
#define DATABASE_REF "refs/heads/" DATABASE_BRANCH

struct database;

/*
 * path: a repository, bare or not, whose branch `main` is read out of the object database and
 * never out of its work tree; or a plain folder. Alternates, replaced objects, hooks and settings
 * count for nothing. Released by database_free(). Errors: no-such-file; database, when it is none
 * or its form is broken; database-incomplete, when a file or object is missing; io, library.
 */
must struct database *database_open(const char *path, struct err *e);
void database_free(struct database **d);

const char *database_name(const struct database *d);

/* What its `head` says: to be believed only when the log gives it. */
struct signed_upon database_head(const struct database *d);

/* State 0. */
struct digest database_first(const struct database *d);

/* Entry n, its form proved. *state: the state before it, and then the one after it. */
struct database_entry {
	struct digest sha256; /* of the statement's file */
	char path[DATABASE_PATH];
};
must bool database_entry(const struct database *d, uint64_t n, struct digest *state,
			 struct database_entry *out, struct err *e);

/*
 * The bytes of its statement, whose digest is proved; appended. Errors: database (other bytes),
 * database-incomplete, limit.
 */
must bool database_statement(const struct database *d, const struct database_entry *entry,
			     struct buf *out, struct err *e);

/*
 * Is there anything in the tree that neither format, head, log nor README.md account for? All of
 * it is walked: symbolic links, submodules, executable files, names that differ in case alone,
 * folders with too many names, statements that no entry names, each told to `stray`. Whether what
 * the log names is there and what it was is for whoever reads the entries. A plain folder that
 * became another meanwhile is database-incomplete.
 */
struct database_stray {
	void (*tell)(void *arg, const char *path, const char *what);
	void *arg;
};
must bool database_audit_tree(const struct database *d, const struct database_stray *stray,
			      bool *clean, struct err *e);

/* ---- writing: repositories alone */

/*
 * A new repository with an empty database. It must not exist, or be an empty folder; it is there
 * whole and durable, or not at all. when: of its commit, seconds since the epoch.
 */
must bool database_init(const char *path, const char *name, bool bare, int64_t when, struct err *e);

struct database_new {
	struct bytes bytes; /* the statement's file */
	const char *path; /* database_path() */
};

struct database_news {
	const struct database_new *entry;
	size_t n; /* one at least */
	const char *message; /* of the commit: UTF-8 that shows, and newlines */
	int64_t when; /* of the commit, whose author and committer is "measure" */
};

/*
 * n entries upon the state that was opened, as one commit: written and made durable as one pack,
 * then the branch is moved if it still is where it was, and d stands at the new state. *moved:
 * false when somebody else was faster: nothing has changed; open it again, judge again and try
 * again. A process killed at any instant leaves the old state or the new one. The work tree of a
 * repository that has one is not touched. Errors besides those of reading: usage (a plain folder),
 * database (a path that is none of that entry, or is there in another case), busy (gitdb_lock(),
 * gitdb_move()), no-space, permission, io.
 */
must bool database_append(struct database *d, const struct database_news *news, bool *moved,
			  struct err *e);

/*
 * Where entry n lies: "products/PRODUCT/VERSION/000042-manifest.corim", without a version
 * "products/PRODUCT/~release/000043-release.cose", without a product "keys/000001-keys.cose".
 * Characters that a file system, a shell or git could take amiss become %XX; what gets longer than
 * 200 bytes that way is cut, and ends in "~" and 32 digits of its SHA-256. Where a folder has 128
 * names already the next go to folders "~hh/hh" in it, so that none has over 256 names: the
 * ordinals say which of its folder each part is, counted from 0. Errors: limit.
 */
struct database_place {
	const char *product, *version; /* NULL: of no product */
	uint64_t nth_product, nth_version, nth_file;
	uint64_t entry; /* n */
	const char *kind, *extension; /* "manifest", "corim" */
};
must bool database_path(const struct database_place *p, char out[DATABASE_PATH], struct err *e);

#endif
