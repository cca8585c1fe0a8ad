#include "measure/rebuild/vary.h"

#include <sys/personality.h>

#define OTHER_UMASK 0077u
#define OTHER_ID 1234u
#define OTHER_HOST "i-capture-the-hostname"
#define LONGER "/longer/than/it/was/before"
#define WHAT "a varied build"

const struct vary_row vary_rows[VARY_NAMES] = {
	{"build_path", "another path of the same length"},
	{"path_length", "a longer path"},
	{"time", "a clock that is 373 days and 7 hours ahead"},
	{"locales", "the locale POSIX, and messages in French where there are any"},
	{"umask", "umask 077"},
	{"user_group", "user and group 1234"},
	{"fileordering", "another order of names in folders"},
	{"num_cpus", "one processor more, or one instead of several"},
	{"domain_host", "another host name"},
	{"home", "another HOME, which does not exist either"},
	{"environment", "a variable more"},
	{"kernel", "another version of the kernel, as uname tells it"},
	{"aslr", "addresses that are the same in each run"},
	{"timezone", "14 hours east of Greenwich"},
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
		return "its root has no libfaketime: the package libfaketime as an input of it";
	if (name == VARY_FILEORDERING)
		return "it takes a file system in user space (disorderfs), and the sandbox mounts "
		       "none";
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

/* ---- paths */

/* Each small letter of the last name is the next one of the alphabet. */
const char *vary_path(uint32_t set, const struct vary_means *m, struct arena *a, struct err *e)
{
	size_t n = strlen(m->path), more = has(set, VARY_PATH_LENGTH) ? strlen(LONGER) : 0;
	char *to = arena_new(a, n + more + 1, WHAT, e);

	if (!to)
		return NULL;
	memcpy(to, m->path, n);
	memcpy(to + n, LONGER, more);
	while (has(set, VARY_BUILD_PATH) && n-- > 0 && to[n] != '/')
		if (to[n] >= 'a' && to[n] <= 'z')
			to[n] = (char)(to[n] == 'z' ? 'a' : to[n] + 1);
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
		put(&l, "FAKETIME=+32252400");
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
