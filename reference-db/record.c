#include "reference-db/record.h"

#include <stdio.h>

#include "measure/base/text.h"
#include "reference-db/names.h"

static const char *const top_keys[] = {"schema",   "product",	 "version",	"vendor",
				       "artefact", "origin",	 "source",	"recipe",
				       "inputs",   "components", "certificate", NULL};
static const char *const source_keys[] = {"commit", "digest", NULL};

void record_free(struct record *r)
{
	buf_free(&r->strings);
	*r = (struct record){0};
}

static bool wrong(struct err *e, const struct json_node *at, const char *format, ...)
	ERR_FORMAT(3, 4);

static bool wrong(struct err *e, const struct json_node *at, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_at(e, REASON_BUILD_RECORD, at->offset, "%s", text);
}

/* A refusal of names.h, which speaks of the command line, as one of the record. */
static bool refused(struct err *e, const struct json_node *at)
{
	e->reason = REASON_BUILD_RECORD;
	e->at = true;
	e->offset = at->offset;
	return false;
}

static bool known_keys(const struct json *j, const struct json_node *object,
		       const char *const *keys, struct err *e)
{
	for (const struct json_node *n = json_first(j, object); n; n = json_after(j, object, n)) {
		owned(buf_free) struct buf key = BUF(64);
		const char *const *k = keys;
		const char *near;

		while (*k && !bytes_equal(n->key, bytes_str(*k)))
			k++;
		if (*k)
			continue;
		buf_put(&key, bytes_of(n->key.p, n->key.n < 60 ? n->key.n : 60));
		near = text_nearest(buf_cstr(&key), keys);
		wrong(e, n, "\"%s\" is no key of %s", buf_cstr(&key), RECORD_SCHEMA);
		return near ? err_hint(e, "did you mean \"%s\"?", near) : false;
	}
	return true;
}

/* A string without NUL, kept; NULL with e set. */
static const char *text_of(struct record *r, const struct json_node *n, const char *key,
			   struct err *e)
{
	uint8_t *to;

	if (n->type != JSON_STRING) {
		wrong(e, n, "%s is %s and must be a string", key, json_type_name(n->type));
		return NULL;
	}
	if (n->text.n > 0 && memchr(n->text.p, '\0', n->text.n)) {
		wrong(e, n, "%s holds a NUL", key);
		return NULL;
	}
	to = buf_room(&r->strings, n->text.n + 1);
	if (!to) {
		err_set(e, r->strings.failed, "the texts of a build record do not fit");
		return NULL;
	}
	if (n->text.n > 0)
		memcpy(to, n->text.p, n->text.n);
	to[n->text.n] = '\0';
	return (const char *)to;
}

enum check { CHECK_TEXT, CHECK_NAME, CHECK_PRODUCT, CHECK_COMMIT, CHECK_DIGEST };

static bool check(const char *text, const char *key, enum check how, struct err *e)
{
	switch (how) {
	case CHECK_TEXT:
		return name_check_text(text, key, e);
	case CHECK_NAME:
		return name_check(text, key, e);
	case CHECK_PRODUCT:
		return name_check_product(text, e);
	case CHECK_COMMIT:
		return name_check_commit(text, e);
	case CHECK_DIGEST:
		break;
	}
	return name_check_digest(text, key, e);
}

struct text_key {
	const char *key;
	enum check how;
	bool required;
	const char **to;
};

static bool take_text(struct record *r, const struct json *j, const struct json_node *object,
		      const struct text_key *k, struct err *e)
{
	const struct json_node *n = json_member(j, object, k->key);

	if (!n)
		return !k->required || wrong(e, object, "\"%s\" is missing", k->key);
	*k->to = text_of(r, n, k->key, e);
	return *k->to && (check(*k->to, k->key, k->how, e) || refused(e, n));
}

static bool take_texts(struct record *r, const struct json *j, struct err *e)
{
	const struct text_key keys[] = {
		{"product", CHECK_PRODUCT, true, &r->product},
		{"version", CHECK_NAME, true, &r->version},
		{"vendor", CHECK_TEXT, true, &r->vendor},
		{"artefact", CHECK_NAME, false, &r->artefact},
		{"recipe", CHECK_DIGEST, true, &r->recipe},
		{"inputs", CHECK_DIGEST, true, &r->inputs},
		{"certificate", CHECK_DIGEST, false, &r->certificate},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!take_text(r, j, &j->nodes[0], &keys[i], e))
			return false;
	return true;
}

/* The object under that key; NULL with e set. */
static const struct json_node *object_of(const struct json *j, const char *key, struct err *e)
{
	const struct json_node *n = json_member(j, &j->nodes[0], key);

	if (!n) {
		wrong(e, &j->nodes[0], "\"%s\" is missing", key);
		return NULL;
	}
	if (n->type == JSON_OBJECT)
		return n;
	wrong(e, n, "%s is %s and must be an object", key, json_type_name(n->type));
	return NULL;
}

static bool take_source(struct record *r, const struct json *j, struct err *e)
{
	const struct json_node *source = object_of(j, "source", e);
	const struct text_key commit = {"commit", CHECK_COMMIT, false, &r->source_commit};
	const struct text_key digest = {"digest", CHECK_DIGEST, false, &r->source_digest};

	if (!source || !known_keys(j, source, source_keys, e) ||
	    !take_text(r, j, source, &commit, e) || !take_text(r, j, source, &digest, e))
		return false;
	return r->source_commit || r->source_digest ||
	       wrong(e, source, "source has neither \"commit\" nor \"digest\"");
}

static bool take_origin(const struct json_node *n, const char *what, enum origin *out,
			struct err *e)
{
	if (n->type != JSON_STRING)
		return wrong(e, n, "the origin of %s is %s and must be a string", what,
			     json_type_name(n->type));
	if (origin_find(n->text, out))
		return true;
	return wrong(e, n,
		     "the origin of %s is \"%.*s\" and must be source, endorsed, pinned or "
		     "asserted",
		     what, n->text.n < 40 ? (int)n->text.n : 40, (const char *)n->text.p);
}

/* A component's name is a key. */
static bool take_component(struct record *r, const struct json_node *n, struct err *e)
{
	struct json_node name = *n;
	size_t i = r->n_components;
	const char *text;

	name.type = JSON_STRING;
	name.text = n->key;
	text = text_of(r, &name, "the name of a component", e);
	if (!text)
		return false;
	if (!name_check(text, "the name of a component", e))
		return refused(e, n);
	if (i == MANIFEST_COMPONENTS)
		return wrong(e, n, "more than %u components", MANIFEST_COMPONENTS);
	r->component[i].name = text;
	r->n_components++;
	return take_origin(n, text, &r->component[i].origin, e);
}

static bool take_components(struct record *r, const struct json *j, struct err *e)
{
	const struct json_node *list = object_of(j, "components", e);

	if (!list)
		return false;
	for (const struct json_node *n = json_first(j, list); n; n = json_after(j, list, n))
		if (!take_component(r, n, e))
			return false;
	return true;
}

static bool take_schema(const struct json *j, struct err *e)
{
	const struct json_node *root = &j->nodes[0], *n;

	if (root->type != JSON_OBJECT)
		return wrong(e, root, "a build record is an object and this is %s",
			     json_type_name(root->type));
	n = json_member(j, root, "schema");
	if (!n)
		return wrong(e, root, "\"schema\" is missing, so this is no build record");
	if (n->type != JSON_STRING || !bytes_equal(n->text, bytes_str(RECORD_SCHEMA)))
		return wrong(e, n, "the schema is not \"%s\"", RECORD_SCHEMA);
	return known_keys(j, root, top_keys, e);
}

/* Where an image is released it is the artefact; files alone have neither it nor its origin. */
static bool take_artefact(struct record *r, const struct json *j, struct err *e)
{
	const struct json_node *root = &j->nodes[0], *origin = json_member(j, root, "origin");

	if (!origin)
		return !r->artefact || wrong(e, root, "\"origin\" is missing");
	if (!r->artefact)
		return wrong(e, root, "\"artefact\" is missing");
	return take_origin(origin, "the artefact", &r->origin, e);
}

static bool take_all(struct record *r, const struct json *j, struct err *e)
{
	return take_schema(j, e) && take_texts(r, j, e) && take_artefact(r, j, e) &&
	       take_source(r, j, e) && take_components(r, j, e);
}

bool record_read(struct record *r, struct bytes text, struct err *e)
{
	struct json j = {0};
	bool ok;

	/* every text is shorter than its JSON, so none of them moves */
	*r = (struct record){.strings = BUF(text.n + 1)};
	if (text.n > RECORD_MAX)
		return err_set(e, REASON_LIMIT, "%zu bytes, %u are the limit of a build record",
			       text.n, RECORD_MAX);
	if (buf_room(&r->strings, text.n + 1))
		r->strings.n = 0;
	if (!buf_done(&r->strings, "the texts of a build record", e))
		return false;
	ok = json_read(&j, text, 0, e) && take_all(r, &j, e);
	json_free(&j);
	return ok;
}

void record_write(const struct record *r, struct buf *out)
{
	struct json_out w = json_out(out, true);

	json_open(&w, '{');
	json_text(&w, "schema", RECORD_SCHEMA);
	json_text(&w, "product", r->product);
	json_text(&w, "version", r->version);
	json_text(&w, "vendor", r->vendor);
	json_text(&w, "artefact", r->artefact);
	json_text(&w, "origin", origin_name(r->origin));
	json_key(&w, "source");
	json_open(&w, '{');
	json_text(&w, "commit", r->source_commit);
	json_text(&w, "digest", r->source_digest);
	json_close(&w, '}');
	json_text(&w, "recipe", r->recipe);
	json_text(&w, "inputs", r->inputs);
	json_key(&w, "components");
	json_open(&w, '{');
	for (size_t i = 0; i < r->n_components; i++)
		json_text(&w, r->component[i].name, origin_name(r->component[i].origin));
	json_close(&w, '}');
	json_text(&w, "certificate", r->certificate);
	json_close(&w, '}');
	buf_str(out, "\n");
}

bool record_is_of_files(const struct record *r)
{
	return r->product && !r->artefact;
}

enum origin record_origin(const struct record *r, const char *component)
{
	for (size_t i = 0; i < r->n_components; i++)
		if (strcmp(r->component[i].name, component) == 0)
			return r->component[i].origin;
	return ORIGIN_NONE;
}
