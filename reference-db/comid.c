#include "reference-db/corim_reader.h"

enum {
	TRIPLE_REFERENCE = 0,
	TRIPLE_ENDORSED = 1,
	TRIPLE_COSWID = 6,
	TRIPLE_SERIES = 8,
};

static void class(struct reader *r, struct manifest_row *row)
{
	struct cbor_run run = cbor_walk_map(&r->c, "class");
	bool any = false;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		any = true;
		if (key == 0)
			row->class_id = reader_identifier(r, "class-id");
		else if (key == 1)
			row->vendor = reader_text(r, "vendor");
		else if (key == 2)
			row->model = reader_text(r, "model");
		else if (key == 3 || key == 4)
			cbor_walk_uint(&r->c, key == 3 ? "layer" : "index");
		else
			reader_unknown(r, "class-map", key, false);
	}
	if (!any && cur_ok(&r->c))
		reader_error(r, LINT_EMPTY, "class-map is empty");
	if (row->model && !row->vendor)
		reader_error(r, LINT_CLASS, "a class has a model and no vendor");
}

static void environment(struct reader *r, struct manifest_row *row)
{
	size_t from = r->c.pos;
	struct cbor_run run = cbor_walk_map(&r->c, "environment-map");
	bool any = false;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		any = true;
		if (key == 0)
			class(r, row);
		else if (key == 1)
			row->instance = reader_identifier(r, "instance");
		else if (key == 2)
			reader_identifier(r, "group");
		else
			reader_unknown(r, "environment-map", key, false);
	}
	if (!any && cur_ok(&r->c))
		reader_error(r, LINT_EMPTY, "environment-map is empty");
	row->environment = bytes_of(r->c.in.p + from, r->c.pos - from);
}

/* False, with the cursor failed, when memory or room is refused. */
static bool new_row(struct reader *r, enum row_kind kind)
{
	if (manifest_row(r->m, kind, r->e))
		return true;
	r->c.failed = true;
	return false;
}

/* The measurements of one state, into the last row. */
static void claims(struct reader *r, bool may_be_empty)
{
	struct cbor_run run = cbor_walk_array(&r->c, "list of measurements");
	bool any = false;

	while (cbor_walk_next(&r->c, &run)) {
		any = true;
		comid_measurement(r);
	}
	if (!any && !may_be_empty && cur_ok(&r->c))
		reader_error(r, LINT_EMPTY, "no measurement");
}

/* The item of a record: a fault when there is none. */
static bool has_item(struct reader *r, struct cbor_run *run, const char *what)
{
	if (cbor_walk_next(&r->c, run))
		return true;
	if (cur_ok(&r->c))
		cur_fail(&r->c, REASON_CBOR, cur_at(&r->c), "a triple ends before its %s", what);
	return false;
}

static void no_item(struct reader *r, struct cbor_run *run, const char *what)
{
	if (cbor_walk_next(&r->c, run))
		cur_fail(&r->c, REASON_CBOR, cur_at(&r->c), "a triple goes on behind its %s", what);
}

/* [environment, [measurements]] */
static void claims_triple(struct reader *r, enum row_kind kind)
{
	struct cbor_run run = cbor_walk_array(&r->c, "triple");

	if (!has_item(r, &run, "environment") || !new_row(r, kind))
		return;
	environment(r, &r->m->row[r->m->n_rows - 1]);
	if (!has_item(r, &run, "measurements"))
		return;
	claims(r, false);
	no_item(r, &run, "measurements");
}

/* A row in the environment of another. */
static void claims_in(struct reader *r, enum row_kind kind, size_t of, bool may_be_empty)
{
	struct manifest_row *row;

	if (!new_row(r, kind))
		return;
	row = &r->m->row[r->m->n_rows - 1];
	row->environment = r->m->row[of].environment;
	row->class_id = r->m->row[of].class_id;
	row->vendor = r->m->row[of].vendor;
	row->model = r->m->row[of].model;
	row->instance = r->m->row[of].instance;
	claims(r, may_be_empty);
}

/* [[measurements], [measurements]]: when these, then those */
static void series_record(struct reader *r, size_t of)
{
	struct cbor_run run = cbor_walk_array(&r->c, "series record");

	if (has_item(r, &run, "condition"))
		claims_in(r, ROW_CONDITION, of, false);
	if (has_item(r, &run, "addition"))
		claims_in(r, ROW_ADDITION, of, false);
	no_item(r, &run, "addition");
}

/* [[environment, [measurements], ? keys], [records]] */
static void series(struct reader *r)
{
	struct cbor_run run = cbor_walk_array(&r->c, "series triple"), inner;
	size_t of = r->m->n_rows;
	bool any = false;

	r->series++;
	if (!has_item(r, &run, "condition"))
		return;
	inner = cbor_walk_array(&r->c, "condition");
	if (!has_item(r, &inner, "environment") || !new_row(r, ROW_CONDITION))
		return;
	environment(r, &r->m->row[of]);
	if (has_item(r, &inner, "claims"))
		claims(r, true);
	while (cbor_walk_next(&r->c, &inner))
		reader_unread(r, "authorized-by");
	if (!has_item(r, &run, "series"))
		return;
	inner = cbor_walk_array(&r->c, "series");
	while (cbor_walk_next(&r->c, &inner)) {
		any = true;
		series_record(r, of);
	}
	if (!any && cur_ok(&r->c))
		reader_error(r, LINT_EMPTY, "a series without records");
	no_item(r, &run, "series");
}

/* [environment, [ids of CoSWIDs]] */
static void coswid_triple(struct reader *r)
{
	struct cbor_run run = cbor_walk_array(&r->c, "triple"), ids;
	struct manifest_row unused = {0};

	if (!has_item(r, &run, "environment"))
		return;
	environment(r, &unused);
	if (!has_item(r, &run, "tag-ids"))
		return;
	ids = cbor_walk_array(&r->c, "tag-ids");
	while (cbor_walk_next(&r->c, &ids)) {
		const char *id = reader_tag_id(r, "tag-id");

		if (r->n_links < CORIM_TAGS)
			r->link[r->n_links++] = id;
		else
			cur_fail(&r->c, REASON_LIMIT, cur_at(&r->c),
				 "more than %u links to CoSWIDs", CORIM_TAGS);
	}
	no_item(r, &run, "tag-ids");
}

static void triple(struct reader *r, int64_t kind)
{
	if (kind == TRIPLE_REFERENCE)
		claims_triple(r, ROW_REFERENCE);
	else if (kind == TRIPLE_ENDORSED)
		claims_triple(r, ROW_ENDORSED);
	else if (kind == TRIPLE_SERIES)
		series(r);
	else
		coswid_triple(r);
}

/* Names for those that are read; NULL for the others. */
static const char *triple_name(int64_t kind)
{
	switch (kind) {
	case TRIPLE_REFERENCE:
		return "reference";
	case TRIPLE_ENDORSED:
		return "endorsed";
	case TRIPLE_SERIES:
		return "series";
	case TRIPLE_COSWID:
		return "coswid";
	default:
		return NULL;
	}
}

static void triples_of(struct reader *r, int64_t kind)
{
	struct cbor_run run = cbor_walk_array(&r->c, "list of triples");

	r->place.part = triple_name(kind);
	r->place.index = 0;
	while (cbor_walk_next(&r->c, &run)) {
		triple(r, kind);
		r->place.index += cur_ok(&r->c);
	}
	if (cur_ok(&r->c) && r->place.index == 0)
		reader_error(r, LINT_EMPTY, "an empty list of triples");
	if (cur_ok(&r->c)) {
		r->place.part = NULL;
		r->place.index = PLACE_NONE;
	}
}

static void triples(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "triples-map");
	bool any = false;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		any = true;
		if (triple_name(key))
			triples_of(r, key);
		else if ((key >= 2 && key <= 5) || key == 10)
			reader_unread(r, "a kind of triple");
		else
			reader_unknown(r, "triples-map", key, true);
	}
	if (!any && cur_ok(&r->c))
		reader_error(r, LINT_EMPTY, "triples-map is empty");
}

static void tag_identity(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "tag-identity-map");
	uint64_t met = 0;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		reader_met(&met, key);
		if (key == 0)
			r->comid_id = r->tag_id[r->n_tags] = reader_tag_id(r, "tag-id");
		else if (key == 1)
			cbor_walk_uint(&r->c, "tag-version");
		else
			reader_unknown(r, "tag-identity-map", key, false);
	}
	reader_require(r, "tag-identity-map", met, 0);
}

void comid_read(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "concise-mid-tag");
	uint64_t met = 0;

	r->n_comids++;
	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		reader_met(&met, key);
		if (key == 0)
			cbor_walk_text(&r->c, "language");
		else if (key == 1)
			tag_identity(r);
		else if (key == 2)
			reader_unread(r, "entities of a CoMID");
		else if (key == 3)
			reader_unread(r, "linked-tags");
		else if (key == 4)
			triples(r);
		else
			reader_unknown(r, "concise-mid-tag", key, true);
	}
	reader_require(r, "concise-mid-tag", met, 1);
	reader_require(r, "concise-mid-tag", met, 4);
}
