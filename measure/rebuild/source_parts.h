/*
 * What the files of source.h share: a source while it is read, and what each of them does to it.
 * Private to measure/rebuild/source*.c.
 */
#ifndef MEASURE_REBUILD_SOURCE_PARTS_H
#define MEASURE_REBUILD_SOURCE_PARTS_H

#include "measure/base/file.h"
#include "measure/core/gitdb.h"
#include "measure/rebuild/source.h"
#include "measure/rebuild/source_object.h"

#define SOURCE_OBJECT_MAX (UINT64_C(1) << 30) /* a file is in memory while it is read */
#define SOURCE_TREE_MAX (UINT64_C(32) << 20)
#define SOURCE_TEXT_MAX (UINT64_C(1) << 20) /* a commit or a tag */
#define SOURCE_MODULES_MAX (UINT64_C(1) << 20)
#define SOURCE_DEPTH_MAX 128u /* folders in folders */
#define SOURCE_REPOSITORIES_MAX 1024u
#define SOURCE_NESTED_MAX 16u /* submodules in submodules */
#define SOURCE_PAYLOAD UINT32_MAX /* tree_inode.source of a large file */

struct source_repository {
	struct gitdb *db;
	struct tree_node *top; /* its folder in the tree */
	struct gitdb_id tree;
	unsigned depth; /* submodules above it */
};

/* A submodule of the repository that was walked last. */
struct source_gitlink {
	struct tree_node *folder;
	struct gitdb_id commit;
};

struct source {
	struct tree *tree;
	struct source_repository *repositories;
	size_t n_repositories;
	struct buf gitlinks; /* struct source_gitlink */
	struct buf folders; /* those that are still to be read: source_walk.c */
	/* tree_inode.source: of `repositories`, .at: of `ids`; or SOURCE_PAYLOAD, of `large` */
	struct buf ids; /* struct gitdb_id */
	struct buf large; /* struct object */
	const struct objects *payloads;
	uint64_t bytes;
	char commit[GITDB_DIGITS + 1];
	int64_t time;
	char *signer;
	struct source_submodule *submodules;
	size_t n_submodules;
	/* the file that is being read */
	struct gitdb_object object;
	struct store_item payload;
	uint64_t size, pos;
};

/* The tree of one repository below its folder; files, links, and `gitlinks`. */
must bool source_walk(struct source *s, size_t repository, struct err *e);

/* The submodules of that repository, by `gitlinks`, as more repositories. */
must bool source_modules(struct source *s, size_t repository, struct err *e);

/* One more; db is taken, also after a refusal. */
must bool source_add_repository(struct source *s, const struct source_repository *r, struct err *e);

/* No symbolic link leads out. */
must bool source_links(const struct source *s, struct err *e);

/* The signature of a commit or tag, by a key of that file of allowed signers. */
must bool source_signed(struct source *s, const struct source_text *t, const char *what,
			const char *signers, struct err *e);

/* "'PATH': " in front of an error that is of something in a folder; name may be empty. */
bool source_in(const struct tree_node *folder, struct bytes name, struct err *e);

#endif
