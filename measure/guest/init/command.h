/*
 * The application: what to run, as whom and where, and waiting for its end.
 */
#ifndef MEASURE_GUEST_INIT_COMMAND_H
#define MEASURE_GUEST_INIT_COMMAND_H

#include "measure/guest/init/words.h"

struct command {
	char **argv, **env;
	const char *folder; /* it is started in */
	bool as; /* somebody else than root, or with groups */
	struct words_user user;
};

/* From /cmd, /env, /workdir and /user, which are removed. No command, or a wrong user: the end. */
void command_read(struct command *c);

/* Start it, reap whatever ends, and come back when it has ended. */
void command_run(const struct command *c);

#endif
