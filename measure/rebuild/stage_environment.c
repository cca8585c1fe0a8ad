#include "measure/rebuild/stage_environment.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT "an environment"

static const struct recipe_pair always[] = {
	{.name = "HOME", .value = "/homeless"},
	{.name = "LANG", .value = "C.UTF-8"},
	{.name = "LC_ALL", .value = "C.UTF-8"},
	{.name = "LOGNAME", .value = "build"},
	{.name = "PATH", .value = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	{.name = "TERM", .value = "dumb"},
	{.name = "TMPDIR", .value = "/tmp"},
	{.name = "TZ", .value = "UTC"},
	{.name = "USER", .value = "build"},
};
#define ALWAYS (sizeof(always) / sizeof(always[0]))

static bool is_said(const struct recipe_stage *s, const char *name)
{
	for (size_t i = 0; i < s->environment.n; i++)
		if (strcmp(s->environment.item[i].name, name) == 0)
			return true;
	return false;
}

static bool add(struct lock_texts *out, const char *name, const char *value, struct arena *a,
		struct err *e)
{
	size_t n = strlen(name) + strlen(value) + 2;
	char *text = arena_new(a, n, LIMIT, e);

	if (!text)
		return false;
	snprintf(text, n, "%s=%s", name, value);
	out->item[out->n++] = text;
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool stage_environment(const struct recipe_stage *s, int64_t epoch, struct arena *a,
		       struct lock_texts *out, struct err *e)
{
	struct lock_texts made = {0};
	char seconds[24];

	snprintf(seconds, sizeof(seconds), "%lld", (long long)epoch);
	made.item = arena_new(a, (ALWAYS + s->environment.n + 2) * sizeof(*made.item), LIMIT, e);
	if (!made.item || !add(&made, "SOURCE_DATE_EPOCH", seconds, a, e))
		return false;
	for (size_t i = 0; i < ALWAYS; i++)
		if (!is_said(s, always[i].name) &&
		    !add(&made, always[i].name, always[i].value, a, e))
			return false;
	for (size_t i = 0; i < s->environment.n; i++)
		if (!add(&made, s->environment.item[i].name, s->environment.item[i].value, a, e))
			return false;
	qsort(made.item, made.n, sizeof(*made.item), by_text);
	*out = made;
	return true;
}
