#include "measure/rebuild/vary.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/personality.h>
#include <unistd.h>

#define OTHER_UMASK 0077u
#define OTHER_ID 1234u
#define OTHER_HOST "i-capture-the-hostname"
#define LONGER "/longer/than/it/was/before"
#define WHAT "a varied build"
#define TEXT_OF(x) #x
#define NUMBER(x) TEXT_OF(x)

const struct vary_row vary_rows[VARY_NAMES] = {
	{"build_path", "another path of the same length"},
	{"path_length", "a longer path"},
	{"time", "a clock that is 373 days and 7 hours ahead"},
	{"locales", "the locale POSIX, and messages in French where there are any"},
	{"umask", "umask 077"},
	{"user_group", "user and group 1234"},
	{"fileordering", "names laid out in the opposite order"},
	{"num_cpus", "one processor more, or one instead of several"},
	{"domain_host", "another host name"},
	{"home", "another HOME, which does not exist either"},
	{"environment", "a variable more"},
	{"kernel", "another version of the kernel, as uname tells it"},
	{"aslr", "addresses that are the same in each run"},
	{"timezone", "a time zone 14 hours east of Greenwich"},
};

static bool has(uint32_t set, enum vary_name name)
{
	return (set & VARY_BIT(name)) != 0;
}

static bool find(struct bytes name, uint32_t *bit)
{
	if (bytes_equal(name, bytes_str("all"))) {
		*bit = VARY_ALL;
		return true;
	}
	for (unsigned i = 0; i < VARY_NAMES; i++)
		if (bytes_equal(name, bytes_str(vary_rows[i].name))) {
			*bit = VARY_BIT(i);
			return true;
		}
	return false;
}

bool vary_parse(const char *list, uint32_t *set, struct err *e)
{
	uint32_t got = 0, bits;

	for (const char *at = list;; at++) {
		bool out = *at == '-';
		size_t n = strcspn(at += out, ",");

		if (!find(bytes_of(at, n), &bits))
			return err_set(e, REASON_USAGE, "there is no variation '%.*s'",
				       n < 64 ? (int)n : 64, at) ||
			       err_hint(e, "all, build_path, path_length, time, locales, umask, "
					   "user_group, fileordering, num_cpus, domain_host, home, "
					   "environment, kernel, aslr, timezone");
		got = out ? got & ~bits : got | bits;
		at += n;
		if (!*at)
			break;
	}
	*set = got;
	return true;
}

void vary_names(uint32_t set, struct buf *out)
{
	const char *comma = "";

	for (unsigned i = 0; i < VARY_NAMES; i++)
		if (has(set, i)) {
			buf_fmt(out, "%s%s", comma, vary_rows[i].name);
			comma = ",";
		}
	if (!*comma)
		buf_str(out, "none");
}

const char *vary_why_not(enum vary_name name, const struct vary_means *m)
{
	if (name == VARY_TIME && !m->faketime)
		return "its root has no libfaketime, which is a package that it can hold";
	if (name == VARY_TIME && m->own_clock)
		return "its programs cannot be run by the clock of libfaketime, as static ones "
		       "and Python";
	if (name == VARY_FILEORDERING && !m->as_made)
		return "the file system of the cache lists names in an order of its own: one in "
		       "memory does not";
	if (name == VARY_NUM_CPUS && m->processors < 2)
		return "this machine has one processor";
	return NULL;
}

uint32_t vary_possible(uint32_t set, const struct vary_means *m)
{
	for (unsigned i = 0; i < VARY_NAMES; i++)
		if (vary_why_not(i, m))
			set &= ~VARY_BIT(i);
	return set;
}

uint32_t vary_part(struct vary_effect *x, const struct vary_means *m)
{
	uint32_t here = vary_possible(x->asked, m);

	for (unsigned i = 0; i < VARY_NAMES; i++)
		if (has(x->set & ~here, i))
			x->why_not[i] = vary_why_not(i, m);
	x->set &= here;
	x->some |= here;
	return here;
}

/* ---- paths */

static char after(char c, int by)
{
	if (c >= 'a' && c <= 'z')
		return (char)('a' + (c - 'a' + by) % 26);
	if (c >= 'A' && c <= 'Z')
		return (char)('A' + (c - 'A' + by) % 26);
	if (c >= '0' && c <= '9')
		return (char)('0' + (c - '0' + by) % 10);
	return c;
}

/* Letters and digits of a name are those that follow; one that has none begins with a letter. */
static void rename_last(char *to, const char *from, size_t n, int by)
{
	size_t name = n;

	while (name > 0 && from[name - 1] != '/')
		name--;
	for (size_t i = name; i < n; i++)
		to[i] = after(from[i], by);
	if (name < n && memcmp(to + name, from + name, n - name) == 0)
		to[name] = (char)('a' + by);
}

static bool is_free(const char *root, const char *path)
{
	char at[8192];

	return !root || (size_t)snprintf(at, sizeof(at), "%s%s", root, path) >= sizeof(at) ||
	       faccessat(AT_FDCWD, at, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}

/* One of the root's own would hide what is in it. */
const char *vary_path(uint32_t set, const struct vary_means *m, struct arena *a, struct err *e)
{
	size_t n = strlen(m->path), more = has(set, VARY_PATH_LENGTH) ? strlen(LONGER) : 0;
	char *to = arena_new(a, n + more + 1, WHAT, e);

	if (!to)
		return NULL;
	memcpy(to, m->path, n);
	for (int by = 1; has(set, VARY_BUILD_PATH) && by < 10; by++) {
		rename_last(to, m->path, n, by);
		if (is_free(m->root, to))
			break;
	}
	memcpy(to + n, LONGER, more);
	return to;
}

/* Where it begins with the one path, the other instead; NULL with e set. */
static const char *moved(const char *at, const char *from, const char *to, struct arena *a,
			 struct err *e)
{
	size_t n = strlen(from), before, rest;
	char *text;

	if (strncmp(at, from, n) != 0 || (at[n] != '/' && at[n] != '\0'))
		return at;
	before = strlen(to);
	rest = strlen(at + n);
	text = arena_new(a, before + rest + 1, WHAT, e);
	if (!text)
		return NULL;
	memcpy(text, to, before);
	memcpy(text + before, at + n, rest);
	return text;
}

static bool move(uint32_t set, const struct vary_means *m, struct arena *a, struct sandbox *s,
		 struct err *e)
{
	struct sandbox_mount *mounts;
	const char *path;

	if (!has(set, VARY_BUILD_PATH) && !has(set, VARY_PATH_LENGTH))
		return true;
	path = vary_path(set, m, a, e);
	mounts = path ? arena_new(a, (s->n_mounts + 1) * sizeof(*mounts), WHAT, e) : NULL;
	for (size_t i = 0; mounts && i < s->n_mounts; i++) {
		mounts[i] = s->mounts[i];
		mounts[i].at = moved(mounts[i].at, m->path, path, a, e);
		if (!mounts[i].at)
			return false;
	}
	s->mounts = mounts;
	s->folder = mounts ? moved(s->folder, m->path, path, a, e) : NULL;
	return s->folder != NULL;
}

/* ---- the environment */

struct list {
	const char **item;
	size_t n;
};

/* In place of what has the same name. */
static void put(struct list *l, const char *entry)
{
	size_t name = (size_t)(strchr(entry, '=') - entry) + 1;

	for (size_t i = 0; i < l->n; i++)
		if (strncmp(l->item[i], entry, name) == 0) {
			l->item[i] = entry;
			return;
		}
	l->item[l->n++] = entry;
}

static bool surround(uint32_t set, const struct vary_means *m, struct arena *a, struct sandbox *s,
		     struct err *e)
{
	enum { MORE = 12 };
	static const char preload[] = "LD_PRELOAD=";
	struct list l = {0};
	size_t n = 0;
	char *text;

	while (s->environment && s->environment[n])
		n++;
	l.item = arena_new(a, (n + MORE) * sizeof(*l.item), WHAT, e);
	text = l.item ? arena_new(a, sizeof(preload) + (m->faketime ? strlen(m->faketime) : 0),
				  WHAT, e)
		      : NULL;
	if (!text)
		return false;
	for (; l.n < n; l.n++)
		l.item[l.n] = s->environment[l.n];
	if (has(set, VARY_TIME) && m->faketime) {
		memcpy(text, preload, sizeof(preload) - 1);
		memcpy(text + sizeof(preload) - 1, m->faketime, strlen(m->faketime));
		put(&l, text);
		put(&l, "FAKETIME=+" NUMBER(VARY_AHEAD));
		put(&l, "NO_FAKE_STAT=1");
		put(&l, "FAKETIME_DONT_FAKE_MONOTONIC=1");
	}
	if (has(set, VARY_LOCALES)) {
		put(&l, "LC_ALL=POSIX");
		put(&l, "LANGUAGE=fr_CH:fr");
	}
	if (has(set, VARY_TIMEZONE))
		put(&l, "TZ=XXX-14");
	if (has(set, VARY_HOME))
		put(&l, "HOME=/nonexistent/second");
	if (has(set, VARY_ENVIRONMENT))
		put(&l, "CAPTURE_ENVIRONMENT=i_capture_the_environment");
	s->environment = l.item;
	return true;
}

bool vary_sandbox(uint32_t set, const struct vary_means *m, struct arena *a, struct sandbox *s,
		  struct err *e)
{
	if (vary_possible(set, m) != set)
		return err_set(e, REASON_USAGE, "a variation that is not possible was asked for");
	if (has(set, VARY_UMASK))
		s->umask = OTHER_UMASK;
	if (has(set, VARY_USER_GROUP))
		s->id = OTHER_ID;
	if (has(set, VARY_NUM_CPUS))
		s->processors = s->processors == 1 ? 2 : 1;
	if (has(set, VARY_DOMAIN_HOST))
		s->host = OTHER_HOST;
	if (has(set, VARY_KERNEL))
		s->personality |= UNAME26;
	if (has(set, VARY_ASLR))
		s->personality |= ADDR_NO_RANDOMIZE;
	return move(set, m, a, s, e) && surround(set, m, a, s, e);
}
