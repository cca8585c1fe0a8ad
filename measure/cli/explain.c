#include <stdlib.h>

#include "measure/base/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/program.h"
#include "measure/cli/status.h"
#include "measure/cli/verbs.h"
#include "measure/cli/wrap.h"
#include "measure/core/cause.h"

#define COLUMN 9
#define LIST_COLUMN 25

static bool is_warning(enum reason r)
{
	return reason_class(r) == EXIT_CLASS_WARNING;
}

static void put_field(struct buf *out, const char *label, const char *text)
{
	size_t before = out->n;

	buf_str(out, label);
	wrap_put(out, out->n - before, COLUMN, text);
}

static void put_one(struct buf *out, enum reason r)
{
	owned(buf_free) struct buf status = BUF(256);

	if (is_warning(r))
		buf_str(&status, "a warning; it does not change the exit status");
	else
		buf_fmt(&status, "%d: %s", (int)reason_class(r), status_text(reason_class(r)));
	buf_fmt(out, "%s\n", reason_slug(r));
	put_field(out, "means", reason_meaning(r));
	put_field(out, "status", buf_cstr(&status));
	put_field(out, "do", reason_remedy(r));
}

/* "crc                   3  the checksum ..."; a warning has no status of its own. */
static void put_row(struct buf *out, enum reason r)
{
	size_t before = out->n;

	buf_fmt(out, "%-22s%c", reason_slug(r), is_warning(r) ? '-' : '0' + (int)reason_class(r));
	wrap_put(out, out->n - before, LIST_COLUMN, reason_meaning(r));
}

static void put_json(struct json_out *w, enum reason r)
{
	json_open(w, '{');
	json_key(w, "reason");
	json_str(w, reason_slug(r));
	json_key(w, "warning");
	json_bool(w, is_warning(r));
	json_key(w, "status");
	json_u64(w, (uint64_t)reason_class(r));
	json_key(w, "meaning");
	json_str(w, reason_meaning(r));
	json_key(w, "remedy");
	json_str(w, reason_remedy(r));
	json_close(w, '}');
}

static bool unknown(const char *slug, struct err *e)
{
	const char *slugs[REASON_COUNT] = {0};
	const char *near;

	for (unsigned r = REASON_NONE + 1; r < REASON_COUNT; r++)
		slugs[r - 1] = reason_slug((enum reason)r);
	near = text_nearest(slug, slugs);
	err_set(e, REASON_USAGE, "unknown reason '%s'", slug);
	if (near)
		err_hint(e, "did you mean '%s'?", near);
	return err_hint(e, "`%s explain` lists them", program.name);
}

/* What `measure diff` names as a cause has no status: it is no error. */
static void explain_cause(struct cli *c, struct answer *a, enum cause cause)
{
	buf_fmt(&c->text, "%s\n", cause_name(cause));
	put_field(&c->text, "means", cause_why(cause));
	put_field(&c->text, "do", cause_fix(cause));
	json_key(&a->json, "cause");
	json_open(&a->json, '{');
	json_text(&a->json, "name", cause_name(cause));
	json_text(&a->json, "why", cause_why(cause));
	json_text(&a->json, "fix", cause_fix(cause));
	json_close(&a->json, '}');
}

static bool explain_run(struct cli *c, struct answer *a, struct err *e)
{
	bool all = c->args.n_operands == 0;
	unsigned first = REASON_NONE + 1, last = REASON_COUNT - 1;
	enum cause cause;

	if (c->args.n_operands > 1)
		return err_set(e, REASON_USAGE, "one REASON is needed, %zu are given",
			       c->args.n_operands);
	if (!all) {
		first = last = reason_find(c->args.operands[0]);
		cause = first == REASON_NONE ? cause_find(c->args.operands[0]) : CAUSE_NONE;
		if (cause != CAUSE_NONE) {
			explain_cause(c, a, cause);
			return true;
		}
		if (first == REASON_NONE)
			return unknown(c->args.operands[0], e);
	}
	json_key(&a->json, "reasons");
	json_open(&a->json, '[');
	for (unsigned r = first; r <= last; r++) {
		if (all)
			put_row(&c->text, (enum reason)r);
		else
			put_one(&c->text, (enum reason)r);
		put_json(&a->json, (enum reason)r);
	}
	json_close(&a->json, ']');
	return true;
}

const struct verb verb_explain = {
	.name = "explain",
	.summary = "what a reason or a cause means and what to do",
	.usage = "[REASON|CAUSE]",
	.run = explain_run,
};
