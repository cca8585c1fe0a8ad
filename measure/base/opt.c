#include "measure/base/opt.h"

#include <stdlib.h>
#include <string.h>

#include "measure/base/buf.h"
#include "measure/base/num.h"
#include "measure/base/text.h"

/* One word list being read; at is the next word, so that an option can take the one behind it. */
struct reader {
	const struct opt *table;
	size_t n, at;
	char *const *argv;
	struct args *out;
	struct err *e;
};

#define OPT_USAGE_MAX 1024

static size_t table_len(const struct opt *table)
{
	size_t n = 0;

	while (table[n].name)
		n++;
	return n;
}

static const struct opt *find_long(const struct opt *table, const char *name, size_t n)
{
	for (; table->name; table++)
		if (strlen(table->name) == n && memcmp(table->name, name, n) == 0)
			return table;
	return NULL;
}

static const struct opt *find_brief(const struct opt *table, char brief)
{
	for (; table->name; table++)
		if (table->brief == brief)
			return table;
	return NULL;
}

/* The name is cut at '=' by the caller; without memory there is no hint, and no harm. */
static void hint_long(const struct reader *r, const char *name)
{
	size_t n = table_len(r->table);
	const char **names = calloc(n + 1, sizeof(*names));
	const char *near;

	if (!names)
		return;
	for (size_t i = 0; i < n; i++)
		names[i] = r->table[i].name;
	near = text_nearest(name, names);
	if (near)
		err_hint(r->e, "did you mean '--%s'?", near);
	free(names);
}

static bool unknown_long(const struct reader *r, const char *name, size_t n)
{
	owned(buf_free) struct buf copy = BUF(OPT_USAGE_MAX);

	err_set(r->e, REASON_USAGE, "unknown option '--%.*s'", n < 64 ? (int)n : 64, name);
	buf_put(&copy, bytes_of(name, n));
	hint_long(r, buf_cstr(&copy));
	return false;
}

/* "-json" is more likely a long name with a dash lost than five letters. */
static bool unknown_brief(const struct reader *r, const char *word, char brief)
{
	const struct opt *meant = find_long(r->table, word + 1, strlen(word + 1));

	err_set(r->e, REASON_USAGE, "unknown option '-%c'", brief);
	if (meant)
		err_hint(r->e, "did you mean '--%s'?", meant->name);
	return false;
}

/* "auto, always or never" */
static bool bad_choice(const struct reader *r, const struct opt *o, const char *value)
{
	owned(buf_free) struct buf list = BUF(OPT_USAGE_MAX);
	const char *near = text_nearest(value, o->choices);

	for (size_t i = 0; o->choices[i]; i++) {
		if (i > 0)
			buf_str(&list, o->choices[i + 1] ? ", " : " or ");
		buf_str(&list, o->choices[i]);
	}
	err_set(r->e, REASON_USAGE, "option '--%s' takes %s, not '%s'", o->name, buf_cstr(&list),
		value);
	if (near)
		err_hint(r->e, "did you mean '--%s=%s'?", o->name, near);
	return false;
}

static bool is_choice(const struct opt *o, const char *value)
{
	if (!o->choices)
		return true;
	for (size_t i = 0; o->choices[i]; i++)
		if (strcmp(o->choices[i], value) == 0)
			return true;
	return false;
}

static bool put(const struct reader *r, const struct opt *o, const char *value)
{
	unsigned index = (unsigned)(o - r->table);
	struct args *a = r->out;

	if ((o->kind == OPT_VALUE || (o->kind == OPT_MAYBE && (value || args_value(a, index)))) &&
	    args_has(a, index))
		return err_set(r->e, REASON_USAGE, "option '--%s' is given twice", o->name);
	if (value && !is_choice(o, value))
		return bad_choice(r, o, value);
	a->values[a->n_values++] = (struct arg_value){index, value};
	return true;
}

/* given: the value that stands in the option's own word, or NULL. */
static bool put_option(struct reader *r, const struct opt *o, const char *given)
{
	bool needs = o->kind == OPT_VALUE || o->kind == OPT_LIST;

	if (given && o->kind == OPT_FLAG)
		return err_set(r->e, REASON_USAGE, "option '--%s' takes no value, '%s' was given",
			       o->name, given);
	if (given || !needs)
		return put(r, o, given);
	if (r->at == r->n)
		return err_set(r->e, REASON_USAGE, "option '--%s' needs a value (%s)", o->name,
			       o->arg);
	return put(r, o, r->argv[r->at++]);
}

static bool read_long(struct reader *r, const char *word)
{
	const char *name = word + 2;
	size_t n = strcspn(name, "=");
	const struct opt *o = find_long(r->table, name, n);

	if (!o)
		return unknown_long(r, name, n);
	return put_option(r, o, name[n] == '=' ? name + n + 1 : NULL);
}

/* "-qv" is two flags; "-oF" and "-o F" are the same. */
static bool read_brief(struct reader *r, const char *word)
{
	for (const char *p = word + 1; *p; p++) {
		const struct opt *o = find_brief(r->table, *p);

		if (!o)
			return unknown_brief(r, word, *p);
		if (o->kind == OPT_VALUE || o->kind == OPT_LIST)
			return put_option(r, o, p[1] ? p + 1 : NULL);
		if (!put(r, o, NULL))
			return false;
	}
	return true;
}

static bool read_words(struct reader *r)
{
	bool options = true;

	while (r->at < r->n) {
		const char *word = r->argv[r->at++];

		if (!options || word[0] != '-' || word[1] == '\0')
			r->out->operands[r->out->n_operands++] = word;
		else if (strcmp(word, "--") == 0)
			options = false;
		else if (!(word[1] == '-' ? read_long(r, word) : read_brief(r, word)))
			return false;
	}
	return true;
}

/* Options that a word may hold at most: a single dash may be followed by many letters. */
static size_t room_of(const char *word)
{
	return word[0] == '-' && word[1] != '-' ? strlen(word) : 1;
}

static bool room(size_t n, char *const *argv, struct args *a, struct err *e)
{
	size_t letters = 1, size, words;

	for (size_t i = 0; i < n; i++)
		if (!num_add_size(letters, room_of(argv[i]), &letters))
			return err_set(e, REASON_OUT_OF_MEMORY, "command line too long");
	if (!num_mul_size(letters, sizeof(*a->values), &size) ||
	    !num_mul_size(n + 1, sizeof(*a->operands), &words))
		return err_set(e, REASON_OUT_OF_MEMORY, "command line too long");
	a->values = own_new(size, e);
	a->operands = own_new(words, e);
	return a->values && a->operands;
}

bool opt_parse(const struct opt *table, size_t n, char *const *argv, struct args *out,
	       struct err *e)
{
	owned(args_free) struct args a = {0};
	struct reader r = {.table = table, .n = n, .argv = argv, .out = &a, .e = e};

	if (!room(n, argv, &a, e) || !read_words(&r))
		return false;
	*out = take(a);
	return true;
}

void args_free(struct args *a)
{
	free(a->values);
	free(a->operands);
	*a = (struct args){0};
}

bool args_has(const struct args *a, unsigned opt)
{
	for (size_t i = 0; i < a->n_values; i++)
		if (a->values[i].opt == opt)
			return true;
	return false;
}

const char *args_value(const struct args *a, unsigned opt)
{
	for (size_t i = a->n_values; i-- > 0;)
		if (a->values[i].opt == opt)
			return a->values[i].value;
	return NULL;
}

const char *args_item(const struct args *a, unsigned opt, size_t i)
{
	for (size_t k = 0; k < a->n_values; k++)
		if (a->values[k].opt == opt && i-- == 0)
			return a->values[k].value;
	return NULL;
}
