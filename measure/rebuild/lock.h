/*
 * The lock, measure.lock (formats/lock.md): what each input of a recipe is, by digest and size,
 * with the places it can be had from. One JSON object in canonical form: keys sorted, two blanks of
 * indentation, a newline at the end; a file that is not the form of what it says is refused, as is
 * one edited so that its own digest of the inputs does not hold.
 *
 * No host stands in it. An origin is "ARCHIVE:PATH" ("debian:pool/main/...",
 * "debian-snapshot:20261101T000000Z/pool/...", "project:path"): where an archive is, is for
 * configuration. What texts may be, says lock_text.h.
 */
#ifndef MEASURE_REBUILD_LOCK_H
#define MEASURE_REBUILD_LOCK_H

#include "measure/base/arena.h"
#include "measure/rebuild/objects.h"

#define LOCK_FILE "measure.lock"
#define LOCK_SCHEMA "measure-lock/1"
#define LOCK_MAX_BYTES (8u << 20)
#define LOCK_INPUTS_MAX 4096u
#define LOCK_LISTS_MAX 64u
#define LOCK_STAGES_MAX 64u
#define LOCK_LIBRARIES_MAX 64u
#define LOCK_TEXTS_MAX 256u /* origins, submodules, variables */

enum lock_kind {
	LOCK_PACKAGE, /* a .deb */
	LOCK_FILE_INPUT, /* a file */
	LOCK_BLOB, /* of a container image: its name is "manifest", "config" or "layerN" */
	LOCK_GIT, /* the tree of a commit, as source.h packs it */
};

struct lock_texts {
	const char **item;
	size_t n;
};

struct lock_input {
	const char *input; /* the name in the recipe */
	const char *name; /* of the package or file; unique in its input; "" for the only one */
	enum lock_kind kind;
	const char *version, *architecture; /* of a package, else NULL */
	const char *commit; /* of a source: 40 digits, else NULL */
	struct object object;
	struct digest tree; /* of a source: SHA-256, content.h; len 0 otherwise */
	struct lock_texts origins;
	struct lock_texts submodules; /* of a source: "PATH COMMIT" */
};

/* A signed list of packages that names of packages were resolved by. */
struct lock_list {
	const char *archive, *suite; /* both together once */
	const char *snapshot; /* "20261101T000000Z", or NULL */
	const char *signer; /* fingerprint of the primary key */
	struct object release; /* the file InRelease */
	int64_t date, valid_until; /* INT64_MAX: for ever */
};

struct lock_stage {
	const char *name, *path;
	uint32_t umask;
	uint64_t jobs;
	struct lock_texts environment; /* "NAME=value", sorted */
};

struct lock_library {
	const char *name, *version; /* whose bytes reach the image */
};

/* What the recipe said of an input when it was locked, as a digest: has it changed since? */
struct lock_question {
	const char *input;
	struct digest sha256;
};

struct lock {
	struct arena arena; /* all texts and lists */
	const char *tool; /* version of this program that wrote it */
	const char *product, *version;
	struct digest recipe; /* SHA-256 of measure.yml */
	struct digest inputs_digest; /* as read; lock_write() puts the right one, whatever it is */
	int64_t epoch; /* SOURCE_DATE_EPOCH */
	struct lock_input *inputs; /* sorted by input, name */
	size_t n_inputs;
	struct lock_list *lists;
	size_t n_lists;
	struct lock_stage *stages;
	size_t n_stages;
	struct lock_library *libraries;
	size_t n_libraries;
	struct lock_question *questions;
	size_t n_questions;
};

/* An empty one, to be filled. */
#define LOCK_NEW ((struct lock){.arena = ARENA(2 * (size_t)LOCK_MAX_BYTES)})

/* Errors: lock (the text says what and where), json, trailing, limit. Released by lock_free(). */
must bool lock_read(struct lock *l, struct bytes json, struct err *e);
void lock_free(struct lock *l);

/* Sorts what is sorted; what lock_read() would refuse is refused. */
must bool lock_write(struct lock *l, struct buf *out, struct err *e);

/*
 * Of the list of inputs (formats/lock.md): names, versions, digests, sizes, commits, stages with
 * their paths and environment, libraries, the epoch; no origin, no list of packages, no version of
 * the tool. Sorts, too.
 */
must bool lock_inputs_digest(struct lock *l, struct digest *out, struct err *e);

/* The first entry of an input, and how many follow each other; NULL: there is none. */
const struct lock_input *lock_find(const struct lock *l, const char *input, size_t *n);

/* The stage of that name; NULL: there is none. */
const struct lock_stage *lock_stage(const struct lock *l, const char *name);

#endif
