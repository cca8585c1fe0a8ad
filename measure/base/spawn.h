/*
 * A command of the user's own, run through /bin/sh -c: bytes in on its standard input, bytes out
 * from its standard output, its standard error left where ours goes. It runs for as long as it
 * likes, since it may wait for somebody at a token; it may leave its input unread. What it leaves
 * running behind itself (an agent) is not waited for.
 */
#ifndef MEASURE_BASE_SPAWN_H
#define MEASURE_BASE_SPAWN_H

#include "measure/base/buf.h"

struct spawn {
	const char *command;
	struct bytes input;
	const char *const *extra; /* "NAME=value", NULL-terminated; they replace the caller's own */
	enum reason reason; /* of every refusal but out-of-memory and missing-tool */
	/*
	 * In place of a command, when that is NULL: a program, found in PATH, and its arguments,
	 * without a shell. `status` is its descriptor 3, its standard error goes nowhere, and it
	 * may end with any status: what that means, `status` tells.
	 */
	const char *const *argv;
	int status;
};

/*
 * Appends what the command writes. Refused: it cannot be started (missing-tool: there is no such
 * program), it ends with another status than 0 or by a signal, it writes more than out may hold.
 */
must bool spawn_run(const struct spawn *s, struct buf *out, struct err *e);

#endif
