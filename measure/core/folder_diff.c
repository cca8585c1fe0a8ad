#include "measure/core/folder_diff.h"

static bool tell(struct catalog_diff *d, struct differences *f, struct err *e)
{
	const struct difference_part part = {
		.name = "directory", .size = {d->c[0]->n, d->c[1]->n}, .unit = "entries"};
	struct headline line = HEADLINE("part");
	struct series conditions = SERIES; /* nothing is measured here, so nothing is undone */
	bool done;

	line.sentence = "the directories differ";
	differences_begin(f, &line);
	differences_part(f, &part);
	done = catalog_tell(d, f, &conditions, NULL, e) &&
	       buf_done(&conditions.text, "the differences", e);
	buf_free(&conditions.text);
	differences_part_end(f);
	return done;
}

bool folder_diff(const char *a, const char *b, struct differences *f, struct err *e)
{
	owned(catalog_free) struct catalog left = CATALOG, right = CATALOG;
	owned(catalog_diff_free) struct catalog_diff d = {0};
	struct headline none = HEADLINE("part");

	if (!catalog_folder(&left, a, e) || !catalog_folder(&right, b, e) ||
	    !catalog_compare(&d, &left, &right, e))
		return false;
	if (!catalog_differs(&d))
		differences_begin(f, &none);
	else if (!tell(&d, f, e))
		return false;
	differences_end(f);
	return true;
}
