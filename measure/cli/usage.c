#include "measure/cli/usage.h"

#include <stdlib.h>

#include "measure/cli/program.h"
#include "measure/cli/wrap.h"

#define GROUP_COLUMN 9 /* where the names of verbs begin, and how far to their summaries */
#define NAME_COLUMN 21
#define OPTION_COLUMN 28

static const char *const group_names[] = {
	[GROUP_MEASURE] = "Measure",
	[GROUP_BUILD] = "Build",
	[GROUP_PUBLISH] = "Publish",
	[GROUP_VERIFY] = "Verify",
};

bool usage_form(const struct verb *v, const char **at, struct bytes *line)
{
	size_t n;

	if (!*at)
		*at = v->usage;
	else if (**at == '\0')
		return false;
	n = strcspn(*at, "\n");
	*line = bytes_of(*at, n);
	*at += n + ((*at)[n] == '\n' ? 1 : 0);
	return true;
}

static void put_choices(struct buf *out, const char *const *choices)
{
	for (size_t i = 0; choices[i]; i++)
		buf_fmt(out, "%s%s", i ? "|" : "", choices[i]);
}

void usage_label(struct buf *out, const struct opt *o)
{
	if (o->brief)
		buf_fmt(out, "-%c, ", o->brief);
	buf_fmt(out, "--%s", o->name);
	if (o->kind == OPT_FLAG)
		return;
	buf_str(out, o->kind == OPT_MAYBE ? "[=" : " ");
	if (o->choices)
		put_choices(out, o->choices);
	else
		buf_str(out, o->arg);
	buf_str(out, o->kind == OPT_MAYBE ? "]" : "");
}

static void put_option(struct buf *out, const struct opt *o)
{
	size_t before = out->n;

	buf_str(out, o->brief ? "  " : "      ");
	usage_label(out, o);
	wrap_put(out, out->n - before, OPTION_COLUMN, o->help);
}

static void put_forms(struct buf *out, const struct verb *v)
{
	const char *head = "usage:", *at = NULL;
	struct bytes line;

	while (usage_form(v, &at, &line)) {
		buf_fmt(out, "%s %s %s%s", head, program.name, v->name, line.n ? " " : "");
		buf_put(out, line);
		buf_str(out, "\n");
		head = "      ";
	}
}

static void put_members(struct buf *out, const struct verb *family)
{
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);
		size_t before = out->n;

		if (!verb_is_of(&v, family))
			continue;
		buf_fmt(out, "  %s %s", program.name, v.name);
		wrap_put(out, out->n - before, OPTION_COLUMN, v.summary);
	}
	buf_str(out, "\n");
}

void usage_verb(struct buf *out, const struct verb *v)
{
	unsigned common;
	struct err e = {0};
	struct opt *table = verb_options(v, &common, &e);

	put_forms(out, v);
	buf_fmt(out, "\n%s\n\n", v->summary);
	if (verb_is_family(v))
		put_members(out, v);
	for (size_t i = 0; table && table[i].name; i++)
		put_option(out, &table[i]);
	if (!table)
		buf_fail(out, REASON_OUT_OF_MEMORY);
	free(table);
}

static void put_group(struct buf *out, enum verb_group group)
{
	const char *head = group_names[group];

	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);
		size_t before = out->n;

		if (v.group != group || !verb_is_top(&v))
			continue;
		buf_fmt(out, "%-*s%s", GROUP_COLUMN, head, v.name);
		wrap_put(out, out->n - before, NAME_COLUMN, v.summary);
		head = "";
	}
}

void usage_top(struct buf *out)
{
	const char *name = program.name;

	buf_fmt(out, "usage: %s VERB [OPTION...]", name);
	if (program.images)
		buf_fmt(out, ", or %s FILE: an image of any type", name);
	buf_str(out, "\n\n");
	for (unsigned g = GROUP_MEASURE; g < GROUPS; g++)
		put_group(out, (enum verb_group)g);
	buf_fmt(out, "%s help VERB, %s explain REASON, %s version\n", name, name, name);
}
