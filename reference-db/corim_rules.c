#include <stdlib.h>

#include "measure/base/num.h"
#include "reference-db/corim_reader.h"
#include "reference-db/snp_field.h"

#define NITRO_REGISTERS 16

/* ---- order, to find what stands twice */

/* Of the same element: its name, its kind, and of digests the algorithm. */
static int element_order(const struct value *a, const struct value *b)
{
	int order = strcmp(a->key, b->key);

	if (order != 0)
		return order;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->alg < b->alg ? -1 : a->alg > b->alg;
}

static int value_order(const struct value *a, const struct value *b)
{
	int order = element_order(a, b);

	if (order == 0)
		order = bytes_order(a->bytes, b->bytes);
	if (order == 0)
		order = bytes_order(a->mask, b->mask);
	if (order == 0)
		order = a->low < b->low ? -1 : a->low > b->low;
	if (order == 0)
		order = a->high < b->high ? -1 : a->high > b->high;
	return order;
}

/* NULL where there are none. */
static const struct value *values_of(const struct manifest *m, const struct manifest_row *row)
{
	return row->n ? &m->value[row->first] : NULL;
}

/* For qsort, which has no argument of its own: rows with the values that they have. */
struct placed {
	const struct manifest_row *row;
	const struct value *value;
	size_t index;
};

static int placed_order(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = bytes_order(x->row->environment, y->row->environment);

	for (size_t i = 0; order == 0 && i < x->row->n && i < y->row->n; i++)
		order = value_order(&x->value[i], &y->value[i]);
	if (order == 0 && x->row->n != y->row->n)
		order = x->row->n < y->row->n ? -1 : 1;
	if (order != 0)
		return order;
	return x->index < y->index ? -1 : 1;
}

static bool same_values(const struct placed *a, const struct placed *b)
{
	if (a->row->n != b->row->n)
		return false;
	for (size_t i = 0; i < a->row->n; i++)
		if (value_order(&a->value[i], &b->value[i]) != 0)
			return false;
	return true;
}

static void compare(struct reader *r, const struct placed *a, const struct placed *b)
{
	if (!bytes_equal(a->row->environment, b->row->environment))
		return;
	r->place.index = b->index;
	if (same_values(a, b))
		reader_warn(r, LINT_REPEATED, "says the same as reference %zu", a->index);
	else if (manifest_is_nitro(b->row))
		reader_error(r, LINT_CONTRADICTION,
			     "another state of the environment of reference %zu", a->index);
}

static bool room(struct reader *r, size_t n, size_t each, void *out)
{
	void **at = out;
	size_t size;

	*at = num_mul_size(n + 1, each, &size) ? own_new(size, r->e) : NULL;
	return *at != NULL;
}

/* States of one environment: alternatives in general; of a Nitro release there is one. */
static void check_states(struct reader *r)
{
	const struct manifest *m = r->m;
	owned(own_free) void *list = NULL;
	struct placed *p;
	size_t n = 0;

	if (!room(r, m->n_rows, sizeof(*p), &list))
		return;
	p = list;
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->row[i].kind == ROW_REFERENCE) {
			p[n] = (struct placed){&m->row[i], values_of(m, &m->row[i]), n};
			n++;
		}
	if (n > 1)
		qsort(p, n, sizeof(*p), placed_order);
	for (size_t i = 1; i < n; i++)
		compare(r, &p[i - 1], &p[i]);
}

static int element_order_by_pointer(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;
	int order = element_order(*x, *y);

	if (order != 0)
		return order;
	return *x < *y ? -1 : *x > *y;
}

/* One element twice in one state. */
static void check_elements(struct reader *r, const struct manifest_row *row)
{
	owned(own_free) void *list = NULL;
	const struct value **p;

	if (row->n < 2 || !room(r, row->n, sizeof(*p), &list))
		return;
	p = list;
	for (size_t i = 0; i < row->n; i++)
		p[i] = &r->m->value[row->first + i];
	qsort(p, row->n, sizeof(*p), element_order_by_pointer);
	for (size_t i = 1; i < row->n; i++) {
		if (element_order(p[i - 1], p[i]) != 0)
			continue;
		r->place.key = p[i]->key;
		reader_error(r, LINT_REPEATED, "the same measurement twice");
	}
	r->place.key = NULL;
}

/* ---- Nitro enclaves */

/* "PCR0" to "PCR15", in one spelling; -1 for all else. */
static int register_number(const char *name)
{
	uint64_t n;

	if (strncmp(name, "PCR", 3) != 0 || !num_parse(name + 3, &n) || n >= NITRO_REGISTERS)
		return -1;
	return (int)n;
}

static void check_nitro_value(struct reader *r, const struct value *v, uint64_t *met)
{
	int n = register_number(v->key);

	r->place.key = v->key;
	if (n < 0) {
		reader_error(r, LINT_REGISTER, "no register has this name; they are PCR0 to PCR%d",
			     NITRO_REGISTERS - 1);
		return;
	}
	reader_met(met, n);
	if (v->kind != VALUE_DIGEST || v->alg != manifest_alg(DIGEST_SHA384))
		reader_error(r, LINT_REGISTER, "a register of a Nitro enclave is a SHA-384");
	if (n == 3 || n == 4)
		reader_warn(r, LINT_REGISTER, "tells of a deployment, not of a release");
}

static void check_nitro(struct reader *r, const struct manifest_row *row)
{
	uint64_t met = 0;

	for (size_t i = 0; i < row->n; i++)
		check_nitro_value(r, &r->m->value[row->first + i], &met);
	r->place.key = NULL;
	for (unsigned i = 0; i < 3; i++)
		if (!(met >> i & 1))
			reader_error(r, LINT_REGISTER_MISSING, "PCR%u is missing", i);
}

/* ---- AMD SEV-SNP */

/* Is the bit fixed by the value, and to what? */
static bool policy_bit(const struct value *v, unsigned bit, bool *set)
{
	if (v->mask.p && (v->mask.n <= bit / 8 || !(v->mask.p[bit / 8] >> bit % 8 & 1)))
		return false;
	*set = v->bytes.p[bit / 8] >> bit % 8 & 1;
	return true;
}

static void check_policy(struct reader *r, const struct value *v)
{
	bool set;

	if (policy_bit(v, SNP_POLICY_ONE, &set) && !set)
		reader_error(r, LINT_POLICY, "bit %u of the policy is clear, which no guest has",
			     SNP_POLICY_ONE);
	if (policy_bit(v, SNP_POLICY_DEBUG, &set) && set)
		(r->l->allow_debug ? reader_warn : reader_error)(
			r, LINT_DEBUG, "bit %u of the policy allows debugging", SNP_POLICY_DEBUG);
}

static void check_snp_value(struct reader *r, const struct value *v)
{
	const struct snp_field *f = snp_field_named(v->key);
	enum value_kind kind = v->kind == VALUE_MIN_SVN ? VALUE_SVN : v->kind;

	r->place.key = v->key;
	if (!f) {
		if (v->key[0] != '\0')
			reader_warn(r, LINT_MKEY, "the profile does not name this measurement");
		return;
	}
	if (kind == VALUE_RAW && f->kind == VALUE_RANGE) /* the draft itself differs on VMPL */
		return;
	if (kind != f->kind)
		reader_error(r, LINT_MKEY, "not the kind of value that the profile gives it");
	else if (f->length != SNP_ANY_LENGTH && v->bytes.n != f->length)
		reader_error(r, LINT_MKEY, "%zu bytes, where the profile has %zu", v->bytes.n,
			     f->length);
	else if (f->mkey == 2)
		check_policy(r, v);
}

static void check_snp(struct reader *r, const struct manifest_row *row)
{
	static const char chip[] = MANIFEST_SNP_CLASS, csp[] = "1.3.6.1.4.1.3704.3.2";

	if (!row->class_id || (strcmp(row->class_id, chip) != 0 && strcmp(row->class_id, csp) != 0))
		reader_error(r, LINT_CLASS, "the class-id is neither %s nor %s", chip, csp);
	if (row->vendor || row->model)
		reader_warn(r, LINT_CLASS, "the profile has neither vendor nor model");
	for (size_t i = 0; i < row->n; i++)
		check_snp_value(r, &r->m->value[row->first + i]);
	r->place.key = NULL;
}

/* ---- launch measurements of the IGVM project */

static const struct platform {
	const char *vendor, *model, *tag_id, *mkey;
	enum digest_alg alg;
} platforms[] = {
	{"AMD", "SEV-SNP", "77e8061e-4634-5e53-a848-d1d09e996843", "MEASUREMENT", DIGEST_SHA384},
	{"Intel", "TDX", "e0510081-7b78-5b2a-97a6-d73d890e07b6", "MRTD", DIGEST_SHA384},
	{"Microsoft", "VBS", "2e29068e-e0fa-59e6-b0ff-3bfe09132e13", "MEASUREMENT", DIGEST_SHA256},
};

static const struct platform *platform(const struct manifest_row *row)
{
	for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++)
		if (row->vendor && row->model && strcmp(row->vendor, platforms[i].vendor) == 0 &&
		    strcmp(row->model, platforms[i].model) == 0)
			return &platforms[i];
	return NULL;
}

static void check_igvm_reference(struct reader *r, const struct manifest_row *row)
{
	const struct platform *p = platform(row);
	const struct value *v = values_of(r->m, row);

	if (!p) {
		reader_error(r, LINT_CLASS, "vendor and model are none of the profile's");
		return;
	}
	if (row->class_id || row->instance)
		reader_error(r, LINT_CLASS, "the profile has neither class-id nor instance");
	if (!r->comid_id || strcasecmp(r->comid_id, p->tag_id) != 0)
		reader_error(r, LINT_TAG_ID, "the CoMID's id is not %s, as the profile demands",
			     p->tag_id);
	if (row->n != 1 || v->kind != VALUE_DIGEST || strcmp(v->key, p->mkey) != 0 ||
	    v->alg != manifest_alg(p->alg))
		reader_error(r, LINT_MKEY, "not one %s of %s, as the profile demands", p->mkey,
			     digest_name(p->alg));
}

static void check_igvm_addition(struct reader *r, const struct manifest_row *row)
{
	if (row->n != 1 || r->m->value[row->first].kind != VALUE_SVN)
		reader_error(r, LINT_MKEY, "not one exact SVN, as the profile demands");
}

static void check_igvm(struct reader *r, size_t references)
{
	if (r->n_comids != 1 || references != 1 || r->series != 1)
		reader_error(r, LINT_PROFILE,
			     "%zu CoMIDs, %zu references and %zu series, where the profile has one "
			     "of each",
			     r->n_comids, references, r->series);
}

/* ---- all of them */

static void check_tag_ids(struct reader *r)
{
	for (size_t i = 0; i < r->n_tags; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(r->tag_id[i], r->tag_id[j]) == 0)
				reader_error(r, LINT_TAG_ID, "tags %zu and %zu have one id", j, i);
}

static void check_links(struct reader *r)
{
	bool nitro = manifest_nitro(r->m) != NULL;

	for (size_t i = 0; i < r->n_links; i++) {
		bool found = false;

		for (size_t j = 0; j < r->n_tags; j++)
			found = found || (r->is_coswid[j] && strcmp(r->tag_id[j], r->link[i]) == 0);
		if (!found && nitro)
			reader_error(r, LINT_TAG_ID, "no CoSWID here has the id \"%.80s\"",
				     r->link[i]);
		else if (!found)
			reader_warn(r, LINT_TAG_ID, "no CoSWID here has the id \"%.80s\"",
				    r->link[i]);
	}
}

static void check_row(struct reader *r, const struct manifest_row *row)
{
	check_elements(r, row);
	if (r->profile == CORIM_SNP && (row->kind == ROW_REFERENCE || row->kind == ROW_CONDITION))
		check_snp(r, row);
	if (r->profile == CORIM_IGVM && row->kind == ROW_REFERENCE)
		check_igvm_reference(r, row);
	if (r->profile == CORIM_IGVM && row->kind == ROW_ADDITION)
		check_igvm_addition(r, row);
	if (r->profile == CORIM_BASE && row->kind == ROW_REFERENCE && manifest_is_nitro(row))
		check_nitro(r, row);
}

void corim_rules(struct reader *r)
{
	static const char *const names[] = {"reference", "endorsed", "condition", "addition"};
	size_t n[] = {0, 0, 0, 0};

	check_tag_ids(r);
	check_links(r);
	for (size_t i = 0; i < r->m->n_rows && !err_is(r->e); i++) {
		const struct manifest_row *row = &r->m->row[i];

		r->place = (struct place){PLACE_NONE, names[row->kind], n[row->kind]++, NULL};
		check_row(r, row);
	}
	r->place = (struct place){PLACE_NONE, "reference", PLACE_NONE, NULL};
	check_states(r);
	r->place = (struct place){PLACE_NONE, NULL, PLACE_NONE, NULL};
	if (r->profile == CORIM_IGVM)
		check_igvm(r, n[ROW_REFERENCE]);
	if (n[ROW_REFERENCE] == 0 && manifest_kind(r->m) != MANIFEST_OF_FILES)
		reader_warn(r, LINT_EMPTY, "no reference values at all");
}
