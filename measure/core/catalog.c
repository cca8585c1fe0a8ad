#include "measure/core/catalog.h"

#include <stdlib.h>

#define HEADER 110u
#define WINDOW 65536u

void catalog_free(struct catalog *c)
{
	buf_free(&c->names);
	spool_free(&c->spool);
	free(c->entry);
	c->entry = NULL;
	c->n = c->room = 0;
}

struct bytes catalog_name(const struct catalog *c, const struct catalog_entry *x)
{
	return bytes_of(c->names.p + x->name, x->n);
}

/* ---- entries */

/* Of an entry it is never empty, which says that there is none. */
static struct bytes plain(struct bytes name)
{
	if (name.n > 1 && name.p[name.n - 1] == '\0')
		name.n--;
	while (name.n > 2 && bytes_start(name, bytes_str("./")))
		name = bytes_of(name.p + 2, name.n - 2);
	while (name.n > 1 && name.p[name.n - 1] == '/')
		name.n--;
	return name;
}

static bool grow(struct catalog *c, struct err *e)
{
	size_t room = c->room ? 2 * c->room : 64;
	struct catalog_entry *more;

	if (c->n < c->room)
		return true;
	if (c->n >= CATALOG_MAX)
		return err_set(e, REASON_LIMIT, "more than %u entries", CATALOG_MAX);
	more = realloc(c->entry, room * sizeof(*more));
	if (!more)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for more than %zu entries",
			       c->n);
	c->entry = more;
	c->room = room;
	return true;
}

bool catalog_add(struct catalog *c, const struct catalog_entry *x, struct bytes name, struct err *e)
{
	if (!grow(c, e))
		return false;
	name = plain(name);
	c->entry[c->n] = *x;
	c->entry[c->n].name = (uint32_t)c->names.n;
	c->entry[c->n].n = (uint32_t)name.n;
	buf_put(&c->names, name);
	if (!buf_done(&c->names, "the names of the entries", e))
		return false;
	c->n++;
	return true;
}

/* Bytes that are no archive, up to the end. */
static bool add_rest(struct catalog *c, uint64_t at, struct err *e)
{
	const struct catalog_entry rest = {.header = at, .data = at, .end = c->bytes.size};

	return at == c->bytes.size || catalog_add(c, &rest, bytes_str(""), e);
}

/* ---- a ramdisk, read in windows */

struct reading {
	struct catalog *c;
	uint64_t at; /* of the window */
	size_t n;
	uint8_t window[WINDOW];
	struct bytes name; /* of the entry read last */
};

/* n bytes at that place, as many as there are; n is below the window's size. */
static bool look(struct reading *r, uint64_t at, size_t n, struct bytes *out, struct err *e)
{
	if (at < r->at || at + n > r->at + r->n) {
		r->at = at;
		if (!extent_read(&r->c->bytes, at, (struct span){r->window, WINDOW}, &r->n, e))
			return false;
	}
	*out = bytes_of(r->window + (at - r->at), r->n - (size_t)(at - r->at));
	if (out->n > n)
		out->n = n;
	return true;
}

static uint64_t aligned(uint64_t at)
{
	return (at + 3) & ~(uint64_t)3;
}

/* From here to the first byte that is not zero. */
static bool skip_zeros(struct reading *r, uint64_t *at, struct err *e)
{
	struct bytes x;

	for (;;) {
		if (!look(r, *at, WINDOW / 2, &x, e))
			return false;
		for (size_t i = 0; i < x.n; i++, ++*at)
			if (x.p[i] != 0)
				return true;
		if (x.n == 0)
			return true;
	}
}

/* *is: a whole entry stands there. */
static bool entry_at(struct reading *r, uint64_t at, bool *is, struct catalog_entry *x,
		     struct err *e)
{
	struct err none = {0};
	struct bytes raw;
	bool sums;

	*is = false;
	if (!look(r, at, HEADER, &raw, e))
		return false;
	if (raw.n < HEADER || !cpio_fields_read(raw, at, &x->fields, &sums, &none))
		return true;
	if (x->fields.name_size == 0 || x->fields.name_size > CPIO_NAME_MAX + 1)
		return true;
	if (!look(r, at + HEADER, x->fields.name_size, &r->name, e))
		return false;
	x->header = at;
	x->data = aligned(at + HEADER + x->fields.name_size);
	x->end = aligned(x->data + x->fields.size);
	*is = r->name.n == x->fields.name_size && x->data + x->fields.size <= r->c->bytes.size;
	if (x->end > r->c->bytes.size)
		x->end = r->c->bytes.size;
	return true;
}

/* Up to the end, or to bytes that are no entry; *at says where. */
static bool read_entries(struct reading *r, uint64_t *at, struct err *e)
{
	struct catalog_entry x;
	bool is = true;

	*at = 0;
	if (!skip_zeros(r, at, e))
		return false;
	if (*at > 0 && *at < r->c->bytes.size &&
	    !catalog_add(r->c, &(struct catalog_entry){.end = *at}, bytes_str(""), e))
		return false;
	while (*at < r->c->bytes.size) {
		if (!entry_at(r, *at, &is, &x, e))
			return false;
		if (!is)
			break;
		*at = x.end;
		if (!catalog_add(r->c, &x, r->name, e) || !skip_zeros(r, at, e))
			return false;
		r->c->entry[r->c->n - 1].end = *at;
	}
	return true;
}

static void forget(struct catalog *c)
{
	c->n = 0;
	buf_reset(&c->names);
}

/* ---- what is compressed */

static bool put_aside(void *arg, struct bytes x, struct err *e)
{
	return spool_add(arg, x, e);
}

static bool unpack(struct spool *to, const struct extent *x, enum packing packing, struct err *e)
{
	const struct unpack_rule rule = {
		.packing = packing, .members = true, .max = CATALOG_UNPACKED_MAX};
	struct stream_range in = stream_range(x->file, x->at, x->size);
	owned(unpack_free) struct unpack *u = unpack_new(&in.stream, &rule, e);
	uint8_t window[WINDOW];
	size_t got;

	if (!u)
		return false;
	do {
		if (!stream_read(unpack_stream(u), (struct span){window, WINDOW}, &got, e) ||
		    !spool_add(to, bytes_of(window, got), e))
			return false;
	} while (got > 0);
	return spool_flush(to, e);
}

/* The plain part up to there, and what follows unpacked. *is: it could be. */
static bool spool_ramdisk(struct catalog *c, const struct extent *x, uint64_t at, bool *is,
			  struct err *e)
{
	const char *folder = getenv("TMPDIR");
	const struct patch_sink aside = {put_aside, &c->spool};
	const struct extent plain = {x->file, x->at, at};
	const struct extent packed = {x->file, x->at + at, x->size - at};

	*is = false;
	if (!spool_open(&c->spool, folder && folder[0] ? folder : "/var/tmp", e) ||
	    !extent_put(&plain, &aside, e))
		return false;
	*is = unpack(&c->spool, &packed, c->packing, e);
	if (*is || reason_class(e->reason) != EXIT_CLASS_MALFORMED)
		return *is;
	*e = (struct err){0};
	return true;
}

static bool packing_at(struct reading *r, uint64_t at, enum packing *p, struct err *e)
{
	struct bytes head;

	if (!look(r, at, 8, &head, e))
		return false;
	*p = archive_packing(head);
	return true;
}

static bool unpacked(struct reading *r, const struct extent *x, uint64_t *at, struct err *e)
{
	struct catalog *c = r->c;
	bool is;

	if (*at == x->size || !packing_at(r, *at, &c->packing, e) || c->packing == PACKING_NONE)
		return !err_is(e);
	if (!spool_ramdisk(c, x, *at, &is, e))
		return false;
	if (!is) {
		c->packing = PACKING_NONE;
		return true;
	}
	c->bytes = (struct extent){&c->spool.file, 0, c->spool.file.size};
	forget(c);
	r->at = r->n = 0;
	return read_entries(r, at, e);
}

bool catalog_ramdisk(struct catalog *c, const struct extent *x, struct err *e)
{
	owned(own_free) struct reading *r = own_new(sizeof(*r), e);
	uint64_t at;

	if (!r)
		return false;
	c->bytes = *x;
	r->c = c;
	if (!read_entries(r, &at, e) || !unpacked(r, x, &at, e))
		return false;
	if (at == 0 || c->n == 0 || (c->n == 1 && c->entry[0].n == 0)) {
		forget(c);
		return true;
	}
	return add_rest(c, at, e);
}

/* ---- sorted */

static int by_name(const void *a, const void *b, void *arg)
{
	const uint32_t *x = a, *y = b;
	const struct catalog *c = arg;
	int order = bytes_order(catalog_name(c, &c->entry[*x]), catalog_name(c, &c->entry[*y]));

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

uint32_t *catalog_sorted(const struct catalog *c, struct err *e)
{
	struct catalog *arg = (struct catalog *)(uintptr_t)c;
	uint32_t *list = own_new(c->n * sizeof(*list), e);

	for (size_t i = 0; list && i < c->n; i++)
		list[i] = (uint32_t)i;
	if (list && c->n > 1)
		qsort_r(list, c->n, sizeof(*list), by_name, arg);
	return list;
}
