#include "measure/cli/program.h"
#include "measure/cli/verbs.h"
#include "measure/fetch/http.h"
#include "measure/fetch/verbs.h"

static const struct verb *const verbs[] = {
	&verb_lists,   &verb_inputs,  &verb_kds,  &verb_copy_db, &verb_git,
	&verb_explain, &verb_version, &verb_help, NULL,
};

static const char *libcurl_version(bool running, char room[PROGRAM_VERSION_ROOM])
{
	(void)room;
	return http_library_version(running);
}

static const struct program_library libraries[] = {
	{"libcurl", libcurl_version},
	{0},
};

const struct program program = {
	.name = "measure-fetch",
	.summary = "fetch what verifying and building need, and check it before it gets a name",
	.verbs = verbs,
	.prose = fetch_prose,
	.libraries = libraries,
};
