#include "measure/cli/verb.h"

#include <stdlib.h>

#include "measure/base/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/program.h"
#include "measure/cli/verbs.h"

static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const progress_forms[] = {"json", NULL};

static const struct opt common_opts[COMMON_OPTS] = {
	[COMMON_JSON] = {"json", 0, OPT_FLAG, NULL, NULL, "one JSON object instead of text"},
	[COMMON_QUIET] = {"quiet", 'q', OPT_FLAG, NULL, NULL, "print nothing but errors"},
	[COMMON_VERBOSE] = {"verbose", 'v', OPT_FLAG, NULL, NULL, "explain the steps"},
	[COMMON_COLOR] = {"color", 0, OPT_VALUE, "WHEN", colors, "colour of messages"},
	[COMMON_PROGRESS] = {"progress", 0, OPT_MAYBE, "FORM", progress_forms,
			     "show progress from the start, or as lines of JSON"},
	[COMMON_HELP] = {"help", 'h', OPT_FLAG, NULL, NULL, "this text"},
};

static const struct opt at_opt = {
	"at", 0, OPT_VALUE, "TIME", NULL, "time to judge certificates by: now, none, or RFC 3339"};

static size_t rows(void)
{
	size_t n = 0;

	while (program.images && program.images[n])
		n++;
	return n;
}

struct verb verb_of_row(const struct tee *row)
{
	return (struct verb){.name = row->name,
			     .summary = row->summary,
			     .group = GROUP_MEASURE,
			     .usage = row->operands,
			     .opts = row->opts,
			     .tee = row,
			     .run = verb_run_tee};
}

struct verb verb_of_file(void)
{
	return (struct verb){.name = "file"};
}

size_t verb_count(void)
{
	size_t n = 0;

	while (program.verbs[n])
		n++;
	return rows() + n;
}

struct verb verb_at(size_t i)
{
	return i < rows() ? verb_of_row(program.images[i]) : *program.verbs[i - rows()];
}

bool verb_is_top(const struct verb *v)
{
	return strchr(v->name, ' ') == NULL;
}

bool verb_is_of(const struct verb *v, const struct verb *family)
{
	size_t n = strlen(family->name);

	return strncmp(v->name, family->name, n) == 0 && v->name[n] == ' ';
}

bool verb_is_family(const struct verb *v)
{
	return v->run == verb_run_family;
}

bool verb_run_family(struct cli *c, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf list = BUF(1024);

	(void)a;
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (verb_is_of(&v, &c->verb))
			buf_fmt(&list, "%s%s", list.n ? ", " : "", strchr(v.name, ' ') + 1);
	}
	return err_set(e, REASON_USAGE, "'%s' needs a second word: %s", c->verb.name,
		       buf_cstr(&list));
}

/* How many of the words the name is made of; 0 when they are not its words. */
static size_t words_of(const char *name, const char *first, const char *second)
{
	size_t n = strlen(first);

	if (strncmp(name, first, n) != 0)
		return 0;
	if (name[n] == '\0')
		return 1;
	return name[n] == ' ' && second && strcmp(name + n + 1, second) == 0 ? 2 : 0;
}

bool verb_find(const char *first, const char *second, struct verb *out, size_t *used)
{
	size_t best = 0;

	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);
		size_t took = words_of(v.name, first, second);

		if (took > best) {
			best = took;
			*out = v;
		}
	}
	*used = best;
	return best > 0;
}

bool verb_unknown(const char *word, const struct verb *family, struct err *e)
{
	const char **names = calloc(verb_count() + 1, sizeof(*names));
	const char *near, *before = family ? family->name : "", *blank = family ? " " : "";
	size_t n = 0;

	err_set(e, REASON_USAGE, "unknown verb '%s%s%s'", before, blank, word);
	if (!names)
		return false;
	for (size_t i = 0; i < verb_count(); i++) {
		struct verb v = verb_at(i);

		if (family ? verb_is_of(&v, family) : verb_is_top(&v))
			names[n++] = family ? strchr(v.name, ' ') + 1 : v.name;
	}
	near = text_nearest(word, names);
	if (near)
		err_hint(e, "did you mean '%s %s%s%s'?", program.name, before, blank, near);
	free(names);
	return false;
}

struct opt *verb_options(const struct verb *v, unsigned *common, struct err *e)
{
	struct opt *out;
	unsigned n = 0;

	while (v->opts && v->opts[n].name)
		n++;
	out = own_new((n + COMMON_OPTS + 2) * sizeof(*out), e);
	if (!out)
		return NULL;
	for (unsigned i = 0; i < n; i++)
		out[i] = v->opts[i];
	if (v->tee && v->tee->judges_time)
		out[n++] = at_opt;
	for (unsigned i = 0; i < COMMON_OPTS; i++)
		out[n + i] = common_opts[i];
	if (v->tee && v->tee->json_formats) {
		out[n + COMMON_JSON].kind = OPT_MAYBE;
		out[n + COMMON_JSON].arg = "FORMAT";
		out[n + COMMON_JSON].choices = v->tee->json_formats;
		out[n + COMMON_JSON].help = "one JSON object, ours or in another tool's format";
	}
	*common = n;
	return out;
}
