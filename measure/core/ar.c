#include "measure/core/ar.h"

#include "measure/base/cur.h"
#include "measure/base/num.h"

#define HEADER 60u
#define NAME 16u
#define SIZE_AT 48u
#define SIZE 10u
#define END "`\n"

/* A field of characters with blanks behind them. */
static size_t text_size(const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == ' ')
		n--;
	return n;
}

static bool read_size(const uint8_t *p, uint64_t *out)
{
	char s[SIZE + 1] = "";

	for (size_t i = 0; i < text_size(p, SIZE); i++)
		s[i] = (char)p[i];
	return num_parse(s, out);
}

static bool read_header(const struct file *f, uint64_t at, uint8_t raw[HEADER], uint64_t *size,
			struct err *e)
{
	size_t got;

	if (!file_pread(f, at, (struct span){raw, HEADER}, &got, e))
		return false;
	if (got < HEADER || memcmp(raw + HEADER - 2, END, 2) != 0 ||
	    !read_size(raw + SIZE_AT, size))
		return err_at(e, REASON_PACKAGE, at, "is no header of a member");
	return *size <= f->size - at - HEADER ||
	       err_at(e, REASON_PACKAGE, at, "a member of %llu bytes, and %llu are left",
		      (unsigned long long)*size, (unsigned long long)(f->size - at - HEADER));
}

bool ar_find(const struct file *f, const char *head, uint64_t *at, uint64_t *size, struct err *e)
{
	uint64_t next = sizeof(AR_MAGIC) - 1, n;
	uint8_t raw[HEADER];
	bool found = false;

	for (unsigned count = 0; next < f->size; count++) {
		if (count == AR_MEMBERS_MAX)
			return err_at(e, REASON_LIMIT, next, "there are more than %u members",
				      AR_MEMBERS_MAX);
		if (!read_header(f, next, raw, &n, e))
			return false;
		next += HEADER;
		if (bytes_start(bytes_of(raw, text_size(raw, NAME)), bytes_str(head))) {
			if (found)
				return err_at(e, REASON_PACKAGE, next - HEADER,
					      "a second member is called '%s'", head);
			found = true;
			*at = next;
			*size = n;
		}
		next += n + (n & 1);
	}
	return found || err_set(e, REASON_PACKAGE, "no member is called '%s'", head);
}
