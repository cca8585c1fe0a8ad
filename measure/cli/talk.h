/*
 * Everything on standard error: errors, warnings, hints, notes of -v. Foreign text is
 * tamed here and nowhere else. A line of progress is wiped before anything else is said.
 */
#ifndef MEASURE_CLI_TALK_H
#define MEASURE_CLI_TALK_H

#include "measure/cli/progress.h"
#include "measure/core/answer.h"

#define TALK_MAX (4 * sizeof(struct err)) /* an err tamed: no byte becomes more than four */

struct talk {
	bool quiet; /* errors only */
	bool verbose;
	bool color;
	struct progress progress;
};

/* when: value of --color ("auto" if NULL). */
bool talk_color(const char *when);

/* "measure: error[REASON]: SUBJECT: TEXT, at offset N (0xN)", then the hint if there is one. */
void talk_error(struct talk *t, const struct err *e);
void talk_warning(struct talk *t, const char *subject, const struct note *note);

/* Said unless quiet; said when verbose. */
void talk_say(struct talk *t, const char *format, ...) ERR_FORMAT(2, 3);
void talk_note(struct talk *t, const char *format, ...) ERR_FORMAT(2, 3);

/* What stands behind the label of an error: subject, text, offset; tamed. */
void talk_message(struct buf *out, const struct err *e);

#endif
