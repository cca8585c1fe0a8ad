#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/catalog_diff.h"

#define HEADER 110u
#define TARGET 200

void catalog_diff_free(struct catalog_diff *d)
{
	free(d->mate[0]);
	free(d->mate[1]);
	free(d->differs);
	free(d->meaning);
	*d = (struct catalog_diff){0};
}

bool catalog_differs(const struct catalog_diff *d)
{
	return d->order || d->n_differing + d->n_only[0] + d->n_only[1] > 0;
}

bool catalog_open(const struct catalog *c, const struct catalog_entry *x, struct file *scratch,
		  struct extent *out, struct err *e)
{
	owned(buf_free) struct buf path = BUF(8192);

	if (!c->folder) {
		*out = (struct extent){c->bytes.file, c->bytes.at + x->data, x->fields.size};
		return true;
	}
	buf_fmt(&path, "%s/", c->folder);
	buf_put(&path, catalog_name(c, x));
	if (!buf_done(&path, "a path", e) || !file_open(scratch, buf_cstr(&path), e))
		return false;
	*out = (struct extent){scratch, 0, scratch->size};
	return true;
}

/* ---- which belong together */

static uint32_t *mates(size_t n, struct err *e)
{
	uint32_t *list = own_new(n * sizeof(*list), e);

	for (size_t i = 0; list && i < n; i++)
		list[i] = NO_MATE;
	return list;
}

static bool pair(struct catalog_diff *d, struct err *e)
{
	owned(own_free) uint32_t *a = catalog_sorted(d->c[0], e);
	owned(own_free) uint32_t *b = a ? catalog_sorted(d->c[1], e) : NULL;
	size_t i = 0, j = 0;

	if (!b)
		return false;
	while (i < d->c[0]->n && j < d->c[1]->n) {
		int order = bytes_order(catalog_name(d->c[0], &d->c[0]->entry[a[i]]),
					catalog_name(d->c[1], &d->c[1]->entry[b[j]]));

		if (order == 0) {
			d->mate[0][a[i]] = b[j];
			d->mate[1][b[j]] = a[i];
		}
		i += order <= 0;
		j += order >= 0;
	}
	return true;
}

static void find_order(struct catalog_diff *d)
{
	uint32_t last = 0;

	for (size_t j = 0; j < d->c[1]->n; j++) {
		uint32_t i = d->mate[1][j];

		d->n_only[1] += i == NO_MATE;
		if (i == NO_MATE)
			continue;
		d->order = d->order || i < last;
		last = i;
	}
	for (size_t i = 0; i < d->c[0]->n; i++)
		d->n_only[0] += d->mate[0][i] == NO_MATE;
	if (d->c[0]->folder)
		d->order = false;
}

/* ---- one pair */

static bool same_range(const struct extent x[2], bool *same, struct err *e)
{
	uint64_t first;

	if (x[0].size != x[1].size) {
		*same = false;
		return true;
	}
	return meaning_same(&x[0], &x[1], same, &first, e);
}

static unsigned of_fields(const struct cpio_fields *a, const struct cpio_fields *b)
{
	return (a->mode != b->mode ? DIFFERS_MODE : 0) | (a->uid != b->uid ? DIFFERS_UID : 0) |
	       (a->gid != b->gid ? DIFFERS_GID : 0) | (a->mtime != b->mtime ? DIFFERS_MTIME : 0) |
	       (a->nlink != b->nlink ? DIFFERS_NLINK : 0) |
	       (a->rdev_major != b->rdev_major || a->rdev_minor != b->rdev_minor ? DIFFERS_RDEV
										 : 0) |
	       (a->ino != b->ino ? DIFFERS_INO : 0) |
	       (a->dev_major != b->dev_major || a->dev_minor != b->dev_minor ? DIFFERS_DEV : 0) |
	       (a->check != b->check ? DIFFERS_CHECK : 0) |
	       (a->name_size != b->name_size ? DIFFERS_NAME : 0);
}

static struct extent range(const struct catalog *c, uint64_t from, uint64_t to)
{
	return (struct extent){c->bytes.file, c->bytes.at + from, to - from};
}

/* What of a header is no value: digits of either case, and the magic. */
static bool same_digits(const struct extent x[2], bool *same, struct err *e)
{
	uint8_t raw[2][HEADER];
	size_t got;

	for (unsigned s = 0; s < 2; s++)
		if (!extent_read(&x[s], 0, (struct span){raw[s], HEADER}, &got, e))
			return false;
	*same = memcmp(raw[0], raw[1], 6) == 0;
	for (size_t i = 6; i < HEADER && *same; i++)
		*same = raw[0][i] == raw[1][i] || (raw[0][i] | 0x20) != (raw[1][i] | 0x20);
	return true;
}

/* Zeros up to a multiple of that, behind this entry. */
static bool padded(const struct catalog *c, const struct catalog_entry *x, uint64_t multiple)
{
	uint64_t end = x->data + x->fields.size;

	end += (multiple - end % multiple) % multiple;
	return x->end == (end < c->bytes.size ? end : c->bytes.size);
}

#define SHORT_TAIL 4096u

static bool is_zero(const struct extent *x, bool *zero, struct err *e)
{
	uint8_t raw[SHORT_TAIL];
	size_t got;

	*zero = x->size <= SHORT_TAIL;
	if (!*zero)
		return true;
	if (!extent_read(x, 0, (struct span){raw, SHORT_TAIL}, &got, e))
		return false;
	*zero = bytes_zero(bytes_of(raw, got));
	return true;
}

/* Both are zeros by one rule: to 4 bytes, or at the end to a multiple of a block's. */
static bool same_rule(const struct catalog_diff *d, const struct catalog_entry *const x[2],
		      const struct extent tail[2], bool *same, struct err *e)
{
	static const uint64_t rules[] = {4, 512, 10240};
	bool zero[2];

	*same = false;
	if (!is_zero(&tail[0], &zero[0], e) || !is_zero(&tail[1], &zero[1], e))
		return false;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules) && zero[0] && zero[1]; i++)
		*same = *same ||
			(padded(d->c[0], x[0], rules[i]) && padded(d->c[1], x[1], rules[i]));
	return true;
}

static bool raw_parts(struct catalog_diff *d, const struct catalog_entry *const x[2],
		      unsigned *differs, struct err *e)
{
	struct extent head[2], name[2], tail[2];
	bool same[3] = {true, true, true}, rule;

	for (unsigned s = 0; s < 2; s++) {
		bool entry = x[s]->data > x[s]->header;

		head[s] = range(d->c[s], x[s]->header, x[s]->header + (entry ? HEADER : 0));
		name[s] = range(d->c[s], x[s]->header + head[s].size, x[s]->data);
		tail[s] = range(d->c[s], x[s]->data + x[s]->fields.size, x[s]->end);
	}
	if ((head[0].size > 0 && !same_digits(head, &same[0], e)) ||
	    !same_range(name, &same[1], e) || !same_range(tail, &same[2], e) ||
	    !same_rule(d, x, tail, &rule, e))
		return false;
	*differs |= (same[0] ? 0 : DIFFERS_DIGITS) | (same[1] ? 0 : DIFFERS_NAME) |
		    (same[2] ? 0
		     : rule  ? DIFFERS_TAIL
			     : DIFFERS_PADDING);
	return true;
}

static bool has_bytes(const struct catalog *c, const struct catalog_entry *x)
{
	return !c->folder || S_ISREG(x->fields.mode);
}

/* Of links in directories. */
static bool same_target(struct catalog_diff *d, const struct catalog_entry *const x[2])
{
	struct bytes t[2];

	for (unsigned s = 0; s < 2; s++)
		t[s] = bytes_of(d->c[s]->names.p + x[s]->data, (size_t)(x[s]->end - x[s]->data));
	d->meaning->cause = CAUSE_NONE;
	d->meaning->n = 0;
	snprintf(d->meaning->text, sizeof(d->meaning->text), "%.*s and %.*s",
		 t[0].n < TARGET ? (int)t[0].n : TARGET, (const char *)t[0].p,
		 t[1].n < TARGET ? (int)t[1].n : TARGET, (const char *)t[1].p);
	return bytes_equal(t[0], t[1]);
}

bool catalog_meaning(struct catalog_diff *d, const struct catalog_entry *const x[2], bool *same,
		     struct err *e)
{
	owned(file_close) struct file a = FILE_NONE, b = FILE_NONE;
	struct extent bytes[2];

	*same = !d->c[0]->folder || same_target(d, x);
	if (!has_bytes(d->c[0], x[0]) || !has_bytes(d->c[1], x[1]))
		return true;
	return catalog_open(d->c[0], x[0], &a, &bytes[0], e) &&
	       catalog_open(d->c[1], x[1], &b, &bytes[1], e) &&
	       meaning_same(&bytes[0], &bytes[1], same, &d->meaning->first, e) &&
	       (*same || meaning_find(bytes, catalog_name(d->c[1], x[1]), d->meaning, e));
}

bool catalog_remarks(const struct catalog_diff *d, const struct catalog_entry *const x[2],
		     const struct remarks *r, struct err *e)
{
	owned(file_close) struct file a = FILE_NONE, b = FILE_NONE;
	struct extent bytes[2];

	if (!has_bytes(d->c[0], x[0]) || !has_bytes(d->c[1], x[1]))
		return true;
	return catalog_open(d->c[0], x[0], &a, &bytes[0], e) &&
	       catalog_open(d->c[1], x[1], &b, &bytes[1], e) && remarks_tell(bytes, r, e);
}

static bool content(struct catalog_diff *d, const struct catalog_entry *const x[2],
		    unsigned *differs, struct err *e)
{
	bool same;

	if (!catalog_meaning(d, x, &same, e))
		return false;
	if (!same)
		*differs |= DIFFERS_CONTENT | (d->meaning->n > 0 ? DIFFERS_EXACTLY : 0);
	return true;
}

static bool whole(struct catalog_diff *d, const struct catalog_entry *const x[2], bool *same,
		  struct err *e)
{
	const struct extent all[2] = {range(d->c[0], x[0]->header, x[0]->end),
				      range(d->c[1], x[1]->header, x[1]->end)};

	*same = false;
	return d->c[0]->folder || same_range(all, same, e);
}

static bool compare(struct catalog_diff *d, const struct catalog_entry *const x[2],
		    unsigned *differs, struct err *e)
{
	bool same;

	*differs = 0;
	if (!whole(d, x, &same, e))
		return false;
	if (same)
		return true;
	*differs = of_fields(&x[0]->fields, &x[1]->fields);
	return (d->c[0]->folder || raw_parts(d, x, differs, e)) && content(d, x, differs, e);
}

bool catalog_compare(struct catalog_diff *d, const struct catalog *a, const struct catalog *b,
		     struct err *e)
{
	unsigned differs;

	*d = (struct catalog_diff){.c = {a, b}};
	d->mate[0] = mates(a->n, e);
	d->mate[1] = d->mate[0] ? mates(b->n, e) : NULL;
	d->differs = d->mate[1] ? own_new(b->n * sizeof(*d->differs), e) : NULL;
	d->meaning = d->differs ? own_new(sizeof(*d->meaning), e) : NULL;
	if (!d->meaning || !pair(d, e))
		return false;
	find_order(d);
	for (size_t j = 0; j < b->n; j++) {
		const struct catalog_entry *x[2] = {NULL, &b->entry[j]};

		if (d->mate[1][j] == NO_MATE)
			continue;
		x[0] = &a->entry[d->mate[1][j]];
		if (!compare(d, x, &differs, e))
			return false;
		d->differs[j] = (uint16_t)differs;
		d->n_differing += (differs & ~(unsigned)DIFFERS_TAIL) != 0;
		for (unsigned i = 0; i < DIFFERS_FIELDS; i++)
			d->n[i] += differs >> i & 1;
	}
	return true;
}
