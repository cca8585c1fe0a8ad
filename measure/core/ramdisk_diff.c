#include "measure/core/ramdisk_diff.h"

#include <stdio.h>

#include "measure/core/hash.h"

#define LINE 256u

static bool add(void *arg, struct bytes x, struct err *e)
{
	return hash_add(arg, x, e);
}

static bool digest_of(const struct extent *x, struct digest *out, struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	const struct patch_sink to = {add, h};

	return h && extent_put(x, &to, e) && hash_finish(h, out, e);
}

static bool digest_of_undone(struct catalog_diff *d, struct digest *out, struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	const struct patch_sink to = {add, h};

	return h && catalog_undo(d, &to, e) && hash_finish(h, out, e);
}

/* ---- compressed */

static void tell_packing(const struct ramdisk_pair *p, const struct catalog_diff *d)
{
	const char *a = archive_packing_name(d->c[0]->packing);
	const char *b = archive_packing_name(d->c[1]->packing);
	bool same = !catalog_differs(d);
	char text[LINE];

	if (d->c[0]->packing == d->c[1]->packing && !same)
		return;
	snprintf(text, sizeof(text), "%s and %s%s", a, b,
		 same ? "; unpacked, both are the same bytes" : "");
	p->f->count[CAUSE_COMPRESSOR]++;
	differences_field(p->f, &(struct difference){.name = "compression",
						     .text = text,
						     .cause = CAUSE_COMPRESSOR});
}

/* What unpacks to other bytes than the second one leaves the first as it is. */
static bool undo_packed(const struct ramdisk_pair *p, struct catalog_diff *d, struct err *e)
{
	struct digest undone, second;

	if (!digest_of_undone(d, &undone, e) || !digest_of(&d->c[1]->bytes, &second, e))
		return false;
	return extent_put(&p->x[digest_equal(&undone, &second)], &p->sink, e);
}

static bool told(const struct ramdisk_pair *p, struct catalog_diff *d, struct err *e)
{
	bool packed = d->c[0]->packing != PACKING_NONE || d->c[1]->packing != PACKING_NONE;
	char condition[LINE];

	if (packed) {
		tell_packing(p, d);
		snprintf(condition, sizeof(condition), "%s%s%s", cause_what(CAUSE_COMPRESSOR),
			 p->where ? " in " : "", p->where ? p->where : "");
		series_add(p->conditions, condition);
	}
	if (catalog_differs(d) && !catalog_tell(d, p->f, p->conditions, p->where, e))
		return false;
	return packed ? undo_packed(p, d, e) : catalog_undo(d, &p->sink, e);
}

bool ramdisk_tell(const struct ramdisk_pair *p, bool *is, struct err *e)
{
	owned(catalog_free) struct catalog a = CATALOG, b = CATALOG;
	owned(catalog_diff_free) struct catalog_diff d = {0};

	*is = false;
	if (!catalog_ramdisk(&a, &p->x[0], e) || !catalog_ramdisk(&b, &p->x[1], e))
		return false;
	if (a.n == 0 || b.n == 0)
		return true;
	*is = true;
	if (!catalog_compare(&d, &a, &b, e))
		return false;
	if (p->part)
		differences_part(p->f, p->part);
	if (!told(p, &d, e))
		return false;
	if (p->part)
		differences_part_end(p->f);
	return true;
}

/* ---- files */

static const char *const file_name = "ramdisk";

/* The digest of the file as a whole stands where an image has its registers. */
static bool measure_again(struct differences *f, const struct series *conditions, struct hash *h,
			  const struct extent *second, struct err *e)
{
	struct series registers = SERIES;
	struct digest found, wanted;
	struct difference_would would = {&registers, conditions, false, true};

	if (!hash_finish(h, &found, e) || !digest_of(second, &wanted, e))
		return false;
	would.holds = digest_equal(&found, &wanted);
	series_add(&registers, "SHA-256");
	differences_would(f, &would, 1);
	buf_free(&registers.text);
	return true;
}

static bool differing(const struct ramdisk_pair *p, struct hash *h, struct err *e)
{
	owned(headline_free) struct headline line = HEADLINE("part");
	const struct difference_part part = {.name = file_name,
					     .size = {p->x[0].size, p->x[1].size}};
	bool is;

	line.sentence = "the ramdisks differ";
	differences_begin(p->f, &line);
	differences_part(p->f, &part);
	if (!ramdisk_tell(p, &is, e))
		return false;
	if (!is)
		return err_set(e, REASON_UNKNOWN_TYPE, "one of the two is no ramdisk");
	differences_part_end(p->f);
	differences_end(p->f);
	return measure_again(p->f, p->conditions, h, &p->x[1], e);
}

bool ramdisk_diff(struct file *a, struct file *b, struct differences *f, struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	owned(headline_free) struct headline none = HEADLINE("part");
	struct series conditions = SERIES;
	const struct ramdisk_pair p = {.x = {{a, 0, a->size}, {b, 0, b->size}},
				       .f = f,
				       .conditions = &conditions,
				       .sink = {add, h}};
	uint64_t first;
	bool same, done;

	if (!h || !meaning_same(&p.x[0], &p.x[1], &same, &first, e))
		return false;
	if (same) {
		differences_begin(f, &none);
		differences_end(f);
		return true;
	}
	done = differing(&p, h, e);
	buf_free(&conditions.text);
	return done;
}
