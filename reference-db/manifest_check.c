#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "reference-db/names.h"
#include "reference-db/snp_field.h"

#define REGISTERS_MIN 3u

static const char *const archs[] = {"x86_64", "aarch64"};
static const char *const registers[] = {"PCR0", "PCR1", "PCR2", "PCR8"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what every manifest has */

static bool check_id(const struct manifest *m, struct err *e)
{
	size_t product = strlen(m->product);

	if (strncmp(m->id, m->product, product) == 0 && m->id[product] == '/' &&
	    strcmp(m->id + product + 1, m->version) == 0)
		return true;
	return err_set(e, REASON_USAGE, "the id \"%s\" is not \"%s/%s\"", m->id, m->product,
		       m->version);
}

/* A file may be of any, or of none. */
static bool check_arch(const struct manifest *m, struct err *e)
{
	if (manifest_kind(m) == MANIFEST_OF_FILES)
		return !m->arch ||
		       err_set(e, REASON_USAGE, "files have no architecture, and \"%s\" is given",
			       m->arch);
	for (size_t i = 0; m->arch && i < COUNT(archs); i++)
		if (strcmp(m->arch, archs[i]) == 0)
			return true;
	return m->arch ? err_set(e, REASON_USAGE, "the architecture \"%s\" is not known", m->arch)
		       : err_set(e, REASON_USAGE, "the architecture is missing");
}

static bool check_words(const struct manifest *m, struct err *e)
{
	if (!m->id || !m->product || !m->version || !m->vendor)
		return err_set(e, REASON_USAGE,
			       "one of id, product, version and vendor is missing");
	return check_arch(m, e) && check_id(m, e) && name_check_product(m->product, e) &&
	       name_check(m->version, "the version", e) &&
	       name_check_text(m->vendor, "the vendor", e);
}

static bool check_component(const struct component *c, struct err *e)
{
	if (!c->name)
		return err_set(e, REASON_USAGE, "a component has no name");
	if (!name_check(c->name, "the name of a component", e))
		return false;
	if (!c->sized || c->digest.alg != DIGEST_SHA256 ||
	    c->digest.len != digest_len(DIGEST_SHA256))
		return err_set(e, REASON_USAGE, "%s: size and sha256 are needed", c->name);
	if (bytes_zero(digest_bytes(&c->digest)))
		return err_set(e, REASON_ZERO_MEASUREMENT, "%s: the sha256 is all zero", c->name);
	if (c->origin == ORIGIN_NONE || c->origin >= ORIGINS)
		return err_set(e, REASON_USAGE, "%s has no origin", c->name);
	return true;
}

static bool check_components(const struct manifest *m, unsigned least, struct err *e)
{
	if (m->n_components < least || m->n_components > MANIFEST_COMPONENTS)
		return err_set(e, REASON_USAGE, "%zu components, where %u to %u are possible",
			       m->n_components, least, MANIFEST_COMPONENTS);
	for (size_t i = 0; i < m->n_components; i++) {
		if (!check_component(&m->component[i], e))
			return false;
		for (size_t j = 0; j < i; j++)
			if (strcmp(m->component[i].name, m->component[j].name) == 0)
				return err_set(e, REASON_USAGE, "two components are named %s",
					       m->component[i].name);
	}
	return true;
}

static bool check_provenance(const struct manifest *m, struct err *e)
{
	const char *const digests[] = {m->source_digest, m->recipe_digest, m->inputs_digest};
	static const char *const what[] = {"the digest of the source", "the digest of the recipe",
					   "the digest of the inputs"};

	if (m->source_commit && !name_check_commit(m->source_commit, e))
		return false;
	for (size_t i = 0; i < COUNT(digests); i++)
		if (digests[i] && !name_check_digest(digests[i], what[i], e))
			return false;
	return true;
}

/* ---- AWS Nitro Enclaves */

static bool check_register(const struct value *v, const char *name, struct err *e)
{
	if (strcmp(v->key, name) != 0)
		return err_set(e, REASON_USAGE, "%s stands where %s must", v->key, name);
	if (v->kind != VALUE_DIGEST || v->alg != manifest_alg(DIGEST_SHA384) ||
	    v->bytes.n != digest_len(DIGEST_SHA384))
		return err_set(e, REASON_USAGE, "%s is no SHA-384", name);
	if (bytes_zero(v->bytes))
		return err_set(e, REASON_ZERO_MEASUREMENT, "%s is all zero", name);
	return true;
}

static bool check_nitro(const struct manifest *m, struct err *e)
{
	const struct manifest_row *row = m->row;

	if (m->n_rows != 1 || row->kind != ROW_REFERENCE || !manifest_is_nitro(row) ||
	    !row->model || strcmp(row->model, m->product) != 0)
		return err_set(e, REASON_USAGE, "not one set of values of a Nitro enclave");
	if (row->n != REGISTERS_MIN && row->n != COUNT(registers))
		return err_set(e, REASON_USAGE, "%zu registers, where %u or %zu are possible",
			       row->n, REGISTERS_MIN, COUNT(registers));
	for (size_t i = 0; i < row->n; i++)
		if (!check_register(&m->value[row->first + i], registers[i], e))
			return false;
	return check_component(&m->artefact, e) && check_components(m, 2, e);
}

/* ---- AMD SEV-SNP */

/* What a row holds, in this order. */
static const struct {
	const char *name;
	bool always;
} snp_values[] = {
	{"GUEST_SVN", false},	      {"POLICY", true},	     {"FAMILY_ID", false},
	{"IMAGE_ID", false},	      {"MEASUREMENT", true}, {"ID_KEY_DIGEST", false},
	{"AUTHOR_KEY_DIGEST", false},
};

static bool policy_has(struct bytes b, unsigned bit)
{
	return b.p[bit / 8] >> bit % 8 & 1;
}

/* A guest under another policy has the same launch digest, so the policy is a value beside it. */
static bool check_policy(const struct manifest *m, const struct value *v, struct err *e)
{
	bool masked = strcmp(m->profile, MANIFEST_SNP_2025) == 0;

	if (v->mask.p && v->mask.n != v->bytes.n)
		return err_set(e, REASON_USAGE, "POLICY has a mask of %zu bytes for a value of %zu",
			       v->mask.n, v->bytes.n);
	if ((v->mask.p != NULL) != masked)
		return err_set(e, REASON_USAGE, "POLICY has %s mask, by the profile %s",
			       v->mask.p ? "a" : "no", m->profile);
	if (!policy_has(v->bytes, SNP_POLICY_ONE))
		return err_set(e, REASON_USAGE, "bit %u of the policy is clear, which no guest has",
			       SNP_POLICY_ONE);
	if (m->allow_debug)
		return true;
	if (policy_has(v->bytes, SNP_POLICY_DEBUG))
		return err_set(e, REASON_DEBUG_MODE, "bit %u of the policy allows debugging",
			       SNP_POLICY_DEBUG);
	if (v->mask.p && !policy_has(v->mask, SNP_POLICY_DEBUG))
		return err_set(e, REASON_DEBUG_MODE,
			       "the mask of the policy leaves bit %u open, which allows debugging",
			       SNP_POLICY_DEBUG);
	return true;
}

static bool check_snp_digest(const struct value *v, struct err *e)
{
	if (v->kind != VALUE_DIGEST || v->alg != manifest_alg(DIGEST_SHA384) ||
	    v->bytes.n != digest_len(DIGEST_SHA384))
		return err_set(e, REASON_USAGE, "%s is no SHA-384", v->key);
	if (bytes_zero(v->bytes))
		return err_set(e, REASON_ZERO_MEASUREMENT, "%s is all zero", v->key);
	return true;
}

static bool check_snp_value(const struct manifest *m, const struct value *v, struct err *e)
{
	const struct snp_field *f = snp_field_named(v->key);

	if (f->kind == VALUE_DIGEST)
		return check_snp_digest(v, e);
	if (f->kind == VALUE_SVN && (v->kind != VALUE_MIN_SVN || v->low > UINT32_MAX))
		return err_set(e, REASON_USAGE, "%s is no least SVN of 32 bits", v->key);
	if (f->kind == VALUE_RAW && (v->kind != VALUE_RAW || v->bytes.n != f->length))
		return err_set(e, REASON_USAGE, "%s has not %zu bytes", v->key, f->length);
	if (strcmp(v->key, "POLICY") == 0)
		return check_policy(m, v, e);
	return !v->mask.p || err_set(e, REASON_USAGE, "%s has a mask", v->key);
}

static bool check_snp_values(const struct manifest *m, const struct manifest_row *row,
			     struct err *e)
{
	size_t at = 0;

	for (size_t i = 0; i < COUNT(snp_values); i++) {
		const struct value *v = at < row->n ? &m->value[row->first + at] : NULL;

		if (!v || strcmp(v->key, snp_values[i].name) != 0) {
			if (snp_values[i].always)
				return err_set(e, REASON_USAGE,
					       "%s is missing, or not in its place",
					       snp_values[i].name);
			continue;
		}
		if (!check_snp_value(m, v, e))
			return false;
		at++;
	}
	return at == row->n || err_set(e, REASON_USAGE, "%s has no place in such a row",
				       m->value[row->first + at].key);
}

static bool check_snp_row(const struct manifest *m, const struct manifest_row *row, struct err *e)
{
	owned(buf_free) struct buf instance = BUF(2 * DIGEST_MAX + 1);

	if (row->kind != ROW_REFERENCE || !row->class_id ||
	    strcmp(row->class_id, MANIFEST_SNP_CLASS) != 0 || row->vendor || row->model)
		return err_set(e, REASON_USAGE, "not reference values of a guest of SEV-SNP");
	if (!row->label)
		return err_set(e, REASON_USAGE, "a row has no label");
	if (!name_check_text(row->label, "the label", e) || !check_snp_values(m, row, e))
		return false;
	hex_put(&instance, manifest_launch(m, row)->bytes);
	if (!buf_done(&instance, "a digest", e))
		return false;
	return (row->instance && strcmp(row->instance, buf_cstr(&instance)) == 0) ||
	       err_set(e, REASON_USAGE, "the instance of a row is not its MEASUREMENT");
}

static int digest_order(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;

	return memcmp((*x)->bytes.p, (*y)->bytes.p, digest_len(DIGEST_SHA384));
}

/* One digest in two rows would be two answers to one question. */
static bool check_distinct(const struct manifest *m, struct err *e)
{
	owned(own_free) void *list = NULL;
	const struct value **v;
	size_t size;

	if (!num_mul_size(m->n_rows, sizeof(*v), &size))
		return err_set(e, REASON_LIMIT, "%zu rows are too many", m->n_rows);
	list = own_new(size, e);
	if (!list)
		return false;
	v = list;
	for (size_t i = 0; i < m->n_rows; i++)
		v[i] = manifest_launch(m, &m->row[i]);
	qsort(v, m->n_rows, sizeof(*v), digest_order);
	for (size_t i = 1; i < m->n_rows; i++)
		if (digest_order(&v[i - 1], &v[i]) == 0)
			return err_set(e, REASON_USAGE, "two rows have one MEASUREMENT");
	return true;
}

static bool check_snp(const struct manifest *m, struct err *e)
{
	if (m->n_rows == 0)
		return err_set(e, REASON_USAGE, "no reference values");
	if (m->artefact.name)
		return err_set(e, REASON_USAGE, "a guest of SEV-SNP has no single image");
	for (size_t i = 0; i < m->n_rows; i++)
		if (!check_snp_row(m, &m->row[i], e))
			return err_in(e, "row %zu", i);
	if (!check_distinct(m, e) || !check_components(m, 1, e))
		return false;
	return strcmp(m->component[0].name, "firmware") == 0 ||
	       strcmp(m->component[0].name, MANIFEST_IGVM) == 0 ||
	       err_set(e, REASON_USAGE,
		       "the first component is %s, where the firmware or an IGVM file must be",
		       m->component[0].name);
}

/* ---- files alone */

static bool check_files(const struct manifest *m, struct err *e)
{
	if (!check_components(m, 1, e))
		return false;
	for (size_t i = 1; i < m->n_components; i++)
		if (strcmp(m->component[i - 1].name, m->component[i].name) > 0)
			return err_set(e, REASON_USAGE,
				       "the files are not in the order of their names: %s stands "
				       "before %s",
				       m->component[i - 1].name, m->component[i].name);
	return true;
}

/* ---- all */

bool manifest_check(const struct manifest *m, struct err *e)
{
	static bool (*const check[])(const struct manifest *m, struct err *e) = {
		[MANIFEST_OF_OTHERS] = check_nitro,
		[MANIFEST_OF_NITRO] = check_nitro,
		[MANIFEST_OF_GUEST] = check_snp,
		[MANIFEST_OF_FILES] = check_files,
	};

	if ((m->profile && !manifest_is_snp(m)) || m->n_entities > 0 || m->has_validity)
		return err_set(e, REASON_USAGE,
			       "other profiles, entities and validity are not written");
	if (m->n_rows == 0 && !m->artefact.name && m->n_components == 0)
		return err_set(e, REASON_USAGE, "neither reference values nor files");
	return check_words(m, e) && check[manifest_kind(m)](m, e) && check_provenance(m, e);
}
