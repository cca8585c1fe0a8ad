/*
 * The verbs of the program as data: main dispatches by this table; help, man pages and completions
 * are printed from it. A verb of two words ("build eif") belongs to the family that its first
 * word names; the family itself is a row that only asks for a second word. The rows of the TEE
 * table come first, each as a verb of its own. Everything here is constant and lives for ever.
 */
#ifndef MEASURE_CLI_VERB_H
#define MEASURE_CLI_VERB_H

#include "measure/core/answer.h"
#include "measure/core/tee.h"

enum verb_group { GROUP_NONE, GROUP_MEASURE, GROUP_BUILD, GROUP_PUBLISH, GROUP_VERIFY, GROUPS };

struct cli;

struct verb {
	const char *name; /* words separated by one blank */
	const char *summary; /* one line, no full stop */
	enum verb_group group;
	const char *usage; /* what follows the name; a line for each form */
	const struct opt *opts; /* its own; the common ones come behind them */
	const char *program_option; /* with this option it starts a program and is not confined */
	bool network; /* it opens sockets and is never confined */
	bool programs; /* it starts programs that it names itself (gpgv, bubblewrap), likewise */
	const struct verb *otherwise; /* of a family: what it is without a second word, or NULL */
	const struct tee *tee; /* the row that it measures by, or NULL */

	/* Fills the answer, or the text of cli. */
	bool (*run)(struct cli *c, struct answer *a, struct err *e);
};

size_t verb_count(void);
struct verb verb_at(size_t i);

/* The verb of these two words, or else of the first; *used says how many. second may be NULL. */
bool verb_find(const char *first, const char *second, struct verb *out, size_t *used);

/*
 * usage: unknown verb, with the nearest as hint. family: the row whose second word is wrong, or
 * NULL
 */
bool verb_unknown(const char *word, const struct verb *family, struct err *e);

/* Is it a name in the list of `measure help`: one word? Does v belong to the family? */
bool verb_is_top(const struct verb *v);
bool verb_is_of(const struct verb *v, const struct verb *family);

/* What a family runs: the refusal that asks for the second word. Is v one? */
bool verb_run_family(struct cli *c, struct answer *a, struct err *e);
bool verb_is_family(const struct verb *v);

/* What `measure FILE` is before the type of the file is known; not in the table. */
struct verb verb_of_file(void);

/* What it is then: the verb of that row. */
struct verb verb_of_row(const struct tee *row);

/* The options that every verb has, at the end of every table. */
enum common {
	COMMON_JSON,
	COMMON_QUIET,
	COMMON_VERBOSE,
	COMMON_COLOR,
	COMMON_PROGRESS,
	COMMON_HELP,
	COMMON_OPTS
};

/*
 * All options of a verb in one table: its own, --at where a row measures, the common ones, whose
 * first index goes to *common. Released by free(); the strings are constant.
 */
must struct opt *verb_options(const struct verb *v, unsigned *common, struct err *e);

#endif
