#include "measure/rebuild/lock_fields.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/json.h"
#include "measure/base/num.h"
#include "measure/base/when.h"
#include "reference-db/names.h"

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1) /* what every reader of JSON has exactly */

struct reading {
	struct arena *arena;
	const struct json *j;
	struct err *e;
};

static bool wrong_type(struct reading *r, const struct json_node *n, const char *what,
		       enum json_type must_be)
{
	return err_at(r->e, REASON_LOCK, n->offset, "%s is %s and must be %s", what,
		      json_type_name(n->type), json_type_name(must_be));
}

/* A refusal that has no place yet is of this one. */
static bool placed(struct reading *r, const struct json_node *n)
{
	r->e->reason = r->e->reason == REASON_USAGE ? REASON_LOCK : r->e->reason;
	r->e->at = true;
	r->e->offset = n->offset;
	return false;
}

static const char *text_of(struct reading *r, const struct json_node *n, const char *what)
{
	if (n->type != JSON_STRING) {
		wrong_type(r, n, what, JSON_STRING);
		return NULL;
	}
	if (n->text.n > 0 && memchr(n->text.p, '\0', n->text.n)) {
		err_at(r->e, REASON_LOCK, n->offset, "%s holds a NUL", what);
		return NULL;
	}
	return arena_text(r->arena, n->text, "the texts of a lock", r->e);
}

static bool take_text(struct reading *r, const struct json_node *n, const struct lock_field *f,
		      const char **to)
{
	bool ok;

	*to = text_of(r, n, f->key);
	if (!*to)
		return false;
	if (f->type == FIELD_PRODUCT)
		ok = name_check_product(*to, r->e);
	else if (f->type == FIELD_RELEASE)
		ok = name_check(*to, f->key, r->e);
	else
		ok = lock_text_check(f->text, *to, f->key, r->e);
	return ok || placed(r, n);
}

static bool take_texts(struct reading *r, const struct json_node *list, const struct lock_field *f,
		       struct lock_texts *to)
{
	const struct json_node *n = list->type == JSON_ARRAY ? json_first(r->j, list) : NULL;
	struct lock_field item = {.type = FIELD_TEXT, .text = f->text};
	char what[64];

	if (list->type != JSON_ARRAY)
		return wrong_type(r, list, f->key, JSON_ARRAY);
	if (list->count > LOCK_TEXTS_MAX)
		return err_at(r->e, REASON_LIMIT, list->offset, "%u %s, and %u are the limit",
			      list->count, f->key, LOCK_TEXTS_MAX);
	to->item = arena_new(r->arena, (list->count + 1) * sizeof(*to->item), "a lock", r->e);
	if (!to->item)
		return false;
	for (; n; n = json_after(r->j, list, n)) {
		snprintf(what, sizeof(what), "%s[%zu]", f->key, to->n);
		item.key = what;
		if (!take_text(r, n, &item, &to->item[to->n++]))
			return false;
	}
	return true;
}

static bool take_digest(struct reading *r, const struct json_node *n, const struct lock_field *f,
			struct digest *to)
{
	const struct lock_field as_text = {
		.key = f->key, .text = f->type == FIELD_HEX ? LOCK_TEXT_SHA256 : LOCK_TEXT_DIGEST};
	owned(buf_free) struct buf bytes = BUF(DIGEST_MAX);
	const char *text;

	if (!take_text(r, n, &as_text, &text))
		return false;
	if (!hex_read(text + (f->type == FIELD_HEX ? 0 : strlen(LOCK_PREFIX)), f->key, &bytes,
		      r->e))
		return false;
	*to = (struct digest){.alg = DIGEST_SHA256, .len = bytes.n};
	memcpy(to->v, bytes.p, bytes.n);
	return true;
}

static bool take_number(struct reading *r, const struct json_node *n, const char *key, uint64_t *to)
{
	char digits[24];

	if (n->type != JSON_NUMBER)
		return wrong_type(r, n, key, JSON_NUMBER);
	snprintf(digits, sizeof(digits), "%.*s", n->text.n < 23 ? (int)n->text.n : 23,
		 (const char *)n->text.p);
	return (num_parse(digits, to) && *to <= NUMBER_MAX) ||
	       err_at(r->e, REASON_LOCK, n->offset,
		      "%s is %s and must be a whole number below 2^53", key, digits);
}

static bool take_time(struct reading *r, const struct json_node *n, const struct lock_field *f,
		      int64_t *to)
{
	uint64_t number;
	const char *text;

	if (f->type == FIELD_TIME) {
		text = text_of(r, n, f->key);
		return text && (when_read(text, f->key, to, r->e) || placed(r, n));
	}
	if (!take_number(r, n, f->key, &number))
		return false;
	if (number > (uint64_t)WHEN_LAST)
		return err_at(r->e, REASON_LOCK, n->offset, "%s is behind the year 9999", f->key);
	*to = (int64_t)number;
	return true;
}

static bool take_umask(struct reading *r, const struct json_node *n, const struct lock_field *f,
		       uint32_t *to)
{
	const char *text = text_of(r, n, f->key);

	if (!text)
		return false;
	if (strlen(text) != 4 || strspn(text, "01234567") != 4 || text[0] != '0')
		return err_at(r->e, REASON_LOCK, n->offset,
			      "%s \"%.40s\" must be 0 and three octal digits", f->key, text);
	*to = (uint32_t)strtoul(text, NULL, 8);
	return true;
}

static bool take_kind(struct reading *r, const struct json_node *n, const struct lock_field *f,
		      enum lock_kind *to)
{
	const char *text = text_of(r, n, f->key);

	if (!text)
		return false;
	for (unsigned k = LOCK_PACKAGE; k <= LOCK_GIT; k++) {
		*to = (enum lock_kind)k;
		if (strcmp(text, lock_kind_names[k]) == 0)
			return true;
	}
	return err_at(r->e, REASON_LOCK, n->offset,
		      "%s \"%.40s\" must be package, file, blob or git", f->key, text);
}

static bool take_schema(struct reading *r, const struct json_node *n)
{
	if (n->type == JSON_STRING && bytes_equal(n->text, bytes_str(LOCK_SCHEMA)))
		return true;
	return err_at(r->e, REASON_LOCK, n->offset, "the schema is not \"%s\"", LOCK_SCHEMA);
}

static bool take_field(struct reading *r, const struct json_node *n, const struct lock_field *f,
		       void *to)
{
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_PRODUCT:
	case FIELD_RELEASE:
		return take_text(r, n, f, to);
	case FIELD_TEXTS:
		return take_texts(r, n, f, to);
	case FIELD_HEX:
	case FIELD_DIGEST:
		return take_digest(r, n, f, to);
	case FIELD_NUMBER:
		return take_number(r, n, f->key, to);
	case FIELD_EPOCH:
	case FIELD_TIME:
		return take_time(r, n, f, to);
	case FIELD_UMASK:
		return take_umask(r, n, f, to);
	case FIELD_KIND:
		return take_kind(r, n, f, to);
	case FIELD_SCHEMA:
		return take_schema(r, n);
	case FIELD_LIST:
		break;
	}
	return false;
}

static bool known_keys(struct reading *r, const struct json_node *object,
		       const struct lock_field *fields)
{
	const struct json_node *n;

	if (object->type != JSON_OBJECT)
		return wrong_type(r, object, "it", JSON_OBJECT);
	for (n = json_first(r->j, object); n; n = json_after(r->j, object, n)) {
		const struct lock_field *f = fields;

		while (f->key && !bytes_equal(n->key, bytes_str(f->key)))
			f++;
		if (!f->key)
			return err_at(r->e, REASON_LOCK, n->offset, "\"%.*s\" is no key here",
				      n->key.n < 60 ? (int)n->key.n : 60, (const char *)n->key.p);
	}
	return true;
}

/* NULL for one that may be absent, and is; *ok false when it may not. */
static const struct json_node *member(struct reading *r, const struct json_node *object,
				      const struct lock_field *f, bool *ok)
{
	const struct json_node *n = json_member(r->j, object, f->key);

	*ok = n || f->need == FIELD_OPTIONAL ||
	      err_at(r->e, REASON_LOCK, object->offset, "\"%s\" is missing", f->key);
	return n;
}

static bool take_object(struct reading *r, const struct json_node *object,
			const struct lock_field *fields, uint8_t *to)
{
	static const int64_t for_ever = INT64_MAX;
	bool ok = known_keys(r, object, fields);

	for (const struct lock_field *f = fields; ok && f->key; f++) {
		const struct json_node *n = member(r, object, f, &ok);

		if (n)
			ok = take_field(r, n, f, to + f->at);
		else if (f->type == FIELD_TIME)
			memcpy(to + f->at, &for_ever, sizeof(for_ever));
	}
	return ok;
}

static bool take_list(struct reading *r, const struct json_node *list, const struct lock_field *f,
		      struct lock *l)
{
	const struct lock_items *of = f->list;
	uint8_t *to = (uint8_t *)l, *items;
	size_t n = 0;

	if (list->type != JSON_ARRAY)
		return wrong_type(r, list, f->key, JSON_ARRAY);
	if (list->count > of->max)
		return err_at(r->e, REASON_LIMIT, list->offset, "%u %s, and %zu are the limit",
			      list->count, f->key, of->max);
	items = arena_new(r->arena, (list->count + 1) * of->size, "a lock", r->e);
	if (!items)
		return false;
	for (const struct json_node *i = json_first(r->j, list); i; i = json_after(r->j, list, i))
		if (!take_object(r, i, of->fields, items + n++ * of->size))
			return err_in(r->e, "%s[%zu]", f->key, n - 1);
	memcpy(to + f->at, &items, sizeof(items));
	memcpy(to + of->n_at, &n, sizeof(n));
	return true;
}

static bool take_all(struct reading *r, struct lock *l)
{
	const struct json_node *root = &r->j->nodes[0], *n;
	bool ok;

	if (root->type != JSON_OBJECT || !json_member(r->j, root, "schema"))
		return err_at(r->e, REASON_LOCK, 0, "it is no lock: \"schema\" is missing");
	ok = take_schema(r, json_member(r->j, root, "schema")) &&
	     known_keys(r, root, lock_top_fields);
	for (const struct lock_field *f = lock_top_fields; ok && f->key; f++) {
		n = member(r, root, f, &ok);
		if (n)
			ok = f->type == FIELD_LIST ? take_list(r, n, f, l)
						   : take_field(r, n, f, (uint8_t *)l + f->at);
	}
	return ok;
}

static bool misfits(const struct lock_input *i, const char *what, struct err *e)
{
	return err_set(e, REASON_LOCK, "input '%s' '%s' is a %s and %s", i->input, i->name,
		       lock_kind_names[i->kind], what);
}

/* Has each kind what it is known by, and nothing else? */
static bool check_kind(const struct lock_input *i, struct err *e)
{
	bool package = i->kind == LOCK_PACKAGE, git = i->kind == LOCK_GIT;

	if (package != (i->version && i->architecture) ||
	    (!package && (i->version || i->architecture)))
		return misfits(i,
			       package ? "needs version and architecture"
				       : "has no version and no architecture",
			       e);
	if (git != (i->commit && i->tree.len) || (!git && (i->commit || i->tree.len)))
		return misfits(i, git ? "needs commit and tree" : "has no commit and no tree", e);
	if (!git && i->submodules.n)
		return misfits(i, "has no submodules", e);
	if ((package || i->kind == LOCK_BLOB) && !*i->name)
		return misfits(i, "needs a name", e);
	return !git || !*i->name || misfits(i, "has no name", e);
}

static bool check(const struct lock *l, struct err *e)
{
	for (size_t i = 0; i < l->n_inputs; i++) {
		const struct lock_input *x = &l->inputs[i];

		if (!check_kind(x, e))
			return false;
		if (i > 0 && strcmp(x[-1].input, x->input) == 0 && x[-1].kind != x->kind)
			return err_set(e, REASON_LOCK, "input '%s' is both %s and %s", x->input,
				       lock_kind_names[x[-1].kind], lock_kind_names[x->kind]);
	}
	for (size_t i = 0; i < l->n_stages; i++)
		if (l->stages[i].jobs == 0 || l->stages[i].jobs > LOCK_JOBS_MAX)
			return err_set(e, REASON_LOCK, "stage '%s' has %llu jobs, 1 to %u can be",
				       l->stages[i].name, (unsigned long long)l->stages[i].jobs,
				       LOCK_JOBS_MAX);
	return true;
}

/* Is the text what would be written? */
static bool canonical(const struct lock *l, struct bytes text, struct err *e)
{
	owned(buf_free) struct buf out = BUF(LOCK_MAX_BYTES);
	size_t at = 0;

	lock_put(l, &out);
	if (!buf_done(&out, "a lock", e))
		return false;
	while (at < text.n && at < out.n && text.p[at] == out.p[at])
		at++;
	if (at == text.n && at == out.n)
		return true;
	err_at(e, REASON_LOCK, at,
	       "it is not in the one form that a lock has: from here on it would "
	       "be written otherwise");
	return err_hint(e, "`measure lock` writes it");
}

static bool holds(struct lock *l, struct err *e)
{
	char is[2 * DIGEST_MAX + 1], said[2 * DIGEST_MAX + 1];
	struct digest d;

	if (!lock_inputs_digest(l, &d, e))
		return false;
	if (digest_equal(&d, &l->inputs_digest))
		return true;
	hex_string(is, digest_bytes(&d));
	hex_string(said, digest_bytes(&l->inputs_digest));
	err_set(e, REASON_LOCK, "inputs_digest is %s, and the inputs come to %s", said, is);
	return err_hint(e, "it was edited by hand; `measure lock` writes it");
}

bool lock_read(struct lock *l, struct bytes text, struct err *e)
{
	owned(lock_free) struct lock new = LOCK_NEW;
	owned(json_free) struct json j = {0};
	struct reading r = {&new.arena, &j, e};

	if (text.n > LOCK_MAX_BYTES)
		return err_set(e, REASON_LIMIT, "%zu bytes, %u are the limit of a lock", text.n,
			       LOCK_MAX_BYTES);
	if (!json_read(&j, text, 0, e) || !take_all(&r, &new) || !lock_order(&new, e) ||
	    !check(&new, e) || !canonical(&new, text, e) || !holds(&new, e))
		return false;
	*l = take(new);
	return true;
}
