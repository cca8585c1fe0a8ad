/*
 * Signatures over one payload, judged by a trust file in the year 2026, and what is expected of the
 * verdict. A breach fails the cmocka test.
 */
#ifndef TESTS_UNIT_SUPPORT_SCENE_H
#define TESTS_UNIT_SUPPORT_SCENE_H

#include "reference-db/judge.h"
#include "tests/unit/support_signature.h"

#define SCENE_NOW 1790000000

struct scene {
	struct trust *trust;
	struct published published;
	struct verdict verdict;
	struct judged judged;
};

void scene_free(struct scene *s);

/* text: of the trust file; freed. */
void scene_trust(struct scene *s, struct buf *text);
void scene_sign(struct scene *s, const struct signature_spec *spec);

/* For publishers. when: NULL for SCENE_NOW. */
void scene_judge(struct scene *s, const struct when *when);

/* Check i of the verdict: all are of signatures but the last, which is of the threshold. */
void scene_check(const struct scene *s, size_t i, enum check_result result, enum reason r,
		 const char *detail);

/* Is it a yes, and if not, for which reason? */
void scene_yes(const struct scene *s, bool yes, enum reason r);

#endif
