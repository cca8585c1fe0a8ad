#include "measure/guest/init/root_words.h"

struct word {
	const char *p;
	size_t n;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool next_word(struct word *left, struct word *out)
{
	bool quoted = false;

	while (left->n > 0 && is_blank(*left->p)) {
		left->p++;
		left->n--;
	}
	*out = (struct word){left->p, 0};
	for (; left->n > 0 && (quoted || !is_blank(*left->p)); left->n--) {
		quoted = quoted != (*left->p == '"');
		left->p++;
		out->n++;
	}
	return out->n > 0;
}

/* The value behind "NAME=", whose '=' belongs to the name. */
static bool value_of(const struct word *w, const char *name, struct word *value)
{
	size_t i = 0;

	for (; name[i] != '\0'; i++)
		if (i == w->n || w->p[i] != name[i])
			return false;
	*value = (struct word){w->p + i, w->n - i};
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool root_words_device(const char *text, size_t n)
{
	static const char head[] = "/dev/";
	struct word w = {text, n}, rest;

	if (n >= ROOT_WORDS_DEVICE || !value_of(&w, head, &rest) || rest.n == 0)
		return false;
	for (size_t i = 0; i < rest.n; i++) {
		char c = rest.p[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    c != '/' && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

static void copy(char *to, const struct word *w)
{
	for (size_t i = 0; i < w->n; i++)
		to[i] = w->p[i];
	to[w->n] = '\0';
}

static bool take_device(const struct word *w, struct root_words *out)
{
	if (!root_words_device(w->p, w->n))
		return false;
	copy(out->device, w);
	return true;
}

static bool take_hash(const struct word *w, struct root_words *out)
{
	if (w->n != ROOT_WORDS_HASH)
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (!is_digit(w->p[i]) && !(w->p[i] >= 'a' && w->p[i] <= 'f'))
			return false;
	copy(out->hash, w);
	return true;
}

static bool take_blocks(const struct word *w, struct root_words *out)
{
	if (w->n == 0 || w->n > 10 || w->p[0] == '0')
		return false;
	out->blocks = 0;
	for (size_t i = 0; i < w->n; i++) {
		if (!is_digit(w->p[i]))
			return false;
		out->blocks = out->blocks * 10 + (uint64_t)(w->p[i] - '0');
	}
	return out->blocks <= ROOT_WORDS_BLOCKS;
}

enum root_words_found root_words_read(const char *text, size_t n, struct root_words *out)
{
	static const struct {
		const char *name;
		bool (*set)(const struct word *w, struct root_words *out);
	} known[] = {
		{"measure.root=", take_device},
		{"measure.verity=", take_hash},
		{"measure.blocks=", take_blocks},
	};
	struct word left = {text, n}, w, value;
	unsigned seen = 0;

	while (next_word(&left, &w))
		for (unsigned i = 0; i < 3; i++) {
			if (!value_of(&w, known[i].name, &value))
				continue;
			if ((seen & 1u << i) || !known[i].set(&value, out))
				return ROOT_WORDS_WRONG;
			seen |= 1u << i;
		}
	return seen == 0 ? ROOT_WORDS_NONE : seen == 7 ? ROOT_WORDS_ALL : ROOT_WORDS_WRONG;
}
