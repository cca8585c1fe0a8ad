#include <stdlib.h>

#include "measure/cli/complete.h"

/* Do the words behind the program's name begin with these? */
static const char head[] = "function __measure_is\n"
			   "\tset -l words (commandline -opc)\n"
			   "\tset -l n (math 1 + (count $argv))\n"
			   "\ttest (count $words) -ge $n; and test \"$words[2..$n]\" = \"$argv\"\n"
			   "end\n"
			   "function __measure_at\n"
			   "\ttest (count (commandline -opc)) -eq $argv[1]\n"
			   "end\n";

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
	buf_fmt(out, "complete -c measure -n '__measure_is %s' -l %s", v->name, o->name);
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
	if (!complete_operand_is_path(v))
		buf_fmt(out, "complete -c measure -n '__measure_is %s' -f\n", v->name);
	if (words.n > 0 && !verb_is_family(v))
		buf_fmt(out, "complete -c measure -n '__measure_is %s' -a '%s'\n", v->name,
			buf_cstr(&words));
}

static void put_name(struct buf *out, const struct verb *v)
{
	const char *second = strchr(v->name, ' ');

	if (second)
		buf_fmt(out,
			"complete -c measure -n '__measure_is %.*s; and __measure_at 2' -a %s -d ",
			(int)(second - v->name), v->name, second + 1);
	else
		buf_fmt(out, "complete -c measure -n '__measure_at 1' -a %s -d ", v->name);
	complete_quote(out, v->summary);
	buf_u8(out, '\n');
}

void complete_fish(struct buf *out)
{
	buf_str(out, head);
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
