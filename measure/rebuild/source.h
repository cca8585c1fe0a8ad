/*
 * The source: the tree of a commit out of git's object database, never out of a work tree: no
 * filter, attribute, export rule or line ending has any effect, nor has any setting (gitdb.h).
 * Modes are 0755 and 0644, owners 0:0, every time that of the commit. Refused (source): names that
 * a file system or git itself takes for others (.git in any spelling, "..", control characters, two
 * names that are one where the case of ASCII letters does not count), symbolic links that lead out
 * of the tree, large-file pointers whose payload is not given, submodules whose commit is not to be
 * had, objects that are not what their name says.
 *
 * Submodules stand in the tree at their place. Packed, it is a ramdisk archive (cpio.h, `native`,
 * times 0), whose SHA-256 names it in a store; `content` is our own digest of the tree.
 */
#ifndef MEASURE_REBUILD_SOURCE_H
#define MEASURE_REBUILD_SOURCE_H

#include "measure/core/cpio.h"
#include "measure/rebuild/objects.h"

#define SOURCE_MAX_BYTES (UINT64_C(4) << 30)
#define SOURCE_MAX_NAMES (1u << 20)

struct source_submodule {
	char *path;
	char commit[41];
};

struct source_request {
	const char *repository; /* a folder: a repository, bare or with a work tree */
	const char *revision; /* full commit, tag or branch; NULL: HEAD */
	bool submodules; /* found below the repository (.git/modules), or beside it by path */
	const char *signers; /* path of an allowed-signers file; NULL: signatures do not matter */
	const struct objects *payloads; /* of large files; may be NULL; to outlive the source */
};

struct source;

/*
 * Released by source_free(). Errors: source, commit, ambiguous, signature, ssh-signature,
 * allowed-signers, library, limit. With signers the commit has to be signed, or the tag that is
 * named; SSH alone, by a key that is allowed at the time that the commit or tag says. A file of
 * over 1 GiB is too large (limit), since it is in memory while it is read; others are not.
 */
must struct source *source_open(const struct source_request *q, struct err *e);
void source_free(struct source **s);

struct tree *source_tree(const struct source *s);
const char *source_commit(const struct source *s); /* 40 digits */
int64_t source_time(const struct source *s); /* of the commit */
const char *source_signer(const struct source *s); /* principal and fingerprint; NULL: unsigned */
const struct source_submodule *source_submodules(const struct source *s, size_t *n);

/* The bytes of a file of the tree: for cpio_write() and place_tree(), put left empty. */
struct cpio_io source_io(struct source *s);

/* The digest of the tree alone, as source_pack() has it. */
must bool source_content(struct source *s, struct digest *content, struct err *e);

/* Packed into a store; content: digest of the tree. */
must bool source_pack(struct source *s, const struct objects *to, struct object *packed,
		      struct digest *content, struct err *e);

#endif
