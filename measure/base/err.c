#include "measure/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text that did not fit ends in dots, behind a whole character. */
static void mark(char *text, size_t size, int n)
{
	size_t at = size - 4;

	if (n >= 0 && (size_t)n < size)
		return;
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	memcpy(text + at, "...", 4);
}

bool err_set(struct err *e, enum reason r, const char *format, ...)
{
	va_list args;

	if (err_is(e))
		return false;
	e->reason = r;
	va_start(args, format);
	mark(e->text, sizeof(e->text), vsnprintf(e->text, sizeof(e->text), format, args));
	va_end(args);
	return false;
}

bool err_at(struct err *e, enum reason r, uint64_t offset, const char *format, ...)
{
	va_list args;

	if (err_is(e))
		return false;
	e->reason = r;
	e->at = true;
	e->offset = offset;
	va_start(args, format);
	mark(e->text, sizeof(e->text), vsnprintf(e->text, sizeof(e->text), format, args));
	va_end(args);
	return false;
}

static enum reason reason_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return REASON_NO_SUCH_FILE;
	case EACCES:
	case EPERM:
	case EROFS:
		return REASON_PERMISSION;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return REASON_NO_SPACE;
	case ENOMEM:
		return REASON_OUT_OF_MEMORY;
	default:
		return REASON_IO;
	}
}

bool err_short(struct err *e, uint64_t offset, const char *what, uint64_t needs, uint64_t left)
{
	return err_at(e, REASON_TRUNCATED, offset, "%s needs %llu byte%s, %llu %s left", what,
		      (unsigned long long)needs, needs == 1 ? "" : "s", (unsigned long long)left,
		      left == 1 ? "is" : "are");
}

bool err_errno(struct err *e, int errnum, const char *what)
{
	return err_set(e, reason_of(errnum), "%s: %s", what,
		       strerrordesc_np(errnum) ? strerrordesc_np(errnum) : "unknown error");
}

bool err_in(struct err *e, const char *format, ...)
{
	char old[sizeof(e->text)];
	va_list args;
	size_t n;

	if (!err_is(e))
		return false;
	memcpy(old, e->text, sizeof(old));
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	n = strlen(e->text);
	mark(e->text, sizeof(e->text),
	     (int)n + snprintf(e->text + n, sizeof(e->text) - n, ": %s", old));
	return false;
}

bool err_subject(struct err *e, const char *subject)
{
	if (e->subject[0] == '\0')
		mark(e->subject, sizeof(e->subject),
		     snprintf(e->subject, sizeof(e->subject), "%s", subject));
	return false;
}

bool err_hint(struct err *e, const char *format, ...)
{
	va_list args;

	if (e->hint[0] != '\0')
		return false;
	va_start(args, format);
	mark(e->hint, sizeof(e->hint), vsnprintf(e->hint, sizeof(e->hint), format, args));
	va_end(args);
	return false;
}
