#include <signal.h>

#include "measure/base/confine.h"
#include "measure/cli/find.h"
#include "measure/cli/print.h"
#include "measure/cli/program.h"
#include "measure/cli/std.h"
#include "measure/cli/usage.h"

/* Asked before the words can be parsed, so that a failure to parse them is told in JSON too. */
static const char *wants_json(struct words w)
{
	for (size_t i = 0; i < w.n && strcmp(w.word[i], "--") != 0; i++)
		if (strcmp(w.word[i], "--json") == 0)
			return "";
	return NULL;
}

static bool parse(struct cli *c, struct words w, struct err *e)
{
	owned(own_free) struct opt *table = verb_options(&c->verb, &c->common, e);
	const char *form;

	if (!table || !opt_parse(table, w.n, w.word, &c->args, e))
		return false;
	c->talk.quiet = args_has(&c->args, c->common + COMMON_QUIET);
	c->talk.verbose = args_has(&c->args, c->common + COMMON_VERBOSE);
	c->talk.color = talk_color(args_value(&c->args, c->common + COMMON_COLOR));
	if (args_value(&c->args, c->common + COMMON_JSON))
		c->json = args_value(&c->args, c->common + COMMON_JSON);
	else
		c->json = args_has(&c->args, c->common + COMMON_JSON) ? "" : NULL;
	form = args_value(&c->args, c->common + COMMON_PROGRESS);
	if (!form && args_has(&c->args, c->common + COMMON_PROGRESS))
		form = "";
	if (!c->talk.quiet)
		progress_start(&c->talk.progress, form, 0);
	return true;
}

/* Whatever starts no program gives up the means to do so, before it reads anything. */
static bool confine_verb(struct cli *c, struct err *e)
{
	const struct opt *own = c->verb.opts;

	for (unsigned i = 0; c->verb.program_option && own[i].name; i++)
		if (strcmp(own[i].name, c->verb.program_option) == 0 && args_has(&c->args, i))
			return true;
	if (c->verb.network || c->verb.programs)
		return true;
	if (!c->confined && !confine(e))
		return false;
	talk_note(&c->talk, "confined: no socket can be opened and no program started");
	return true;
}

static bool run(struct cli *c, struct words w, struct answer *a, struct err *e)
{
	struct words rest;

	c->json = wants_json(w);
	if (!find_verb(c, w, &rest, e) || !parse(c, rest, e))
		return false;
	if (args_has(&c->args, c->common + COMMON_HELP)) {
		usage_verb(&c->text, &c->verb);
		return true;
	}
	return confine_verb(c, e) && c->verb.run(c, a, e);
}

static enum exit_class succeed(struct cli *c, struct answer *a, struct err *e)
{
	const char *subject = c->args.n_operands == 1 ? c->args.operands[0] : "";

	progress_clear(&c->talk.progress);
	for (size_t i = 0; i < print_notes(a); i++)
		talk_warning(&c->talk, subject, &a->notes[i]);
	if (c->talk.quiet || print_answer(c, a, e))
		return EXIT_CLASS_WARNING;
	talk_error(&c->talk, e);
	return reason_class(e->reason);
}

/* Standard output may be broken as well; the first fault is the one to tell. */
static enum exit_class fail(struct cli *c, const struct answer *a, struct err *e)
{
	enum exit_class class = reason_class(e->reason);
	struct err broken = {0};

	if (c->args.n_operands > 0 && (class == EXIT_CLASS_MALFORMED || class == EXIT_CLASS_NO))
		err_subject(e, c->args.operands[0]);
	if (e->reason == REASON_USAGE)
		err_hint(e, "see `%s help%s%s`", program.name, c->verb.usage ? " " : "",
			 c->verb.usage ? c->verb.name : "");
	talk_error(&c->talk, e);
	if (!c->talk.quiet && !print_failure(c, a, e, &broken))
		talk_error(&c->talk, &broken);
	return class;
}

int main(int argc, char **argv)
{
	struct cli c = {.verb = {.name = "usage"}, .text = BUF(CLI_TEXT_MAX)};
	struct words w = {argc > 0 ? (size_t)argc - 1 : 0, argv + (argc > 0 ? 1 : 0)};
	struct answer a;
	struct err e = {0};
	enum exit_class class;

	std_occupy();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	answer_init(&a);
	c.talk.color = talk_color(NULL);
	class = run(&c, w, &a, &e) ? succeed(&c, &a, &e) : fail(&c, &a, &e);
	answer_free(&a);
	args_free(&c.args);
	buf_free(&c.text);
	return (int)class;
}
