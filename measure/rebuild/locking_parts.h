/*
 * What the parts of locking.c share: the lock that is being made.
 */
#ifndef MEASURE_REBUILD_LOCKING_PARTS_H
#define MEASURE_REBUILD_LOCKING_PARTS_H

#include "measure/rebuild/locking.h"

struct lock_made {
	const struct locking *q;
	const struct recipe_input *input; /* that is being locked */
	struct lock *lock; /* its arena has all texts */
	struct lock_input *item;
	size_t n, room;
	int64_t source_time; /* of the source's commit */
	struct debian_packages *packages; /* of the suites that were read last */
	const struct recipe_texts *suites; /* NULL: none */
};

/* A new entry of the input, zeroed but for input and kind; valid until the next one. NULL: e. */
must struct lock_input *locking_add(struct lock_made *m, enum lock_kind kind, const char *name,
				    struct err *e);

/* A copy in the arena. */
must bool locking_text(struct lock_made *m, const char *text, const char **to, struct err *e);

/* One more origin, "ARCHIVE:PATH"; max: how many there will be at most. */
must bool locking_origin(struct lock_made *m, struct lock_input *i, const char *archive,
			 const char *path, struct err *e);

/* What the old lock has of the input, if it may stay; NULL otherwise. */
const struct lock_input *locking_old(const struct lock_made *m, size_t *n);

/* Copies of entries. */
must bool locking_keep(struct lock_made *m, const struct lock_input *old, size_t n, struct err *e);

/* By kind. */
must bool locking_file(struct lock_made *m, struct err *e);
must bool locking_image(struct lock_made *m, struct err *e);
must bool locking_git(struct lock_made *m, struct err *e);
must bool locking_packages(struct lock_made *m, struct err *e);

/* The crates that a Cargo.lock names become entries of its input; all have to be in the store. */
must bool locking_crates(struct lock_made *m, const struct object *file, struct err *e);

#endif
