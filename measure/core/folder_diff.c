#include "measure/core/folder_diff.h"

#include "measure/core/ramdisk_diff.h"

static bool drop(void *arg, struct bytes x, struct err *e)
{
	(void)arg;
	(void)x;
	(void)e;
	return true;
}

/* A pair that are ramdisks, as a part of its own behind the directory. */
static bool inside(const struct catalog_diff *d, uint32_t j, struct differences *f, struct err *e)
{
	const struct catalog_entry *a = &d->c[0]->entry[d->mate[1][j]], *b = &d->c[1]->entry[j];
	owned(file_close) struct file first = FILE_NONE, second = FILE_NONE;
	owned(buf_free) struct buf name = BUF(CPIO_NAME_MAX + 1);
	struct series conditions = SERIES;
	struct difference_part part = {.size = {a->fields.size, b->fields.size}};
	struct ramdisk_pair p = {
		.f = f, .part = &part, .conditions = &conditions, .sink = {drop, NULL}};
	bool is, done;

	buf_put(&name, catalog_name(d->c[1], b));
	part.name = buf_cstr(&name);
	done = buf_done(&name, "a name", e) && catalog_open(d->c[0], a, &first, &p.x[0], e) &&
	       catalog_open(d->c[1], b, &second, &p.x[1], e) && ramdisk_tell(&p, &is, e) &&
	       buf_done(&conditions.text, "the differences", e);
	buf_free(&conditions.text);
	return done;
}

static bool tell_inside(const struct catalog_diff *d, struct differences *f, struct err *e)
{
	for (uint32_t j = 0; j < d->c[1]->n; j++)
		if (d->mate[1][j] != NO_MATE && d->differs[j] & DIFFERS_CONTENT &&
		    S_ISREG(d->c[1]->entry[j].fields.mode) &&
		    S_ISREG(d->c[0]->entry[d->mate[1][j]].fields.mode) && !inside(d, j, f, e))
			return false;
	return true;
}

static bool tell(struct catalog_diff *d, struct differences *f, struct err *e)
{
	const struct difference_part part = {
		.name = "directory",
		.size = {d->c[0]->n, d->c[1]->n},
		.unit = d->c[0]->n == 1 && d->c[1]->n == 1 ? "entry" : "entries"};
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
	return done && tell_inside(d, f, e);
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
