#include "measure/core/answer.h"

#include <stdarg.h>
#include <stdio.h>

void answer_init(struct answer *a)
{
	*a = (struct answer){.members = BUF(ANSWER_JSON_MAX), .verbatim = BUF(ANSWER_JSON_MAX)};
	a->json = json_out(&a->members, true);
	a->json.depth = 1;
	a->json.tame = true;
}

void answer_free(struct answer *a)
{
	buf_free(&a->members);
	buf_free(&a->verbatim);
}

void answer_note(struct answer *a, enum reason r, const char *format, ...)
{
	struct note *note = &a->notes[a->n_notes < ANSWER_NOTES ? a->n_notes : ANSWER_NOTES - 1];
	va_list args;

	if (a->n_notes >= ANSWER_NOTES) {
		a->n_notes++;
		snprintf(note->text, sizeof(note->text), "and %zu more warnings",
			 a->n_notes - ANSWER_NOTES + 1);
		return;
	}
	a->n_notes++;
	note->reason = r;
	va_start(args, format);
	vsnprintf(note->text, sizeof(note->text), format, args);
	va_end(args);
}
