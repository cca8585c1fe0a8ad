#include "measure/base/yaml_scalar.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/num.h"
#include "measure/base/text.h"
#include "measure/base/when.h"

#define QUOTE_MAX 60

/* The words of YAML 1.1 (types bool and null), of which 1.2 knows a part. */
static const char *const booleans[] = {
	"y",	"Y",	 "yes",	  "Yes",   "YES", "n",	"N",  "no",  "No",  "NO",  "true", "True",
	"TRUE", "false", "False", "FALSE", "on",  "On", "ON", "off", "Off", "OFF", NULL,
};
static const char *const nothings[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const numbers[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};

static bool is_one_of(struct bytes text, const char *const *list)
{
	while (*list && !bytes_equal(text, bytes_str(*list)))
		list++;
	return *list != NULL;
}

static struct bytes behind(struct bytes x, size_t n)
{
	return bytes_of(x.p + n, x.n - n);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex_digit(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* How many of them stand in front; *digits of them are more than underscores. */
static size_t run_of(struct bytes x, bool (*is)(uint8_t c), size_t *digits)
{
	size_t n = 0;

	for (*digits = 0; n < x.n && (is(x.p[n]) || x.p[n] == '_'); n++)
		*digits += x.p[n] != '_';
	return n;
}

/* 0x1f, 0o17, 0b1: with a letter behind the nought */
static bool is_prefixed(struct bytes x)
{
	size_t digits;

	if (x.n < 3 || x.p[0] != '0' || !memchr("xob", x.p[1], 3))
		return false;
	x = behind(x, 2);
	return run_of(x, is_hex_digit, &digits) == x.n && digits > 0;
}

/* 190:20:30.15, to the base of 60 */
static bool is_sexagesimal(struct bytes x)
{
	size_t digits, parts = 0;

	for (;; parts++) {
		x = behind(x, run_of(x, is_digit, &digits));
		if (digits == 0 || x.n == 0 || x.p[0] != ':')
			break;
		x = behind(x, 1);
	}
	if (parts > 0 && digits > 0 && x.n > 0 && x.p[0] == '.')
		x = behind(x, run_of(behind(x, 1), is_digit, &(size_t){0}) + 1);
	return parts > 0 && digits > 0 && x.n == 0;
}

static bool is_decimal(struct bytes x)
{
	size_t whole, fraction = 0, exponent;

	x = behind(x, run_of(x, is_digit, &whole));
	if (x.n > 0 && x.p[0] == '.') {
		x = behind(x, 1);
		x = behind(x, run_of(x, is_digit, &fraction));
	}
	if (whole + fraction > 0 && x.n > 1 && (x.p[0] | 0x20) == 'e') {
		x = behind(x, x.p[1] == '+' || x.p[1] == '-' ? 2 : 1);
		x = behind(x, run_of(x, is_digit, &exponent));
		return x.n == 0 && exponent > 0;
	}
	return x.n == 0 && whole + fraction > 0;
}

static bool is_number(struct bytes x)
{
	if (x.n > 0 && (x.p[0] == '+' || x.p[0] == '-'))
		x = behind(x, 1);
	return is_decimal(x) || is_prefixed(x) || is_sexagesimal(x) || is_one_of(x, numbers);
}

const char *yaml_scalar_other(struct bytes plain)
{
	if (is_one_of(plain, nothings))
		return "nothing";
	if (is_one_of(plain, booleans))
		return "a boolean";
	return is_number(plain) ? "a number" : NULL;
}

const char *yaml_quote(char room[YAML_QUOTE_ROOM], struct bytes text)
{
	size_t n = text.n;

	if (n > QUOTE_MAX)
		n = text_utf8_bad(bytes_of(text.p, QUOTE_MAX));
	snprintf(room, YAML_QUOTE_ROOM, "'%.*s%s'", (int)n, (const char *)text.p,
		 n < text.n ? "..." : "");
	return room;
}

/* "line 3: 'key' needs true or false, found 'yes'" */
static bool refuse(const struct yaml_scalar *s, const char *place, const char *needs, struct err *e)
{
	char room[YAML_QUOTE_ROOM];

	if (s->text.n == 0)
		return yaml_wrong(s->line, e, "%s needs %s, found %s", place, needs,
				  s->plain ? "nothing" : "an empty text");
	return yaml_wrong(s->line, e, "%s needs %s, found %s%s", place, needs,
			  s->plain ? "" : "the text ", yaml_quote(room, s->text));
}

/* "one of a, b" */
static bool refuse_choice(const struct yaml_scalar *s, const char *const *choices,
			  const char *place, struct err *e)
{
	owned(buf_free) struct buf needs = BUF(256);
	const char *near = text_nearest((const char *)s->text.p, choices);

	for (const char *const *c = choices; *c; c++)
		buf_fmt(&needs, "%s%s", c == choices ? "one of " : ", ", *c);
	if (!buf_done(&needs, "choices", e))
		return false;
	refuse(s, place, buf_cstr(&needs), e);
	return near ? err_hint(e, "did you mean '%s'?", near) : false;
}

static bool is_hex(struct bytes text)
{
	size_t n = 0;

	while (n < text.n && is_hex_digit(text.p[n]))
		n++;
	return n == text.n && n > 0 && n % 2 == 0;
}

const char *yaml_type_name(enum yaml_type type)
{
	static const char *const names[] = {
		[YAML_TEXT] = "a text",
		[YAML_BOOL] = "true or false",
		[YAML_UINT] = "a number below 2^64 in plain decimal digits",
		[YAML_HEX] = "pairs of hexadecimal digits",
		[YAML_TIME] = "a time such as 2026-11-20T13:38:29Z",
		[YAML_LIST] = "a list",
		[YAML_MAP] = "a map",
		[YAML_NAMES] = "a map",
	};

	return names[type];
}

static bool fits(struct bytes text, enum yaml_type type)
{
	const char *s = (const char *)text.p;
	struct err ignored = {0};
	uint64_t number;
	int64_t when;

	switch (type) {
	case YAML_TEXT:
		return text.n > 0;
	case YAML_BOOL:
		return strcmp(s, "true") == 0 || strcmp(s, "false") == 0;
	case YAML_UINT:
		return num_parse(s, &number);
	case YAML_HEX:
		return is_hex(text);
	case YAML_TIME:
		return when_read(s, "time", &when, &ignored);
	case YAML_LIST:
	case YAML_MAP:
	case YAML_NAMES:
		break;
	}
	return false;
}

/* A plain scalar that others take for something else; dates are left to them. */
static bool check_plain(const struct yaml_scalar *s, const char *place, const char *needs,
			struct err *e)
{
	const char *other = yaml_scalar_other(s->text);
	char room[YAML_QUOTE_ROOM];

	if (!other)
		return true;
	yaml_wrong(s->line, e, "%s needs %s, found %s, which others take for %s", place, needs,
		   yaml_quote(room, s->text), other);
	return err_hint(e, "in quotes it is a text");
}

bool yaml_scalar_check(const struct yaml_scalar *s, const struct yaml_field *field,
		       const char *place, struct err *e)
{
	bool bare = field->type == YAML_BOOL || field->type == YAML_UINT;
	const char *needs = yaml_type_name(field->type);

	if (!fits(s->text, field->type))
		return refuse(s, place, needs, e);
	if (bare && !s->plain) {
		refuse(s, place, needs, e);
		return err_hint(e, "leave out the quotes");
	}
	if (!bare && s->plain && !check_plain(s, place, needs, e))
		return false;
	if (field->choices && !is_one_of(s->text, field->choices))
		return refuse_choice(s, field->choices, place, e);
	return true;
}

const char *yaml_str(const struct yaml_node *node)
{
	return (const char *)node->text.p;
}

bool yaml_bool(const struct yaml_node *node)
{
	return bytes_equal(node->text, bytes_str("true"));
}

uint64_t yaml_u64(const struct yaml_node *node)
{
	uint64_t x = 0;

	return num_parse(yaml_str(node), &x) ? x : 0;
}

int64_t yaml_time(const struct yaml_node *node)
{
	struct err ignored = {0};
	int64_t when = 0;

	return when_read(yaml_str(node), "time", &when, &ignored) ? when : 0;
}

/* Letters, digits and . _ / - + with a letter in front: no reader sees anything else in it. */
static bool is_certain(struct bytes text)
{
	if (text.n == 0 || !((text.p[0] | 0x20) >= 'a' && (text.p[0] | 0x20) <= 'z'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i], letter = c | 0x20;

		if (!is_digit(c) && !(letter >= 'a' && letter <= 'z') && !memchr("._/-+", c, 5))
			return false;
	}
	return yaml_scalar_other(text) == NULL;
}

/* As it is, unless it could be taken for something else. */
static void put_character(struct buf *out, uint32_t c, struct bytes utf8)
{
	if (c == '"' || c == '\\')
		buf_fmt(out, "\\%c", (char)c);
	else if (c >= 0x20 && c != 0x7f && !text_hidden(c))
		buf_put(out, utf8);
	else if (c == '\n' || c == '\t')
		buf_str(out, c == '\n' ? "\\n" : "\\t");
	else if (c < 0x100)
		buf_fmt(out, "\\x%02x", c);
	else if (c < 0x10000)
		buf_fmt(out, "\\u%04x", c);
	else
		buf_fmt(out, "\\U%08x", c);
}

void yaml_put_text(struct buf *out, struct bytes text)
{
	uint32_t c = 0;
	size_t n;

	if (is_certain(text)) {
		buf_put(out, text);
		return;
	}
	buf_str(out, "\"");
	for (; text.n > 0; text = behind(text, n)) {
		n = text_utf8(text, &c);
		if (n == 0) {
			buf_fail(out, REASON_YAML);
			return;
		}
		put_character(out, c, bytes_of(text.p, n));
	}
	buf_str(out, "\"");
}
