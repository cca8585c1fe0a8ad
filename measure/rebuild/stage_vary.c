#include "measure/rebuild/stage_vary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ORDER "order"
#define NAMES 16u
#define HOUR 3600

/* ---- the order of names in a folder */

static bool make_names(int folder, bool backwards, struct err *e)
{
	for (unsigned i = 0; i < NAMES; i++) {
		const char name[] = {(char)('a' + (backwards ? NAMES - 1 - i : i)), '\0'};

		if (mknodat(folder, name, S_IFREG | 0600, 0) != 0)
			return err_errno(e, errno, name);
	}
	return true;
}

static bool read_names(int folder, char names[NAMES + 1], struct err *e)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *at;
	unsigned n = 0;

	if (!d) {
		err_errno(e, errno, ORDER);
		own_close(&fd);
		return false;
	}
	while (n < NAMES && (at = readdir(d)))
		if (at->d_name[0] != '.')
			names[n++] = at->d_name[0];
	names[n] = '\0';
	closedir(d);
	return true;
}

static bool try_order(const struct scratch *in, bool backwards, char names[NAMES + 1],
		      struct err *e)
{
	owned(own_close) int folder = scratch_folder(in, ORDER, e);

	return folder >= 0 && make_names(folder, backwards, e) && read_names(folder, names, e) &&
	       scratch_remove(in, ORDER, e);
}

bool stage_vary_begin(struct works *w, uint32_t asked, struct err *e)
{
	char one[NAMES + 1], other[NAMES + 1];

	w->vary = (struct vary_effect){.asked = asked, .set = asked};
	if (!(asked & VARY_BIT(VARY_FILEORDERING)))
		return true;
	if (!try_order(&w->scratch, false, one, e) || !try_order(&w->scratch, true, other, e))
		return false;
	w->reversed = strcmp(one, other) != 0;
	return true;
}

/* ---- the clock */

/* The path in the root, or NULL. */
static const char *find_faketime(const char *root)
{
	static const char *const places[] = {
		"/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
		"/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
		"/usr/lib64/faketime/libfaketime.so.1",
		"/usr/lib/faketime/libfaketime.so.1",
	};
	owned(own_close) int at = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (faccessat(at, places[i] + 1, F_OK, 0) == 0)
			return places[i];
	return NULL;
}

/*
 * `date` in that sandbox, varied in time alone: is it ahead? libfaketime 0.9.10 makes sleep() of
 * Python 3.11 and later fail, which waits for a moment of the monotonic clock: no fault of a stage.
 */
static bool takes_clock(const struct vary_means *m, struct arena *a, struct sandbox box, bool *yes,
			struct err *e)
{
	static const char *const argv[] = {
		"/bin/sh", "-c",
		"date +%s; ! command -v python3 || python3 -c 'import time; time.sleep(.01)'",
		NULL};
	struct sandbox_result result = {.tail = BUF(8192)};
	long long ahead;

	box.argv = argv;
	box.log = -1;
	box.watch = (struct watch){0};
	if (!vary_sandbox(VARY_BIT(VARY_TIME), m, a, &box, e) || !sandbox_run(&box, &result, e))
		return false;
	ahead = strtoll(buf_cstr(&result.tail), NULL, 10) - (long long)time(NULL) - VARY_AHEAD;
	*yes = result.how == SANDBOX_EXIT && result.status == 0 && ahead > -HOUR && ahead < HOUR;
	buf_free(&result.tail);
	return true;
}

static bool try_clock(struct vary_means *m, struct arena *a, const struct sandbox *box,
		      struct err *e)
{
	bool yes = true;

	m->faketime = find_faketime(box->root);
	if (!m->faketime)
		return true;
	if (!takes_clock(m, a, *box, &yes, e))
		return false;
	m->own_clock = !yes;
	return true;
}

static unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

bool stage_vary(struct works *w, struct arena *a, struct sandbox *box, struct err *e)
{
	struct vary_means m = {.path = box->folder,
			       .root = box->root,
			       .as_made = w->reversed,
			       .processors = processors()};

	if ((w->vary.asked & VARY_BIT(VARY_TIME)) && !try_clock(&m, a, box, e))
		return false;
	return vary_sandbox(vary_part(&w->vary, &m), &m, a, box, e);
}
