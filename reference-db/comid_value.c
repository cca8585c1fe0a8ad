#include <stdio.h>

#include "reference-db/corim_reader.h"
#include "reference-db/snp_field.h"

#define FLAGS 11u
#define FLAG_DEBUG 3u

enum {
	TAG_SVN = 552,
	TAG_MIN_SVN = 553,
	TAG_BYTES = 560,
	TAG_MASKED = 563,
	TAG_RANGE = 564,
};

enum {
	MVAL_VERSION = 0,
	MVAL_SVN = 1,
	MVAL_DIGESTS = 2,
	MVAL_FLAGS = 3,
	MVAL_RAW = 4,
	MVAL_MASK = 5,
	MVAL_NAME = 11,
	MVAL_REGISTERS = 14,
	MVAL_RANGE = 15,
};

/* False when memory or room is refused; then the cursor has failed. */
static struct value *value_new(struct reader *r, const char *key, enum value_kind kind)
{
	struct value *v = manifest_value(r->m, key, kind, r->e);

	if (!v)
		r->c.failed = true;
	return v;
}

static void version(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "version");
	struct value *v = value_new(r, "", VALUE_VERSION);
	uint64_t met = 0;

	while (v && cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		reader_met(&met, key);
		if (key == 0)
			v->bytes = cbor_walk_text(&r->c, "version");
		else if (key == 1)
			cbor_walk_skip(&r->c, "version-scheme");
		else
			reader_unknown(r, "version-map", key, false);
	}
	reader_require(r, "version-map", met, 0);
}

static void svn(struct reader *r)
{
	struct value *v = value_new(r, "", VALUE_SVN);
	uint64_t tag;

	if (v && cbor_walk_kind(&r->c) == CBOR_TAG) {
		tag = cbor_walk_tag(&r->c, "svn");
		if (tag == TAG_MIN_SVN)
			v->kind = VALUE_MIN_SVN;
		else if (tag != TAG_SVN && cur_ok(&r->c))
			reader_error(r, LINT_FORM, "svn has the tag %llu, which is not 552 or 553",
				     (unsigned long long)tag);
	}
	if (v)
		v->low = cbor_walk_uint(&r->c, "svn");
}

static void digests(struct reader *r, const char *key)
{
	struct cbor_run run = cbor_walk_array(&r->c, "digests");
	uint32_t met = 0;
	bool any = false;

	while (cbor_walk_next(&r->c, &run)) {
		struct bytes bytes;
		struct value *v;
		int alg;

		any = true;
		if (!reader_digest(r, &alg, &bytes))
			continue;
		if (met >> alg & 1)
			reader_error(r, LINT_DIGEST_REPEATED, "two digests of algorithm %d", alg);
		met |= 1u << alg;
		v = value_new(r, key, VALUE_DIGEST);
		if (!v)
			return;
		v->alg = alg;
		v->bytes = bytes;
	}
	if (!any && cur_ok(&r->c))
		reader_error(r, LINT_EMPTY, "digests is an empty list");
}

static void flags(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "flags");
	struct value *v = value_new(r, "", VALUE_FLAGS);

	while (v && cbor_walk_next(&r->c, &run)) {
		int64_t key = reader_key(r, NULL);

		if (key < 0 || key >= (int64_t)FLAGS) {
			reader_unknown(r, "flags-map", key, true);
			continue;
		}
		v->high |= UINT64_C(1) << key;
		if (cbor_walk_bool(&r->c, "flag"))
			v->low |= UINT64_C(1) << key;
	}
	if (v && cur_ok(&r->c) && v->low >> FLAG_DEBUG & 1)
		reader_error(r, LINT_DEBUG, "the flag is-debug is true");
}

static void masked(struct reader *r, struct value *v)
{
	struct cbor_run run = cbor_walk_array(&r->c, "masked raw value");

	if (cbor_walk_next(&r->c, &run))
		v->bytes = cbor_walk_bytes(&r->c, "raw value");
	if (cbor_walk_next(&r->c, &run))
		v->mask = cbor_walk_bytes(&r->c, "mask");
	if (cur_ok(&r->c) && (!v->mask.p || cbor_walk_next(&r->c, &run)))
		cur_fail(&r->c, REASON_CBOR, cur_at(&r->c), "masked raw value has not two items");
}

static struct value *raw(struct reader *r)
{
	uint64_t at = cur_at(&r->c), tag = cbor_walk_tag(&r->c, "raw-value");
	struct value *v = cur_ok(&r->c) ? value_new(r, "", VALUE_RAW) : NULL;

	if (!v)
		return NULL;
	if (tag == TAG_BYTES)
		v->bytes = cbor_walk_bytes(&r->c, "raw-value");
	else if (tag == TAG_MASKED)
		masked(r, v);
	else
		cur_fail(&r->c, REASON_CBOR, at, "raw-value has the tag %llu, not 560 or 563",
			 (unsigned long long)tag);
	return v;
}

/* The old place of a mask; tagged in AMD's draft. */
static struct bytes old_mask(struct reader *r)
{
	if (cbor_walk_kind(&r->c) == CBOR_TAG)
		cbor_walk_tag(&r->c, "raw-value-mask");
	reader_warn(r, LINT_MASK, "the mask stands in key 5, which is deprecated");
	return cbor_walk_bytes(&r->c, "raw-value-mask");
}

static void bound(struct reader *r, bool *open, uint64_t *out)
{
	*open = cbor_walk_null(&r->c);
	if (!*open)
		*out = (uint64_t)cbor_walk_int(&r->c, "int-range");
}

static void range(struct reader *r)
{
	struct value *v = value_new(r, "", VALUE_RANGE);
	struct cbor_run run;
	uint64_t at = cur_at(&r->c);

	if (!v)
		return;
	if (cbor_walk_kind(&r->c) != CBOR_TAG) {
		v->low = v->high = (uint64_t)cbor_walk_int(&r->c, "int-range");
		return;
	}
	if (cbor_walk_tag(&r->c, "int-range") != TAG_RANGE) {
		cur_fail(&r->c, REASON_CBOR, at, "int-range has another tag than 564");
		return;
	}
	run = cbor_walk_array(&r->c, "int-range");
	if (cbor_walk_next(&r->c, &run))
		bound(r, &v->open_low, &v->low);
	if (!cbor_walk_next(&r->c, &run)) {
		cur_fail(&r->c, REASON_CBOR, at, "int-range has not two items");
		return;
	}
	bound(r, &v->open_high, &v->high);
	if (cbor_walk_next(&r->c, &run))
		cur_fail(&r->c, REASON_CBOR, at, "int-range has not two items");
	else if (!v->open_low && !v->open_high && (int64_t)v->low > (int64_t)v->high)
		reader_error(r, LINT_MKEY, "int-range begins behind its end");
}

/* Integrity registers: of a Nitro enclave the number of a PCR, else as they are named. */
static const char *register_name(struct reader *r)
{
	const struct manifest_row *row = &r->m->row[r->m->n_rows - 1];
	char name[40];

	if (cbor_walk_kind(&r->c) == CBOR_TEXT)
		return reader_text(r, "register");
	snprintf(name, sizeof(name), "%s%llu", manifest_is_nitro(row) ? "PCR" : "",
		 (unsigned long long)cbor_walk_uint(&r->c, "register"));
	return manifest_text(r->m, bytes_str(name));
}

static void registers(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "integrity-registers");

	while (cbor_walk_next(&r->c, &run)) {
		const char *name = register_name(r);

		digests(r, name);
	}
}

/*
 * What narrows a reference value, and is not compared: without it more would match than its maker
 * said. Of what is only told beside reference values it is passed over.
 */
static void narrows(struct reader *r, const char *what)
{
	const struct manifest_row *row = &r->m->row[r->m->n_rows - 1];

	if (row->kind != ROW_REFERENCE) {
		reader_unread(r, what);
		return;
	}
	cbor_walk_skip(&r->c, what);
	if (cur_ok(&r->c))
		reader_error(r, LINT_UNREAD, "%s: a condition that is not compared", what);
}

/* What one state's values tell of each other: the mask stands beside the raw value. */
struct mval {
	struct manifest_row *row;
	struct bytes mask;
	size_t raw_at; /* in the model's values; SIZE_MAX: there is none */
};

static void mval_name(struct reader *r, struct manifest_row *row)
{
	const char *name = reader_text(r, "name");

	row->label = row->label ? row->label : name;
}

static void mval_member(struct reader *r, int64_t key, struct mval *v)
{
	switch (key) {
	case MVAL_VERSION:
		version(r);
		return;
	case MVAL_SVN:
		svn(r);
		return;
	case MVAL_DIGESTS:
		digests(r, "");
		return;
	case MVAL_FLAGS:
		flags(r);
		return;
	case MVAL_RAW:
		v->raw_at = raw(r) ? r->m->n_values - 1 : v->raw_at;
		return;
	case MVAL_MASK:
		v->mask = old_mask(r);
		return;
	case MVAL_NAME:
		mval_name(r, v->row);
		return;
	case MVAL_REGISTERS:
		registers(r);
		return;
	case MVAL_RANGE:
		range(r);
		return;
	case 6: /* mac-addr, ip-addr, serial-number, ueid, uuid, cryptokeys */
	case 7:
	case 8:
	case 9:
	case 10:
	case 13:
		narrows(r, "an identifier or key among the values");
		return;
	default:
		reader_unknown(r, "measurement-values-map", key, true);
	}
}

static void mval(struct reader *r, struct manifest_row *row)
{
	struct cbor_run run = cbor_walk_map(&r->c, "measurement-values-map");
	struct mval v = {.row = row, .raw_at = SIZE_MAX};
	bool any = false;

	for (; cbor_walk_next(&r->c, &run); any = true)
		mval_member(r, reader_key(r, NULL), &v);
	if (!any && cur_ok(&r->c))
		reader_error(r, LINT_EMPTY, "measurement-values-map is empty");
	if (v.mask.p && v.raw_at != SIZE_MAX)
		r->m->value[v.raw_at].mask = v.mask;
}

static const char *mkey(struct reader *r)
{
	char number[32];
	const struct snp_field *field;
	uint64_t n;

	switch (cbor_walk_kind(&r->c)) {
	case CBOR_TEXT:
		return reader_text(r, "mkey");
	case CBOR_TAG: /* an OID or a UUID */
		return reader_identifier(r, "mkey");
	case CBOR_UINT:
	case CBOR_NEGINT:
	case CBOR_BYTES:
	case CBOR_ARRAY:
	case CBOR_MAP:
	case CBOR_SIMPLE:
		break;
	}
	n = cbor_walk_uint(&r->c, "mkey");
	field = r->profile == CORIM_SNP ? snp_field(n) : NULL;
	if (field)
		return field->name;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
	return manifest_text(r->m, bytes_str(number));
}

/* A register inside a measurement that has a name itself. */
static const char *joined(struct reader *r, const char *key, const char *inner)
{
	char name[160];

	if (key[0] == '\0' || inner[0] == '\0')
		return key[0] ? key : inner;
	snprintf(name, sizeof(name), "%.64s/%.64s", key, inner);
	return manifest_text(r->m, bytes_str(name));
}

/* Host data is any 32 bytes, zero too. */
static bool may_be_zero(const struct reader *r, const struct value *v)
{
	return r->profile == CORIM_SNP && strcmp(v->key, "HOST_DATA") == 0;
}

static void check(struct reader *r, const struct value *v)
{
	r->place.key = v->key;
	if (v->kind == VALUE_DIGEST && bytes_zero(v->bytes) && !may_be_zero(r, v))
		reader_error(r, LINT_ZERO, "the digest is all zero");
	if (v->kind == VALUE_DIGEST && bytes_ones(v->bytes))
		reader_error(r, LINT_ONES, "the digest is all ones");
	if (v->kind == VALUE_RAW && v->mask.p && v->mask.n != v->bytes.n)
		reader_error(r, LINT_MASK, "a mask of %zu bytes for a value of %zu", v->mask.n,
			     v->bytes.n);
}

void comid_measurement(struct reader *r)
{
	struct cbor_run run = cbor_walk_map(&r->c, "measurement-map");
	size_t row = r->m->n_rows - 1, first = r->m->n_values;
	const char *key = "";
	uint64_t met = 0;

	while (cbor_walk_next(&r->c, &run)) {
		int64_t member = reader_key(r, NULL);

		reader_met(&met, member);
		if (member == 0)
			r->place.key = key = mkey(r);
		else if (member == 1)
			mval(r, &r->m->row[row]);
		else if (member == 2)
			narrows(r, "authorized-by");
		else
			reader_unknown(r, "measurement-map", member, false);
	}
	reader_require(r, "measurement-map", met, 1);
	for (size_t i = first; cur_ok(&r->c) && i < r->m->n_values; i++) {
		struct value *v = &r->m->value[i];

		v->key = joined(r, key, v->key);
		check(r, v);
	}
	if (cur_ok(&r->c))
		r->place.key = NULL;
}
