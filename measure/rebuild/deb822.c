#include "measure/rebuild/deb822.h"

#include <stdlib.h>
#include <strings.h>

#define WINDOW (64u * 1024)
#define QUOTED 64

struct field {
	struct bytes name, value;
};

struct deb822 {
	struct stream *in;
	uint8_t window[WINDOW];
	struct bytes left; /* of the window */
	uint64_t next; /* where in the stream `left` begins */
	struct buf text; /* of the paragraph */
	uint64_t at;
	struct field field[DEB822_FIELDS_MAX];
	size_t n;
};

struct deb822 *deb822_new(struct stream *in, struct err *e)
{
	struct deb822 *d = own_new(sizeof(*d), e);

	if (!d)
		return NULL;
	d->in = in;
	d->text = BUF(DEB822_PARAGRAPH_MAX);
	return d;
}

void deb822_free(struct deb822 **d)
{
	if (*d)
		buf_free(&(*d)->text);
	free(*d);
	*d = NULL;
}

uint64_t deb822_at(const struct deb822 *d)
{
	return d->at;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(uint8_t c)
{
	return is_blank(c) || c == '\n';
}

/* ---- paragraphs */

/* A line with its end goes to the text; *n: how many bytes it has, 0 at the end of the stream. */
static bool take_line(struct deb822 *d, size_t *n, struct err *e)
{
	const uint8_t *end = NULL;

	for (*n = 0; !end;) {
		size_t part;

		if (d->left.n == 0) {
			if (!stream_read(d->in, (struct span){d->window, WINDOW}, &part, e))
				return false;
			d->left = bytes_of(d->window, part);
			if (part == 0)
				break;
		}
		end = memchr(d->left.p, '\n', d->left.n);
		part = end ? (size_t)(end - d->left.p) + 1 : d->left.n;
		buf_put(&d->text, bytes_of(d->left.p, part));
		d->left = bytes_of(d->left.p + part, d->left.n - part);
		d->next += part;
		*n += part;
	}
	return buf_done(&d->text, "a paragraph", e);
}

/* Empty lines in front are passed over; *end: nothing follows. */
static bool take_paragraph(struct deb822 *d, bool *end, struct err *e)
{
	size_t n;

	do {
		buf_reset(&d->text);
		d->at = d->next;
		if (!take_line(d, &n, e))
			return false;
	} while (n == 1 && d->text.p[0] == '\n');
	*end = n == 0;
	while (n > 0 && !(n == 1 && d->text.p[d->text.n - 1] == '\n'))
		if (!take_line(d, &n, e))
			return false;
	return true;
}

/* ---- fields */

static bool fault(const struct deb822 *d, const uint8_t *p, struct err *e, const char *what)
{
	return err_at(e, REASON_PACKAGE_LIST, d->at + (uint64_t)(p - d->text.p), "%s", what);
}

/* Nothing that a terminal would take for a command, and no other ends of lines. */
static bool check_line(const struct deb822 *d, struct bytes line, struct err *e)
{
	bool seen = false;

	for (size_t i = 0; i < line.n; i++) {
		if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
			return fault(d, line.p + i, e, "a control character");
		seen |= !is_blank(line.p[i]);
	}
	return seen || fault(d, line.p, e, "a line of blanks alone");
}

static size_t name_size(struct bytes line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f && line.p[n] != ':')
		n++;
	return n < line.n && line.p[n] == ':' && line.p[0] != '#' && line.p[0] != '-' ? n : 0;
}

static bool same_name(struct bytes a, const char *p, size_t n)
{
	return a.n == n && strncasecmp((const char *)a.p, p, n) == 0;
}

static bool add_field(struct deb822 *d, struct bytes line, struct err *e)
{
	struct bytes name = bytes_of(line.p, name_size(line));

	if (name.n == 0)
		return fault(d, line.p, e, "is no field: a name and a colon");
	for (size_t i = 0; i < d->n; i++)
		if (same_name(d->field[i].name, (const char *)name.p, name.n))
			return err_at(e, REASON_PACKAGE_LIST,
				      d->at + (uint64_t)(line.p - d->text.p),
				      "a second field is called '%.*s'",
				      name.n < QUOTED ? (int)name.n : QUOTED, (const char *)name.p);
	if (d->n == DEB822_FIELDS_MAX)
		return err_at(e, REASON_LIMIT, d->at, "a paragraph has more than %u fields",
			      DEB822_FIELDS_MAX);
	d->field[d->n++] = (struct field){name, bytes_of(line.p + name.n + 1, line.n - name.n - 1)};
	return true;
}

static struct bytes trimmed(struct bytes x)
{
	while (x.n > 0 && is_space(x.p[0]))
		x = bytes_of(x.p + 1, x.n - 1);
	while (x.n > 0 && is_space(x.p[x.n - 1]))
		x.n--;
	return x;
}

static bool split(struct deb822 *d, struct err *e)
{
	struct bytes left = buf_bytes(&d->text);

	d->n = 0;
	while (left.n > 0) {
		struct bytes line = bytes_line(&left);

		if (line.n == 0)
			continue; /* the one that ends the paragraph */
		if (!check_line(d, line, e))
			return false;
		if (!is_blank(line.p[0])) {
			if (!add_field(d, line, e))
				return false;
		} else if (d->n == 0) {
			return fault(d, line.p, e, "goes on with a field, and there is none");
		} else {
			struct field *f = &d->field[d->n - 1];

			f->value.n = (size_t)(line.p + line.n - f->value.p);
		}
	}
	for (size_t i = 0; i < d->n; i++)
		d->field[i].value = trimmed(d->field[i].value);
	return true;
}

bool deb822_next(struct deb822 *d, bool *end, struct err *e)
{
	d->n = 0;
	return take_paragraph(d, end, e) && (*end || split(d, e));
}

bool deb822_only(struct deb822 *d, struct err *e)
{
	uint64_t at;
	size_t n;
	bool end;

	if (!take_paragraph(d, &end, e))
		return false;
	if (end)
		return err_at(e, REASON_PACKAGE_LIST, d->at, "there is nothing in it");
	do {
		at = d->next;
		if (!take_line(d, &n, e))
			return false;
		if (n > 1 || (n == 1 && d->text.p[d->text.n - 1] != '\n'))
			return err_at(e, REASON_PACKAGE_LIST, at, "a second paragraph follows");
	} while (n > 0);
	return split(d, e);
}

struct bytes deb822_get(const struct deb822 *d, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < d->n; i++)
		if (same_name(d->field[i].name, name, n))
			return d->field[i].value;
	return bytes_of(NULL, 0);
}

bool deb822_need(const struct deb822 *d, const char *name, struct bytes *value, struct err *e)
{
	struct bytes got = deb822_get(d, name);

	if (!got.p)
		return err_at(e, REASON_PACKAGE_LIST, d->at, "has no field '%s'", name);
	if (got.n == 0 || memchr(got.p, '\n', got.n))
		return err_at(e, REASON_PACKAGE_LIST, d->at, "field '%s': is not one line", name);
	*value = got;
	return true;
}

static bool take_until(struct bytes *value, struct bytes *out, bool (*ends)(uint8_t))
{
	size_t n = 0;

	while (value->n > 0 && is_space(value->p[0]))
		*value = bytes_of(value->p + 1, value->n - 1);
	while (n < value->n && !ends(value->p[n]))
		n++;
	*out = bytes_of(value->p, n);
	if (n > 0)
		*value = bytes_of(value->p + n, value->n - n);
	return n > 0;
}

static bool is_feed(uint8_t c)
{
	return c == '\n';
}

bool deb822_word(struct bytes *value, struct bytes *word)
{
	return take_until(value, word, is_space);
}

bool deb822_line(struct bytes *value, struct bytes *line)
{
	if (!take_until(value, line, is_feed))
		return false;
	*line = trimmed(*line);
	return true;
}
