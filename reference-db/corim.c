#include "reference-db/corim.h"

#include <stdio.h>

#include "measure/base/when.h"
#include "reference-db/corim_reader.h"

#define ROLE_SIGNER 2
#define TEXT_PER_BYTE 4u /* hexadecimal and dotted names are longer than what they name */
#define TEXT_MORE 4096u

enum {
	TAG_URI = 32,
	TAG_OID = 111,
	TAG_CORIM = 501,
	TAG_COSWID = 505,
	TAG_COMID = 506,
	TAG_COTL = 508,
};

static bool profile_known(struct reader *r, struct bytes uri)
{
	static const struct {
		const char *uri;
		enum corim_profile profile;
	} known[] = {
		{MANIFEST_SNP_2024, CORIM_SNP},
		{MANIFEST_SNP_2025, CORIM_SNP},
		{"tag:microsoft.com,2026:launch-measurement/v1", CORIM_IGVM},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!bytes_equal(uri, bytes_str(known[i].uri)))
			continue;
		r->profile = known[i].profile;
		r->m->profile = known[i].uri;
		return true;
	}
	return false;
}

/* False, with an error, when the CoRIM may not be read at all. */
static bool profile(struct reader *r)
{
	uint64_t tag = 0;
	struct bytes uri;

	if (cbor_walk_kind(&r->c) != CBOR_TAG)
		return reader_error(r, LINT_PROFILE,
				    "the profile is neither a URI (tag 32) nor an OID (tag 111)");
	tag = cbor_walk_tag(&r->c, "profile");
	if (tag == TAG_OID)
		return reader_error(r, LINT_PROFILE, "the profile is an OID that is not known");
	uri = cbor_walk_text(&r->c, "profile");
	if (!cur_ok(&r->c) || (tag == TAG_URI && profile_known(r, uri)))
		return cur_ok(&r->c);
	return reader_error(r, LINT_PROFILE, "the profile \"%.*s\" is not known",
			    uri.n < 100 ? (int)uri.n : 100, (const char *)uri.p);
}

/* What the measurements mean depends on the profile, which stands behind them. */
static bool find_profile(struct reader *r)
{
	struct cur start = r->c;
	struct cbor_run run = cbor_walk_map(&r->c, "corim-map");
	bool ok = true;

	while (ok && cbor_walk_next(&r->c, &run)) {
		if (reader_key(r, NULL) == 3)
			ok = profile(r);
		else
			cbor_walk_skip(&r->c, "corim-map");
	}
	ok = ok && cur_ok(&r->c);
	start.failed = r->c.failed;
	r->c = start;
	return ok;
}

static void tag_known(struct reader *r, const char *name, void (*read)(struct reader *))
{
	struct cur before;

	r->tag_id[r->n_tags] = "";
	if (!reader_enter(r, name, &before))
		return;
	read(r);
	reader_leave(r, name, &before);
	r->n_tags++;
}

static void tag(struct reader *r)
{
	uint64_t number = cbor_walk_tag(&r->c, "tag");

	if (!cur_ok(&r->c))
		return;
	if (r->n_tags == CORIM_TAGS) {
		cur_fail(&r->c, REASON_LIMIT, cur_at(&r->c), "more than %u tags", CORIM_TAGS);
	} else if (number == TAG_COMID) {
		tag_known(r, "CoMID", comid_read);
	} else if (number == TAG_COSWID) {
		tag_known(r, "CoSWID", coswid_read);
	} else if (number == TAG_COTL) {
		reader_unread(r, "a CoTL, which says which tags are active");
	} else {
		cbor_walk_skip(&r->c, "tag");
		reader_error(r, LINT_TAG, "a tag %llu, which is no CoMID, CoSWID or CoTL",
			     (unsigned long long)number);
	}
}

static void tags(struct reader *r)
{
	struct cbor_run run = cbor_walk_array(&r->c, "tags");

	r->place.tag = 0;
	while (cbor_walk_next(&r->c, &run)) {
		tag(r);
		r->place.tag += cur_ok(&r->c);
	}
	if (!cur_ok(&r->c))
		return;
	if (r->place.tag == 0)
		reader_error(r, LINT_EMPTY, "tags is an empty list");
	r->place.tag = PLACE_NONE;
}

/* Tag 1 and whole seconds: a float is no exact time. */
static int64_t when(struct reader *r)
{
	uint64_t at = cur_at(&r->c), tag = cbor_walk_tag(&r->c, "time");
	int64_t t;

	if (cur_ok(&r->c) && tag != 1)
		cur_fail(&r->c, REASON_CBOR, at, "time has the tag %llu, which must be 1",
			 (unsigned long long)tag);
	t = cbor_walk_int(&r->c, "time");
	if (cur_ok(&r->c) && (t < 0 || t > WHEN_LAST))
		reader_error(r, LINT_VALIDITY,
			     "the time %lld is before 1970 or after the year 9999", (long long)t);
	return t;
}

static void validity(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "rim-validity");
	uint64_t met = 0;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		reader_met(&met, key);
		if (key == 0)
			r->m->not_before = when(r);
		else if (key == 1)
			r->m->not_after = when(r);
		else
			reader_unknown(r, "validity-map", key, false);
	}
	reader_require(r, "validity-map", met, 1);
	r->m->has_validity = cur_ok(&r->c);
	r->m->has_begin = met & 1;
	if (r->m->has_validity && r->m->has_begin && r->m->not_before > r->m->not_after)
		reader_error(r, LINT_VALIDITY, "the validity ends before it begins");
}

static void roles(struct reader *r, bool *creator, bool *signer)
{
	struct cbor_run run = cbor_walk_array(&r->c, "roles");

	while (cbor_walk_next(&r->c, &run)) {
		int64_t role = cbor_walk_int(&r->c, "role");

		*signer = *signer || role == ROLE_SIGNER;
		*creator = *creator || role == 1;
		if (cur_ok(&r->c) && role != ROLE_SIGNER && role != 1)
			reader_warn(r, LINT_ENTITY, "a role %lld, which the draft does not name",
				    (long long)role);
	}
}

/* Is it a signer? */
static bool entity(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "entity");
	bool creator = false, signer = false;
	struct entity e = {.name = ""};
	uint64_t met = 0;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		reader_met(&met, key);
		if (key == 0)
			e.name = reader_text(r, "entity-name");
		else if (key == 1)
			cbor_walk_skip(&r->c, "reg-id");
		else if (key == 2)
			roles(r, &creator, &signer);
		else
			reader_unknown(r, "entity-map", key, true);
	}
	reader_require(r, "entity-map", met, 0);
	reader_require(r, "entity-map", met, 2);
	e.role = signer ? creator ? "creator and signer" : "signer" : creator ? "creator" : "other";
	if (r->m->n_entities < MANIFEST_ENTITIES)
		r->m->entity[r->m->n_entities++] = e;
	else
		cur_fail(&r->c, REASON_LIMIT, cur_at(&r->c), "more than %u entities",
			 MANIFEST_ENTITIES);
	return signer;
}

static void entities(struct reader *r)
{
	struct cbor_run run = cbor_walk_array(&r->c, "entities");
	size_t n = 0, signers = 0;

	for (; cbor_walk_next(&r->c, &run); n++)
		signers += entity(r);
	if (cur_ok(&r->c) && n == 0)
		reader_error(r, LINT_EMPTY, "entities is an empty list");
	if (cur_ok(&r->c) && signers > 1)
		reader_error(r, LINT_ENTITY, "%zu entities have the role manifest-signer", signers);
}

/*
 * What other manifests say would count as well, and their thumbprints bind this one to their bytes.
 * Nobody hands them in, so what this one says alone is not what its publisher meant.
 */
static void dependents(struct reader *r)
{
	cbor_walk_skip(&r->c, "dependent-rims");
	if (cur_ok(&r->c))
		reader_error(r, LINT_UNREAD,
			     "dependent-rims: it depends on other manifests, which are not read");
}

static void corim_map(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "corim-map");
	uint64_t met = 0;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		reader_met(&met, key);
		if (key == 0)
			r->m->id = reader_tag_id(r, "id");
		else if (key == 1)
			tags(r);
		else if (key == 2)
			dependents(r);
		else if (key == 3)
			cbor_walk_skip(&r->c, "profile"); /* read before */
		else if (key == 4)
			validity(r);
		else if (key == 5)
			entities(r);
		else
			reader_unknown(r, "corim-map", key, true);
	}
	reader_require(r, "corim-map", met, 0);
	reader_require(r, "corim-map", met, 1);
}

static void read_all(struct reader *r)
{
	uint64_t at = cur_at(&r->c), tag;

	if (!reader_scan(r, r->c.in, at))
		return;
	tag = cbor_walk_tag(&r->c, "CoRIM");
	if (!cur_ok(&r->c))
		return;
	if (tag != TAG_CORIM) {
		cur_fail(&r->c, REASON_CORIM, at, "tag %llu stands where tag %u must",
			 (unsigned long long)tag, (unsigned)TAG_CORIM);
		return;
	}
	if (!find_profile(r))
		return;
	corim_map(r);
	if (cur_ok(&r->c))
		corim_rules(r);
}

/* A manifest of ours is what our writer makes of it, byte for byte. False only without memory. */
static bool compare_with_ours(struct manifest *m, struct err *e)
{
	owned(buf_free) struct buf again = BUF(CORIM_MAX);
	struct err refused = {0};
	bool written = corim_write(m, &again, &refused);

	if (refused.reason == REASON_OUT_OF_MEMORY) {
		*e = refused;
		return false;
	}
	m->foreign = !written || !bytes_equal(buf_bytes(&again), buf_bytes(&m->payload));
	return true;
}

/* Of a Nitro enclave the form is ours to say: what it does not know has no meaning there. */
static bool judge(struct reader *r)
{
	const struct manifest_row *nitro = manifest_nitro(r->m);

	if (!compare_with_ours(r->m, r->e))
		return false;
	if (r->m->foreign && (nitro || manifest_kind(r->m) == MANIFEST_OF_FILES))
		reader_warn(r, LINT_OURS, "not byte for byte what this program writes");
	if (!nitro)
		return true;
	if (!r->m->product)
		r->m->product = nitro->model;
	lint_harden(r->l, LINT_CANONICAL);
	lint_harden(r->l, LINT_KEY);
	lint_harden(r->l, LINT_PATH);
	lint_harden(r->l, LINT_TEXT);
	return true;
}

/* A fault in the CBOR, or in the memory of this process, as a finding. */
static bool broken(struct reader *r)
{
	char place[sizeof(((struct finding *)0)->place)];
	struct finding f = {.error = true, .rule = LINT_FORM};

	reader_place(&r->place, place, sizeof(place));
	snprintf(f.place, sizeof(f.place), "%s", place);
	snprintf(f.text, sizeof(f.text), "%.190s", r->e->text);
	lint_add(r->l, &f);
	return place[0] ? err_in(r->e, "%s", place) : false;
}

bool corim_read(struct manifest *m, struct bytes payload, uint64_t base, struct lint *l,
		struct err *e)
{
	struct reader r = {.m = m, .l = l, .e = e, .place = {PLACE_NONE, NULL, PLACE_NONE, NULL}};

	*m = (struct manifest){0};
	if (payload.n > CORIM_MAX) {
		err_at(e, REASON_LIMIT, base, "%zu bytes, %u are the limit of a manifest",
		       payload.n, CORIM_MAX);
		return broken(&r);
	}
	if (!manifest_init(m, TEXT_PER_BYTE * payload.n + TEXT_MORE, e))
		return broken(&r);
	m->allow_debug = l->allow_debug;
	m->payload = BUF(CORIM_MAX);
	buf_put(&m->payload, payload);
	if (!buf_done(&m->payload, "the manifest", e))
		return broken(&r);
	r.c = cur_new(buf_bytes(&m->payload), base, e);
	read_all(&r);
	if (err_is(e) || !buf_done(&m->strings, "the texts of the manifest", e) || !judge(&r))
		return broken(&r);
	return lint_decide(l, e);
}
