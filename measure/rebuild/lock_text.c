#include "measure/rebuild/lock_text.h"

#include "measure/base/hex.h"
#include "measure/base/text.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"
#define LETTERS LOWER UPPER
#define COMMIT_DIGITS 40u
#define SHA256_DIGITS 64u

/* What a URL begins with is no archive, whatever follows. */
static const char *const schemes[] = {"data",  "file",	"ftp", "git", "http",
				      "https", "rsync", "s3",  "ssh", NULL};

static bool made_of(struct bytes text, const char *set)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\0' || !strchr(set, text.p[i]))
			return false;
	return text.n > 0;
}

static bool digits(const char *text, size_t n, const char *set)
{
	return strlen(text) == n && strspn(text, set) == n && strspn(text, "0") < n;
}

bool lock_text_is_path(struct bytes path)
{
	for (;;) {
		const uint8_t *slash = path.n ? memchr(path.p, '/', path.n) : NULL;
		struct bytes part = bytes_of(path.p, slash ? (size_t)(slash - path.p) : path.n);

		if (part.n == 0 || !text_plain(part) || memchr(part.p, '\\', part.n) ||
		    bytes_equal(part, bytes_str(".")) || bytes_equal(part, bytes_str("..")))
			return false;
		if (!slash)
			return true;
		path = bytes_of(slash + 1, path.n - part.n - 1);
	}
}

static bool is_name(const char *text)
{
	return strlen(text) <= LOCK_NAME_MAX && !strchr(".-", text[0]) &&
	       made_of(bytes_str(text), LETTERS DIGITS "._+-");
}

static bool is_name_or_none(const char *text)
{
	return !*text || is_name(text);
}

static bool is_version(const char *text)
{
	return strlen(text) <= LOCK_NAME_MAX && made_of(bytes_str(text), LETTERS DIGITS "._+~:-");
}

/* A repository may be the project itself. */
static bool is_origin(const char *text)
{
	size_t n = strcspn(text, ":");
	struct bytes archive = bytes_of(text, n);

	if (text[n] != ':' || !made_of(archive, LOWER DIGITS "-") || !strchr(LOWER, text[0]))
		return false;
	for (const char *const *s = schemes; *s; s++)
		if (bytes_equal(archive, bytes_str(*s)))
			return false;
	return strcmp(text + n + 1, ".") == 0 || lock_text_is_path(bytes_str(text + n + 1));
}

static bool is_commit(const char *text)
{
	return digits(text, COMMIT_DIGITS, HEX);
}

static bool is_submodule(const char *text)
{
	size_t n = strlen(text);

	return n > COMMIT_DIGITS + 1 && text[n - COMMIT_DIGITS - 1] == ' ' &&
	       is_commit(text + n - COMMIT_DIGITS) &&
	       lock_text_is_path(bytes_of(text, n - COMMIT_DIGITS - 1));
}

static bool is_fingerprint(const char *text)
{
	return digits(text, 40, DIGITS "ABCDEF") || digits(text, 64, DIGITS "ABCDEF");
}

static bool is_path(const char *text)
{
	return text[0] == '/' && lock_text_is_path(bytes_str(text + 1));
}

static bool is_variable(const char *text)
{
	struct bytes name = bytes_of(text, strcspn(text, "="));

	return text[name.n] == '=' && made_of(name, LETTERS DIGITS "_") &&
	       !strchr(DIGITS, text[0]) && text_plain(bytes_str(text));
}

static bool is_snapshot(const char *text)
{
	return strlen(text) == 16 && strspn(text, DIGITS) == 8 && text[8] == 'T' &&
	       strspn(text + 9, DIGITS) == 6 && text[15] == 'Z';
}

static bool is_sha256(const char *text)
{
	return digits(text, SHA256_DIGITS, HEX);
}

static bool is_digest(const char *text)
{
	return strncmp(text, "sha256:", 7) == 0 && is_sha256(text + 7);
}

static const struct {
	bool (*is)(const char *text);
	const char *words;
} kinds[] = {
	[LOCK_TEXT_NAME] = {is_name, "letters, digits and ._+-"},
	[LOCK_TEXT_NAME_OR_NONE] = {is_name_or_none, "letters, digits and ._+-, or empty"},
	[LOCK_TEXT_VERSION] = {is_version, "letters, digits and ._+~:-"},
	[LOCK_TEXT_ORIGIN] = {is_origin, "ARCHIVE:PATH, the name of an archive and a path in it, "
					 "without host or scheme"},
	[LOCK_TEXT_COMMIT] = {is_commit, "40 lower-case hexadecimal digits"},
	[LOCK_TEXT_SUBMODULE] = {is_submodule, "a path, a blank and a commit"},
	[LOCK_TEXT_FINGERPRINT] = {is_fingerprint, "40 or 64 upper-case hexadecimal digits"},
	[LOCK_TEXT_PATH] = {is_path, "an absolute path without '.', '..' and empty parts"},
	[LOCK_TEXT_VARIABLE] = {is_variable, "NAME=value, without control characters"},
	[LOCK_TEXT_SNAPSHOT] = {is_snapshot, "a time like 20261101T000000Z"},
	[LOCK_TEXT_SHA256] = {is_sha256, "64 lower-case hexadecimal digits"},
	[LOCK_TEXT_DIGEST] = {is_digest, "sha256: and 64 lower-case hexadecimal digits"},
};

bool lock_text_is(enum lock_text kind, const char *text)
{
	return strlen(text) <= LOCK_TEXT_MAX && kinds[kind].is(text);
}

bool lock_text_check(enum lock_text kind, const char *text, const char *what, struct err *e)
{
	if (lock_text_is(kind, text))
		return true;
	return err_set(e, REASON_LOCK, "%s \"%.100s\" must be %s", what, text, kinds[kind].words);
}

struct digest lock_text_sha256(const char *hex)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = digest_len(DIGEST_SHA256)};

	for (size_t i = 0; i < d.len && hex[2 * i] && hex[2 * i + 1]; i++)
		d.v[i] = (uint8_t)(hex_value((uint8_t)hex[2 * i]) << 4 |
				   hex_value((uint8_t)hex[2 * i + 1]));
	return d;
}
