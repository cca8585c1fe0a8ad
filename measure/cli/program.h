/*
 * A program: its name, its verbs and its manual pages. Dispatch, help, pages and completions are
 * made from it. Each program is linked with the one file program_NAME.c that defines `program`;
 * all else stands in the library, of which a program takes what its verbs need. Constant data.
 */
#ifndef MEASURE_CLI_PROGRAM_H
#define MEASURE_CLI_PROGRAM_H

#include "measure/cli/man.h"
#include "measure/cli/verb.h"

/* A library that this program alone is linked with, or loads. */
#define PROGRAM_VERSION_ROOM 64
struct program_library {
	const char *name;
	/* As built with, or as it runs, in the room or constant; NULL where that is not known. */
	const char *(*version)(bool running, char room[PROGRAM_VERSION_ROOM]);
};

struct program {
	const char *name; /* "measure-verify": of usage lines and messages */
	const char *summary; /* one line, no full stop */
	const struct verb *const
		*verbs; /* the order of help; a family is followed by its members */
	const struct tee *const
		*images; /* rows that are verbs themselves and guessed; may be NULL */
	const struct man_prose *prose; /* ends with a zeroed row */
	const struct program_library *libraries; /* the same; may be NULL */
};

extern const struct program program;

#endif
