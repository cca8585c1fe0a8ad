#include "measure/cli/man.h"

#include <ctype.h>
#include <stdlib.h>

#include "measure/cli/program.h"
#include "measure/cli/status.h"
#include "measure/cli/usage.h"

/* Text of ours into roff: a dash is a dash, a backslash itself, no line begins a request. */
static void put(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.n; i++) {
		bool begins = i == 0 || text.p[i - 1] == '\n';

		if (begins && (text.p[i] == '.' || text.p[i] == '\''))
			buf_str(out, "\\&");
		if (text.p[i] == '-')
			buf_str(out, "\\-");
		else if (text.p[i] == '\\')
			buf_str(out, "\\e");
		else
			buf_u8(out, text.p[i]);
	}
}

/* A word a line, because source lines should be short and a form may be long. */
static void put_words(struct buf *out, struct bytes text)
{
	size_t n;

	for (size_t at = 0; at < text.n; at += n + 1) {
		for (n = 0; at + n < text.n && text.p[at + n] != ' ';)
			n++;
		put(out, bytes_of(text.p + at, n));
		buf_str(out, "\n");
	}
}

static void put_str(struct buf *out, const char *text)
{
	put(out, bytes_str(text));
}

/* .TH MEASURE-EIF 1 "" "measure 0.1.0" "measure" */
static void put_head(struct buf *out, const char *topic)
{
	const char *dot = strrchr(topic, '.');

	buf_str(out, ".TH ");
	for (const char *p = topic; p < dot; p++)
		buf_u8(out, (uint8_t)toupper((unsigned char)*p));
	buf_fmt(out, " %s \"\" \"measure %s\" \"measure\"\n", dot + 1, MEASURE_VERSION);
}

static void put_name(struct buf *out, const char *name, const char *summary)
{
	buf_str(out, ".SH NAME\n");
	put_str(out, program.name);
	if (*name)
		buf_str(out, "\\-");
	put_str(out, name);
	buf_str(out, " \\- ");
	put_str(out, summary);
	buf_str(out, "\n");
}

static void put_forms(struct buf *out, const struct verb *v)
{
	const char *at = NULL;
	struct bytes line;

	while (usage_form(v, &at, &line)) {
		buf_fmt(out, ".HP\n.B %s %s\n", program.name, v->name);
		put_words(out, line);
	}
}

static void put_option(struct buf *out, const struct opt *o)
{
	owned(buf_free) struct buf label = BUF(256);

	usage_label(&label, o);
	buf_str(out, ".TP\n\\fB");
	put(out, buf_bytes(&label));
	buf_str(out, "\\fR\n");
	put_str(out, o->help);
	buf_str(out, "\n");
}

/* which: the verb's own options, or those that all verbs have. */
static void put_options(struct buf *out, const struct verb *v, bool own)
{
	unsigned common;
	struct err e = {0};
	struct opt *table = verb_options(v, &common, &e);

	if (!table)
		buf_fail(out, REASON_OUT_OF_MEMORY);
	for (unsigned i = own ? 0 : common; table && table[i].name && !(own && i == common); i++)
		put_option(out, &table[i]);
	free(table);
}

static void put_status(struct buf *out)
{
	buf_str(out, ".SH EXIT STATUS\n");
	for (int i = 0; i < STATUS_COUNT; i++) {
		buf_fmt(out, ".TP\n.B %d\n", i);
		put_str(out, status_text((enum exit_class)i));
		buf_str(out, "\n");
	}
}

/* Members of a family, or the verb alone. */
static bool on_page(const struct verb *v, const struct verb *page)
{
	if (verb_is_family(page))
		return verb_is_of(v, page);
	return strcmp(v->name, page->name) == 0;
}

/* Where the sections begin that follow the description. */
static const char *sections_of(const char *prose)
{
	const char *at = strstr(prose, "\n.SH ");

	return at ? at + 1 : prose + strlen(prose);
}

static void put_verb(struct buf *out, const struct verb *page, const char *prose)
{
	const char *more = sections_of(prose);

	put_name(out, page->name, page->summary);
	buf_str(out, ".SH SYNOPSIS\n");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (on_page(&v, page))
			put_forms(out, &v);
	}
	buf_str(out, ".SH DESCRIPTION\n");
	buf_put(out, bytes_of(prose, (size_t)(more - prose)));
	buf_str(out, ".SH OPTIONS\n");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (!on_page(&v, page))
			continue;
		if (verb_is_family(page))
			buf_fmt(out, ".SS %s %s\n", program.name, v.name);
		put_options(out, &v, true);
	}
	if (verb_is_family(page))
		buf_str(out, ".SS All verbs\n");
	put_options(out, page, false);
	put_status(out);
	buf_str(out, more);
}

/* To the page of the verb; a small program has no other page than its own. */
static void put_reference(struct buf *out, const struct verb *v)
{
	if (program.images)
		buf_fmt(out, ".TP\n.BR measure\\-%s (1)\n", v->name);
	else
		buf_fmt(out, ".TP\n.B %s %s\n", program.name, v->name);
}

static void put_program(struct buf *out, const char *prose)
{
	const char *more = sections_of(prose);
	const struct verb none = {.name = ""};

	put_name(out, "", program.summary);
	buf_fmt(out, ".SH SYNOPSIS\n.HP\n.B %s\nVERB [OPTION...]\n", program.name);
	if (program.images)
		buf_fmt(out, ".HP\n.B %s\nFILE [OPTION...]\n", program.name);
	buf_str(out, ".SH DESCRIPTION\n");
	buf_put(out, bytes_of(prose, (size_t)(more - prose)));
	buf_str(out, ".SH VERBS\n");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (!verb_is_top(&v))
			continue;
		put_reference(out, &v);
		put_str(out, v.summary);
		buf_str(out, "\n");
	}
	buf_str(out, ".SH OPTIONS\nEvery verb takes these.\n");
	put_options(out, &none, false);
	put_status(out);
	buf_str(out, more);
}

/* "measure-eif.1" to the verb "eif" */
static bool verb_of_topic(const char *topic, struct verb *out)
{
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);
		size_t n = strlen(v.name);

		if (strncmp(topic, "measure-", 8) == 0 && strncmp(topic + 8, v.name, n) == 0 &&
		    strcmp(topic + 8 + n, ".1") == 0) {
			*out = v;
			return true;
		}
	}
	return false;
}

void man_topics(struct buf *out)
{
	for (const struct man_prose *p = program.prose; p->topic; p++)
		buf_fmt(out, "%s\n", p->topic);
}

static bool unknown(const char *topic, struct err *e)
{
	err_set(e, REASON_USAGE, "no manual page '%s'", topic);
	return err_hint(e, "`%s help --topics` lists them", program.name);
}

/* "measure-eif.1", or without its section, or of a verb's page without the program's name too. */
static bool names_page(const char *topic, const char *page)
{
	size_t stem = (size_t)(strrchr(page, '.') - page), n = strlen("measure-"),
	       k = strlen(topic);

	return strcmp(topic, page) == 0 || (k == stem && strncmp(topic, page, k) == 0) ||
	       (stem == n + k && strncmp(page, "measure-", n) == 0 &&
		strncmp(page + n, topic, k) == 0);
}

bool man_page(struct buf *out, const char *topic, struct err *e)
{
	const struct man_prose *p = program.prose;
	size_t n = strlen(program.name);
	struct verb v;

	while (p->topic && !names_page(topic, p->topic))
		p++;
	if (!p->topic)
		return unknown(topic, e);
	topic = p->topic;
	put_head(out, topic);
	if (strncmp(topic, program.name, n) == 0 && strcmp(topic + n, ".1") == 0)
		put_program(out, p->text);
	else if (verb_of_topic(topic, &v))
		put_verb(out, &v, p->text);
	else
		buf_put(out, bytes_str(p->text));
	return true;
}
