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

/* MALFORMED before NO before UNDECIDED before all else. */
static int weight(const struct check *c)
{
	if (c->result != CHECK_FAIL && c->result != CHECK_SKIP)
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

bool verdict_decide(const struct verdict *v, struct err *e)
{
	const struct check *worst = NULL;

	for (size_t i = 0; i < v->n; i++)
		if (weight(&v->check[i]) > (worst ? weight(worst) : 0))
			worst = &v->check[i];
	if (worst)
		return err_set(e, worst->reason, "%s: %s", worst->id,
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
