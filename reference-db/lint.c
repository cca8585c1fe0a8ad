#include "reference-db/lint.h"

#include "measure/base/text.h"

#define COLUMNS 80u
#define INDENT 9u /* behind "warning  " */

static const struct rule {
	const char *slug;
	enum reason reason;
} rules[LINT_RULES] = {
	[LINT_FORM] = {"form", REASON_CORIM},
	[LINT_CANONICAL] = {"canonical", REASON_CORIM},
	[LINT_OURS] = {"not-ours", REASON_CORIM},
	[LINT_PREFIX] = {"prefix-tag", REASON_CORIM},
	[LINT_ENVELOPE] = {"envelope", REASON_STATEMENT},
	[LINT_PROFILE] = {"profile", REASON_PROFILE},
	[LINT_KEY] = {"unknown-key", REASON_CORIM},
	[LINT_MISSING] = {"missing-key", REASON_CORIM},
	[LINT_EMPTY] = {"empty", REASON_CORIM},
	[LINT_TEXT] = {"text", REASON_CORIM},
	[LINT_PATH] = {"path", REASON_CORIM},
	[LINT_TAG] = {"tag", REASON_CORIM},
	[LINT_TAG_ID] = {"tag-id", REASON_CORIM},
	[LINT_ENTITY] = {"entity", REASON_CORIM},
	[LINT_VALIDITY] = {"validity", REASON_CORIM},
	[LINT_CLASS] = {"environment", REASON_CORIM},
	[LINT_UNREAD] = {"not-interpreted", REASON_CORIM},
	[LINT_DIGEST_LENGTH] = {"digest-length", REASON_CORIM},
	[LINT_DIGEST_ALG] = {"digest-algorithm", REASON_CORIM},
	[LINT_DIGEST_REPEATED] = {"digest-repeated", REASON_CORIM},
	[LINT_DIGEST_MISSING] = {"digest-missing", REASON_CORIM},
	[LINT_ZERO] = {"zero-measurement", REASON_CORIM},
	[LINT_ONES] = {"digest-ones", REASON_CORIM},
	[LINT_REGISTER] = {"register", REASON_CORIM},
	[LINT_REGISTER_MISSING] = {"register-missing", REASON_CORIM},
	[LINT_REPEATED] = {"repeated", REASON_CORIM},
	[LINT_CONTRADICTION] = {"contradiction", REASON_CORIM},
	[LINT_MASK] = {"mask", REASON_CORIM},
	[LINT_MKEY] = {"measurement", REASON_CORIM},
	[LINT_POLICY] = {"policy", REASON_CORIM},
	[LINT_DEBUG] = {"debug", REASON_CORIM},
};

bool lint_add(struct lint *l, const struct finding *f)
{
	l->errors += f->error;
	l->warnings += !f->error;
	l->warned[f->rule] += !f->error;
	if (l->n < LINT_FINDINGS)
		l->finding[l->n++] = *f;
	else if (f->error && l->errors == 1) /* the first error is never lost among warnings */
		l->finding[LINT_FINDINGS - 1] = *f;
	return !f->error;
}

const char *lint_slug(enum lint_rule rule)
{
	return rules[rule].slug;
}

void lint_harden(struct lint *l, enum lint_rule rule)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->finding[i].rule == rule)
			l->finding[i].error = true;
	l->errors += l->warned[rule];
	l->warnings -= l->warned[rule];
	l->warned[rule] = 0;
}

bool lint_decide(const struct lint *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct finding *f = &l->finding[i];

		if (!f->error)
			continue;
		err_set(e, rules[f->rule].reason, "%s", f->text);
		return f->place[0] ? err_in(e, "%s", f->place) : false;
	}
	return l->errors == 0 || err_set(e, REASON_CORIM, "%zu errors", l->errors);
}

/* Words of tamed text; the line goes on at INDENT where it is full. */
static void fill(struct buf *out, size_t *column, struct bytes words)
{
	while (words.n > 0) {
		const uint8_t *blank = memchr(words.p, ' ', words.n);
		size_t n = blank ? (size_t)(blank - words.p) : words.n;

		if (*column > INDENT && *column + 1 + n > COLUMNS) {
			buf_fmt(out, "\n%*s", (int)INDENT, "");
			*column = INDENT;
		} else if (*column > INDENT) {
			buf_str(out, " ");
			*column += 1;
		}
		buf_put(out, bytes_of(words.p, n));
		*column += n;
		n += blank != NULL;
		words = bytes_of(words.p + n, words.n - n);
	}
}

static void put_finding(struct buf *out, const struct finding *f)
{
	owned(buf_free) struct buf line = BUF(4096);
	size_t column = INDENT;

	buf_fmt(&line, "[%s] ", lint_slug(f->rule));
	if (f->place[0]) {
		text_tame(&line, bytes_str(f->place));
		buf_str(&line, ": ");
	}
	text_tame(&line, bytes_str(f->text));
	buf_fmt(out, "%-*s", (int)INDENT, f->error ? "error" : "warning");
	fill(out, &column, buf_bytes(&line));
	buf_str(out, "\n");
	if (line.failed != REASON_NONE)
		buf_fail(out, line.failed);
}

void lint_text(const struct lint *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++)
		put_finding(out, &l->finding[i]);
	if (l->errors + l->warnings > 0)
		buf_fmt(out, "%zu %s, %zu %s\n", l->errors, l->errors == 1 ? "error" : "errors",
			l->warnings, l->warnings == 1 ? "warning" : "warnings");
}

static void put_tamed(struct json_out *w, const char *key, const char *text)
{
	owned(buf_free) struct buf tamed = BUF(4096);

	text_tame(&tamed, bytes_str(text));
	json_key(w, key);
	json_string(w, buf_bytes(&tamed));
	if (tamed.failed != REASON_NONE)
		buf_fail(w->out, tamed.failed);
}

void lint_json(const struct lint *l, struct json_out *w)
{
	json_open(w, '[');
	for (size_t i = 0; i < l->n; i++) {
		const struct finding *f = &l->finding[i];

		json_open(w, '{');
		json_key(w, "severity");
		json_str(w, f->error ? "error" : "warning");
		json_key(w, "rule");
		json_str(w, lint_slug(f->rule));
		put_tamed(w, "place", f->place);
		put_tamed(w, "text", f->text);
		json_close(w, '}');
	}
	json_close(w, ']');
}
