#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/core/gitdb_door.h"

/* Until 1.6 a table has each function that allocates; from 1.7 on, three. */
#if defined(LIBGIT2_VER_MINOR) && LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 7
#define EACH
#endif

static void *get_array(void *p, size_t n, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size > 0 && n > GITDB_AT_ONCE / size) {
		errno = ENOMEM;
		return NULL;
	}
	return reallocarray(p, n > 0 ? n : 1, size > 0 ? size : 1);
}

static void *get(size_t n, const char *file, int line)
{
	return get_array(NULL, n, 1, file, line);
}

static void *grow(void *p, size_t n, const char *file, int line)
{
	return get_array(p, n, 1, file, line);
}

#ifdef EACH
static void *get_many(size_t n, size_t size, const char *file, int line)
{
	return get_array(NULL, n, size, file, line);
}

static void *get_zeroed(size_t n, size_t size, const char *file, int line)
{
	void *p = get_array(NULL, n, size, file, line);

	if (p)
		memset(p, 0, n * size);
	return p;
}

static char *copy(const char *from, size_t n, const char *file, int line)
{
	char *p = n < GITDB_AT_ONCE ? get(n + 1, file, line) : NULL;

	if (!p)
		return NULL;
	memcpy(p, from, n);
	p[n] = '\0';
	return p;
}

static char *copy_text(const char *text, const char *file, int line)
{
	return copy(text, strlen(text), file, line);
}

static char *copy_some(const char *text, size_t most, const char *file, int line)
{
	return copy(text, strnlen(text, most), file, line);
}
#endif

bool gitdb_frugal(struct door *d, struct err *e)
{
	git_allocator frugal = {.gmalloc = get, .grealloc = grow, .gfree = free};

#ifdef EACH
	frugal.gcalloc = get_zeroed;
	frugal.gmallocarray = get_many;
	frugal.greallocarray = get_array;
	frugal.gstrdup = copy_text;
	frugal.gstrndup = copy_some;
	frugal.gsubstrdup = copy;
#endif
	d->frugal = d->options(GIT_OPT_SET_ALLOCATOR, &frugal) == 0;
	return d->frugal || gitdb_fail(d, REASON_LIBRARY, e, "libgit2 takes no other memory");
}
