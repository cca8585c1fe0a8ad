/*
 * What a measuring function hands to the command line: registers, warnings, and what `--json`
 * shows beyond them. The layers below never print; they fill this. Made by answer_init(), which
 * points `json` at `members`, so an answer is not moved; released by answer_free().
 */
#ifndef MEASURE_CORE_ANSWER_H
#define MEASURE_CORE_ANSWER_H

#include "measure/base/json.h"
#include "measure/core/mset.h"

#define ANSWER_NOTES 16
#define ANSWER_JSON_MAX (2u << 20)

struct note {
	enum reason reason; /* of class WARNING */
	char text[256];
};

struct answer {
	struct mset registers;
	size_t n_notes;
	struct note notes[ANSWER_NOTES];
	struct buf members; /* more members of the JSON object (without the braces), indented */
	struct json_out json; /* writes into members */
	struct buf verbatim; /* another tool's format; not empty: printed instead of all else */
};

void answer_init(struct answer *a);
void answer_free(struct answer *a);

/* One warning; beyond ANSWER_NOTES the last one says how many more there were. */
void answer_note(struct answer *a, enum reason r, const char *format, ...) ERR_FORMAT(3, 4);

#endif
