/*
 * The one table of reasons: a stable slug, the exit status it leads to, what it means, what to do.
 * Text, JSON, exit statuses and `measure explain` all come from it (reason.def). A reason of
 * class WARNING never changes the exit status.
 */
#ifndef MEASURE_BASE_REASON_H
#define MEASURE_BASE_REASON_H

#include <stdbool.h>

/* Exit statuses, as the command line promises them. */
enum exit_class {
	EXIT_CLASS_WARNING = 0,
	EXIT_CLASS_NO = 1,
	EXIT_CLASS_USAGE = 2,
	EXIT_CLASS_MALFORMED = 3,
	EXIT_CLASS_UNDECIDED = 4,
	EXIT_CLASS_ENVIRONMENT = 5,
};

#define REASON(id, slug, class, meaning, remedy) REASON_##id,
enum reason {
	REASON_NONE,
#include "measure/base/reason.def"
	REASON_COUNT
};
#undef REASON

/* Constant strings for 0 < r < REASON_COUNT; REASON_NONE gives "none" and class WARNING. */
const char *reason_slug(enum reason r);
const char *reason_meaning(enum reason r);
const char *reason_remedy(enum reason r);
enum exit_class reason_class(enum reason r);

/* The reason with that slug, or REASON_NONE. */
enum reason reason_find(const char *slug);

#endif
