/*
 * A second build under other conditions, by the names that reprotest gave them: what is varied, how
 * that changes a sandbox, and which variation it was when the result is another one. What cannot be
 * varied here is said to be so, with the reason, and never counts as varied.
 */
#ifndef MEASURE_REBUILD_VARY_H
#define MEASURE_REBUILD_VARY_H

#include "measure/base/arena.h"
#include "measure/core/digest.h"
#include "measure/rebuild/sandbox.h"

enum vary_name {
	VARY_BUILD_PATH,
	VARY_PATH_LENGTH,
	VARY_TIME,
	VARY_LOCALES,
	VARY_UMASK,
	VARY_USER_GROUP,
	VARY_FILEORDERING,
	VARY_NUM_CPUS,
	VARY_DOMAIN_HOST,
	VARY_HOME,
	VARY_ENVIRONMENT,
	VARY_KERNEL,
	VARY_ASLR,
	VARY_TIMEZONE,
	VARY_NAMES,
};

#define VARY_AHEAD 32252400 /* seconds: the other clock */
#define VARY_ALL ((1u << VARY_NAMES) - 1)
#define VARY_BIT(name) (1u << (name)) /* sets of variations are such bits */

struct vary_row {
	const char *name; /* "build_path" */
	const char *what; /* that is done: "the hostname is another one" */
};
extern const struct vary_row vary_rows[VARY_NAMES];

/* "all", or names with commas; a name behind "-" is taken out again. Refused: usage. */
must bool vary_parse(const char *list, uint32_t *set, struct err *e);

/* Names with commas, in the order above; "none". */
void vary_names(uint32_t set, struct buf *out);

/* What a build has to be varied with. */
struct vary_means {
	const char *path; /* where it builds, which its mounts and its folder begin with */
	const char *root; /* folder that becomes its root, where another path is free; or NULL */
	const char *faketime; /* libfaketime in its root; NULL: it is not there */
	bool own_clock; /* its programs were seen not to do with the clock of libfaketime */
	bool as_made; /* its file system was seen to list names by the order they were made in */
	unsigned processors; /* of this machine */
};

/* NULL: it can be varied; else why not, in words. */
const char *vary_why_not(enum vary_name name, const struct vary_means *m);

/* Of a set, what can be varied. */
uint32_t vary_possible(uint32_t set, const struct vary_means *m);

/* What is varied in a build, which has parts that differ in their means. */
struct vary_effect {
	uint32_t asked;
	uint32_t set, some; /* of those, in all of its parts, and in one at least */
	const char *why_not[VARY_NAMES]; /* that are not in all; else NULL */
};

/* One part more: what of it is varied there. Before the first, all that is asked for is set. */
uint32_t vary_part(struct vary_effect *x, const struct vary_means *m);

/*
 * Where it builds under those variations, which is another path than before if it is one of them;
 * of the arena. NULL with e set.
 */
const char *vary_path(uint32_t set, const struct vary_means *m, struct arena *a, struct err *e);

/*
 * The sandbox under those variations, all of which are possible (usage); what it points to
 * afterwards is the arena's. Another order of names is not of the sandbox: it is laid out.
 */
must bool vary_sandbox(uint32_t set, const struct vary_means *m, struct arena *a, struct sandbox *s,
		       struct err *e);

/* A build under variations, and the digest of all that it makes. */
struct vary_builder {
	bool (*build)(void *arg, uint32_t set, struct digest *out, struct err *e);
	void *arg;
};

struct vary_causes {
	uint32_t set[VARY_NAMES]; /* each makes a difference, and none of it may be left out */
	size_t n;
	bool unsteady; /* it differs when nothing is varied; then there are no sets */
	unsigned builds; /* that it took */
};

/*
 * A build under `set` gave another digest than `base`: why? Disjoint causes, one after the other,
 * until what is left makes no difference; about log2 of the set's size builds for each variation.
 */
must bool vary_find(uint32_t set, const struct digest *base, const struct vary_builder *b,
		    struct vary_causes *out, struct err *e);

#endif
