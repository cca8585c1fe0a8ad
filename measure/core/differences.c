#include "measure/core/differences.h"

#include <stdio.h>

#include "measure/base/text.h"

#define TAMED_MAX 65536u

static const char *only_name(enum only only)
{
	return only == IN_FIRST ? "first" : "second";
}

static void tame(struct buf *out, const char *foreign)
{
	text_tame(out, bytes_str(foreign));
}

static void tamed_value(struct json_out *w, struct bytes foreign)
{
	owned(buf_free) struct buf out = BUF(TAMED_MAX);

	text_tame(&out, foreign);
	if (out.failed != REASON_NONE)
		buf_fail(w->out, out.failed);
	json_string(w, buf_bytes(&out));
}

static void tamed_member(struct json_out *w, const char *key, const char *foreign)
{
	if (!foreign)
		return;
	json_key(w, key);
	tamed_value(w, bytes_str(foreign));
}

static void put_list(struct json_out *w, const char *key, const struct series *list)
{
	if (list->text.failed != REASON_NONE)
		buf_fail(w->out, list->text.failed);
	json_key(w, key);
	json_open(w, '[');
	for (const char *x = series_next(list, NULL); x; x = series_next(list, x))
		json_str(w, x);
	json_close(w, ']');
}

void differences_begin(struct differences *f, const struct headline *h)
{
	owned(buf_free) struct buf line = BUF(TAMED_MAX);

	headline_put(&line, h);
	if (line.failed != REASON_NONE)
		buf_fail(f->text, line.failed);
	f->any = headline_any(h);
	json_text(f->w, "headline", f->any ? buf_cstr(&line) : NULL);
	json_key(f->w, "sections");
	json_open(f->w, '[');
	if (!f->any)
		return;
	buf_put(f->text, buf_bytes(&line));
	buf_str(f->text, "\n");
}

/* ---- parts */

static void part_text(struct buf *out, const struct difference_part *p)
{
	unsigned long long a = p->size[0], b = p->size[1];
	const char *unit = p->unit ? p->unit : "bytes";

	buf_str(out, p->name);
	if (p->registers && p->registers->n == 0)
		buf_str(out, " (not measured)");
	if (p->only != IN_BOTH)
		buf_fmt(out, "  only in the %s, %llu %s\n", only_name(p->only),
			p->only == IN_FIRST ? a : b, unit);
	else if (a != b)
		buf_fmt(out, "  %llu and %llu %s\n", a, b, unit);
	else
		buf_fmt(out, "  %llu %s in both\n", a, unit);
}

void differences_part(struct differences *f, const struct difference_part *p)
{
	f->any = true;
	f->entries = false;
	f->listed = f->left_out = 0;
	part_text(f->text, p);
	json_open(f->w, '{');
	json_text(f->w, "name", p->name);
	if (p->registers)
		put_list(f->w, "registers", p->registers);
	json_key(f->w, "sizes");
	json_open(f->w, '[');
	for (unsigned s = 0; s < 2; s++) {
		if (p->only == (s ? IN_FIRST : IN_SECOND))
			json_null(f->w);
		else
			json_u64(f->w, p->size[s]);
	}
	json_close(f->w, ']');
	json_key(f->w, "fields");
	json_open(f->w, '[');
}

static void end_entries(struct differences *f)
{
	json_close(f->w, ']');
	json_key(f->w, "left_out");
	json_u64(f->w, f->left_out);
	if (f->left_out > 0)
		buf_fmt(f->text, "  ... and %zu more\n", f->left_out);
}

void differences_part_end(struct differences *f)
{
	if (f->entries)
		end_entries(f);
	else
		json_close(f->w, ']');
	json_close(f->w, '}');
}

void differences_entries(struct differences *f, const char *summary)
{
	json_close(f->w, ']');
	json_text(f->w, "summary", summary);
	json_key(f->w, "entries");
	json_open(f->w, '[');
	buf_fmt(f->text, "  %s\n", summary);
	f->entries = true;
}

/* ---- entries */

bool differences_entry(struct differences *f, struct bytes path, enum only only, enum cause cause)
{
	f->any = true;
	if (f->listed == f->limit) {
		f->left_out++;
		return false;
	}
	f->listed++;
	buf_str(f->text, "  ");
	text_tame(f->text, path);
	if (only != IN_BOTH)
		buf_fmt(f->text, "  only in the %s", only_name(only));
	if (cause != CAUSE_NONE)
		buf_fmt(f->text, "  [%s]", cause_name(cause));
	buf_str(f->text, "\n");
	json_open(f->w, '{');
	json_key(f->w, "path");
	tamed_value(f->w, path);
	json_text(f->w, "only_in", only == IN_BOTH ? NULL : only_name(only));
	json_text(f->w, "cause", cause == CAUSE_NONE ? NULL : cause_name(cause));
	json_key(f->w, "fields");
	json_open(f->w, '[');
	return true;
}

void differences_entry_end(struct differences *f)
{
	json_close(f->w, ']');
	json_close(f->w, '}');
}

void differences_field(struct differences *f, const struct difference *x)
{
	f->any = true;
	buf_str(f->text, f->entries ? "    " : "  ");
	tame(f->text, x->name);
	buf_str(f->text, "  ");
	if (x->text) {
		tame(f->text, x->text);
	} else {
		tame(f->text, x->first ? x->first : "none");
		buf_str(f->text, " and ");
		tame(f->text, x->second ? x->second : "none");
	}
	if (x->cause != CAUSE_NONE)
		buf_fmt(f->text, "  [%s]", cause_name(x->cause));
	buf_str(f->text, "\n");
	json_open(f->w, '{');
	tamed_member(f->w, "name", x->name);
	tamed_member(f->w, "first", x->first);
	tamed_member(f->w, "second", x->second);
	tamed_member(f->w, "text", x->text);
	json_text(f->w, "cause", x->cause == CAUSE_NONE ? NULL : cause_name(x->cause));
	json_close(f->w, '}');
}

/* ---- the end */

static void put_cause(struct differences *f, enum cause c)
{
	buf_fmt(f->text, "cause: %s (%llu): %s\n  fix: %s\n", cause_name(c),
		(unsigned long long)f->count[c], cause_why(c), cause_fix(c));
	json_open(f->w, '{');
	json_text(f->w, "name", cause_name(c));
	json_key(f->w, "count");
	json_u64(f->w, f->count[c]);
	json_text(f->w, "why", cause_why(c));
	json_text(f->w, "fix", cause_fix(c));
	json_close(f->w, '}');
}

void differences_causes(struct differences *f)
{
	json_key(f->w, "causes");
	json_open(f->w, '[');
	for (unsigned c = CAUSE_NONE + 1; c < CAUSES; c++)
		if (f->count[c] > 0)
			put_cause(f, (enum cause)c);
	json_close(f->w, ']');
}

void differences_end(struct differences *f)
{
	json_close(f->w, ']');
	differences_causes(f);
}

static void would_text(struct buf *out, const struct difference_would *x)
{
	if (!x->all) {
		series_put(out, x->registers);
		buf_str(out, " ");
	}
	buf_str(out, x->holds ? "would match if: " : "would not match even if: ");
	series_put(out, x->conditions);
	buf_str(out, " were as in the second\n");
}

void differences_would(struct differences *f, const struct difference_would *list, size_t n)
{
	json_key(f->w, "would_match");
	json_open(f->w, '[');
	for (size_t i = 0; i < n; i++) {
		would_text(f->text, &list[i]);
		json_open(f->w, '{');
		put_list(f->w, "registers", list[i].registers);
		put_list(f->w, "if", list[i].conditions);
		json_key(f->w, "holds");
		json_bool(f->w, list[i].holds);
		json_close(f->w, '}');
	}
	json_close(f->w, ']');
}
