#include "reference-db/manifest.h"

#include <stdlib.h>

#include "measure/base/num.h"

#define ROWS_FIRST 4u
#define VALUES_FIRST 16u

static const char *const origin_names[ORIGINS] = {
	[ORIGIN_ASSERTED] = "asserted",
	[ORIGIN_SOURCE] = "source",
	[ORIGIN_ENDORSED] = "endorsed",
	[ORIGIN_PINNED] = "pinned",
};

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

enum manifest_kind manifest_kind(const struct manifest *m)
{
	if (manifest_is_snp(m))
		return MANIFEST_OF_GUEST;
	if (m->profile)
		return MANIFEST_OF_OTHERS;
	if (m->n_rows == 0 && !m->artefact.name && m->n_components > 0)
		return MANIFEST_OF_FILES;
	return manifest_nitro(m) ? MANIFEST_OF_NITRO : MANIFEST_OF_OTHERS;
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

bool manifest_is_snp(const struct manifest *m)
{
	return m->profile && (strcmp(m->profile, MANIFEST_SNP_2024) == 0 ||
			      strcmp(m->profile, MANIFEST_SNP_2025) == 0);
}

const struct value *manifest_launch(const struct manifest *m, const struct manifest_row *row)
{
	for (size_t i = 0; i < row->n; i++) {
		const struct value *v = &m->value[row->first + i];

		if (v->kind == VALUE_DIGEST && strcmp(v->key, "MEASUREMENT") == 0)
			return v;
	}
	return NULL;
}

/* From the least to the most. */
static unsigned vouched(enum origin o)
{
	static const unsigned rank[ORIGINS] = {
		[ORIGIN_NONE] = 0,     [ORIGIN_ASSERTED] = 1, [ORIGIN_PINNED] = 2,
		[ORIGIN_ENDORSED] = 3, [ORIGIN_SOURCE] = 4,
	};

	return rank[o];
}

enum origin manifest_origin(const struct manifest *m)
{
	enum origin least = m->n_components > 0 ? m->component[0].origin : ORIGIN_NONE;

	if (m->artefact.name)
		return m->artefact.origin;
	for (size_t i = 1; i < m->n_components; i++)
		if (vouched(m->component[i].origin) < vouched(least))
			least = m->component[i].origin;
	return least;
}

int manifest_alg(enum digest_alg alg)
{
	static const int number[] = {
		[DIGEST_SHA256] = 1, [DIGEST_SHA384] = 7, [DIGEST_SHA512] = 8,
		[DIGEST_CRC32] = 0,  [DIGEST_SHA1] = 0,
	};

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
