#include "measure/core/meaning.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/core/meaning_format.h"

#define WINDOW 65536u

bool extent_read(const struct extent *x, uint64_t at, struct span to, size_t *got, struct err *e)
{
	uint64_t left = at < x->size ? x->size - at : 0;

	if (to.n > left)
		to.n = (size_t)left;
	*got = 0;
	if (to.n == 0)
		return true;
	if (!file_pread(x->file, x->at + at, to, got, e))
		return false;
	return *got == to.n || err_set(e, REASON_FILE_CHANGED, "a file ended while it was read");
}

/* ---- comparing */

struct windows {
	uint8_t left[WINDOW], right[WINDOW];
};

static size_t common(const struct windows *w, size_t n)
{
	size_t i = 0;

	if (memcmp(w->left, w->right, n) == 0)
		return n;
	while (w->left[i] == w->right[i])
		i++;
	return i;
}

/* How many bytes two ranges of one length have in common at their heads. */
static bool alike(const struct extent x[2], const struct edit *range, uint64_t *n, struct err *e)
{
	struct windows w;

	for (*n = 0; *n < range->n[0];) {
		uint64_t left = range->n[0] - *n;
		size_t step = left < WINDOW ? (size_t)left : WINDOW, got[2], same;

		if (!extent_read(&x[0], range->at[0] + *n, (struct span){w.left, step}, &got[0],
				 e) ||
		    !extent_read(&x[1], range->at[1] + *n, (struct span){w.right, step}, &got[1],
				 e))
			return false;
		same = common(&w, step);
		*n += same;
		if (same < step)
			break;
	}
	return true;
}

bool meaning_same(const struct extent *a, const struct extent *b, bool *same, uint64_t *first,
		  struct err *e)
{
	const struct extent x[2] = {*a, *b};
	uint64_t size = a->size < b->size ? a->size : b->size;
	const struct edit range = {{0, 0}, {size, size}};

	if (!alike(x, &range, first, e))
		return false;
	*same = a->size == b->size && *first == size;
	return true;
}

/* ---- ranges */

bool meaning_propose(const struct extent x[2], const struct edit *edit, struct meaning *m,
		     struct err *e)
{
	uint64_t same = 0;

	for (unsigned s = 0; s < 2; s++)
		if (edit->at[s] > x[s].size || edit->n[s] > x[s].size - edit->at[s])
			return true;
	if (edit->n[0] == edit->n[1] && !alike(x, edit, &same, e))
		return false;
	if (edit->n[0] == edit->n[1] && same == edit->n[0])
		return true;
	if (m->n < MEANING_EDITS)
		m->edit[m->n++] = *edit;
	return true;
}

bool meaning_range(const struct extent x[2], uint64_t at, uint64_t n, struct meaning *m,
		   struct err *e)
{
	return meaning_propose(x, &(struct edit){{at, at}, {n, n}}, m, e);
}

static int by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return (x->at[0] > y->at[0]) - (x->at[0] < y->at[0]);
}

/* Are the bytes between the ranges, and behind the last, the same? */
static bool explained(const struct extent x[2], const struct meaning *m, bool *all, struct err *e)
{
	uint64_t at[2] = {0, 0}, same;

	*all = false;
	for (size_t i = 0; i <= m->n; i++) {
		struct edit gap = {{at[0], at[1]}, {0, 0}};

		for (unsigned s = 0; s < 2; s++) {
			uint64_t end = i < m->n ? m->edit[i].at[s] : x[s].size;

			if (end < at[s])
				return true;
			gap.n[s] = end - at[s];
			at[s] = i < m->n ? end + m->edit[i].n[s] : end;
		}
		if (gap.n[0] != gap.n[1])
			return true;
		if (!alike(x, &gap, &same, e))
			return false;
		if (same < gap.n[0])
			return true;
	}
	*all = m->n > 0;
	return true;
}

/* ---- what is said */

void meaning_say(struct meaning *m, const char *format, ...)
{
	va_list args;

	if (m->text[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(m->text, sizeof(m->text), format, args);
	va_end(args);
}

static bool say_bytes(const struct extent x[2], struct meaning *m, struct err *e)
{
	uint8_t byte[2];
	size_t got[2];

	for (unsigned s = 0; s < 2; s++)
		if (!extent_read(&x[s], m->first, (struct span){&byte[s], 1}, &got[s], e))
			return false;
	if (got[0] == 0 || got[1] == 0)
		meaning_say(m, "%s ends at byte %llu", got[0] ? "the second" : "the first",
			    (unsigned long long)m->first);
	else
		meaning_say(m, "byte %llu: 0x%02x and 0x%02x", (unsigned long long)m->first,
			    byte[0], byte[1]);
	return true;
}

static const struct meaning_format *const formats[] = {
	&meaning_gzip, &meaning_pyc,	  &meaning_ar,	   &meaning_elf,
	&meaning_pe,   &meaning_squashfs, &meaning_kernel,
};

/* Of both, or it is not said in that format's words. */
static const struct meaning_format *format_of(const struct bytes head[2], struct bytes path)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i]->is(head[0], path) && formats[i]->is(head[1], path))
			return formats[i];
	return NULL;
}

static bool read_format(const struct extent x[2], struct bytes path, struct meaning *m,
			struct err *e)
{
	uint8_t raw[2][MEANING_HEAD];
	struct bytes head[2];
	const struct meaning_format *format;

	for (unsigned s = 0; s < 2; s++) {
		head[s].p = raw[s];
		if (!extent_read(&x[s], 0, (struct span){raw[s], MEANING_HEAD}, &head[s].n, e))
			return false;
	}
	format = format_of(head, path);
	if (format) {
		m->cause = format->cause;
		return format->read(x, m, e);
	}
	if (meaning_is_text(head[0]) && meaning_is_text(head[1]))
		return meaning_text(x, path, m, e);
	return true;
}

bool meaning_find(const struct extent x[2], struct bytes path, struct meaning *m, struct err *e)
{
	enum cause of_path = cause_of_path(path);
	bool all;

	m->cause = CAUSE_NONE;
	m->likely = false;
	m->text[0] = '\0';
	m->n = 0;
	if (!read_format(x, path, m, e) || !say_bytes(x, m, e))
		return false;
	if (m->n > 0)
		qsort(m->edit, m->n, sizeof(*m->edit), by_place);
	if (!explained(x, m, &all, e))
		return false;
	if (!all)
		m->n = 0;
	if (!all && !m->likely)
		m->cause = CAUSE_NONE;
	/* A machine's id is more to the point than the byte in it. */
	if (of_path != CAUSE_NONE)
		m->cause = of_path;
	return true;
}

/* ---- undone */

bool extent_put(const struct extent *x, const struct patch_sink *to, struct err *e)
{
	uint8_t window[WINDOW];
	size_t got = WINDOW;

	for (uint64_t at = 0; got == WINDOW; at += got)
		if (!extent_read(x, at, (struct span){window, WINDOW}, &got, e) ||
		    !to->put(to->arg, bytes_of(window, got), e))
			return false;
	return true;
}

static bool put_range(const struct extent *x, uint64_t at, uint64_t end,
		      const struct patch_sink *to, struct err *e)
{
	return extent_put(&(struct extent){x->file, x->at + at, end - at}, to, e);
}

bool meaning_patch(const struct extent x[2], const struct meaning *m, const struct patch_sink *to,
		   struct err *e)
{
	uint64_t at = 0;

	if (m->n == 0)
		return extent_put(&x[1], to, e);
	for (size_t i = 0; i < m->n; i++) {
		const struct edit *edit = &m->edit[i];

		if (!put_range(&x[0], at, edit->at[0], to, e) ||
		    !put_range(&x[1], edit->at[1], edit->at[1] + edit->n[1], to, e))
			return false;
		at = edit->at[0] + edit->n[0];
	}
	return put_range(&x[0], at, x[0].size, to, e);
}
