#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/cli/complete.h"
#include "measure/cli/program.h"

/* Do the words behind the program's name begin with these? How many stand there? */
static void put_head(struct buf *out, const char *name)
{
	buf_fmt(out, "function _%s_is\n", name);
	buf_str(out, "\tset -l words (commandline -opc)\n"
		     "\tset -l n (math 1 + (count $argv))\n"
		     "\ttest (count $words) -ge $n; and test \"$words[2..$n]\" = \"$argv\"\n"
		     "end\n");
	buf_fmt(out, "function _%s_at\n", name);
	buf_str(out, "\ttest (count (commandline -opc)) -eq $argv[1]\n"
		     "end\n");
}

/* complete -c measure -n '__measure_CONDITION' */
static void put_start(struct buf *out, const char *format, ...) ERR_FORMAT(2, 3);

static void put_start(struct buf *out, const char *format, ...)
{
	char name[COMPLETE_NAME], condition[128];
	va_list args;

	complete_function(name);
	va_start(args, format);
	vsnprintf(condition, sizeof(condition), format, args);
	va_end(args);
	buf_fmt(out, "complete -c %s -n '", program.name);
	for (const char *p = condition; *p; p++)
		if (*p == '@')
			buf_fmt(out, "_%s_", name);
		else
			buf_u8(out, (uint8_t)*p);
	buf_str(out, "'");
}

static void put_value(struct buf *out, const struct opt *o)
{
	if (o->choices) {
		buf_str(out, o->kind == OPT_MAYBE ? " -f -a '" : " -x -a '");
		for (size_t i = 0; o->choices[i]; i++)
			buf_fmt(out, "%s%s", i ? " " : "", o->choices[i]);
		buf_u8(out, '\'');
	} else if (complete_takes_word(o)) {
		buf_str(out, complete_is_path(o) ? " -r -F" : " -x");
	}
}

static void put_option(struct buf *out, const struct verb *v, const struct opt *o)
{
	put_start(out, "@is %s", v->name);
	buf_fmt(out, " -l %s", o->name);
	if (o->brief)
		buf_fmt(out, " -s %c", o->brief);
	put_value(out, o);
	buf_str(out, " -d ");
	complete_quote(out, o->help);
	buf_u8(out, '\n');
}

static void put_operands(struct buf *out, const struct verb *v)
{
	owned(buf_free) struct buf words = BUF(16384);

	complete_operands(&words, v);
	if (!complete_operand_is_path(v)) {
		put_start(out, "@is %s", v->name);
		buf_str(out, " -f\n");
	}
	if (words.n > 0 && !verb_is_family(v)) {
		put_start(out, "@is %s", v->name);
		buf_fmt(out, " -a '%s'\n", buf_cstr(&words));
	}
}

static void put_name(struct buf *out, const struct verb *v)
{
	const char *second = strchr(v->name, ' ');

	if (second)
		put_start(out, "@is %.*s; and @at 2", (int)(second - v->name), v->name);
	else
		put_start(out, "@at 1");
	buf_fmt(out, " -a %s -d ", second ? second + 1 : v->name);
	complete_quote(out, v->summary);
	buf_u8(out, '\n');
}

void complete_fish(struct buf *out)
{
	char name[COMPLETE_NAME];

	complete_function(name);
	put_head(out, name);
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);
		unsigned common;
		struct err e = {0};
		struct opt *table = verb_options(&v, &common, &e);

		put_name(out, &v);
		put_operands(out, &v);
		if (!table)
			buf_fail(out, REASON_OUT_OF_MEMORY);
		for (size_t k = 0; table && table[k].name && !verb_is_family(&v); k++)
			put_option(out, &v, &table[k]);
		free(table);
	}
}
