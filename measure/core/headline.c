#include "measure/core/headline.h"

#include "measure/base/text.h"

void series_add(struct series *w, const char *foreign)
{
	text_tame(&w->text, bytes_str(foreign));
	buf_u8(&w->text, 0);
	w->n++;
}

void series_join(struct series *w, const struct series *more)
{
	if (more->text.failed != REASON_NONE)
		buf_fail(&w->text, more->text.failed);
	buf_put(&w->text, buf_bytes(&more->text));
	w->n += more->n;
}

bool series_same(const struct series *a, const struct series *b)
{
	return bytes_equal(buf_bytes(&a->text), buf_bytes(&b->text));
}

const char *series_next(const struct series *w, const char *word)
{
	const char *first = (const char *)w->text.p, *next;

	if (w->n == 0 || w->text.failed != REASON_NONE)
		return NULL;
	next = word ? word + strlen(word) + 1 : first;
	return next < first + w->text.n ? next : NULL;
}

void series_put(struct buf *out, const struct series *w)
{
	size_t i = 0;

	if (w->text.failed != REASON_NONE)
		buf_fail(out, w->text.failed);
	for (const char *x = series_next(w, NULL); x; x = series_next(w, x), i++) {
		if (i > 0)
			buf_str(out, i + 1 == w->n ? " and " : ", ");
		buf_str(out, x);
	}
}

void headline_free(struct headline *h)
{
	buf_free(&h->registers.text);
	buf_free(&h->through.text);
	buf_free(&h->unmeasured.text);
}

bool headline_any(const struct headline *h)
{
	return h->sentence || h->registers.n + h->through.n + h->unmeasured.n > 0;
}

static void add_once(struct series *to, const char *foreign)
{
	owned(buf_free) struct buf tamed = BUF(SERIES_MAX);

	text_tame(&tamed, bytes_str(foreign));
	for (const char *x = series_next(to, NULL); x; x = series_next(to, x))
		if (strcmp(x, buf_cstr(&tamed)) == 0)
			return;
	series_add(to, foreign);
}

void headline_of(struct headline *h, const struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct check *c = &v->check[i];

		if (c->result != CHECK_FAIL || c->reason != REASON_MEASUREMENT || !c->part[0])
			continue;
		add_once(strcmp(c->id, "code") == 0 ? &h->registers : &h->through, c->part);
	}
	h->moved = h->registers.n == 0 && h->through.n > 1;
}

static void put_parts(struct buf *out, const struct headline *h)
{
	series_put(out, &h->through);
	if (h->parts == 0)
		return;
	buf_fmt(out, " (%zu of %zu %s%s)", h->through.n, h->parts, h->noun,
		h->parts == 1 ? "" : "s");
}

void headline_put(struct buf *out, const struct headline *h)
{
	if (h->sentence) {
		buf_str(out, h->sentence);
		return;
	}
	if (h->registers.n > 0) {
		series_put(out, &h->registers);
		buf_str(out, h->registers.n == 1 ? " differs" : " differ");
	} else {
		buf_str(out, "no register differs");
	}
	if (h->through.n > 0) {
		buf_str(out, h->registers.n > 0 ? ", through " : ", though parts do: ");
		put_parts(out, h);
	}
	if (h->moved)
		buf_str(out, "; bytes moved from one part to another");
	if (h->unmeasured.n > 0) {
		buf_str(out, "; ");
		series_put(out, &h->unmeasured);
		buf_str(out, ": not measured");
	}
}
