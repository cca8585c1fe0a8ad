/*
 * The three standard streams. A closed one is occupied before anything else is opened, so that no
 * file of ours gets its number; using it then fails as it should.
 */
#ifndef MEASURE_CLI_STD_H
#define MEASURE_CLI_STD_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

void std_occupy(void);

/* Is the terminal one that knows no control sequences? */
bool std_is_dumb(void);

/* To standard error; nobody can be told when that fails. */
void std_say(struct bytes x);

/* To standard output, all of it; io or no-space otherwise. */
must bool std_answer(struct bytes x, struct err *e);

#endif
