/*
 * A lock with one input of each kind, lists, stages and libraries, for whoever needs one.
 */
#ifndef TESTS_UNIT_SUPPORT_LOCK_H
#define TESTS_UNIT_SUPPORT_LOCK_H

#include "measure/rebuild/lock.h"

/* Texts of its own, to be changed by a test; nothing is in its arena. */
struct lock_sample {
	struct lock lock;
	const char *text[12];
	struct lock_input input[6];
	struct lock_list list[2];
	struct lock_stage stage[2];
	struct lock_library library[1];
	struct lock_question question[1];
};

void lock_sample(struct lock_sample *s);

#endif
