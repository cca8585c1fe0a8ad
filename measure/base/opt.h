/*
 * Options as data. One table per verb drives parsing, --help, man pages, completions and the test
 * that holds them together. A table is indexed by an enum of the verb and ends with a zeroed row.
 * struct args borrows argv and is released by args_free().
 */
#ifndef MEASURE_BASE_OPT_H
#define MEASURE_BASE_OPT_H

#include "measure/base/err.h"

enum opt_kind {
	OPT_FLAG, /* --name */
	OPT_VALUE, /* --name VALUE or --name=VALUE; a second one is a usage error */
	OPT_LIST, /* the same, any number of times, in order */
	OPT_MAYBE, /* --name or --name=VALUE */
};

struct opt {
	const char *name; /* without the dashes */
	char brief; /* one-letter form, or 0 */
	enum opt_kind kind;
	const char *arg; /* name of the value in help: "FILE", "HEX"; "FILE" completes files */
	const char *const *choices; /* NULL-terminated list of allowed values, or NULL */
	const char *help; /* one line, lower case, no full stop */
};

struct arg_value {
	unsigned opt;
	const char *value; /* NULL for a flag, or OPT_MAYBE without a value */
};

struct args {
	struct arg_value *values; /* in the order given */
	size_t n_values;
	const char **operands;
	size_t n_operands;
};

/*
 * Options and operands in any order; "--" ends options; "-" is an operand; long names are whole
 * (no abbreviation); an unknown one is a usage error with the nearest match as hint.
 * argv holds n words, without the program's and the verb's names.
 */
must bool opt_parse(const struct opt *table, size_t n, char *const *argv, struct args *out,
		    struct err *e);
void args_free(struct args *a);

/* Was it given? Its (last) value or NULL; the i-th value of a list or NULL. */
bool args_has(const struct args *a, unsigned opt);
const char *args_value(const struct args *a, unsigned opt);
const char *args_item(const struct args *a, unsigned opt, size_t i);

#endif
