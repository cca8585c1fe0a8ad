/*
 * What objects of git say, out of their bytes (gitformat-commit, git-mktree(1); the formats stand
 * in git's Documentation/user-manual and in `git cat-file -p`): commits, annotated tags, and
 * the pointers that git-lfs leaves in the place of large files (git-lfs, docs/spec.md). Read as
 * strictly as git writes them, since what passes here is built from. Reason of refusals: source.
 */
#ifndef MEASURE_REBUILD_SOURCE_OBJECT_H
#define MEASURE_REBUILD_SOURCE_OBJECT_H

#include "measure/base/cur.h"
#include "measure/core/digest.h"
#include "measure/core/gittree.h"

/* A commit, or an annotated tag. */
struct source_text {
	struct gitdb_id target; /* its tree; what is tagged */
	enum gitdb_kind kind; /* of the target */
	int64_t time; /* of the committer or tagger; INT64_MAX: no tagger is named */
	struct buf message; /* what is signed: empty when nothing is */
	struct buf signature; /* in its armor, empty likewise */
};

/* Released by source_text_free(). */
must bool source_commit_read(struct source_text *t, struct bytes raw, struct err *e);
must bool source_tag_read(struct source_text *t, struct bytes raw, struct err *e);
void source_text_free(struct source_text *t);

/* A pointer to a large file: no file of this many bytes or more is one. */
#define SOURCE_POINTER_MAX 1024u
bool source_is_pointer(struct bytes file);
must bool source_pointer_read(struct bytes file, struct digest *sha256, uint64_t *size,
			      struct err *e);

#endif
