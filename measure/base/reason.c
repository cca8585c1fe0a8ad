#include "measure/base/reason.h"

#include <string.h>

struct reason_row {
	const char *slug, *meaning, *remedy;
	enum exit_class class;
};

#define REASON(id, slug, class, meaning, remedy) [REASON_##id] = {slug, meaning, remedy, class},
static const struct reason_row rows[REASON_COUNT] = {
	[REASON_NONE] = {"none", "nothing went wrong", "nothing", EXIT_CLASS_WARNING},
#include "measure/base/reason.def"
};
#undef REASON

static const struct reason_row *row_of(enum reason r)
{
	return r < REASON_COUNT ? &rows[r] : &rows[REASON_NONE];
}

const char *reason_slug(enum reason r)
{
	return row_of(r)->slug;
}

const char *reason_meaning(enum reason r)
{
	return row_of(r)->meaning;
}

const char *reason_remedy(enum reason r)
{
	return row_of(r)->remedy;
}

enum exit_class reason_class(enum reason r)
{
	return row_of(r)->class;
}

enum reason reason_find(const char *slug)
{
	for (unsigned r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (strcmp(rows[r].slug, slug) == 0)
			return (enum reason)r;
	return REASON_NONE;
}
