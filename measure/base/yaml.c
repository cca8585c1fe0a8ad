#include "measure/base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "measure/base/load.h"
#include "measure/base/text.h"
#include "measure/base/yaml_event.h"

/* What is needed of libyaml, found by name when it is loaded. */
struct door {
	void *handle;
	__typeof__(&yaml_get_version_string) version;
	__typeof__(&yaml_parser_initialize) begin;
	__typeof__(&yaml_parser_delete) end;
	__typeof__(&yaml_parser_set_encoding) encoding;
	__typeof__(&yaml_parser_set_input_string) input;
	__typeof__(&yaml_parser_parse) next;
	__typeof__(&yaml_event_delete) drop;
};

struct yaml_source {
	struct door door;
	bool begun;
	yaml_parser_t parser;
	yaml_event_t event;
	struct bytes text;
	size_t lines;
	size_t at, at_index; /* a byte of the text, and which character it begins */
};

#ifdef MEASURE_STATIC
static void door_close(struct door *d)
{
	*d = (struct door){0};
}

/* The static program has it inside. */
static bool door_open(struct door *d, struct err *e)
{
	(void)e;
	*d = (struct door){
		.version = yaml_get_version_string,
		.begin = yaml_parser_initialize,
		.end = yaml_parser_delete,
		.encoding = yaml_parser_set_encoding,
		.input = yaml_parser_set_input_string,
		.next = yaml_parser_parse,
		.drop = yaml_event_delete,
	};
	return true;
}
#else
static const struct load_symbol symbols[] = {
	{"yaml_get_version_string", offsetof(struct door, version)},
	{"yaml_parser_initialize", offsetof(struct door, begin)},
	{"yaml_parser_delete", offsetof(struct door, end)},
	{"yaml_parser_set_encoding", offsetof(struct door, encoding)},
	{"yaml_parser_set_input_string", offsetof(struct door, input)},
	{"yaml_parser_parse", offsetof(struct door, next)},
	{"yaml_event_delete", offsetof(struct door, drop)},
	{0},
};

static void door_close(struct door *d)
{
	load_close(&d->handle);
}

static bool door_open(struct door *d, struct err *e)
{
	static const struct load libyaml = {"libyaml", "libyaml-0.so.2", "libyaml-0-2", symbols};

	return load_open(&libyaml, &d->handle, d, e);
}
#endif

const char *yaml_library_version(char room[YAML_VERSION_ROOM])
{
	owned(door_close) struct door d = {0};
	struct err ignored = {0};

	if (!door_open(&d, &ignored))
		return NULL;
	snprintf(room, YAML_VERSION_ROOM, "%s", d.version());
	return room;
}

void yaml_source_free(struct yaml_source **s)
{
	if (!*s)
		return;
	if ((*s)->begun) {
		(*s)->door.drop(&(*s)->event);
		(*s)->door.end(&(*s)->parser);
	}
	door_close(&(*s)->door);
	free(*s);
	*s = NULL;
}

/* ---- the characters */

/* No version of YAML may see a line, an end or nothing where another sees a character. */
static bool is_fit(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	return !(c >= 0x7f && c <= 0x9f) && c != 0x2028 && c != 0x2029 && c != 0xfeff &&
	       c != 0xfffe && c != 0xffff;
}

static bool check_characters(struct bytes text, struct err *e)
{
	uint32_t line = 1, c = 0;

	for (size_t at = 0, n; at < text.n; at += n) {
		n = text_utf8(bytes_of(text.p + at, text.n - at), &c);
		if (n == 0)
			return yaml_wrong(line, e, "needs UTF-8, found byte 0x%02x", text.p[at]);
		if (!is_fit(c))
			return yaml_wrong(line, e, "needs text, found the character U+%04X%s", c,
					  c == 0xfeff ? ", a byte order mark" : "");
		if (c == '\r' && (at + 1 == text.n || text.p[at + 1] != '\n'))
			return yaml_wrong(line, e, "needs a line feed behind a carriage return");
		line += c == '\n';
	}
	return true;
}

static size_t line_length(struct bytes text)
{
	const uint8_t *end = text.n ? memchr(text.p, '\n', text.n) : NULL;

	return end ? (size_t)(end - text.p) : text.n;
}

/* In front of the document; libyaml compares each with all before it, so it sees none. */
static bool check_directives(struct bytes text, struct err *e)
{
	char quoted[YAML_QUOTE_ROOM];
	uint32_t line = 1;

	for (size_t n = 0, blanks = 0; text.n > 0; line++) {
		n = line_length(text);
		if (text.p[0] == '%')
			return yaml_wrong(line, e, "needs a key, found the directive %s",
					  yaml_quote(quoted, bytes_of(text.p, n)));
		for (blanks = 0; blanks < n && memchr(" \t\r", text.p[blanks], 3);)
			blanks++;
		if (blanks < n && text.p[blanks] != '#')
			break;
		n += n < text.n;
		text = bytes_of(text.p + n, text.n - n);
	}
	return true;
}

/* ---- libyaml's events */

/* The end is in the last line, not behind it. */
static uint32_t line_of(const struct yaml_source *s, const yaml_mark_t *mark)
{
	return (uint32_t)(mark->line < s->lines ? mark->line + 1 : s->lines);
}

static uint32_t line_now(const struct yaml_source *s)
{
	return line_of(s, &s->event.start_mark);
}

static size_t lines_of(struct bytes text)
{
	size_t n = 1;

	for (size_t i = 1; i < text.n; i++)
		n += text.p[i - 1] == '\n';
	return n;
}

static bool leads_with_tab(struct bytes text, size_t line)
{
	size_t at = 0;

	for (; line > 0 && at < text.n; at++)
		line -= text.p[at] == '\n';
	while (at < text.n && text.p[at] == ' ')
		at++;
	return at < text.n && text.p[at] == '\t';
}

static bool libyaml_failed(const struct yaml_source *s, struct err *e)
{
	const yaml_parser_t *p = &s->parser;

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(e, REASON_OUT_OF_MEMORY, "YAML: out of memory");
	yaml_wrong(line_of(s, &p->problem_mark), e, "is not YAML: %s%s%s",
		   p->context ? p->context : "", p->context ? ", " : "",
		   p->problem ? p->problem : "no reason is known");
	if (leads_with_tab(s->text, p->problem_mark.line))
		err_hint(e, "indent with blanks, not with tabs");
	return false;
}

static bool steps(struct yaml_source *s, unsigned n, struct err *e)
{
	while (n-- > 0) {
		s->door.drop(&s->event);
		if (s->door.next(&s->parser, &s->event) != 1)
			return libyaml_failed(s, e);
	}
	return true;
}

static bool check_properties(const struct yaml_source *s, const yaml_char_t *anchor,
			     const yaml_char_t *tag, struct err *e)
{
	if (anchor)
		return yaml_wrong(line_now(s), e, "needs a value without anchor, found '&%.64s'",
				  (const char *)anchor);
	return !tag || yaml_wrong(line_now(s), e, "needs a value without tag, found '%.64s'",
				  (const char *)tag);
}

/* Marks count characters, and never go back. */
static uint8_t first_byte(struct yaml_source *s)
{
	while (s->at < s->text.n && s->at_index < s->event.start_mark.index) {
		s->at++;
		while (s->at < s->text.n && (s->text.p[s->at] & 0xc0) == 0x80)
			s->at++;
		s->at_index++;
	}
	return s->at < s->text.n ? s->text.p[s->at] : 0;
}

/* The tag "!" makes a text of a plain scalar, but leaves no trace in the event. */
static bool take_scalar(struct yaml_source *s, struct yaml_event *out, struct err *e)
{
	const yaml_char_t *tag = s->event.data.scalar.tag;

	out->kind = YAML_IS_SCALAR;
	out->scalar.text = bytes_of(s->event.data.scalar.value, s->event.data.scalar.length);
	out->scalar.line = out->line;
	out->scalar.plain = s->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (!tag && first_byte(s) == '!')
		tag = (const yaml_char_t *)"!";
	if (!check_properties(s, s->event.data.scalar.anchor, tag, e))
		return false;
	if (memchr(out->scalar.text.p, 0, out->scalar.text.n))
		return yaml_wrong(out->line, e, "needs a text without NUL, found \\0 in quotes");
	return true;
}

static bool take_event(struct yaml_source *s, struct yaml_event *out, struct err *e)
{
	out->line = line_now(s);
	switch ((int)s->event.type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(s, out, e);
	case YAML_SEQUENCE_START_EVENT:
		out->kind = YAML_IS_LIST;
		return check_properties(s, s->event.data.sequence_start.anchor,
					s->event.data.sequence_start.tag, e);
	case YAML_MAPPING_START_EVENT:
		out->kind = YAML_IS_MAP;
		return check_properties(s, s->event.data.mapping_start.anchor,
					s->event.data.mapping_start.tag, e);
	case YAML_ALIAS_EVENT:
		return yaml_wrong(out->line, e, "needs a value, found the alias '*%.64s'",
				  (const char *)s->event.data.alias.anchor);
	default:
		out->kind = YAML_IS_CLOSE;
		return true;
	}
}

bool yaml_source_next(struct yaml_source *s, struct yaml_event *out, struct err *e)
{
	struct yaml_event made = {0};

	if (!steps(s, 1, e) || !take_event(s, &made, e))
		return false;
	*out = made;
	return true;
}

/* The stream begins, then its one document. */
static bool source_begin(struct yaml_source *s, struct err *e)
{
	if (s->door.begin(&s->parser) != 1)
		return err_set(e, REASON_OUT_OF_MEMORY, "YAML: out of memory");
	s->begun = true;
	s->door.encoding(&s->parser, YAML_UTF8_ENCODING);
	s->door.input(&s->parser, s->text.p, s->text.n);
	if (!steps(s, 2, e))
		return false;
	return s->event.type != YAML_STREAM_END_EVENT ||
	       yaml_wrong(line_now(s), e, "needs a document, found the end");
}

bool yaml_source_new(struct yaml_source **s, struct bytes text, struct err *e)
{
	owned(yaml_source_free) struct yaml_source *new = NULL;

	if (text.n > YAML_MAX_BYTES)
		return err_set(e, REASON_LIMIT, "needs at most %u bytes, found %zu", YAML_MAX_BYTES,
			       text.n);
	if (!check_characters(text, e) || !check_directives(text, e))
		return false;
	new = own_new(sizeof(*new), e);
	if (!new)
		return false;
	new->text = text;
	new->lines = lines_of(text);
	if (!door_open(&new->door, e) || !source_begin(new, e))
		return false;
	*s = take(new);
	return true;
}

bool yaml_source_end(struct yaml_source *s, struct err *e)
{
	if (!steps(s, 2, e)) /* the end of the document comes first */
		return false;
	return s->event.type == YAML_STREAM_END_EVENT ||
	       yaml_wrong(line_now(s), e, "needs the end, found a second document");
}
