#include "measure/cli/complete.h"

#include <stdio.h>

#include "measure/base/text.h"
#include "measure/cli/program.h"

void complete_function(char name[COMPLETE_NAME])
{
	snprintf(name, COMPLETE_NAME, "_%s", program.name);
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

bool complete_is_path(const struct opt *o)
{
	return o->arg && (strstr(o->arg, "FILE") || strstr(o->arg, "DIR"));
}

bool complete_takes_word(const struct opt *o)
{
	return o->kind == OPT_VALUE || o->kind == OPT_LIST;
}

void complete_quoted(struct buf *out, char c)
{
	if (c == '\'')
		buf_str(out, "'\\''");
	else
		buf_u8(out, (uint8_t)c);
}

void complete_quote(struct buf *out, const char *text)
{
	text_quote(out, bytes_str(text));
}

void complete_names(struct buf *out, const struct verb *family)
{
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (family ? verb_is_of(&v, family) : verb_is_top(&v))
			buf_fmt(out, " %s", family ? strchr(v.name, ' ') + 1 : v.name);
	}
}

void complete_operands(struct buf *out, const struct verb *v)
{
	if (verb_is_family(v))
		complete_names(out, v);
	else if (strstr(v->usage, "VERB"))
		complete_names(out, NULL);
	else if (strstr(v->usage, "REASON"))
		for (unsigned r = REASON_NONE + 1; r < REASON_COUNT; r++)
			buf_fmt(out, " %s", reason_slug((enum reason)r));
}

bool complete_operand_is_path(const struct verb *v)
{
	return strstr(v->usage, "FILE") != NULL;
}

void complete_script(struct buf *out, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		complete_bash(out);
	else if (strcmp(shell, "zsh") == 0)
		complete_zsh(out);
	else
		complete_fish(out);
}
