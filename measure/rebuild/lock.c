#include "measure/rebuild/lock_fields.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/json.h"
#include "measure/base/when.h"
#include "measure/core/hash.h"

#define INPUTS_SCHEMA "measure-inputs/1"

const char *const lock_kind_names[] = {
	[LOCK_PACKAGE] = "package",
	[LOCK_FILE_INPUT] = "file",
	[LOCK_BLOB] = "blob",
	[LOCK_GIT] = "git",
};

#define AT(structure, member) offsetof(struct lock_##structure, member)

static const struct lock_field input_fields[] = {
	{"architecture", FIELD_TEXT, AT(input, architecture), LOCK_TEXT_NAME, FIELD_OPTIONAL, NULL},
	{"commit", FIELD_TEXT, AT(input, commit), LOCK_TEXT_COMMIT, FIELD_OPTIONAL, NULL},
	{"input", FIELD_TEXT, AT(input, input), LOCK_TEXT_NAME, FIELD_NEEDED, NULL},
	{"kind", FIELD_KIND, AT(input, kind), 0, FIELD_NEEDED, NULL},
	{"name", FIELD_TEXT, AT(input, name), LOCK_TEXT_NAME_OR_NONE, FIELD_NEEDED, NULL},
	{"origins", FIELD_TEXTS, AT(input, origins), LOCK_TEXT_ORIGIN, FIELD_PLACE, NULL},
	{"sha256", FIELD_HEX, AT(input, object.sha256), 0, FIELD_NEEDED, NULL},
	{"size", FIELD_NUMBER, AT(input, object.size), 0, FIELD_NEEDED, NULL},
	{"submodules", FIELD_TEXTS, AT(input, submodules), LOCK_TEXT_SUBMODULE, FIELD_OPTIONAL,
	 NULL},
	{"tree", FIELD_DIGEST, AT(input, tree), 0, FIELD_OPTIONAL, NULL},
	{"version", FIELD_TEXT, AT(input, version), LOCK_TEXT_VERSION, FIELD_OPTIONAL, NULL},
	{0},
};

static const struct lock_field list_fields[] = {
	{"archive", FIELD_TEXT, AT(list, archive), LOCK_TEXT_NAME, FIELD_NEEDED, NULL},
	{"date", FIELD_TIME, AT(list, date), 0, FIELD_NEEDED, NULL},
	{"sha256", FIELD_HEX, AT(list, release.sha256), 0, FIELD_NEEDED, NULL},
	{"signer", FIELD_TEXT, AT(list, signer), LOCK_TEXT_FINGERPRINT, FIELD_NEEDED, NULL},
	{"size", FIELD_NUMBER, AT(list, release.size), 0, FIELD_NEEDED, NULL},
	{"snapshot", FIELD_TEXT, AT(list, snapshot), LOCK_TEXT_SNAPSHOT, FIELD_OPTIONAL, NULL},
	{"suite", FIELD_TEXT, AT(list, suite), LOCK_TEXT_NAME, FIELD_NEEDED, NULL},
	{"valid_until", FIELD_TIME, AT(list, valid_until), 0, FIELD_OPTIONAL, NULL},
	{0},
};

static const struct lock_field stage_fields[] = {
	{"environment", FIELD_TEXTS, AT(stage, environment), LOCK_TEXT_VARIABLE, FIELD_NEEDED,
	 NULL},
	{"jobs", FIELD_NUMBER, AT(stage, jobs), 0, FIELD_NEEDED, NULL},
	{"name", FIELD_TEXT, AT(stage, name), LOCK_TEXT_NAME, FIELD_NEEDED, NULL},
	{"path", FIELD_TEXT, AT(stage, path), LOCK_TEXT_PATH, FIELD_NEEDED, NULL},
	{"umask", FIELD_UMASK, AT(stage, umask), 0, FIELD_NEEDED, NULL},
	{0},
};

static const struct lock_field library_fields[] = {
	{"name", FIELD_TEXT, AT(library, name), LOCK_TEXT_NAME, FIELD_NEEDED, NULL},
	{"version", FIELD_TEXT, AT(library, version), LOCK_TEXT_VERSION, FIELD_NEEDED, NULL},
	{0},
};

static const struct lock_field question_fields[] = {
	{"input", FIELD_TEXT, AT(question, input), LOCK_TEXT_NAME, FIELD_NEEDED, NULL},
	{"sha256", FIELD_HEX, AT(question, sha256), 0, FIELD_NEEDED, NULL},
	{0},
};

/* What an item is known by: the one or two texts that it begins with. */
struct known {
	const char *first, *second;
};

_Static_assert(offsetof(struct lock_input, name) == offsetof(struct known, second), "two texts");
_Static_assert(offsetof(struct lock_list, suite) == offsetof(struct known, second), "two texts");

static int by_one(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_two(const void *a, const void *b)
{
	struct known x, y;
	int order;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	order = strcmp(x.first, y.first);
	return order ? order : strcmp(x.second, y.second);
}

#define TOP(member) offsetof(struct lock, member)

static const struct lock_items inputs_list = {input_fields, sizeof(struct lock_input),
					      TOP(n_inputs), LOCK_INPUTS_MAX, by_two};
static const struct lock_items lists_list = {list_fields, sizeof(struct lock_list), TOP(n_lists),
					     LOCK_LISTS_MAX, by_two};
static const struct lock_items stages_list = {stage_fields, sizeof(struct lock_stage),
					      TOP(n_stages), LOCK_STAGES_MAX, by_one};
static const struct lock_items libraries_list = {library_fields, sizeof(struct lock_library),
						 TOP(n_libraries), LOCK_LIBRARIES_MAX, by_one};

static const struct lock_items questions_list = {question_fields, sizeof(struct lock_question),
						 TOP(n_questions), LOCK_INPUTS_MAX, by_one};

const struct lock_field lock_top_fields[] = {
	{"epoch", FIELD_EPOCH, TOP(epoch), 0, FIELD_NEEDED, NULL},
	{"inputs", FIELD_LIST, TOP(inputs), 0, FIELD_NEEDED, &inputs_list},
	{"inputs_digest", FIELD_DIGEST, TOP(inputs_digest), 0, FIELD_PLACE, NULL},
	{"libraries", FIELD_LIST, TOP(libraries), 0, FIELD_NEEDED, &libraries_list},
	{"lists", FIELD_LIST, TOP(lists), 0, FIELD_PLACE, &lists_list},
	{"product", FIELD_PRODUCT, TOP(product), 0, FIELD_PLACE, NULL},
	{"questions", FIELD_LIST, TOP(questions), 0, FIELD_PLACE, &questions_list},
	{"recipe", FIELD_DIGEST, TOP(recipe), 0, FIELD_PLACE, NULL},
	{"schema", FIELD_SCHEMA, 0, 0, FIELD_NEEDED, NULL},
	{"stages", FIELD_LIST, TOP(stages), 0, FIELD_NEEDED, &stages_list},
	{"tool", FIELD_TEXT, TOP(tool), LOCK_TEXT_VERSION, FIELD_PLACE, NULL},
	{"version", FIELD_RELEASE, TOP(version), 0, FIELD_PLACE, NULL},
	{0},
};

void lock_free(struct lock *l)
{
	arena_free(&l->arena);
	*l = (struct lock){0};
}

const struct lock_input *lock_find(const struct lock *l, const char *input, size_t *n)
{
	const struct lock_input *first = NULL;

	*n = 0;
	for (size_t i = 0; i < l->n_inputs; i++) {
		if (strcmp(l->inputs[i].input, input) != 0)
			continue;
		first = first ? first : &l->inputs[i];
		++*n;
	}
	return first;
}

/* ---- order */

/* Of two variables the names count. */
static bool same_text(const char *a, const char *b, size_t n)
{
	return n ? strncmp(a, b, n) == 0 : strcmp(a, b) == 0;
}

static bool order_texts(struct lock_texts *t, bool variables, struct err *e)
{
	if (t->n > 1)
		qsort(t->item, t->n, sizeof(*t->item), by_one);
	for (size_t i = 1; i < t->n; i++) {
		const char *a = t->item[i - 1], *b = t->item[i];

		if (same_text(a, b, variables ? strcspn(b, "=") + 1 : 0))
			return err_set(e, REASON_LOCK, "'%.200s' stands there twice", b);
	}
	return true;
}

static bool order_items(const struct lock_field *f, struct lock *l, struct err *e)
{
	const struct lock_items *of = f->list;
	const uint8_t *items;
	struct known k;
	size_t n;

	memcpy(&items, (uint8_t *)l + f->at, sizeof(items));
	memcpy(&n, (uint8_t *)l + of->n_at, sizeof(n));
	if (n > 1)
		qsort((void *)(uintptr_t)items, n, of->size, of->order);
	for (size_t i = 1; i < n; i++) {
		const uint8_t *at = items + i * of->size;

		if (of->order(at - of->size, at) != 0)
			continue;
		memcpy(&k, at, sizeof(k));
		return err_set(e, REASON_LOCK, "%s: '%s' '%s' stands there twice", f->key, k.first,
			       of->order == by_two ? k.second : "");
	}
	return true;
}

bool lock_order(struct lock *l, struct err *e)
{
	for (size_t i = 0; i < l->n_inputs; i++)
		if (!order_texts(&l->inputs[i].origins, false, e) ||
		    !order_texts(&l->inputs[i].submodules, false, e))
			return err_in(e, "input '%s' '%s'", l->inputs[i].input, l->inputs[i].name);
	for (size_t i = 0; i < l->n_stages; i++)
		if (!order_texts(&l->stages[i].environment, true, e))
			return err_in(e, "stage '%s'", l->stages[i].name);
	for (const struct lock_field *f = lock_top_fields; f->key; f++)
		if (f->type == FIELD_LIST && !order_items(f, l, e))
			return false;
	return true;
}

/* ---- writing */

static void put_texts(struct json_out *w, const struct lock_texts *t)
{
	json_open(w, '[');
	for (size_t i = 0; i < t->n; i++)
		json_str(w, t->item[i]);
	json_close(w, ']');
}

static void put_digest(struct json_out *w, const char *prefix, const struct digest *d)
{
	char text[sizeof(LOCK_PREFIX) + 2 * DIGEST_MAX];
	size_t n = strlen(prefix);

	memcpy(text, prefix, n);
	hex_string(text + n, digest_bytes(d));
	json_str(w, text);
}

static void put_time(struct json_out *w, int64_t when)
{
	owned(buf_free) struct buf text = BUF(32);

	when_put(&text, when, "Z");
	if (text.failed != REASON_NONE)
		buf_fail(w->out, text.failed);
	json_str(w, buf_cstr(&text));
}

/* Nothing to be written; whoever needs it misses it when it is read. */
static bool absent(const struct lock_field *f, const void *at)
{
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_PRODUCT:
	case FIELD_RELEASE:
		return !*(const char *const *)at;
	case FIELD_TEXTS:
		return f->need == FIELD_OPTIONAL && ((const struct lock_texts *)at)->n == 0;
	case FIELD_HEX:
	case FIELD_DIGEST:
		return ((const struct digest *)at)->len == 0;
	case FIELD_TIME:
		return *(const int64_t *)at == INT64_MAX;
	case FIELD_NUMBER:
	case FIELD_EPOCH:
	case FIELD_UMASK:
	case FIELD_KIND:
	case FIELD_SCHEMA:
	case FIELD_LIST:
		break;
	}
	return false;
}

static void put_umask(struct json_out *w, uint32_t mask)
{
	char text[16];

	snprintf(text, sizeof(text), "%04o", mask);
	json_str(w, text);
}

static void put_value(struct json_out *w, const struct lock_field *f, const void *at)
{
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_PRODUCT:
	case FIELD_RELEASE:
		json_str(w, *(const char *const *)at);
		return;
	case FIELD_TEXTS:
		put_texts(w, at);
		return;
	case FIELD_HEX:
		put_digest(w, "", at);
		return;
	case FIELD_DIGEST:
		put_digest(w, LOCK_PREFIX, at);
		return;
	case FIELD_NUMBER:
		json_u64(w, *(const uint64_t *)at);
		return;
	case FIELD_EPOCH:
		json_u64(w, (uint64_t) * (const int64_t *)at);
		return;
	case FIELD_TIME:
		put_time(w, *(const int64_t *)at);
		return;
	case FIELD_UMASK:
		put_umask(w, *(const uint32_t *)at);
		return;
	case FIELD_KIND:
		json_str(w, lock_kind_names[*(const enum lock_kind *)at]);
		return;
	case FIELD_SCHEMA:
	case FIELD_LIST:
		return;
	}
}

struct writing {
	struct json_out w;
	bool inputs; /* the list of inputs alone */
};

static bool left_out(const struct writing *w, const struct lock_field *f)
{
	return w->inputs && f->need == FIELD_PLACE;
}

static void put_list(struct writing *w, const struct lock_field *f, const struct lock *l)
{
	const uint8_t *item;
	size_t n;

	memcpy(&item, (const uint8_t *)l + f->at, sizeof(item));
	memcpy(&n, (const uint8_t *)l + f->list->n_at, sizeof(n));
	json_open(&w->w, '[');
	for (; n > 0; n--, item += f->list->size) {
		json_open(&w->w, '{');
		for (const struct lock_field *m = f->list->fields; m->key; m++) {
			if (left_out(w, m) || absent(m, item + m->at))
				continue;
			json_key(&w->w, m->key);
			put_value(&w->w, m, item + m->at);
		}
		json_close(&w->w, '}');
	}
	json_close(&w->w, ']');
}

static void put(const struct lock *l, bool inputs, struct buf *out)
{
	struct writing w = {json_out(out, true), inputs};

	json_open(&w.w, '{');
	for (const struct lock_field *f = lock_top_fields; f->key; f++) {
		if (left_out(&w, f) || absent(f, (const uint8_t *)l + f->at))
			continue;
		json_key(&w.w, f->key);
		if (f->type == FIELD_LIST)
			put_list(&w, f, l);
		else if (f->type == FIELD_SCHEMA)
			json_str(&w.w, inputs ? INPUTS_SCHEMA : LOCK_SCHEMA);
		else
			put_value(&w.w, f, (const uint8_t *)l + f->at);
	}
	json_close(&w.w, '}');
	buf_str(out, "\n");
}

void lock_put(const struct lock *l, struct buf *out)
{
	put(l, false, out);
}

bool lock_inputs_digest(struct lock *l, struct digest *out, struct err *e)
{
	owned(buf_free) struct buf list = BUF(LOCK_MAX_BYTES);

	if (!lock_order(l, e))
		return false;
	put(l, true, &list);
	return buf_done(&list, "the list of inputs", e) &&
	       hash_of(DIGEST_SHA256, buf_bytes(&list), out, e);
}

/* Whoever reads it would refuse what cannot stand in a lock: so it is read. */
bool lock_write(struct lock *l, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf text = BUF(LOCK_MAX_BYTES);
	owned(lock_free) struct lock again = {0};

	if (!lock_inputs_digest(l, &l->inputs_digest, e))
		return false;
	lock_put(l, &text);
	if (!buf_done(&text, "a lock", e) || !lock_read(&again, buf_bytes(&text), e))
		return false;
	buf_put(out, buf_bytes(&text));
	return buf_done(out, "a lock", e);
}

const struct lock_stage *lock_stage(const struct lock *l, const char *name)
{
	for (size_t i = 0; i < l->n_stages; i++)
		if (strcmp(l->stages[i].name, name) == 0)
			return &l->stages[i];
	return NULL;
}
