/*
 * A sandbox for tests: a root made of this machine's /usr, whose shell runs a script.
 */
#ifndef TESTS_UNIT_SUPPORT_BOX_H
#define TESTS_UNIT_SUPPORT_BOX_H

#include "measure/rebuild/sandbox.h"
#include "tests/unit/support_folder.h"

struct box {
	struct folder folder; /* with the folders "root" and "work" */
	struct sandbox sandbox; /* of it may be changed what a test likes */
	struct sandbox_mount mount[4]; /* /usr, work at /build, this program at /probe */
	const char *argv[4];
	char *root;
	struct sandbox_result result; /* of the last run */
	struct err err;
};

/* Both print why a test cannot be done where sandboxes cannot be made, and false. */
bool box_new(struct box *b);
void box_free(struct box *b);

/* True when it was run; then what it printed is result.tail, as text. */
bool box_run(struct box *b, const char *script);
const char *box_text(struct box *b);

#endif
