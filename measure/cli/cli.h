/*
 * What a verb's function gets: its parsed words and where text goes. A verb prints nothing itself.
 * It fills the answer (registers, members, warnings), and for people that is enough when there
 * are registers to show; other text is gathered in `text`. main() prints one or the other, once.
 */
#ifndef MEASURE_CLI_CLI_H
#define MEASURE_CLI_CLI_H

#include "measure/cli/talk.h"
#include "measure/cli/verb.h"

#define CLI_TEXT_MAX (256u << 20)

struct cli {
	struct verb verb;
	struct args args; /* by the table of verb_options() */
	unsigned common; /* index of the first common option */
	const char *json; /* NULL: text. "": our JSON. else the format of --json=FORMAT */
	bool confined;
	struct talk talk;
	struct buf text;
};

/* Exactly one operand, or a usage error naming `what` it should be ("FILE"). */
must bool cli_operand(const struct cli *c, const char *what, const char **out, struct err *e);

/* For whatever reads much: progress as it was asked for. */
struct watch cli_watch(struct cli *c);

/* Add the size of a regular file to what progress is measured against. */
void cli_expect_file(struct cli *c, const char *path);

/* No operand at all. */
must bool cli_no_operand(const struct cli *c, struct err *e);

/* The value of an option that must be given: usage otherwise. */
must bool cli_needs(const struct cli *c, unsigned opt, const char **out, struct err *e);

#endif
