#include "measure/guest/init/words.h"

static char separator(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			return '\0';
	return '\n';
}

size_t words_count(const char *text, size_t n)
{
	char end = separator(text, n);
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += text[i] == end || i + 1 == n;
	return count;
}

void words_cut(char *text, size_t n, char **item)
{
	char end = separator(text, n);
	size_t begin = 0, count = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] != end && i + 1 < n)
			continue;
		text[text[i] == end ? i : n] = '\0';
		item[count++] = text + begin;
		begin = i + 1;
	}
}

static bool number(const char **p, const char *end, uint32_t *out)
{
	const char *begin = *p;
	uint64_t x = 0;

	for (; *p < end && **p >= '0' && **p <= '9' && x <= UINT32_MAX; ++*p)
		x = x * 10 + (uint64_t)(**p - '0');
	*out = (uint32_t)x;
	return *p > begin && x <= UINT32_MAX;
}

static bool next_number(const char **p, const char *end, uint32_t *out)
{
	return *p < end && *(*p)++ == ' ' && number(p, end, out);
}

bool words_user(const char *text, size_t n, struct words_user *out)
{
	const char *p = text, *end = text + n;

	if (n > 0 && end[-1] == '\n')
		end--;
	out->n_groups = 0;
	if (!number(&p, end, &out->uid) || !next_number(&p, end, &out->gid))
		return false;
	while (p < end)
		if (out->n_groups == WORDS_GROUPS ||
		    !next_number(&p, end, &out->groups[out->n_groups++]))
			return false;
	return true;
}

static bool add(char *out, size_t room, size_t *at, char c)
{
	if (*at >= room)
		return false;
	out[(*at)++] = c;
	return true;
}

/* One candidate; false: it does not fit. */
static bool join(const char **path, const char *name, char *out, size_t room)
{
	const char *p = *path;
	size_t at = 0;
	bool fits = true;

	if (*p == ':' || *p == '\0')
		fits = add(out, room, &at, '.');
	for (; *p != ':' && *p != '\0'; p++)
		fits = fits && add(out, room, &at, *p);
	*path = *p == ':' ? p + 1 : NULL;
	fits = fits && add(out, room, &at, '/');
	for (; *name != '\0'; name++)
		fits = fits && add(out, room, &at, *name);
	return fits && add(out, room, &at, '\0');
}

bool words_search(const char **path, const char *name, char *out, size_t room)
{
	while (*path)
		if (join(path, name, out, room))
			return true;
	return false;
}

const char *words_number(uint64_t x, char digits[WORDS_DIGITS])
{
	char *p = digits + WORDS_DIGITS - 1;

	*p = '\0';
	do
		*--p = (char)('0' + x % 10);
	while ((x /= 10) > 0);
	return p;
}

const char *words_variable(const char *const *env, const char *name)
{
	size_t i;

	for (; *env; env++) {
		for (i = 0; name[i] != '\0' && (*env)[i] == name[i]; i++)
			;
		if (name[i] == '\0' && (*env)[i] == '=')
			return *env + i + 1;
	}
	return NULL;
}
