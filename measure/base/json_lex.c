#include "measure/base/json_lex.h"

#include "measure/base/text.h"

bool json_lex_wrong(struct cur *c, const char *needs)
{
	int next = cur_peek(c);
	uint64_t at = cur_at(c);

	if (next < 0)
		return cur_fail(c, REASON_JSON, at, "needs %s, found the end", needs);
	if (next > 0x20 && next < 0x7f)
		return cur_fail(c, REASON_JSON, at, "needs %s, found '%c'", needs, next);
	return cur_fail(c, REASON_JSON, at, "needs %s, found byte 0x%02x", needs, (unsigned)next);
}

bool json_lex_eat(struct cur *c, char byte)
{
	if (cur_peek(c) != byte)
		return false;
	cur_take(c, 1, "byte");
	return true;
}

bool json_lex_word(struct cur *c, const char *word)
{
	size_t n = strlen(word);

	if (cur_left(c) < n || memcmp(c->in.p + c->pos, word, n) != 0)
		return false;
	cur_take(c, n, "word");
	return true;
}

void json_lex_blanks(struct cur *c)
{
	while (json_lex_eat(c, ' ') || json_lex_eat(c, '\n') || json_lex_eat(c, '\r') ||
	       json_lex_eat(c, '\t'))
		;
}

static bool hex4(struct cur *c, uint32_t *out)
{
	uint32_t x = 0;

	for (unsigned i = 0; i < 4; i++) {
		int digit = cur_peek(c), letter = digit | 0x20;

		if (digit >= '0' && digit <= '9')
			x = x << 4 | (uint32_t)(digit - '0');
		else if (letter >= 'a' && letter <= 'f')
			x = x << 4 | (uint32_t)(letter - 'a' + 10);
		else
			return json_lex_wrong(c, "four hexadecimal digits behind \\u");
		cur_take(c, 1, "digit");
	}
	*out = x;
	return true;
}

/* Behind "\u". A character beyond 0xffff is spelt as two surrogates, which are nothing alone. */
static bool code_point(struct cur *c, struct buf *texts, uint64_t at)
{
	uint32_t high, low;

	if (!hex4(c, &high))
		return false;
	if (high < 0xd800 || high > 0xdfff) {
		text_put_utf8(texts, high);
		return true;
	}
	if (high > 0xdbff || !json_lex_word(c, "\\u"))
		return cur_fail(c, REASON_JSON, at,
				"needs a pair of surrogates, found \\u%04x alone", high);
	if (!hex4(c, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return cur_fail(c, REASON_JSON, at,
				"needs a pair of surrogates, found \\u%04x and \\u%04x", high, low);
	text_put_utf8(texts, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
	return true;
}

/* At the backslash. */
static bool escape(struct cur *c, struct buf *texts)
{
	static const char spelt[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	uint64_t at = cur_at(c);
	const char *found;
	int next;

	cur_take(c, 1, "backslash");
	if (json_lex_eat(c, 'u'))
		return code_point(c, texts, at);
	next = cur_peek(c);
	found = next > 0 ? strchr(spelt, next) : NULL;
	if (!found)
		return json_lex_wrong(c, "one of \"\\/bfnrtu behind a backslash");
	cur_take(c, 1, "escape");
	buf_u8(texts, (uint8_t)meant[found - spelt]);
	return true;
}

/* How many of the next bytes stand for themselves in a string. */
static size_t plain_run(const struct cur *c)
{
	const uint8_t *p = c->in.p + c->pos;
	size_t n = 0;

	while (n < cur_left(c) && p[n] >= 0x20 && p[n] != '"' && p[n] != '\\')
		n++;
	return n;
}

bool json_lex_string(struct cur *c, struct buf *texts, struct bytes *out)
{
	size_t start = texts->n;

	cur_take(c, 1, "quote");
	while (!json_lex_eat(c, '"')) {
		buf_put(texts, cur_take(c, plain_run(c), "string"));
		if (cur_peek(c) == '\\') {
			if (!escape(c, texts))
				return false;
		} else if (cur_peek(c) != '"') {
			return json_lex_wrong(c, "a closing quote");
		}
	}
	*out = bytes_of(texts->p + start, texts->n - start);
	return true;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool digits(struct cur *c, const char *needs)
{
	if (!is_digit(cur_peek(c)))
		return json_lex_wrong(c, needs);
	while (is_digit(cur_peek(c)))
		cur_take(c, 1, "digit");
	return true;
}

/* number = [ minus ] int [ frac ] [ exp ] (RFC 8259 section 6) */
bool json_lex_number(struct cur *c, struct buf *texts, struct bytes *out)
{
	size_t from = c->pos, start = texts->n;

	json_lex_eat(c, '-');
	if (json_lex_eat(c, '0')) {
		if (is_digit(cur_peek(c)))
			return json_lex_wrong(c, "no digit behind a leading 0");
	} else if (!digits(c, "a digit behind the minus sign")) {
		return false;
	}
	if (json_lex_eat(c, '.') && !digits(c, "a digit behind the decimal point"))
		return false;
	if (json_lex_eat(c, 'e') || json_lex_eat(c, 'E')) {
		if (!json_lex_eat(c, '+'))
			json_lex_eat(c, '-');
		if (!digits(c, "a digit in the exponent"))
			return false;
	}
	buf_put(texts, bytes_of(c->in.p + from, c->pos - from));
	*out = bytes_of(texts->p + start, texts->n - start);
	return true;
}
