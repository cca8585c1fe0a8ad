/*
 * Is what was built also built under other conditions? It is built again under the variations that
 * are possible; when something else comes out, it is found out which of them it was, one build for
 * each question. All of these builds take nothing from any cache, and nothing takes from theirs.
 */
#ifndef MEASURE_REBUILD_VARIED_H
#define MEASURE_REBUILD_VARIED_H

#include "measure/core/verdict.h"
#include "measure/rebuild/fresh.h"

/* A build that gave something else than the one that is compared with. */
struct varied_other {
	uint32_t set; /* under which variations */
	char *folder; /* that it left; NULL: it left none */
	char *failure; /* why it left none; else NULL */
	struct varied_other *next; /* an earlier one */
};

struct varied {
	struct fresh *fresh; /* open; folders of others go away with it */
	const struct build_request *request;
	struct answer *answer;
	uint32_t asked;
	void (*begins)(void *arg, uint32_t set); /* told of each build; may be NULL */
	void *arg;

	struct vary_effect effect; /* what was varied, and why the rest was not */
	bool equal;
	struct vary_causes causes; /* when it is not */
	struct varied_other *others;
};

/*
 * folder: of the build that all are compared with. What makes no image under variations is another
 * result, too; errors are of the machinery. v: zeroed but for the first part; released by
 * varied_free() in either case.
 */
must bool varied_run(struct varied *v, const char *folder, struct err *e);
void varied_free(struct varied *v);

/* What came out under those variations, as a cause names them; none: of an unsteady build. */
const struct varied_other *varied_other(const struct varied *v, uint32_t set);

/*
 * Adds checks "vary" to *out, each with the names of variations as its part: passed, failed (one
 * for each cause), skipped with the reason; and that nothing was varied at all (nothing-varied).
 */
void varied_judge(const struct varied *v, struct verdict *out);

#endif
