/*
 * A recipe built: everything locked and proved first, then stage by stage, then the image. What was
 * built before of the same things is taken from the cache, whose bytes are proved. The output is a
 * folder with the artefact, build.json and measurements.json, and appears whole or not at all.
 */
#ifndef MEASURE_REBUILD_BUILD_H
#define MEASURE_REBUILD_BUILD_H

#include "measure/core/answer.h"
#include "measure/rebuild/plan.h"
#include "measure/rebuild/stage.h"

struct build_request {
	struct plan_ask plan;
	const char *cache; /* folder; NULL: that of the user */
	const char *stage; /* this one alone, whose outputs are the output; NULL: all */
	const char *output; /* the folder: nothing, or an empty one; NULL with a stage: none */
	bool logs; /* those of the stages go there, too */
	const char *failed; /* where logs of stages that fail stay; NULL: in the cache */
	const char *tool; /* version of this program */
	uint32_t vary; /* under which variations its stages run (vary.h); 0: none */
	bool loose; /* it is compared with another build: what the recipe expects is not */
	struct stage_watch watch;

	/* Asked when all is proved and nothing has run yet: false with e set, and nothing will. */
	bool (*planned)(void *arg, const struct plan *p, struct err *e);
	void *planned_arg;
};

struct build_report {
	struct digest recipe, inputs; /* SHA-256 */
	uint32_t stages, cached; /* that were needed, and were there */
	bool image_cached;
	/* Also when the build failed: */
	bool begun; /* everything was proved by then */
	struct vary_effect vary;
};

/* Errors: what plans, stages and builders give; usage, for an output that is there. */
must bool build(const struct build_request *q, struct build_report *report, struct answer *a,
		struct err *e);

#endif
