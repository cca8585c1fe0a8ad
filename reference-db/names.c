#include "reference-db/names.h"

#include "measure/base/text.h"
#include "reference-db/manifest.h"

#define COMMIT_SHA1 40u
#define COMMIT_SHA256 64u

bool name_shows(struct bytes text)
{
	while (text.n > 0) {
		uint32_t c = 0;
		size_t n = text_utf8(text, &c);

		if (n == 0 || c < 0x20 || c == 0x7f || c == '\\' || text_hidden(c))
			return false;
		text = bytes_of(text.p + n, text.n - n);
	}
	return true;
}

static bool text_fits(struct bytes text, const char *what, struct err *e)
{
	int shown = text.n < 60 ? (int)text.n : 60;
	const char *p = (const char *)text.p;

	if (text.n == 0)
		return err_set(e, REASON_USAGE, "%s is empty", what);
	if (text.n > MANIFEST_NAME)
		return err_set(e, REASON_USAGE, "%s has %zu bytes, %u are the limit", what, text.n,
			       MANIFEST_NAME);
	if (!name_shows(text))
		return err_set(e, REASON_USAGE,
			       "%s \"%.*s\" holds a character that cannot be shown as it is", what,
			       shown, p);
	if (p[0] == ' ' || p[text.n - 1] == ' ')
		return err_set(e, REASON_USAGE, "%s \"%.*s\" begins or ends with a blank", what,
			       shown, p);
	return true;
}

/* One component of a path. */
static bool is_name(struct bytes name)
{
	return name.n > 0 && !memchr(name.p, '/', name.n) && !bytes_equal(name, bytes_str(".")) &&
	       !bytes_equal(name, bytes_str(".."));
}

bool name_check_text(const char *text, const char *what, struct err *e)
{
	return text_fits(bytes_str(text), what, e);
}

bool name_check(const char *name, const char *what, struct err *e)
{
	if (!text_fits(bytes_str(name), what, e))
		return false;
	if (!is_name(bytes_str(name)))
		return err_set(e, REASON_USAGE, "%s \"%.60s\" is not one component of a path", what,
			       name);
	return true;
}

bool name_check_product(const char *product, struct err *e)
{
	const char *part = product;

	if (!text_fits(bytes_str(product), "the product", e))
		return false;
	for (;;) {
		size_t n = strcspn(part, "/");

		if (!is_name(bytes_of(part, n)))
			return err_set(e, REASON_USAGE,
				       "the product \"%.60s\" has a part that is no name", product);
		if (part[n] == '\0')
			return true;
		part += n + 1;
	}
}

static bool is_hex(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789abcdef") == n && strspn(s, "0") < n;
}

bool name_check_commit(const char *commit, struct err *e)
{
	if (is_hex(commit, COMMIT_SHA1) || is_hex(commit, COMMIT_SHA256))
		return true;
	return err_set(e, REASON_USAGE,
		       "the commit \"%.70s\" is not %u or %u lower-case hexadecimal digits", commit,
		       COMMIT_SHA1, COMMIT_SHA256);
}

bool name_check_digest(const char *digest, const char *what, struct err *e)
{
	static const char prefix[] = "sha256:";
	size_t n = sizeof(prefix) - 1;

	if (strncmp(digest, prefix, n) == 0 && is_hex(digest + n, 2 * digest_len(DIGEST_SHA256)))
		return true;
	return err_set(e, REASON_USAGE,
		       "%s \"%.80s\" is not sha256: and 64 lower-case hexadecimal digits", what,
		       digest);
}

bool name_is_safe(struct bytes name)
{
	return is_name(name) && !memchr(name.p, '\\', name.n) && name_shows(name);
}
