#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/cpio.h"
#include "measure/core/cpio_check.h"

#define WINDOW (128u * 1024)

struct cpio {
	struct stream *in;
	bool rest, open; /* open: an archive was begun, and its trailer not met */
	uint64_t begun; /* where it was */
	struct cpio_entry entry;
	uint8_t name[CPIO_NAME_MAX + 1];
	uint64_t left; /* of the entry's bytes */
	uint32_t sum;
	struct cpio_tap tap;
	uint64_t at; /* of the first byte of the window that was not taken */
	size_t told, pos, n; /* of the window: gone through the tap, taken, there */
	uint8_t window[WINDOW];
};

struct cpio *cpio_new(struct stream *in, bool rest, struct err *e)
{
	struct cpio *c = own_new(sizeof(*c), e);

	if (!c)
		return NULL;
	c->in = in;
	c->rest = rest;
	return c;
}

void cpio_free(struct cpio **c)
{
	free(*c);
	*c = NULL;
}

void cpio_tap(struct cpio *c, const struct cpio_tap *to)
{
	c->tap = *to;
}

uint64_t cpio_position(const struct cpio *c)
{
	return c->at;
}

bool cpio_is_trailer(const struct cpio_entry *x)
{
	return bytes_equal(x->name, bytes_str(CPIO_TRAILER));
}

/* ---- the window */

static bool tell(struct cpio *c, struct err *e)
{
	struct bytes x = bytes_of(c->window + c->told, c->pos - c->told);

	c->told = c->pos;
	return x.n == 0 || !c->tap.put || c->tap.put(c->tap.arg, x, e);
}

/* At least n bytes together, fewer only at the end of the stream. */
static bool fill(struct cpio *c, size_t n, struct err *e)
{
	size_t got;

	if (c->n - c->pos >= n)
		return true;
	if (!tell(c, e))
		return false;
	memmove(c->window, c->window + c->pos, c->n - c->pos);
	c->n -= c->pos;
	c->told = c->pos = 0;
	if (!stream_read(c->in, (struct span){c->window + c->n, WINDOW - c->n}, &got, e))
		return false;
	c->n += got;
	return true;
}

static void advance(struct cpio *c, size_t n)
{
	c->pos += n;
	c->at += n;
}

/* Exactly n bytes, which stand there until the window is filled again. */
static bool need(struct cpio *c, size_t n, const char *what, struct bytes *out, struct err *e)
{
	if (!fill(c, n, e))
		return false;
	if (c->n - c->pos < n)
		return err_short(e, c->at, what, n, c->n - c->pos);
	*out = bytes_of(c->window + c->pos, n);
	advance(c, n);
	return true;
}

static bool padding(struct cpio *c, const char *behind, struct err *e)
{
	uint64_t at = c->at;
	struct bytes zeros;

	if (!need(c, (4 - c->at % 4) % 4, "padding", &zeros, e))
		return false;
	return bytes_zero(zeros) ||
	       err_at(e, REASON_RAMDISK, at, "the padding behind %s is not zero", behind);
}

/* ---- the bytes of an entry */

static void add_up(struct cpio *c, struct bytes x)
{
	for (size_t i = 0; i < x.n && c->entry.sums; i++)
		c->sum += x.p[i];
}

static bool cut_short(const struct cpio *c, struct err *e)
{
	uint32_t size = c->entry.fields.size;

	err_short(e, c->entry.data, "its content", size, size - c->left);
	return err_in(e, "'%s'", (const char *)c->name);
}

bool cpio_read(struct cpio *c, struct span to, size_t *got, struct err *e)
{
	size_t n = to.n < c->left ? to.n : (size_t)c->left;

	if (n > 0 && !fill(c, 1, e))
		return false;
	if (n > c->n - c->pos)
		n = c->n - c->pos;
	if (n == 0 && to.n > 0 && c->left > 0)
		return cut_short(c, e);
	if (n > 0)
		memcpy(to.p, c->window + c->pos, n);
	add_up(c, bytes_of(to.p, n));
	advance(c, n);
	c->left -= n;
	*got = n;
	return true;
}

static bool pass_over(struct cpio *c, struct err *e)
{
	while (c->left > 0) {
		size_t n;

		if (!fill(c, 1, e))
			return false;
		n = c->n - c->pos < c->left ? c->n - c->pos : (size_t)c->left;
		if (n == 0)
			return cut_short(c, e);
		add_up(c, bytes_of(c->window + c->pos, n));
		advance(c, n);
		c->left -= n;
	}
	return true;
}

/* The kernel adds up the bytes of files, and of nothing else. */
static bool finish(struct cpio *c, struct err *e)
{
	const struct cpio_fields *f = &c->entry.fields;

	if (c->entry.name.n == 0)
		return true;
	if (!pass_over(c, e))
		return false;
	if (c->entry.sums && S_ISREG(f->mode) && c->sum != f->check)
		return err_at(e, REASON_CRC, c->entry.header,
			      "'%s': c_chksum is %08x, the sum of its bytes %08x",
			      (const char *)c->name, f->check, c->sum);
	return padding(c, "an entry", e);
}

/* ---- entries */

/* What is left of the stream, up to the next archive. */
static bool between(struct cpio *c, bool *end, struct err *e)
{
	for (;;) {
		if (!fill(c, 1, e))
			return false;
		*end = c->pos == c->n;
		if (*end || c->window[c->pos] != 0)
			break;
		advance(c, 1);
	}
	if (*end || (c->window[c->pos] == '0' && c->at % 4 == 0))
		return true;
	*end = c->rest && c->window[c->pos] != '0';
	if (*end)
		return true;
	if (c->window[c->pos] == '0')
		return err_at(e, REASON_RAMDISK, c->at,
			      "an archive begins at no multiple of four: the kernel stops there");
	return err_at(e, c->at == 0 ? REASON_RAMDISK : REASON_TRAILING, c->at,
		      "neither an archive nor zeros: the kernel stops there");
}

static bool read_name(struct cpio *c, struct err *e)
{
	uint32_t size = c->entry.fields.name_size;
	struct bytes name;

	if (size < 2 || size > sizeof(c->name))
		return err_at(e, REASON_AMBIGUOUS, c->entry.header,
			      "c_namesize is %u: the kernel passes over what is not 2 to %zu", size,
			      sizeof(c->name));
	if (!need(c, size, "a name", &name, e))
		return false;
	if (memchr(name.p, 0, name.n) != name.p + size - 1)
		return err_at(e, REASON_AMBIGUOUS, c->entry.header + CPIO_HEADER,
			      "a name of %u bytes does not end at its only NUL", size);
	memcpy(c->name, name.p, size);
	c->entry.name = bytes_of(c->name, size - 1);
	return padding(c, "a name", e);
}

static bool read_entry(struct cpio *c, struct err *e)
{
	struct cpio_entry *x = &c->entry;
	struct bytes raw;

	x->header = c->at;
	if (!need(c, CPIO_HEADER, "a header", &raw, e) ||
	    !cpio_fields_read(raw, x->header, &x->fields, &x->sums, e) || !read_name(c, e))
		return false;
	x->data = c->at;
	c->left = x->fields.size;
	c->sum = 0;
	return cpio_check(x, e);
}

bool cpio_next(struct cpio *c, const struct cpio_entry **entry, struct err *e)
{
	bool end;

	if (!finish(c, e))
		return false;
	c->entry = (struct cpio_entry){0};
	*entry = NULL;
	if (!c->open) {
		if (!between(c, &end, e))
			return false;
		if (end)
			return tell(c, e);
		c->begun = c->at;
		c->open = true;
	} else if (!fill(c, 1, e)) {
		return false;
	}
	if (c->pos == c->n)
		return err_at(e, REASON_AMBIGUOUS, c->at,
			      "the archive that begins at %llu has no trailer",
			      (unsigned long long)c->begun);
	if (!read_entry(c, e))
		return false;
	c->open = !cpio_is_trailer(&c->entry);
	*entry = &c->entry;
	return true;
}
