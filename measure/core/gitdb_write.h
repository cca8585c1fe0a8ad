/*
 * Writing into a repository of git: new objects as one pack, and then a name that is moved to them.
 * What was done is durable before the next step begins, so that a power cut at any instant leaves
 * the name on objects that are there. Git's own locks are taken, and nobody's objects are lost.
 */
#ifndef MEASURE_CORE_GITDB_WRITE_H
#define MEASURE_CORE_GITDB_WRITE_H

#include "measure/base/buf.h"
#include "measure/core/gitdb.h"

/*
 * A new, empty repository, whose HEAD is the branch `main`; the folder must not be there. Nothing
 * of it is durable yet.
 */
must bool gitdb_create(const char *path, bool bare, struct err *e);

/* ---- objects */

#define GITDB_PACK_MAX (INT64_C(1) << 31) /* bytes */

struct gitdb_pack;

/* The repository is borrowed. Released by gitdb_pack_free(). */
must struct gitdb_pack *gitdb_pack_new(const struct gitdb *g, struct err *e);
void gitdb_pack_free(struct gitdb_pack **p);

/* A new one, whose bytes are borrowed until all is written, and its id. */
must bool gitdb_pack_add(struct gitdb_pack *p, enum gitdb_kind kind, struct bytes x,
			 struct gitdb_id *id, struct err *e);

/* One that the repository has. */
must bool gitdb_pack_have(struct gitdb_pack *p, const struct gitdb_id *id, struct err *e);

/* Those of them that the repository has are not to be written. */
void gitdb_pack_only_new(struct gitdb_pack *p);

/* All of them, each once, durably. name: of the pack, without ".pack"; or NULL. */
must bool gitdb_pack_write(struct gitdb_pack *p, struct buf *name, struct err *e);

/* ---- names */

/*
 * The right to write, among all who ask for it this way, until the file is closed (own_close()) or
 * the process ends, whatever ends it. `busy` when another keeps it for half a minute.
 */
must bool gitdb_lock(const struct gitdb *g, int *fd, struct err *e);

/*
 * Who holds that right moves a branch ("refs/heads/main") from one commit to another, or makes it
 * (from: NULL). *moved: false when it stands elsewhere by now. Git's lock of the branch is taken
 * for it: one that a killed process of ours has left is removed, one of git's own is waited for,
 * and `busy` after some seconds.
 */
struct gitdb_move {
	const char *name;
	const struct gitdb_id *from, *to;
};
must bool gitdb_move(const struct gitdb *g, const struct gitdb_move *m, bool *moved, struct err *e);

/* ---- upkeep */

#define GITDB_PACKS 32u

struct gitdb_roll; /* released by gitdb_roll_free() */

/*
 * Who holds that right lets one more pack take the place of the smaller ones where it would be the
 * GITDB_PACKS-th: all their objects, reachable or not, come into it as well, so that tidying up
 * costs no fsync of its own. *old: those packs; NULL: it is not time yet. Left alone: packs that
 * somebody has marked, and any when git keeps an index over several.
 */
must bool gitdb_roll_up(struct gitdb_pack *into, struct gitdb_roll **old, struct err *e);
void gitdb_roll_free(struct gitdb_roll **r);

/* Removes them, when the pack of that name, which has all of theirs, is durable. */
must bool gitdb_roll_away(const struct gitdb_roll *old, const char *name, struct err *e);

#endif
