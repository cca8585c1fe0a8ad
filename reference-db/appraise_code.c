#include "reference-db/appraise_code.h"

#include <stdio.h>

#include "measure/base/hex.h"

#define NUMBER_MAX 8u /* bytes */
#define TCB "_TCB"

/* What an image measures to; whoever expects a release expects all of these that there are. */
static const char *const image_registers[] = {"PCR0", "PCR1", "PCR2", "MEASUREMENT"};

#define IMAGE_REGISTERS (sizeof(image_registers) / sizeof(image_registers[0]))

/* ---- one reference value */

static bool field_of(const struct claims *c, const char *name, struct bytes *found)
{
	if (strcmp(name, "HOST_DATA") == 0 && c->host_data.present) {
		*found = c->host_data.v;
		return true;
	}
	return c->format->field && c->format->field(c, name, found);
}

/* Little-endian. */
static bool number_of(struct bytes b, uint64_t *out)
{
	if (b.n == 0 || b.n > NUMBER_MAX)
		return false;
	*out = 0;
	for (size_t i = b.n; i > 0; i--)
		*out = *out << 8 | b.p[i - 1];
	return true;
}

/* The parts of a trusted computing base are bytes, each at least as new; else it is one number. */
static bool at_least(const char *name, uint64_t found, uint64_t want)
{
	size_t n = strlen(name), tail = sizeof(TCB) - 1;

	if (n < tail || strcmp(name + n - tail, TCB) != 0)
		return found >= want;
	for (; want; want >>= 8, found >>= 8)
		if ((found & 0xff) < (want & 0xff))
			return false;
	return true;
}

/* A digest may be written longer than its field: then the rest is zero. */
static bool same_bytes(struct bytes found, struct bytes want)
{
	return found.n > 0 && want.n >= found.n && bytes_equal(found, bytes_of(want.p, found.n)) &&
	       bytes_zero(bytes_of(want.p + found.n, want.n - found.n));
}

static bool same_under_mask(struct bytes found, const struct value *v)
{
	if (!v->mask.p)
		return bytes_equal(found, v->bytes);
	if (found.n != v->bytes.n || found.n != v->mask.n)
		return false;
	for (size_t i = 0; i < found.n; i++)
		if ((found.p[i] ^ v->bytes.p[i]) & v->mask.p[i])
			return false;
	return true;
}

static bool in_range(const struct value *v, uint64_t found)
{
	return found <= INT64_MAX && (v->open_low || (int64_t)v->low <= (int64_t)found) &&
	       (v->open_high || (int64_t)v->high >= (int64_t)found);
}

static bool field_holds(const struct claims *c, const struct value *v)
{
	struct bytes found;
	uint64_t number = 0;

	if (!field_of(c, v->key, &found))
		return false;
	switch (v->kind) {
	case VALUE_DIGEST:
		return same_bytes(found, v->bytes);
	case VALUE_RAW:
		return same_under_mask(found, v);
	case VALUE_SVN:
		return number_of(found, &number) && number == v->low;
	case VALUE_MIN_SVN:
		return number_of(found, &number) && at_least(v->key, number, v->low);
	case VALUE_RANGE:
		return number_of(found, &number) && in_range(v, number);
	case VALUE_VERSION:
	case VALUE_FLAGS:
		break;
	}
	return false;
}

static bool same_digest(const struct value *v, const struct digest *found)
{
	struct digest want = {.len = v->bytes.n};

	if (v->kind != VALUE_DIGEST || !manifest_alg_find(v->alg, &want.alg) ||
	    want.len != digest_len(want.alg))
		return false;
	memcpy(want.v, v->bytes.p, want.len);
	return !bytes_zero(v->bytes) && digest_equal(&want, found);
}

/* One register may be given by several algorithms, of which the evidence has one. */
static bool is_other_spelling(const struct manifest *m, const struct manifest_row *row,
			      const struct value *v, enum digest_alg found)
{
	if (v->kind != VALUE_DIGEST || v->alg == manifest_alg(found))
		return false;
	for (size_t i = 0; i < row->n; i++) {
		const struct value *o = &m->value[row->first + i];

		if (o->kind == VALUE_DIGEST && o->alg == manifest_alg(found) &&
		    strcmp(o->key, v->key) == 0)
			return true;
	}
	return false;
}

static bool value_holds(const struct claims *c, const struct manifest *m,
			const struct manifest_row *row, const struct value *v)
{
	const struct digest *found = mset_get(&c->registers, v->key);

	if (!found)
		return field_holds(c, v);
	return same_digest(v, found) || is_other_spelling(m, row, v, found->alg);
}

/* ---- rows */

static const struct value *value_named(const struct manifest *m, const struct manifest_row *row,
				       const char *name)
{
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(m->value[row->first + i].key, name) == 0)
			return &m->value[row->first + i];
	return NULL;
}

/* Does it speak of such evidence: same hardware, and a register of an image that it has? */
static bool is_about(const struct claims *c, const struct manifest *m,
		     const struct manifest_row *row)
{
	if (row->kind != ROW_REFERENCE ||
	    manifest_is_nitro(row) != (strcmp(c->format->kind, "nitro") == 0))
		return false;
	for (size_t i = 0; i < IMAGE_REGISTERS; i++) {
		const struct digest *found = mset_get(&c->registers, image_registers[i]);
		const struct value *v = found ? value_named(m, row, image_registers[i]) : NULL;

		if (v && v->kind == VALUE_DIGEST && v->bytes.n == found->len)
			return true;
	}
	return false;
}

static bool row_matches(const struct claims *c, const struct manifest *m,
			const struct manifest_row *row)
{
	for (size_t i = 0; i < IMAGE_REGISTERS; i++)
		if (mset_get(&c->registers, image_registers[i]) &&
		    !value_named(m, row, image_registers[i]))
			return false;
	for (size_t i = 0; i < row->n; i++)
		if (!value_holds(c, m, row, &m->value[row->first + i]))
			return false;
	return row->n > 0;
}

/* The registers of the image alone: it is that row, whatever else differs. */
static bool image_matches(const struct claims *c, const struct manifest *m,
			  const struct manifest_row *row)
{
	for (size_t i = 0; i < IMAGE_REGISTERS; i++) {
		const struct value *v = value_named(m, row, image_registers[i]);

		if (mset_get(&c->registers, image_registers[i]) &&
		    !(v && value_holds(c, m, row, v)))
			return false;
	}
	return true;
}

/* ---- what is said of it */

static void put_hex(void (*put)(struct check *c, const char *format, ...), struct check *c,
		    const char *name, struct bytes x)
{
	char hex[2 * DIGEST_MAX + 1];

	hex_string(hex, x.n <= DIGEST_MAX ? x : bytes_of(x.p, DIGEST_MAX));
	put(c, "%.24s %s", name, hex);
}

static void put_found(struct check *check, const struct claims *c, const char *name)
{
	const struct digest *d = mset_get(&c->registers, name);
	struct bytes found = d ? digest_bytes(d) : (struct bytes){0};

	if (found.n == 0 && !field_of(c, name, &found))
		verdict_actual(check, "the evidence has no %.24s", name);
	else
		put_hex(verdict_actual, check, name, found);
}

/* Names with commas between them, as far as there is room. */
struct names {
	size_t n;
	bool cut;
	char text[APPRAISE_NAMES];
};

static void put_name(struct names *l, const char *name)
{
	const char *shown = name[0] ? name : "a value without a name";
	int n = snprintf(l->text + l->n, sizeof(l->text) - l->n, "%s%.32s", l->n ? ", " : "",
			 shown);

	if (n < 0 || l->cut || (size_t)n >= sizeof(l->text) - l->n) {
		l->text[l->n] = '\0';
		l->cut = true;
		return;
	}
	l->n += (size_t)n;
}

static const char *id_of(const struct manifest *m)
{
	return m->id ? m->id : "the manifest";
}

/* The row as its maker calls it: how many CPUs of which type, often. */
static void say_match(const struct manifest *m, const struct manifest_row *row, struct verdict *v)
{
	struct names names = {0};

	for (size_t i = 0; i < row->n; i++)
		put_name(&names, m->value[row->first + i].key);
	verdict_detail(verdict_add(v, "code", CHECK_PASS, REASON_NONE), "%s %s of %.60s%s%.130s",
		       names.cut ? "all values" : names.text, row->n == 1 ? "is that" : "are those",
		       id_of(m), row->label ? ": " : "", row->label ? row->label : "");
}

/* One row: which of its values differ. Several: none of them is it. */
static void say_mismatch(const struct claims *c, const struct manifest *m,
			 const struct manifest_row *row, size_t rows, struct verdict *v)
{
	struct names names = {0};
	struct check *check = verdict_add(v, "code", CHECK_FAIL, REASON_MEASUREMENT);
	const struct value *first = NULL;

	for (size_t i = 0; i < row->n; i++) {
		const struct value *value = &m->value[row->first + i];

		if (value_holds(c, m, row, value))
			continue;
		first = first ? first : value;
		put_name(&names, value->key);
	}
	if (rows > 1 || !first) {
		verdict_detail(check, "no one of the %zu states of %.100s is this", rows, id_of(m));
		put_found(check, c, first ? first->key : "MEASUREMENT");
		return;
	}
	verdict_detail(check, "%s: not as in %.60s%s%.130s", names.cut ? "several" : names.text,
		       id_of(m), row->label ? ": " : "", row->label ? row->label : "");
	if (first->kind == VALUE_DIGEST || first->kind == VALUE_RAW)
		put_hex(verdict_expected, check, first->key, first->bytes);
	put_found(check, c, first->key);
}

static void compare_manifest(const struct claims *c, const struct manifest *m,
			     struct appraisal *out, struct verdict *v)
{
	const struct manifest_row *first = NULL, *image = NULL;

	for (size_t i = 0; i < m->n_rows && !out->row; i++) {
		if (!is_about(c, m, &m->row[i]))
			continue;
		out->rows++;
		first = first ? first : &m->row[i];
		if (!image && image_matches(c, m, &m->row[i]))
			image = &m->row[i];
		if (row_matches(c, m, &m->row[i]))
			out->row = &m->row[i];
	}
	if (out->row)
		say_match(m, out->row, v);
	else if (image)
		say_mismatch(c, m, image, 1, v);
	else if (first)
		say_mismatch(c, m, first, out->rows, v);
	else
		verdict_detail(verdict_add(v, "code", CHECK_FAIL, REASON_MEASUREMENT),
			       "%.100s %s (%s)", id_of(m),
			       manifest_kind(m) == MANIFEST_OF_FILES
				       ? "lists files alone, and nothing that evidence has"
				       : "has no reference values for such evidence",
			       c->format->kind);
}

/* ---- values given one by one */

static void compare_register(const struct claims *c, const struct mset_entry *want,
			     struct verdict *v)
{
	const struct digest *found = mset_get(&c->registers, want->name);
	bool same = found && !bytes_zero(digest_bytes(&want->digest)) &&
		    digest_equal(found, &want->digest);
	struct check *check = verdict_add(v, "code", same ? CHECK_PASS : CHECK_FAIL,
					  same ? REASON_NONE : REASON_MEASUREMENT);

	put_hex(verdict_expected, check, want->name, digest_bytes(&want->digest));
	put_found(check, c, want->name);
	verdict_detail(check, "%s is %s one that was given", want->name, same ? "the" : "not the");
}

static void compare_host_data(const struct claims *c, struct bytes want, struct verdict *v)
{
	bool same = c->host_data.present && bytes_equal(c->host_data.v, want);
	struct check *check = verdict_add(v, "code", same ? CHECK_PASS : CHECK_FAIL,
					  same ? REASON_NONE : REASON_MEASUREMENT);

	put_hex(verdict_expected, check, "HOST_DATA", want);
	put_found(check, c, "HOST_DATA");
	verdict_detail(check, "HOST_DATA is %s one that was given", same ? "the" : "not the");
}

/* ---- all */

static void say_fault(const struct expectation *x, struct verdict *v)
{
	const struct err *fault = x->manifest_fault;
	bool undecided = reason_class(fault->reason) == EXIT_CLASS_UNDECIDED;

	verdict_detail(verdict_add(v, "code", undecided ? CHECK_SKIP : CHECK_FAIL, fault->reason),
		       "%s%s", x->manifest ? "the manifest does not count: " : "", fault->text);
}

void appraise_code(const struct claims *c, const struct expectation *x, struct appraisal *out,
		   struct verdict *v)
{
	size_t given = x->registers ? x->registers->n : 0;

	if (x->manifest)
		compare_manifest(c, x->manifest, out, v);
	if (x->manifest_fault)
		say_fault(x, v);
	for (size_t i = 0; i < given; i++)
		compare_register(c, &x->registers->entry[i], v);
	if (x->host_data.present)
		compare_host_data(c, x->host_data.v, v);
	if (!x->manifest && !x->manifest_fault && given == 0 && !x->host_data.present)
		verdict_detail(verdict_add(v, "code", CHECK_SKIP, REASON_NO_EXPECTATION),
			       "nothing was given that the measurements could be compared with");
}

static bool is_compared(const char *name, const struct expectation *x,
			const struct appraisal *found)
{
	return (x->registers && mset_get(x->registers, name)) ||
	       (found->row && value_named(x->manifest, found->row, name));
}

void appraise_uncompared(const struct claims *c, const struct expectation *x,
			 const struct appraisal *found, char text[APPRAISE_NAMES])
{
	struct names names = {0};

	for (size_t i = 0; i < IMAGE_REGISTERS; i++)
		if (mset_get(&c->registers, image_registers[i]) &&
		    !is_compared(image_registers[i], x, found))
			put_name(&names, image_registers[i]);
	memcpy(text, names.text, APPRAISE_NAMES);
}
