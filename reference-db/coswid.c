#include "reference-db/coswid.h"

#include "measure/core/cbor.h"
#include "reference-db/corim_reader.h"
#include "reference-db/names.h"

/* Keys of RFC 9393 §2.10. */
enum {
	SWID_TAG_ID = 0,
	SWID_NAME = 1,
	SWID_ENTITY = 2,
	SWID_EVIDENCE = 3,
	SWID_PAYLOAD = 6,
	SWID_HASH = 7,
	SWID_TAG_VERSION = 12,
	SWID_VERSION = 13,
	SWID_DIRECTORY = 16,
	SWID_FILE = 17,
	SWID_SIZE = 20,
	SWID_LOCATION = 23,
	SWID_FS_NAME = 24,
	SWID_ROOT = 25,
	SWID_PATH_ELEMENTS = 26,
	SWID_ENTITY_NAME = 31,
	SWID_REG_ID = 32,
	SWID_ROLE = 33,
	SWID_KEY_MAX = 57,
};

enum { ROLE_TAG_CREATOR = 1, ROLE_SOFTWARE_CREATOR = 2 };

/* Attributes of our own, in the order of their encodings. */
static const char *const attribute_names[] = {"arch", "inputs-digest", "recipe-digest",
					      "source-commit", "source-digest"};

#define ATTRIBUTES (sizeof(attribute_names) / sizeof(attribute_names[0]))

static const char *attribute(const struct manifest *m, size_t i)
{
	const char *const value[ATTRIBUTES] = {m->arch, m->inputs_digest, m->recipe_digest,
					       m->source_commit, m->source_digest};

	return value[i];
}

/* ---- writing */

static void put_file(struct buf *out, const struct component *c)
{
	cbor_put_map(out, 4);
	cbor_put_uint(out, SWID_HASH);
	cbor_put_array(out, 2);
	cbor_put_uint(out, (uint64_t)manifest_alg(c->digest.alg));
	cbor_put_bytes(out, digest_bytes(&c->digest));
	cbor_put_uint(out, SWID_SIZE);
	cbor_put_uint(out, c->size);
	cbor_put_uint(out, SWID_FS_NAME);
	cbor_put_text(out, c->name);
	cbor_put_text(out, "origin");
	cbor_put_text(out, origin_name(c->origin));
}

/* RFC 9393 spells a list of one without the list. */
static void put_files(struct buf *out, const struct manifest *m)
{
	if (m->n_components > 1)
		cbor_put_array(out, m->n_components);
	for (size_t i = 0; i < m->n_components; i++)
		put_file(out, &m->component[i]);
}

/* The sections as a directory, the artefact, where there is one, as the file beside it. */
static void put_payload(struct buf *out, const struct manifest *m)
{
	cbor_put_map(out, m->artefact.name ? 2 : 1);
	cbor_put_uint(out, SWID_DIRECTORY);
	cbor_put_map(out, 2);
	cbor_put_uint(out, SWID_FS_NAME);
	cbor_put_text(out, m->artefact.name ? "sections" : "files");
	cbor_put_uint(out, SWID_PATH_ELEMENTS);
	cbor_put_map(out, 1);
	cbor_put_uint(out, SWID_FILE);
	put_files(out, m);
	if (!m->artefact.name)
		return;
	cbor_put_uint(out, SWID_FILE);
	put_file(out, &m->artefact);
}

static void put_entity(struct buf *out, const struct manifest *m)
{
	cbor_put_map(out, 2);
	cbor_put_uint(out, SWID_ENTITY_NAME);
	cbor_put_text(out, m->vendor);
	cbor_put_uint(out, SWID_ROLE);
	cbor_put_array(out, 2);
	cbor_put_uint(out, ROLE_TAG_CREATOR);
	cbor_put_uint(out, ROLE_SOFTWARE_CREATOR);
}

void coswid_write(const struct manifest *m, const char *id, struct buf *out)
{
	size_t attributes = 0;

	for (size_t i = 0; i < ATTRIBUTES; i++)
		attributes += attribute(m, i) != NULL;
	cbor_put_map(out, 6 + attributes);
	cbor_put_uint(out, SWID_TAG_ID);
	cbor_put_text(out, id);
	cbor_put_uint(out, SWID_NAME);
	cbor_put_text(out, m->product);
	cbor_put_uint(out, SWID_ENTITY);
	put_entity(out, m);
	cbor_put_uint(out, SWID_PAYLOAD);
	put_payload(out, m);
	cbor_put_uint(out, SWID_TAG_VERSION);
	cbor_put_uint(out, 0);
	cbor_put_uint(out, SWID_VERSION);
	cbor_put_text(out, m->version);
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (!attribute(m, i))
			continue;
		cbor_put_text(out, attribute_names[i]);
		cbor_put_text(out, attribute(m, i));
	}
}

/* ---- reading */

/* One, or a list of two and more. */
static void one_or_more(struct reader *r, const char *what, void (*one)(struct reader *))
{
	struct cbor_run run;
	size_t n = 0;

	if (cbor_walk_kind(&r->c) != CBOR_ARRAY) {
		one(r);
		return;
	}
	run = cbor_walk_array(&r->c, what);
	for (; cbor_walk_next(&r->c, &run); n++)
		one(r);
	if (cur_ok(&r->c) && n < 2)
		reader_warn(r, LINT_FORM, "%s: a list of %zu, where RFC 9393 has two or more", what,
			    n);
}

static bool is_text(const struct reader *r)
{
	return cbor_walk_kind(&r->c) == CBOR_TEXT;
}

/* An attribute or key that has no meaning for us. */
static void other(struct reader *r, const char *where, int64_t key, struct bytes text)
{
	if (key == KEY_TEXT) {
		cbor_walk_skip(&r->c, where);
		reader_warn(r, LINT_KEY, "%s has an attribute \"%.*s\", which is not interpreted",
			    where, text.n < 40 ? (int)text.n : 40, (const char *)text.p);
	} else if (key >= 0 && key <= SWID_KEY_MAX) {
		reader_unread(r, where);
	} else {
		reader_unknown(r, where, key, true);
	}
}

/* The value of an attribute that is a text, or NULL with a finding. */
static const char *attribute_text(struct reader *r, const char *name)
{
	if (is_text(r))
		return reader_text(r, name);
	cbor_walk_skip(&r->c, name);
	if (cur_ok(&r->c))
		reader_error(r, LINT_FORM, "the attribute %s is no text", name);
	return NULL;
}

static void file_hash(struct reader *r, struct component *c)
{
	struct bytes value;
	int alg;

	if (!reader_digest(r, &alg, &value))
		return;
	if (bytes_zero(value)) {
		reader_error(r, LINT_ZERO, "the digest of a file is all zero");
		return;
	}
	if (bytes_ones(value)) {
		reader_error(r, LINT_ONES, "the digest of a file is all ones");
		return;
	}
	if (!manifest_alg_find(alg, &c->digest.alg)) {
		reader_warn(r, LINT_UNREAD, "a digest of algorithm %d, which is not computed", alg);
		return;
	}
	c->digest.len = value.n;
	memcpy(c->digest.v, value.p, value.n);
}

static void file_name(struct reader *r, struct component *c)
{
	c->name = reader_text(r, "fs-name");
	r->place.key = c->name;
	if (cur_ok(&r->c) && !name_is_safe(bytes_str(c->name)))
		reader_error(r, LINT_PATH, "the name of a file has parts of a path, or deceives");
}

static void file_attribute(struct reader *r, struct component *c, struct bytes key)
{
	const char *text;

	if (!bytes_equal(key, bytes_str("origin"))) {
		other(r, "file", KEY_TEXT, key);
		return;
	}
	text = attribute_text(r, "origin");
	if (text && cur_ok(&r->c) && !origin_find(bytes_str(text), &c->origin))
		reader_error(r, LINT_FORM, "the origin \"%.30s\" is not known", text);
}

static struct component *next_component(struct reader *r, bool artefact)
{
	struct manifest *m = r->m;

	if (artefact && !m->artefact.name)
		return &m->artefact;
	if (m->n_components < MANIFEST_COMPONENTS)
		return &m->component[m->n_components++];
	cur_fail(&r->c, REASON_LIMIT, cur_at(&r->c), "more than %u files", MANIFEST_COMPONENTS);
	return NULL;
}

static void file(struct reader *r, bool artefact)
{
	struct cbor_run run = cbor_walk_map(&r->c, "file");
	struct component *c = cur_ok(&r->c) ? next_component(r, artefact) : NULL;
	uint64_t met = 0;

	while (c && cbor_walk_next(&r->c, &run)) {
		struct bytes text = {0};
		int64_t key = reader_key(r, &text);

		reader_met(&met, key);
		if (key == KEY_TEXT) {
			file_attribute(r, c, text);
		} else if (key == SWID_FS_NAME) {
			file_name(r, c);
		} else if (key == SWID_HASH) {
			file_hash(r, c);
		} else if (key == SWID_SIZE) {
			c->sized = true;
			c->size = cbor_walk_uint(&r->c, "size");
		} else if (key == SWID_LOCATION || key == SWID_ROOT) {
			cbor_walk_text(&r->c, "location");
			reader_warn(r, LINT_PATH, "a path beside the name, which is not used");
		} else {
			other(r, "file", key, text);
		}
	}
	if (!c)
		return;
	reader_require(r, "file", met, SWID_FS_NAME);
	if (cur_ok(&r->c) && !(met >> SWID_HASH & 1))
		reader_warn(r, LINT_DIGEST_MISSING, "a file without a digest");
	c->name = c->name ? c->name : "";
	if (cur_ok(&r->c))
		r->place.key = NULL;
}

static void artefact(struct reader *r)
{
	file(r, true);
}

static void section(struct reader *r)
{
	file(r, false);
}

/* One level: folders inside a folder are not interpreted. */
static void path_elements(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "path-elements");

	while (cbor_walk_next(&r->c, &run)) {
		struct bytes text = {0};
		int64_t key = reader_key(r, &text);

		if (key == SWID_FILE)
			one_or_more(r, "files", section);
		else
			other(r, "path-elements", key, text);
	}
}

static void directory(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "directory");
	uint64_t met = 0;

	while (cbor_walk_next(&r->c, &run)) {
		struct bytes text = {0};
		int64_t key = reader_key(r, &text);
		const char *name;

		reader_met(&met, key);
		if (key == SWID_FS_NAME) {
			name = reader_text(r, "fs-name");
			if (cur_ok(&r->c) && !name_is_safe(bytes_str(name)))
				reader_error(
					r, LINT_PATH,
					"the name of a folder has parts of a path, or deceives");
		} else if (key == SWID_PATH_ELEMENTS) {
			path_elements(r);
		} else {
			other(r, "directory", key, text);
		}
	}
	reader_require(r, "directory", met, SWID_FS_NAME);
}

static void payload(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "payload");

	while (cbor_walk_next(&r->c, &run)) {
		struct bytes text = {0};
		int64_t key = reader_key(r, &text);

		if (key == SWID_DIRECTORY)
			one_or_more(r, "directories", directory);
		else if (key == SWID_FILE)
			one_or_more(r, "files", artefact);
		else
			other(r, "payload", key, text);
	}
}

static void entity(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "entity");
	uint64_t met = 0;

	while (cbor_walk_next(&r->c, &run)) {
		struct bytes text = {0};
		int64_t key = reader_key(r, &text);
		const char *name;

		reader_met(&met, key);
		if (key == SWID_ENTITY_NAME) {
			name = reader_text(r, "entity-name");
			r->m->vendor = r->m->vendor ? r->m->vendor : name;
		} else if (key == SWID_ROLE || key == SWID_REG_ID) {
			cbor_walk_skip(&r->c, "role");
		} else {
			other(r, "entity", key, text);
		}
	}
	reader_require(r, "entity", met, SWID_ENTITY_NAME);
	reader_require(r, "entity", met, SWID_ROLE);
}

static void own_attribute(struct reader *r, struct bytes key)
{
	struct manifest *m = r->m;
	const char **const to[ATTRIBUTES] = {&m->arch, &m->inputs_digest, &m->recipe_digest,
					     &m->source_commit, &m->source_digest};

	for (size_t i = 0; i < ATTRIBUTES; i++) {
		const char *text;

		if (!bytes_equal(key, bytes_str(attribute_names[i])))
			continue;
		text = attribute_text(r, attribute_names[i]);
		*to[i] = *to[i] ? *to[i] : text;
		return;
	}
	other(r, "CoSWID", KEY_TEXT, key);
}

static void name(struct reader *r, const char **to, const char *field)
{
	const char *text = reader_text(r, field);

	*to = *to ? *to : text;
}

static void member(struct reader *r, int64_t key, struct bytes text)
{
	switch (key) {
	case KEY_TEXT:
		own_attribute(r, text);
		break;
	case SWID_TAG_ID:
		r->tag_id[r->n_tags] = reader_tag_id(r, "tag-id");
		break;
	case SWID_NAME:
		name(r, &r->m->product, "software-name");
		break;
	case SWID_VERSION:
		name(r, &r->m->version, "software-version");
		break;
	case SWID_ENTITY:
		one_or_more(r, "entities", entity);
		break;
	case SWID_PAYLOAD:
		payload(r);
		break;
	case SWID_TAG_VERSION:
		cbor_walk_int(&r->c, "tag-version");
		break;
	default:
		other(r, "CoSWID", key, text);
		break;
	}
}

void coswid_read(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "concise-swid-tag");
	uint64_t met = 0;

	r->is_coswid[r->n_tags] = true;
	while (cbor_walk_next(&r->c, &run)) {
		struct bytes text = {0};
		int64_t key = reader_key(r, &text);

		reader_met(&met, key);
		member(r, key, text);
	}
	reader_require(r, "concise-swid-tag", met, SWID_TAG_ID);
	reader_require(r, "concise-swid-tag", met, SWID_NAME);
	reader_require(r, "concise-swid-tag", met, SWID_ENTITY);
	reader_require(r, "concise-swid-tag", met, SWID_TAG_VERSION);
}
