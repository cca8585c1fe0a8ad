#include "measure/cli/talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "measure/base/text.h"
#include "measure/cli/program.h"
#include "measure/cli/std.h"

#define RED "\033[1;31m"
#define YELLOW "\033[1;33m"
#define PLAIN "\033[0m"

bool talk_color(const char *when)
{
	const char *no = getenv("NO_COLOR");

	if (when && strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return !(no && no[0]) && !std_is_dumb() && isatty(STDERR_FILENO);
}

/* "measure: error[crc]: " */
static void put_label(const struct talk *t, struct buf *line, const char *word, enum reason r)
{
	const char *color = strcmp(word, "error") == 0 ? RED : YELLOW;

	buf_fmt(line, "%s: %s%s[%s]%s: ", program.name, t->color ? color : "", word, reason_slug(r),
		t->color ? PLAIN : "");
}

static void put_subject(struct buf *line, const char *subject)
{
	if (subject[0] == '\0')
		return;
	if (strcmp(subject, "-") == 0)
		buf_str(line, "standard input");
	else
		text_tame(line, bytes_str(subject));
	buf_str(line, ": ");
}

void talk_message(struct buf *out, const struct err *e)
{
	put_subject(out, e->subject);
	text_tame(out, bytes_str(e->text));
	if (e->at)
		buf_fmt(out, ", at offset %llu (0x%llx)", (unsigned long long)e->offset,
			(unsigned long long)e->offset);
}

void talk_error(struct talk *t, const struct err *e)
{
	owned(buf_free) struct buf line = BUF(TALK_MAX);

	progress_clear(&t->progress);
	put_label(t, &line, "error", e->reason);
	talk_message(&line, e);
	buf_str(&line, "\n");
	if (e->hint[0] != '\0') {
		buf_fmt(&line, "%s: hint: ", program.name);
		text_tame(&line, bytes_str(e->hint));
		buf_str(&line, "\n");
	}
	std_say(buf_bytes(&line));
}

void talk_warning(struct talk *t, const char *subject, const struct note *note)
{
	owned(buf_free) struct buf line = BUF(TALK_MAX);

	if (t->quiet)
		return;
	progress_clear(&t->progress);
	put_label(t, &line, "warning", note->reason);
	put_subject(&line, subject);
	text_tame(&line, bytes_str(note->text));
	buf_str(&line, "\n");
	std_say(buf_bytes(&line));
}

__attribute__((format(printf, 2, 0))) static void talk_text(struct talk *t, const char *format,
							    va_list args)
{
	owned(buf_free) struct buf line = BUF(TALK_MAX);
	char text[2048];

	vsnprintf(text, sizeof(text), format, args);
	progress_clear(&t->progress);
	buf_fmt(&line, "%s: ", program.name);
	text_tame(&line, bytes_str(text));
	buf_str(&line, "\n");
	std_say(buf_bytes(&line));
}

void talk_say(struct talk *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!t->quiet)
		talk_text(t, format, args);
	va_end(args);
}

void talk_note(struct talk *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (t->verbose && !t->quiet)
		talk_text(t, format, args);
	va_end(args);
}
