#include "measure/core/signers.h"

#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/base/buf.h"
#include "measure/base/num.h"
#include "measure/base/when.h"
#include "measure/core/sshsig.h"

#define KEYS_MAX (1u << 24) /* bytes of what is kept */

struct signer {
	struct signer *next;
	const char *principals;
	const char *name_spaces; /* patterns; NULL: any */
	int64_t after, before; /* the first and the last second */
	struct bytes key;
};

struct signers {
	struct arena arena;
	struct signer *first, **last;
};

struct reader {
	struct signers *s;
	struct signer *now;
	struct bytes line; /* what is left of it */
	unsigned number;
	struct err *e;
};

static bool wrong(const struct reader *r, const char *what)
{
	return err_set(r->e, REASON_ALLOWED_SIGNERS, "line %u: %s", r->number, what);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is(struct bytes x, const char *text)
{
	return bytes_equal(x, bytes_str(text));
}

static struct bytes skip(struct bytes x, size_t n)
{
	return bytes_of(x.p + n, x.n - n);
}

static void skip_blanks(struct bytes *x)
{
	while (x->n > 0 && is_blank(x->p[0]))
		*x = skip(*x, 1);
}

/* Up to a blank that is not in quotes; false when quotes stay open. */
static bool take_field(struct reader *r, struct bytes *field)
{
	bool quoted = false;
	size_t n = 0;

	skip_blanks(&r->line);
	for (; n < r->line.n && (quoted || !is_blank(r->line.p[n])); n++)
		quoted ^= r->line.p[n] == '"';
	if (quoted)
		return wrong(r, "a quote is not closed");
	*field = bytes_of(r->line.p, n);
	r->line = skip(r->line, n);
	return true;
}

static const char *keep(const struct reader *r, struct bytes x)
{
	return arena_text(&r->s->arena, x, "the allowed signers", r->e);
}

/* A text in quotes, which hold no others; of principals also without. */
static const char *unquoted(const struct reader *r, struct bytes x, bool bare)
{
	if (x.n >= 2 && x.p[0] == '"' && x.p[x.n - 1] == '"') {
		x = bytes_of(x.p + 1, x.n - 2);
	} else if (!bare) {
		wrong(r, "the value of an option is not in quotes");
		return NULL;
	}
	if (x.n == 0 || memchr(x.p, '"', x.n)) {
		wrong(r, "a field is empty, or has a quote in it");
		return NULL;
	}
	return keep(r, x);
}

/* ---- options */

static uint64_t digits(const char *s, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = 10 * value + (uint64_t)(s[i] - '0');
	return value;
}

/* YYYYMMDD, YYYYMMDDHHMM, YYYYMMDDHHMMSS, and a Z. */
static bool read_time(const struct reader *r, struct bytes x, int64_t *when)
{
	const char *text = unquoted(r, x, false);
	size_t n = text ? strspn(text, "0123456789") : 0;
	owned(buf_free) struct buf spelt = BUF(64);
	struct err ignored = {0};

	if (!text)
		return false;
	if ((n == 8 || n == 12 || n == 14) && text[n] == '\0')
		return wrong(r, "a time without a Z is another one on each machine");
	if ((n != 8 && n != 12 && n != 14) || strcmp(text + n, "Z") != 0)
		return wrong(r, "needs a time, YYYYMMDD[HHMM[SS]]Z");
	buf_fmt(&spelt, "%.4s-%.2s-%.2sT%02u:%02u:%02uZ", text, text + 4, text + 6,
		n > 8 ? (unsigned)digits(text + 8, 2) : 0,
		n > 8 ? (unsigned)digits(text + 10, 2) : 0,
		n > 12 ? (unsigned)digits(text + 12, 2) : 0);
	if (!buf_done(&spelt, "a time", r->e))
		return false;
	return when_read(buf_cstr(&spelt), "the time", when, &ignored) ||
	       wrong(r, "needs a time, YYYYMMDD[HHMM[SS]]Z");
}

static bool set_option(struct reader *r, struct bytes name, struct bytes value)
{
	struct signer *now = r->now;

	if (is(name, "cert-authority"))
		return wrong(r, "certificates are not judged, so no authority for them can be");
	if (is(name, "namespaces") && !now->name_spaces)
		return (now->name_spaces = unquoted(r, value, false)) != NULL;
	if (is(name, "valid-after") && now->after == INT64_MIN)
		return read_time(r, value, &now->after);
	if (is(name, "valid-before") && now->before == INT64_MAX)
		return read_time(r, value, &now->before);
	return wrong(r, "an option that is unknown, or stands twice");
}

/* NAME or NAME="VALUE", with commas between them. */
static bool read_options(struct reader *r, struct bytes x)
{
	while (x.n > 0) {
		bool quoted = false;
		size_t name = 0, n;

		while (name < x.n && x.p[name] != '=' && x.p[name] != ',')
			name++;
		for (n = name; n < x.n && (quoted || x.p[n] != ','); n++)
			quoted ^= x.p[n] == '"';
		if (!set_option(r, bytes_of(x.p, name),
				n > name ? bytes_of(x.p + name + 1, n - name - 1)
					 : bytes_of(NULL, 0)))
			return false;
		if (n + 1 == x.n)
			return wrong(r, "a comma is at the end of the options");
		x = skip(x, n < x.n ? n + 1 : n);
	}
	return true;
}

/* ---- keys */

static bool is_kind(struct bytes x)
{
	static const char *const kinds[] = {
		"ssh-ed25519",
		"ssh-rsa",
		"ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521",
		"sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (is(x, kinds[i]))
			return true;
	return false;
}

static bool read_key(struct reader *r, struct bytes kind, struct bytes text)
{
	owned(buf_free) struct buf key = BUF(SSHSIG_KEY_MAX);
	uint8_t *copy;
	size_t bad;

	if (!base64_read(text, &key, &bad))
		return wrong(r, "a key is not written in base64");
	if (!buf_done(&key, "a key", r->e))
		return false;
	if (!bytes_equal(sshsig_key_kind(buf_bytes(&key)), kind))
		return wrong(r, "a key is not of the kind that stands before it");
	copy = arena_new(&r->s->arena, key.n, "the allowed signers", r->e);
	if (!copy)
		return false;
	memcpy(copy, key.p, key.n);
	r->now->key = bytes_of(copy, key.n);
	return true;
}

/* PRINCIPALS [OPTIONS] KIND KEY [COMMENT] */
static bool read_signer(struct reader *r)
{
	struct bytes principals, kind, key;

	r->now = arena_new(&r->s->arena, sizeof(*r->now), "the allowed signers", r->e);
	if (!r->now)
		return false;
	*r->now = (struct signer){.after = INT64_MIN, .before = INT64_MAX};
	if (!take_field(r, &principals) || !take_field(r, &kind))
		return false;
	r->now->principals = unquoted(r, principals, true);
	if (!r->now->principals)
		return false;
	if (!is_kind(kind) && (!read_options(r, kind) || !take_field(r, &kind)))
		return false;
	if (!is_kind(kind))
		return wrong(r, "needs a kind of key that is known");
	if (!take_field(r, &key) || !read_key(r, kind, key))
		return false;
	*r->s->last = r->now;
	r->s->last = &r->now->next;
	return true;
}

static bool read_line(struct reader *r)
{
	if (r->line.n > 0 && r->line.p[r->line.n - 1] == '\r')
		r->line.n--;
	if (r->line.n > 0 && memchr(r->line.p, 0, r->line.n))
		return wrong(r, "a NUL");
	skip_blanks(&r->line);
	return r->line.n == 0 || r->line.p[0] == '#' || read_signer(r);
}

void signers_free(struct signers **s)
{
	if (*s)
		arena_free(&(*s)->arena);
	free(*s);
	*s = NULL;
}

struct signers *signers_read(struct bytes text, struct err *e)
{
	owned(signers_free) struct signers *s = own_new(sizeof(*s), e);
	struct reader r = {.s = s, .e = e};

	if (!s)
		return NULL;
	s->arena = ARENA(KEYS_MAX);
	s->last = &s->first;
	while (text.n > 0) {
		r.line = bytes_line(&text);
		r.number++;
		if (!read_line(&r))
			return NULL;
	}
	return take(s);
}

/* ---- which of them */

/* A text by a pattern of "*" and "?"; the last star takes more when what follows does not fit. */
static bool matches(const char *text, struct bytes pattern)
{
	size_t at = 0, star = SIZE_MAX, retry = 0, i = 0;

	while (text[i]) {
		if (at < pattern.n && pattern.p[at] == '*') {
			star = at++;
			retry = i;
		} else if (at < pattern.n &&
			   (pattern.p[at] == '?' || pattern.p[at] == (uint8_t)text[i])) {
			at++;
			i++;
		} else if (star != SIZE_MAX) {
			at = star + 1;
			i = ++retry;
		} else {
			return false;
		}
	}
	while (at < pattern.n && pattern.p[at] == '*')
		at++;
	return at == pattern.n;
}

/* A list of patterns: one of them, and none that begins with "!". */
static bool is_listed(const char *text, const char *list)
{
	bool found = false;

	for (size_t n; *list; list += n + (list[n] == ',')) {
		bool negated = *list == '!';

		n = strcspn(list, ",");
		if (!matches(text, bytes_of(list + negated, n - negated)))
			continue;
		if (negated)
			return false;
		found = true;
	}
	return found;
}

static const char *against(const struct signer *x, const struct signers_claim *claim)
{
	if (x->name_spaces && !is_listed(claim->name_space, x->name_spaces))
		return "not allowed in this name space";
	if (claim->when < x->after)
		return "not allowed yet at the time of the signature";
	if (claim->when > x->before)
		return "no longer allowed at the time of the signature";
	return NULL;
}

bool signers_find(const struct signers *s, const struct signers_claim *claim,
		  const char **principals, struct err *e)
{
	owned(buf_free) struct buf print = BUF(128);
	const char *why = NULL;

	for (const struct signer *x = s->first; x; x = x->next) {
		if (!bytes_equal(x->key, claim->key))
			continue;
		why = against(x, claim);
		if (why)
			continue;
		*principals = x->principals;
		return true;
	}
	if (!sshsig_fingerprint(claim->key, &print, e))
		return false;
	return err_set(e, REASON_SIGNATURE, "the key %s is %s", buf_cstr(&print),
		       why ? why : "no allowed signer's");
}
