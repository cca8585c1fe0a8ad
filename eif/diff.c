#include "eif/diff.h"

#include <stdio.h>

#include "eif/diff_section.h"
#include "eif/image.h"
#include "eif/pcr.h"
#include "measure/core/hash.h"

#define REGISTERS (EIF_REGISTERS + 1) /* with PCR8 */
#define NONE SIZE_MAX

struct diff {
	struct file *file[2];
	struct eif_image image[2];
	struct differences *f;
	bool differs[REGISTERS];
	struct series would[EIF_REGISTERS]; /* of each, what was undone */
	struct hash *all, *app; /* what PCR0 and PCR2 cover of the first image, with that undone */
	unsigned ramdisks;
	struct digest content[EIF_REGISTERS];
};

static void diff_free(struct diff *d)
{
	for (unsigned s = 0; s < 2; s++)
		eif_image_free(&d->image[s]);
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		buf_free(&d->would[i].text);
	hash_free(&d->all);
	hash_free(&d->app);
}

static const char *register_name(size_t i)
{
	return i < EIF_REGISTERS ? eif_register[i] : "PCR8";
}

static bool read_image(struct diff *d, unsigned s, struct err *e)
{
	if (eif_image_read(d->file[s], true, &d->image[s], e))
		return true;
	if (e->reason != REASON_SIGNATURE || !d->image[s].sound || !d->image[s].is_signed)
		return err_subject(e, d->file[s]->name);
	*e = (struct err){0};
	return true;
}

/* ---- sections by their roles */

static size_t role_find(const struct eif_image *img, const char *role)
{
	char other[EIF_ROLE_MAX];

	for (size_t i = 0; i < img->n; i++) {
		eif_image_role(img, i, other);
		if (strcmp(role, other) == 0)
			return i;
	}
	return NONE;
}

/* The registers that a section enters, as bits; the last bit: its certificate does. */
static unsigned mask_of(const struct eif_image *img, size_t i)
{
	unsigned ramdisks = 0;

	for (size_t j = 0; j < i; j++)
		ramdisks += img->section[j].type == EIF_SECTION_RAMDISK;
	if (img->section[i].type == EIF_SECTION_SIGNATURE)
		return 1u << EIF_REGISTERS;
	return eif_register_mask(img->section[i].type, ramdisks);
}

static bool same_section(const struct diff *d, size_t i, size_t j)
{
	const struct eif_section *a = &d->image[0].section[i], *b = &d->image[1].section[j];

	return a->size == b->size && digest_equal(&a->sha384, &b->sha384);
}

static bool same_header(const struct diff *d)
{
	const struct eif_header *a = &d->image[0].header, *b = &d->image[1].header;

	return a->version == b->version && a->flags == b->flags &&
	       a->default_mem == b->default_mem && a->default_cpus == b->default_cpus;
}

/* Sections of one role that differ, and those that one of the images has alone: i or j is NONE. */
struct couple {
	size_t i, j;
	unsigned mask;
	char role[EIF_ROLE_MAX];
};

/* In the order of the second image, then what the first has alone; false at the end. */
static bool couple_at(const struct diff *d, size_t at, struct couple *c)
{
	const struct eif_image *a = &d->image[0], *b = &d->image[1];

	if (at >= a->n + b->n)
		return false;
	if (at < b->n) {
		eif_image_role(b, at, c->role);
		c->i = role_find(a, c->role);
		c->j = at;
		c->mask = mask_of(b, at);
		return true;
	}
	eif_image_role(a, at - b->n, c->role);
	c->i = at - b->n;
	c->j = role_find(b, c->role);
	c->mask = mask_of(a, c->i);
	return true;
}

/* Behind the second image's sections those of the first are met again: they were told then. */
static bool told_before(const struct diff *d, size_t at, const struct couple *c)
{
	return at >= d->image[1].n && c->j != NONE;
}

static bool is_equal(const struct diff *d, const struct couple *c)
{
	return c->i != NONE && c->j != NONE && same_section(d, c->i, c->j);
}

/* ---- the first line */

static void compare_registers(struct diff *d)
{
	const struct eif_image *a = &d->image[0], *b = &d->image[1];

	for (size_t i = 0; i < EIF_REGISTERS; i++)
		d->differs[i] = !digest_equal(&a->pcr[i], &b->pcr[i]);
	d->differs[EIF_REGISTERS] =
		a->is_signed != b->is_signed || (a->is_signed && !digest_equal(&a->pcr8, &b->pcr8));
}

/* A signature over the same certificate enters no register. */
static bool measured(const struct diff *d, const struct couple *c)
{
	return c->mask == 1u << EIF_REGISTERS ? d->differs[EIF_REGISTERS] : c->mask != 0;
}

static bool first_line(struct diff *d, struct err *e)
{
	owned(headline_free) struct headline h = HEADLINE("section");
	struct couple c;

	for (size_t i = 0; i < REGISTERS; i++)
		if (d->differs[i])
			series_add(&h.registers, register_name(i));
	if (!same_header(d))
		series_add(&h.unmeasured, "header");
	for (size_t at = 0; couple_at(d, at, &c); at++) {
		if (told_before(d, at, &c))
			continue;
		h.parts++;
		if (!is_equal(d, &c))
			series_add(measured(d, &c) ? &h.through : &h.unmeasured, c.role);
	}
	if (!headline_any(&h) && !digest_equal(&d->image[0].sha256, &d->image[1].sha256))
		series_add(&h.unmeasured, "order of sections");
	h.moved = h.registers.n == 0 && h.through.n > 0;
	differences_begin(d->f, &h);
	return buf_done(d->f->text, "the differences", e);
}

static void json_registers(const struct diff *d, struct json_out *w)
{
	json_key(w, "registers");
	json_open(w, '[');
	for (size_t i = 0; i < REGISTERS; i++) {
		json_open(w, '{');
		json_text(w, "name", register_name(i));
		for (unsigned s = 0; s < 2; s++) {
			const struct eif_image *img = &d->image[s];

			json_key(w, s ? "second" : "first");
			if (i < EIF_REGISTERS)
				json_hex(w, digest_bytes(&img->pcr[i]));
			else if (img->is_signed)
				json_hex(w, digest_bytes(&img->pcr8));
			else
				json_null(w);
		}
		json_key(w, "differs");
		json_bool(w, d->differs[i]);
		json_close(w, '}');
	}
	json_close(w, ']');
}

/* ---- undone and measured again */

/* Bytes of the section that stands at this place of the second image. */
static bool add(void *arg, struct bytes x, struct err *e)
{
	struct diff *d = arg;

	if (!d->differs[0] && !d->differs[1] && !d->differs[2])
		return true;
	return hash_add(d->all, x, e) && (d->ramdisks == 0 || hash_add(d->app, x, e));
}

/* An only ramdisk is followed by nothing, and PCR1 covers the first alone. */
static bool section_done(struct diff *d, const struct couple *c, struct err *e)
{
	if (c->j == NONE || d->image[1].section[c->j].type != EIF_SECTION_RAMDISK)
		return true;
	return d->ramdisks++ > 0 || hash_peek(d->all, &d->content[1], e);
}

static bool measure_again(struct diff *d, struct err *e)
{
	struct digest pcr;
	bool holds[EIF_REGISTERS];
	struct difference_would would[EIF_REGISTERS];
	struct series names[EIF_REGISTERS] = {SERIES, SERIES, SERIES};
	size_t n = 0;

	if (!hash_peek(d->all, &d->content[0], e) || !hash_peek(d->app, &d->content[2], e))
		return false;
	for (size_t i = 0; i < EIF_REGISTERS; i++) {
		if (!eif_pcr_extend(&d->content[i], &pcr, e))
			return false;
		holds[i] = digest_equal(&pcr, &d->image[1].pcr[i]);
	}
	for (size_t i = 0; i < EIF_REGISTERS; i++) {
		size_t k = 0;

		if (!d->differs[i])
			continue;
		while (k < n && (would[k].holds != holds[i] ||
				 !series_same(would[k].conditions, &d->would[i])))
			k++;
		if (k == n)
			would[n++] =
				(struct difference_would){&names[k], &d->would[i], holds[i], false};
		series_add(&names[k], register_name(i));
	}
	if (n == 1)
		would[0].all = true;
	differences_would(d->f, would, n);
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		buf_free(&names[i].text);
	return true;
}

/* ---- the sections */

static struct extent extent_of(const struct diff *d, unsigned s, size_t i)
{
	const struct eif_section *x = &d->image[s].section[i];

	return (struct extent){d->file[s], eif_section_data(x), x->size};
}

static void open_part(struct diff *d, const struct couple *c)
{
	struct series registers = SERIES;
	struct difference_part p = {.name = c->role, .registers = &registers};

	for (size_t i = 0; i < REGISTERS; i++)
		if (c->mask & 1u << i && (i < EIF_REGISTERS || d->differs[i]))
			series_add(&registers, register_name(i));
	p.only = c->i == NONE ? IN_SECOND : c->j == NONE ? IN_FIRST : IN_BOTH;
	p.size[0] = c->i == NONE ? 0 : d->image[0].section[c->i].size;
	p.size[1] = c->j == NONE ? 0 : d->image[1].section[c->j].size;
	differences_part(d->f, &p);
	buf_free(&registers.text);
}

/* What one image has alone is undone by taking it, or leaving it out. */
static bool alone(struct diff *d, const struct couple *c, struct section_diff *x, struct err *e)
{
	struct extent whole;

	section_condition(x, "the section %s", c->role);
	if (c->j == NONE || c->mask == 0 || c->mask == 1u << EIF_REGISTERS)
		return true;
	whole = extent_of(d, 1, c->j);
	return extent_put(&whole, &x->sink, e);
}

static bool both(struct diff *d, const struct couple *c, struct section_diff *x, struct err *e)
{
	x->x[0] = extent_of(d, 0, c->i);
	x->x[1] = extent_of(d, 1, c->j);
	switch (d->image[1].section[c->j].type) {
	case EIF_SECTION_METADATA:
		return section_metadata(x, &d->image[0].metadata_json, &d->image[1].metadata_json,
					e);
	case EIF_SECTION_SIGNATURE:
		return section_signature(x, d->differs[EIF_REGISTERS], e);
	case EIF_SECTION_RAMDISK:
		return section_ramdisk(x, e);
	default:
		return section_bytes(x, e);
	}
}

static bool differing(struct diff *d, const struct couple *c, struct err *e)
{
	owned(section_free) struct section_diff x = {
		.name = c->role, .f = d->f, .conditions = SERIES, .sink = {add, d}};

	open_part(d, c);
	if (!(c->i == NONE || c->j == NONE ? alone : both)(d, c, &x, e))
		return false;
	differences_part_end(d->f);
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (c->mask & 1u << i)
			series_join(&d->would[i], &x.conditions);
	return true;
}

static bool sections(struct diff *d, struct err *e)
{
	const struct patch_sink sink = {add, d};
	struct couple c;

	for (size_t at = 0; couple_at(d, at, &c); at++) {
		struct extent same;

		if (told_before(d, at, &c))
			continue;
		if (!is_equal(d, &c)) {
			if (!differing(d, &c, e))
				return false;
		} else if (c.mask != 0 && c.mask != 1u << EIF_REGISTERS) {
			same = extent_of(d, 0, c.i);
			if (!extent_put(&same, &sink, e))
				return false;
		}
		if (!section_done(d, &c, e))
			return false;
	}
	return true;
}

static void header(struct diff *d)
{
	const struct series none = {.n = 0};
	const struct difference_part p = {
		.name = "header", .registers = &none, .size = {EIF_HEADER_SIZE, EIF_HEADER_SIZE}};
	const struct eif_header *a = &d->image[0].header, *b = &d->image[1].header;
	const struct {
		const char *name;
		uint64_t a, b;
	} fields[] = {
		{"version", a->version, b->version},
		{"flags", a->flags, b->flags},
		{"default_mem", a->default_mem, b->default_mem},
		{"default_cpus", a->default_cpus, b->default_cpus},
	};

	if (same_header(d))
		return;
	differences_part(d->f, &p);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].a != fields[i].b)
			difference_numbers(d->f, fields[i].name, fields[i].a, fields[i].b);
	differences_part_end(d->f);
}

bool eif_diff(struct file *a, struct file *b, struct differences *f, struct err *e)
{
	owned(diff_free) struct diff d = {
		.file = {a, b}, .f = f, .would = {SERIES, SERIES, SERIES}};

	if (!read_image(&d, 0, e) || !read_image(&d, 1, e))
		return false;
	d.all = hash_new(DIGEST_SHA384, e);
	d.app = d.all ? hash_new(DIGEST_SHA384, e) : NULL;
	if (!d.app)
		return false;
	compare_registers(&d);
	json_registers(&d, f->w);
	if (!first_line(&d, e))
		return false;
	if (f->any) {
		header(&d);
		if (!sections(&d, e))
			return false;
	}
	differences_end(f);
	return !f->any || measure_again(&d, e);
}
