/*
 * The first line of a comparison, which `diff`, `check` and a rebuild that failed have in common:
 * which registers differ, through which parts, and what differs without being measured.
 *   PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections); metadata: not measured
 * Names are tamed on the way in. Starts as HEADLINE; released by headline_free().
 */
#ifndef MEASURE_CORE_HEADLINE_H
#define MEASURE_CORE_HEADLINE_H

#include "measure/core/verdict.h"

#define SERIES_MAX 65536u

/* "a", "a and b", "a, b and c"; each ends with a NUL. */
struct series {
	struct buf text;
	size_t n;
};

#define SERIES ((struct series){.text = BUF(SERIES_MAX)})

void series_add(struct series *w, const char *foreign);
void series_join(struct series *w, const struct series *more);
bool series_same(const struct series *a, const struct series *b);
const char *series_next(const struct series *w, const char *word); /* NULL: the first; the end */
void series_put(struct buf *out, const struct series *w);

struct headline {
	struct series registers, through, unmeasured;
	size_t parts; /* that there are in both together; 0: not known */
	const char *noun; /* what the parts are: "section" */
	const char *sentence; /* of what has no registers: stands in place of all this */
	bool moved; /* parts that differ need no register that does: bytes move between them */
};

#define HEADLINE(what) ((struct headline){SERIES, SERIES, SERIES, .noun = (what)})

void headline_free(struct headline *h);

/* Of checks "code" and "section" that failed because something else was measured. */
void headline_of(struct headline *h, const struct verdict *v);

/* Is there anything to tell? */
bool headline_any(const struct headline *h);

/* Without a newline. */
void headline_put(struct buf *out, const struct headline *h);

#endif
