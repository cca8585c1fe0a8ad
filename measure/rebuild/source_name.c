#include "measure/rebuild/source_name.h"

#include <limits.h>

#include "measure/base/text.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

int source_name_fold(struct bytes a, struct bytes b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return lower(a.p[i]) - lower(b.p[i]);
	return (a.n > b.n) - (a.n < b.n);
}

static bool starts(struct bytes name, const char *head)
{
	size_t n = strlen(head);

	return name.n >= n && source_name_fold(bytes_of(name.p, n), bytes_str(head)) == 0;
}

/* ---- macOS: HFS+ does not see these (Apple, TN1150: fold table, characters that are ignored) */

static bool is_ignored(uint32_t c)
{
	return (c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x206a && c <= 0x206f) || c == 0xfeff;
}

/* What is not UTF-8 is the end, as git takes it. */
static bool is_hfs(struct bytes name, const char *plain)
{
	uint32_t c = 0;

	for (size_t at = 0, n; at < name.n; at += n) {
		n = text_utf8(bytes_of(name.p + at, name.n - at), &c);
		if (n == 0)
			break;
		if (is_ignored(c))
			continue;
		if (c >= 0x80 || !*plain || lower((uint8_t)c) != (uint8_t)*plain)
			return false;
		plain++;
	}
	return !*plain;
}

/* ---- Windows: NTFS drops blanks and periods at the end, and what is behind a colon */

static bool ends_there(struct bytes name, size_t at)
{
	while (at < name.n && (name.p[at] == ' ' || name.p[at] == '.'))
		at++;
	return at == name.n || name.p[at] == ':' || name.p[at] == '\\';
}

static bool is_ntfs(struct bytes name)
{
	return (starts(name, ".git") && ends_there(name, 4)) ||
	       (starts(name, "git~1") && ends_there(name, 5));
}

/* The short names that .gitmodules may get there: GITMOD~1, GI7EBA~1, GI7EB~10. */
static bool is_short_modules(struct bytes name)
{
	const uint8_t *tilde = name.n > 0 ? memchr(name.p, '~', name.n) : NULL;
	size_t n = tilde ? (size_t)(tilde - name.p) : 0;

	if (n == 0 || n > 6 || n + 1 >= name.n || name.p[n + 1] < '1' || name.p[n + 1] > '9')
		return false;
	name.n = n;
	return source_name_fold(name, bytes_of("gitmod", n)) == 0 ||
	       source_name_fold(name, bytes_of("gi7eba", n)) == 0;
}

static bool is_modules(struct bytes name)
{
	return is_hfs(name, ".gitmodules") || is_short_modules(name) ||
	       (starts(name, ".gitmodules") && ends_there(name, strlen(".gitmodules")));
}

static bool is_repository(struct bytes name)
{
	for (;;) {
		const uint8_t *next = name.n > 0 ? memchr(name.p, '\\', name.n) : NULL;

		if (is_hfs(name, ".git") || is_ntfs(name))
			return true;
		if (!next)
			return false;
		name = bytes_of(next + 1, name.n - (size_t)(next + 1 - name.p));
	}
}

bool source_name_check(struct bytes name, bool link, struct err *e)
{
	if (name.n == 0)
		return err_set(e, REASON_SOURCE, "a name is empty");
	if (bytes_equal(name, bytes_str(".")) || bytes_equal(name, bytes_str("..")))
		return err_set(e, REASON_SOURCE, "a name is '%.*s'", (int)name.n,
			       (const char *)name.p);
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '/')
			return err_set(e, REASON_SOURCE, "a name has a slash in it");
		if (name.p[i] < 0x20 || name.p[i] == 0x7f)
			return err_set(e, REASON_SOURCE,
				       "a name has the control character 0x%02x in it", name.p[i]);
	}
	if (name.n > NAME_MAX)
		return err_set(e, REASON_SOURCE, "a name has %zu bytes, %d are the most", name.n,
			       NAME_MAX);
	if (is_repository(name))
		return err_set(e, REASON_SOURCE, "a file system may take the name for .git");
	if (link && is_modules(name))
		return err_set(e, REASON_SOURCE, "a symbolic link may be taken for .gitmodules");
	return true;
}
