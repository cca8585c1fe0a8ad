#include <stdlib.h>

#include "measure/cli/complete.h"
#include "measure/cli/program.h"

static const char head[] =
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal verb=${COMP_WORDS[1]} words='' options='' paths=''\n"
	"\n"
	"\t[ \"$prev\" != '=' ] || prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\t[ \"$cur\" != '=' ] || cur=''\n";

static const char tail[] = "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			   "\tif [ -n \"$paths\" ] && [ ${#COMPREPLY[@]} -eq 0 ]; then\n"
			   "\t\tcompopt -o filenames\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
			   "\tfi\n"
			   "}\n";

/* "--output|-o" */
static void put_pattern(struct buf *out, const struct opt *o)
{
	buf_fmt(out, "--%s", o->name);
	if (o->brief)
		buf_fmt(out, "|-%c", o->brief);
}

/* What may follow an option that takes a word. */
static void put_value(struct buf *out, const struct opt *o)
{
	if (!complete_takes_word(o) && !o->choices)
		return;
	buf_str(out, "\t\t");
	put_pattern(out, o);
	buf_str(out, ")");
	if (o->choices) {
		buf_str(out, " words='");
		for (size_t i = 0; o->choices[i]; i++)
			buf_fmt(out, "%s%s", i ? " " : "", o->choices[i]);
		buf_str(out, "'");
	} else if (complete_is_path(o)) {
		buf_str(out, " paths=yes");
	}
	buf_str(out, " ;;\n");
}

static void put_verb(struct buf *out, const struct verb *v)
{
	unsigned common;
	struct err e = {0};
	struct opt *table = verb_options(v, &common, &e);

	buf_fmt(out, "\t'%s')\n\t\tcase $prev in\n", v->name);
	for (size_t i = 0; table && table[i].name; i++)
		put_value(out, &table[i]);
	buf_str(out, "\t\t*)\n\t\t\toptions='");
	for (size_t i = 0; table && table[i].name; i++)
		buf_fmt(out, "%s--%s", i ? " " : "", table[i].name);
	buf_str(out, "'\n\t\t\twords='");
	complete_operands(out, v);
	buf_fmt(out, "'%s\n\t\t\t;;\n\t\tesac\n\t\t;;\n",
		complete_operand_is_path(v) ? "\n\t\t\tpaths=yes" : "");
	if (!table)
		buf_fail(out, REASON_OUT_OF_MEMORY);
	free(table);
}

void complete_bash(struct buf *out)
{
	char name[COMPLETE_NAME];

	complete_function(name);
	buf_fmt(out, "# shellcheck shell=bash\n%s()\n", name);
	buf_str(out, head);
	buf_str(out, "\tcase $verb in\n");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (verb_is_family(&v))
			buf_fmt(out,
				"\t%s) [ \"$COMP_CWORD\" -lt 3 ] || verb+=\" ${COMP_WORDS[2]}\" ;;\n",
				v.name);
	}
	buf_str(out, "\tesac\n\t[ \"$COMP_CWORD\" -gt 1 ] || verb=''\n\tcase $verb in\n\t'')\n");
	buf_str(out, "\t\twords='");
	complete_names(out, NULL);
	buf_str(out, "'\n\t\tpaths=yes\n\t\t;;\n");
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		put_verb(out, &v);
	}
	buf_str(out, "\tesac\n\tcase $cur in -*) words=$options ;; esac\n");
	buf_str(out, tail);
	buf_fmt(out, "complete -F %s %s\n", name, program.name);
}
