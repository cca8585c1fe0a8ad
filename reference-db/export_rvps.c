#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/base/json.h"
#include "measure/base/num.h"
#include "reference-db/export.h"

/*
 * Messages for the reference value provider of trustee, as of its commit 78962cd (2026-08-21):
 * version "0.1.0"; the type names the extractor. "sample" takes an object of names and JSON values,
 * "corim" a CoRIM, which need not be signed; both as base64. Neither checks a signature.
 */
#define MESSAGE_VERSION "0.1.0"
#define NAME_MAX_BYTES 4096u

/* Launch measurements, and the names by which trustee's policy asks for them. */
static const struct launch {
	const char *class_id, *vendor, *model, *key, *name;
} launches[] = {
	{"1.3.6.1.4.1.3704.3.1", NULL, NULL, "MEASUREMENT", "snp_launch_measurement"},
	{"1.3.6.1.4.1.3704.3.2", NULL, NULL, "MEASUREMENT", "snp_launch_measurement"},
	{NULL, "AMD", "SEV-SNP", "MEASUREMENT", "snp_launch_measurement"},
	{NULL, "Intel", "TDX", "MRTD", "mr_td"},
};

static const char *const names[] = {"snp_launch_measurement", "mr_td"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* NULL when trustee has no name for it. */
static const char *launch_name(const struct manifest_row *row, const struct value *v)
{
	if (v->kind != VALUE_DIGEST || v->alg != manifest_alg(DIGEST_SHA384))
		return NULL;
	for (size_t i = 0; i < COUNT(launches); i++)
		if (same(row->class_id, launches[i].class_id) &&
		    (launches[i].class_id || (same(row->vendor, launches[i].vendor) &&
					      same(row->model, launches[i].model))) &&
		    strcmp(v->key, launches[i].key) == 0)
			return launches[i].name;
	return NULL;
}

bool export_rvps_carries(const struct manifest_row *row, const struct value *v)
{
	return manifest_is_nitro(row) || launch_name(row, v);
}

static int order(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;

	return bytes_order(*x, *y);
}

/* Sorted, each once: several sets may differ in something else than the launch measurement. */
static void put_list(struct json_out *w, const char *name, struct bytes *list, size_t n)
{
	if (n == 0)
		return;
	qsort(list, n, sizeof(*list), order);
	json_key(w, name);
	json_open(w, '[');
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !bytes_equal(list[i], list[i - 1]))
			json_hex(w, list[i]);
	json_close(w, ']');
}

static size_t gather(const struct manifest *m, const char *name, struct bytes *list)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		const struct manifest_row *row = &m->row[i];

		for (size_t j = 0; row->kind == ROW_REFERENCE && j < row->n; j++)
			if (same(launch_name(row, &m->value[row->first + j]), name))
				list[n++] = m->value[row->first + j].bytes;
	}
	return n;
}

/* Every set of values must be told by its launch measurement, or the export would be without it. */
static bool check_rows(const struct manifest *m, struct err *e)
{
	owned(buf_free) struct buf of = BUF(NAME_MAX_BYTES);

	if (export_references(m) == 0)
		return err_set(e, REASON_EXPORT, "the manifest has no reference values");
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct manifest_row *row = &m->row[i];
		bool any = row->kind != ROW_REFERENCE;

		for (size_t j = 0; !any && j < row->n; j++)
			any = launch_name(row, &m->value[row->first + j]) != NULL;
		if (any)
			continue;
		export_put_environment(&of, row);
		return err_set(e, REASON_EXPORT,
			       "trustee has no name for what the manifest expects of %s",
			       buf_cstr(&of));
	}
	return true;
}

static bool put_launches(const struct manifest *m, struct json_out *w, struct err *e)
{
	owned(own_free) struct bytes *list = NULL;
	size_t size;

	if (!check_rows(m, e))
		return false;
	if (!num_mul_size(m->n_values, sizeof(*list), &size))
		return err_set(e, REASON_LIMIT, "%zu values are too many", m->n_values);
	list = own_new(size, e);
	if (!list)
		return false;
	for (size_t i = 0; i < COUNT(names); i++)
		put_list(w, names[i], list, gather(m, names[i], list));
	return true;
}

/* Trustee verifies no enclaves; the name is the one that its CoRIM extractor makes of the same. */
static bool put_register(struct json_out *w, const struct manifest_row *row,
			 const struct mset_entry *entry, struct err *e)
{
	owned(buf_free) struct buf name = BUF(NAME_MAX_BYTES);

	buf_fmt(&name, "%s/%s%s%s/digests", row->vendor, row->model ? row->model : "",
		row->model ? "/" : "", entry->name);
	if (!buf_done(&name, "the name of a reference value", e))
		return false;
	json_key_bytes(w, buf_bytes(&name));
	json_open(w, '[');
	json_hex(w, digest_bytes(&entry->digest));
	json_close(w, ']');
	return true;
}

static bool put_registers(const struct manifest *m, struct json_out *w, struct err *e)
{
	struct mset registers = {0};

	if (!export_registers(m, "rvps", UINT32_MAX, &registers, e))
		return false;
	for (size_t i = 0; i < registers.n; i++)
		if (!put_register(w, manifest_nitro(m), &registers.entry[i], e))
			return false;
	return true;
}

static bool put_message(struct buf *out, const char *type, struct bytes content, struct err *e)
{
	owned(buf_free) struct buf payload = BUF(EXPORT_MAX);
	struct json_out w = json_out(out, true);

	base64_put(&payload, content);
	if (!buf_done(&payload, "the payload", e))
		return false;
	json_open(&w, '{');
	json_key(&w, "version");
	json_str(&w, MESSAGE_VERSION);
	json_key(&w, "type");
	json_str(&w, type);
	json_key(&w, "payload");
	json_string(&w, buf_bytes(&payload));
	json_close(&w, '}');
	buf_str(out, "\n");
	return true;
}

bool export_rvps(const struct export_source *s, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf sample = BUF(EXPORT_MAX);
	struct json_out w = json_out(&sample, false);
	bool nitro = manifest_nitro(s->manifest) != NULL;

	json_open(&w, '{');
	if (!(nitro ? put_registers : put_launches)(s->manifest, &w, e))
		return false;
	json_close(&w, '}');
	return buf_done(&sample, "the reference values", e) &&
	       put_message(out, "sample", buf_bytes(&sample), e);
}

bool export_rvps_corim(const struct export_source *s, struct buf *out, struct err *e)
{
	if (manifest_kind(s->manifest) == MANIFEST_OF_FILES)
		return err_set(e, REASON_EXPORT, "the manifest has no reference values");
	return put_message(out, "corim", s->payload, e);
}
