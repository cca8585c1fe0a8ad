#include "reference-db/export.h"

#include <stdio.h>

#include "measure/base/text.h"

#define ENVIRONMENT_MAX 4096u
#define REGISTERS_MIN 3u

#define EXPORT(name, summary, carries, write, wrap) {name, summary, carries, write, wrap},
static const struct export_format formats[] = {
#include "reference-db/export.def"
};
#undef EXPORT

#define EXPORT(name, summary, carries, write, wrap) name,
const char *const export_names[] = {
#include "reference-db/export.def"
	NULL};
#undef EXPORT

const struct export_format *export_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

void export_put_environment(struct buf *out, const struct manifest_row *row)
{
	const char *const parts[] = {row->class_id, row->vendor, row->model, row->instance};
	bool any = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i])
			continue;
		buf_str(out, any ? ", " : "");
		text_tame(out, bytes_str(parts[i]));
		any = true;
	}
	if (!any)
		buf_str(out, "an environment without a name");
}

size_t export_references(const struct manifest *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_rows; i++)
		n += m->row[i].kind == ROW_REFERENCE;
	return n;
}

/* Host data of a guest is any 32 bytes, zero too. */
static bool check_values(const struct manifest *m, struct err *e)
{
	for (size_t i = 0; i < m->n_values; i++) {
		const struct value *v = &m->value[i];

		if (v->kind == VALUE_DIGEST && bytes_zero(v->bytes) &&
		    strcmp(v->key, "HOST_DATA") != 0)
			return err_set(e, REASON_ZERO_MEASUREMENT, "%s is all zero",
				       v->key[0] ? v->key : "a digest");
	}
	return true;
}

static bool check_component(const struct component *c, struct err *e)
{
	if (c->digest.len > 0 && bytes_zero(digest_bytes(&c->digest)))
		return err_set(e, REASON_ZERO_MEASUREMENT, "%s: the %s is all zero", c->name,
			       digest_name(c->digest.alg));
	return true;
}

static bool check_components(const struct manifest *m, struct err *e)
{
	if (!check_component(&m->artefact, e))
		return false;
	for (size_t i = 0; i < m->n_components; i++)
		if (!check_component(&m->component[i], e))
			return false;
	return true;
}

/* What the set holds, by its first value. */
static bool not_nitro(const struct manifest *m, const struct manifest_row *row, const char *format,
		      struct err *e)
{
	owned(buf_free) struct buf of = BUF(ENVIRONMENT_MAX);
	const char *key = row->n > 0 ? m->value[row->first].key : "";

	export_put_environment(&of, row);
	return err_set(
		e, REASON_EXPORT,
		"%s carries the registers of a Nitro enclave, and the manifest expects %s of "
		"%s",
		format, key[0] ? key : "values", buf_cstr(&of));
}

/* One state, and of the right kind: several would be mixed with each other, or some be lost. */
static bool check_nitro(const struct manifest *m, const char *format, struct err *e)
{
	size_t n = export_references(m);

	if (manifest_kind(m) == MANIFEST_OF_FILES)
		return err_set(
			e, REASON_EXPORT,
			"%s carries the registers of a Nitro enclave, and the manifest lists "
			"files alone",
			format);
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->row[i].kind == ROW_REFERENCE && !manifest_is_nitro(&m->row[i]))
			return not_nitro(m, &m->row[i], format, e);
	if (n != 1)
		return err_set(e, REASON_EXPORT,
			       "%s carries one set of reference values, and the manifest holds %zu",
			       format, n);
	return true;
}

static void register_name(char name[MSET_NAME], unsigned number)
{
	snprintf(name, MSET_NAME, "PCR%u", number);
}

bool export_registers(const struct manifest *m, const char *format, uint32_t carried,
		      struct mset *out, struct err *e)
{
	struct mset all = {0}, found = {0};
	const struct digest *d;
	char name[MSET_NAME];

	if (!check_nitro(m, format, e) || !manifest_registers(m, manifest_nitro(m), &all, e))
		return false;
	for (unsigned i = 0; i < 32; i++) {
		register_name(name, i);
		d = mset_get(&all, name);
		if (d && carried >> i & 1 && !mset_put(&found, name, d, e))
			return false;
		if (!d && i < REGISTERS_MIN)
			return err_set(e, REASON_EXPORT, "%s needs %s, and the manifest has none",
				       format, name);
	}
	for (size_t i = 0; i < all.n; i++)
		if (!mset_get(&found, all.entry[i].name))
			return err_set(e, REASON_EXPORT,
				       "%s has no place for %s, which the manifest expects", format,
				       all.entry[i].name);
	*out = found;
	return true;
}

size_t export_left_out(const struct export_format *f, const struct manifest *m,
		       const struct value **first)
{
	size_t n = 0;

	*first = NULL;
	for (size_t i = 0; f->carries && i < m->n_rows; i++) {
		const struct manifest_row *row = &m->row[i];

		for (size_t j = 0; row->kind == ROW_REFERENCE && j < row->n; j++) {
			const struct value *v = &m->value[row->first + j];

			if (f->carries(row, v))
				continue;
			*first = *first ? *first : v;
			n++;
		}
	}
	return n;
}

bool export_write(const struct export_format *f, const struct export_source *s, struct buf *out,
		  struct err *e)
{
	return check_values(s->manifest, e) && check_components(s->manifest, e) &&
	       f->write(s, out, e) && buf_done(out, "the export", e);
}
