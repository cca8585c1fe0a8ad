#include <stdlib.h>

#include "measure/cli/complete.h"
#include "measure/cli/program.h"

/* Inside a specification of _arguments, brackets and colons are its own. */
static void put_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text))
			buf_u8(out, '\\');
		complete_quoted(out, *text);
	}
}

static void put_action(struct buf *out, const struct opt *o)
{
	if (o->kind == OPT_FLAG)
		return;
	buf_fmt(out, "%s%s:", o->kind == OPT_MAYBE ? "::" : ":", o->arg);
	if (o->choices) {
		buf_u8(out, '(');
		for (size_t i = 0; o->choices[i]; i++)
			buf_fmt(out, "%s%s", i ? " " : "", o->choices[i]);
		buf_u8(out, ')');
	} else if (complete_is_path(o)) {
		buf_str(out, "_files");
	}
}

/* '(-o --output)'{-o,--output=}'[help]:FILE:_files' */
static void put_option(struct buf *out, const struct opt *o)
{
	const char *equals = o->kind == OPT_FLAG ? "" : o->kind == OPT_MAYBE ? "=-" : "=";

	buf_str(out, " \\\n\t\t\t");
	if (o->brief && o->kind == OPT_LIST)
		buf_fmt(out, "'*'{-%c,--%s%s}'", o->brief, o->name, equals);
	else if (o->brief)
		buf_fmt(out, "'(-%c --%s)'{-%c,--%s%s}'", o->brief, o->name, o->brief, o->name,
			equals);
	else
		buf_fmt(out, "'%s--%s%s", o->kind == OPT_LIST ? "*" : "", o->name, equals);
	buf_u8(out, '[');
	put_escaped(out, o->help);
	buf_u8(out, ']');
	put_action(out, o);
	buf_u8(out, '\'');
}

static void put_verb(struct buf *out, const struct verb *v)
{
	unsigned common;
	struct err e = {0};
	struct opt *table = verb_options(v, &common, &e);

	buf_fmt(out, "\t'%s')\n\t\t_arguments -s", v->name);
	for (size_t i = 0; table && table[i].name; i++)
		put_option(out, &table[i]);
	buf_str(out, " \\\n\t\t\t'*:word:");
	if (complete_operand_is_path(v)) {
		buf_str(out, "_files");
	} else {
		buf_u8(out, '(');
		complete_operands(out, v);
		buf_u8(out, ')');
	}
	buf_str(out, "'\n\t\t;;\n");
	if (!table)
		buf_fail(out, REASON_OUT_OF_MEMORY);
	free(table);
}

/* "list=('eif:summary' ...)", of the first words or of a family's second ones. */
static void put_list(struct buf *out, const struct verb *family)
{
	buf_str(out, "\t\tlist=(");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (family ? !verb_is_of(&v, family) : !verb_is_top(&v))
			continue;
		buf_fmt(out, "\n\t\t\t'%s:", family ? strchr(v.name, ' ') + 1 : v.name);
		put_escaped(out, v.summary);
		buf_u8(out, '\'');
	}
	buf_str(out, "\n\t\t)\n\t\t_describe verb list\n");
}

static void put_family(struct buf *out, const struct verb *v)
{
	buf_fmt(out, "\tif [[ $verb == %s ]]; then\n\t\tif (( CURRENT == 3 )); then\n", v->name);
	put_list(out, v);
	buf_str(out, "\t\t\treturn\n\t\tfi\n\t\tverb+=\" $words[3]\"\n\t\tdepth=2\n\tfi\n");
}

void complete_zsh(struct buf *out)
{
	char name[COMPLETE_NAME];

	complete_function(name);
	buf_fmt(out, "#compdef %s\n%s()\n{\n", program.name, name);
	buf_str(out, "\tlocal verb=$words[2] depth=1\n"
		     "\tlocal -a list\n\n\tif (( CURRENT == 2 )); then\n");
	put_list(out, NULL);
	buf_str(out, "\t\t_files\n\t\treturn\n\tfi\n");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (verb_is_family(&v))
			put_family(out, &v);
	}
	buf_str(out, "\tshift $depth words\n\t(( CURRENT -= depth ))\n\tcase $verb in\n");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (!verb_is_family(&v))
			put_verb(out, &v);
	}
	buf_fmt(out, "\tesac\n}\n%s \"$@\"\n", name);
}
