#include "reference-db/manifest.h"

#include <stdlib.h>

#include "measure/base/num.h"
#include "measure/base/text.h"
#include "reference-db/names.h"

#define ROWS_FIRST 4u
#define VALUES_FIRST 16u
#define REGISTERS_MIN 3u

static const char *const origin_names[ORIGINS] = {
	[ORIGIN_ASSERTED] = "asserted",
	[ORIGIN_SOURCE] = "source",
	[ORIGIN_ENDORSED] = "endorsed",
	[ORIGIN_PINNED] = "pinned",
};

static const char *const archs[] = {"x86_64", "aarch64"};
static const char *const registers[] = {"PCR0", "PCR1", "PCR2", "PCR8"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool manifest_init(struct manifest *m, size_t text_room, struct err *e)
{
	*m = (struct manifest){.strings = BUF(text_room), .payload = BUF(0)};
	if (text_room > 0 && buf_room(&m->strings, text_room))
		m->strings.n = 0;
	return buf_done(&m->strings, "the texts of a manifest", e);
}

void manifest_free(struct manifest *m)
{
	buf_free(&m->payload);
	buf_free(&m->strings);
	free(m->row);
	free(m->value);
	*m = (struct manifest){0};
}

const char *manifest_text(struct manifest *m, struct bytes text)
{
	uint8_t *to = buf_room(&m->strings, text.n + 1);

	if (!to)
		return "";
	if (text.n)
		memcpy(to, text.p, text.n);
	to[text.n] = '\0';
	return (const char *)to;
}

/* The list with room for one more than its n; it doubles from `first`, a power of two, on. */
static void *roomy(void *list, size_t n, size_t first, size_t each, struct err *e)
{
	void *p;
	size_t size;

	if (n > 0 && (n < first || (n & (n - 1)) != 0))
		return list;
	p = num_mul_size(n > 0 ? 2 * n : first, each, &size) ? realloc(list, size) : NULL;
	if (!p)
		err_set(e, REASON_OUT_OF_MEMORY, "no memory for more than %zu parts of a manifest",
			n);
	return p;
}

struct manifest_row *manifest_row(struct manifest *m, enum row_kind kind, struct err *e)
{
	struct manifest_row *list;

	if (m->n_rows == MANIFEST_ROWS) {
		err_set(e, REASON_LIMIT, "more than %u sets of values", MANIFEST_ROWS);
		return NULL;
	}
	list = roomy(m->row, m->n_rows, ROWS_FIRST, sizeof(*list), e);
	if (!list)
		return NULL;
	m->row = list;
	m->row[m->n_rows] = (struct manifest_row){.kind = kind, .first = m->n_values};
	return &m->row[m->n_rows++];
}

struct value *manifest_value(struct manifest *m, const char *key, enum value_kind kind,
			     struct err *e)
{
	struct value *list;

	if (m->n_values == MANIFEST_VALUES) {
		err_set(e, REASON_LIMIT, "more than %u values", MANIFEST_VALUES);
		return NULL;
	}
	list = roomy(m->value, m->n_values, VALUES_FIRST, sizeof(*list), e);
	if (!list)
		return NULL;
	m->value = list;
	m->value[m->n_values] = (struct value){.key = key, .kind = kind};
	m->row[m->n_rows - 1].n++;
	return &m->value[m->n_values++];
}

bool manifest_is_nitro(const struct manifest_row *row)
{
	return row->vendor && strcmp(row->vendor, MANIFEST_NITRO) == 0;
}

const struct manifest_row *manifest_nitro(const struct manifest *m)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->row[i].kind == ROW_REFERENCE && manifest_is_nitro(&m->row[i]))
			return &m->row[i];
	return NULL;
}

int manifest_alg(enum digest_alg alg)
{
	static const int number[] = {
		[DIGEST_SHA256] = 1, [DIGEST_SHA384] = 7, [DIGEST_SHA512] = 8, [DIGEST_CRC32] = 0};

	return number[alg];
}

bool manifest_alg_find(int alg, enum digest_alg *out)
{
	for (enum digest_alg a = DIGEST_SHA256; a <= DIGEST_SHA512; a++) {
		if (manifest_alg(a) != alg)
			continue;
		*out = a;
		return true;
	}
	return false;
}

bool manifest_registers(const struct manifest *m, const struct manifest_row *row, struct mset *out,
			struct err *e)
{
	for (size_t i = 0; i < row->n; i++) {
		const struct value *v = &m->value[row->first + i];
		struct digest d = {.len = v->bytes.n};

		if (v->kind != VALUE_DIGEST || !manifest_alg_find(v->alg, &d.alg))
			continue;
		if (d.len != digest_len(d.alg))
			return err_set(e, REASON_LIMIT, "%s has %zu bytes and needs %zu", v->key,
				       d.len, digest_len(d.alg));
		memcpy(d.v, v->bytes.p, d.len);
		if (!mset_put(out, v->key, &d, e))
			return false;
	}
	return true;
}

const char *origin_name(enum origin o)
{
	return origin_names[o];
}

bool origin_find(struct bytes name, enum origin *o)
{
	for (enum origin i = ORIGIN_ASSERTED; i < ORIGINS; i++) {
		if (!bytes_equal(name, bytes_str(origin_names[i])))
			continue;
		*o = i;
		return true;
	}
	return false;
}

/* ---- what may be written */

static bool check_id(const struct manifest *m, struct err *e)
{
	size_t product = strlen(m->product);

	if (strncmp(m->id, m->product, product) == 0 && m->id[product] == '/' &&
	    strcmp(m->id + product + 1, m->version) == 0)
		return true;
	return err_set(e, REASON_USAGE, "the id \"%s\" is not \"%s/%s\"", m->id, m->product,
		       m->version);
}

static bool check_words(const struct manifest *m, struct err *e)
{
	bool known = false;

	if (!m->id || !m->product || !m->version || !m->vendor || !m->arch)
		return err_set(e, REASON_USAGE,
			       "one of id, product, version, vendor and arch is missing");
	for (size_t i = 0; i < COUNT(archs); i++)
		known = known || strcmp(m->arch, archs[i]) == 0;
	if (!known)
		return err_set(e, REASON_USAGE, "the architecture \"%s\" is not known", m->arch);
	return check_id(m, e) && name_check_product(m->product, e) &&
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

static bool check_components(const struct manifest *m, struct err *e)
{
	if (!check_component(&m->artefact, e))
		return false;
	if (m->n_components < 2 || m->n_components > MANIFEST_COMPONENTS)
		return err_set(e, REASON_USAGE, "%zu components, where 2 to %u are possible",
			       m->n_components, MANIFEST_COMPONENTS);
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

static bool check_row(const struct manifest *m, struct err *e)
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

bool manifest_check(const struct manifest *m, struct err *e)
{
	if (m->profile || m->n_entities > 0 || m->has_validity)
		return err_set(e, REASON_USAGE, "profile, entities and validity are not written");
	return check_words(m, e) && check_components(m, e) && check_row(m, e) &&
	       check_provenance(m, e);
}
