#include "measure/core/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "measure/base/text.h"

struct check *verdict_add(struct verdict *v, const char *id, enum check_result result,
			  enum reason reason)
{
	struct check *c;

	if (v->n == VERDICT_MAX) {
		v->overflow = true;
		return &v->check[VERDICT_MAX - 1];
	}
	c = &v->check[v->n++];
	*c = (struct check){.id = id, .result = result, .reason = reason};
	return c;
}

#define FORMAT_INTO(field)                                     \
	do {                                                   \
		va_list args;                                  \
		va_start(args, format);                        \
		vsnprintf(field, sizeof(field), format, args); \
		va_end(args);                                  \
	} while (0)

void verdict_part(struct check *c, const char *name)
{
	snprintf(c->part, sizeof(c->part), "%s", name);
}

void verdict_expected(struct check *c, const char *format, ...)
{
	FORMAT_INTO(c->expected);
}

void verdict_actual(struct check *c, const char *format, ...)
{
	FORMAT_INTO(c->actual);
}

void verdict_detail(struct check *c, const char *format, ...)
{
	FORMAT_INTO(c->detail);
}

/* By choice: a failure never is, nor is what gives no reason. */
static bool left_out(const struct check *c)
{
	return c->result == CHECK_SKIP && c->reason != REASON_NONE &&
	       reason_class(c->reason) == EXIT_CLASS_WARNING;
}

/* MALFORMED before NO before UNDECIDED before all else. */
static int weight(const struct check *c)
{
	if ((c->result != CHECK_FAIL && c->result != CHECK_SKIP) || left_out(c))
		return 0;
	switch (reason_class(c->reason)) {
	case EXIT_CLASS_MALFORMED:
		return 4;
	case EXIT_CLASS_NO:
		return 3;
	case EXIT_CLASS_UNDECIDED:
		return 2;
	case EXIT_CLASS_WARNING:
	case EXIT_CLASS_USAGE:
	case EXIT_CLASS_ENVIRONMENT:
	default:
		return 1;
	}
}

/* ---- in order */

static bool is_of(const struct check *c, const char *id, enum check_result result)
{
	return c->result == result && strcmp(c->id, id) == 0;
}

static struct check *same_failure(struct verdict *v, const struct check *c)
{
	for (size_t i = 0; i < v->n; i++)
		if (is_of(&v->check[i], c->id, CHECK_FAIL) && v->check[i].reason == c->reason)
			return &v->check[i];
	return NULL;
}

/* Whole details alone, so that no name and no number is cut in two. */
static void append(struct check *to, const char *detail)
{
	static const char more[] = "; ...";
	size_t n = strlen(to->detail), left = sizeof(to->detail) - n;
	bool cut = n >= strlen(more) && strcmp(to->detail + n - strlen(more), more) == 0;

	if (cut || left < sizeof(more))
		return;
	if (strlen(detail) + strlen("; ") + sizeof(more) <= left)
		snprintf(to->detail + n, left, "; %s", detail);
	else
		snprintf(to->detail + n, left, "%s", more);
}

static void add_failure(struct verdict *v, const struct check *c)
{
	struct check *first = same_failure(v, c);

	if (!first) {
		*verdict_add(v, c->id, c->result, c->reason) = *c;
		return;
	}
	append(first, c->detail);
}

static enum reason first_failure(const struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->check[i].result == CHECK_FAIL)
			return v->check[i].reason;
	return REASON_LIMIT;
}

/* Those of one id and result; how many there were. */
static size_t move(const struct verdict *from, const char *id, enum check_result result,
		   struct verdict *to)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++) {
		const struct check *c = &from->check[i];

		if (!is_of(c, id, result))
			continue;
		n++;
		if (result == CHECK_FAIL)
			add_failure(to, c);
		else
			*verdict_add(to, c->id, c->result, c->reason) = *c;
	}
	return n;
}

void verdict_settle(struct verdict *v, const char *const *ids)
{
	const struct verdict from = *v;
	size_t moved = 0;

	*v = (struct verdict){.overflow = from.overflow};
	for (; *ids; ids++) {
		size_t bad = move(&from, *ids, CHECK_FAIL, v), good = 0, before = moved;

		bad += move(&from, *ids, CHECK_SKIP, v);
		for (size_t i = 0; bad > 0 && i < from.n; i++)
			good += is_of(&from.check[i], *ids, CHECK_PASS);
		if (bad == 0)
			good = move(&from, *ids, CHECK_PASS, v);
		moved += bad + good;
		moved += move(&from, *ids, CHECK_WARN, v);
		if (moved == before)
			verdict_detail(
				verdict_add(v, *ids, CHECK_SKIP, first_failure(v->n ? v : &from)),
				"there is nothing that it could be made of");
	}
	v->overflow = v->overflow || moved != from.n;
}

bool verdict_decide(const struct verdict *v, struct err *e)
{
	const struct check *worst = NULL;

	for (size_t i = 0; i < v->n; i++)
		if (weight(&v->check[i]) > (worst ? weight(worst) : 0))
			worst = &v->check[i];
	/* What is not a yes must have a reason that does not lead to exit status 0. */
	if (worst)
		return err_set(e, weight(worst) > 1 ? worst->reason : REASON_LIMIT, "%s: %s",
			       worst->id,
			       worst->detail[0] ? worst->detail : reason_meaning(worst->reason));
	if (v->n == 0 || v->overflow)
		return err_set(e, REASON_LIMIT, "%zu checks were made, which is %s", v->n,
			       v->n ? "more than there is room for" : "none at all");
	return true;
}

const char *check_result_name(enum check_result r)
{
	static const char *const names[] = {
		[CHECK_PASS] = "pass",
		[CHECK_FAIL] = "fail",
		[CHECK_SKIP] = "skip",
		[CHECK_WARN] = "warn",
	};

	return names[r];
}

static void member(struct json_out *w, const char *key, const char *text)
{
	owned(buf_free) struct buf tamed = BUF(4 * sizeof(((struct check *)0)->detail));

	if (text[0] == '\0')
		return;
	text_tame(&tamed, bytes_str(text));
	json_key(w, key);
	json_string(w, buf_bytes(&tamed));
}

void verdict_json(const struct verdict *v, struct json_out *w)
{
	json_open(w, '[');
	for (size_t i = 0; i < v->n; i++) {
		const struct check *c = &v->check[i];

		json_open(w, '{');
		json_key(w, "id");
		json_str(w, c->id);
		json_key(w, "result");
		json_str(w, check_result_name(c->result));
		if (c->reason != REASON_NONE) {
			json_key(w, "reason");
			json_str(w, reason_slug(c->reason));
		}
		member(w, "expected", c->expected);
		member(w, "actual", c->actual);
		member(w, "detail", c->detail);
		json_close(w, '}');
	}
	json_close(w, ']');
}
