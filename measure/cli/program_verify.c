#include "measure/cli/program.h"
#include "measure/cli/verbs.h"

static const struct verb *const verbs[] = {
	&verb_check, &verb_verify, &verb_explain, &verb_version, &verb_help, NULL,
};

const struct program program = {
	.name = "measure-verify",
	.summary = "the verbs check and verify alone, in one static binary",
	.verbs = verbs,
	.prose = man_prose,
};
