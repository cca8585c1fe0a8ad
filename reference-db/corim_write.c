#include <stdio.h>

#include "measure/core/cbor.h"
#include "reference-db/corim.h"
#include "reference-db/coswid.h"
#include "reference-db/snp_field.h"

#define PART_MAX CORIM_MAX /* of a CoMID or CoSWID of ours */

enum {
	TAG_URI = 32,
	TAG_OID = 111,
	TAG_CORIM = 501,
	TAG_COSWID = 505,
	TAG_COMID = 506,
	TAG_MIN_SVN = 553,
	TAG_BYTES = 560,
	TAG_MASKED = 563,
};

/* MANIFEST_SNP_CLASS: the content alone, as RFC 9090 has it. */
static const uint8_t snp_class[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x03, 0x01};

/* instance: the launch digest, by which other verifiers look rows up; or nothing. */
static void put_snp_environment(struct buf *out, struct bytes instance)
{
	cbor_put_map(out, instance.n ? 2 : 1);
	cbor_put_uint(out, 0); /* class */
	cbor_put_map(out, 1);
	cbor_put_uint(out, 0); /* class-id */
	cbor_put_tag(out, TAG_OID);
	cbor_put_bytes(out, bytes_of(snp_class, sizeof(snp_class)));
	if (instance.n == 0)
		return;
	cbor_put_uint(out, 1); /* instance */
	cbor_put_tag(out, TAG_BYTES);
	cbor_put_bytes(out, instance);
}

static void put_nitro_environment(struct buf *out, const struct manifest *m)
{
	cbor_put_map(out, 1);
	cbor_put_uint(out, 0); /* class */
	cbor_put_map(out, 2);
	cbor_put_uint(out, 1); /* vendor */
	cbor_put_text(out, MANIFEST_NITRO);
	cbor_put_uint(out, 2); /* model */
	cbor_put_text(out, m->product);
}

/* row: NULL for whatever all rows are of. */
static void put_environment(struct buf *out, const struct manifest *m,
			    const struct manifest_row *row)
{
	struct bytes none = {0};

	if (manifest_is_snp(m))
		put_snp_environment(out, row ? manifest_launch(m, row)->bytes : none);
	else
		put_nitro_environment(out, m);
}

static void put_digest(struct buf *out, const struct value *v)
{
	cbor_put_uint(out, 2); /* digests */
	cbor_put_array(out, 1);
	cbor_put_array(out, 2);
	cbor_put_uint(out, (uint64_t)v->alg);
	cbor_put_bytes(out, v->bytes);
}

static void put_raw(struct buf *out, const struct value *v)
{
	cbor_put_uint(out, 4); /* raw-value */
	if (!v->mask.p) {
		cbor_put_tag(out, TAG_BYTES);
		cbor_put_bytes(out, v->bytes);
		return;
	}
	cbor_put_tag(out, TAG_MASKED);
	cbor_put_array(out, 2);
	cbor_put_bytes(out, v->bytes);
	cbor_put_bytes(out, v->mask);
}

static void put_min_svn(struct buf *out, const struct value *v)
{
	cbor_put_uint(out, 1); /* svn */
	cbor_put_tag(out, TAG_MIN_SVN);
	cbor_put_uint(out, v->low);
}

/* label: the row's, or NULL. */
static void put_measurement(struct buf *out, const struct value *v, const char *label)
{
	const struct snp_field *field = snp_field_named(v->key);

	cbor_put_map(out, 2);
	cbor_put_uint(out, 0); /* mkey */
	if (field)
		cbor_put_uint(out, field->mkey);
	else
		cbor_put_text(out, v->key);
	cbor_put_uint(out, 1); /* mval */
	cbor_put_map(out, label ? 2 : 1);
	if (v->kind == VALUE_MIN_SVN)
		put_min_svn(out, v);
	else if (v->kind == VALUE_RAW)
		put_raw(out, v);
	else
		put_digest(out, v);
	if (!label)
		return;
	cbor_put_uint(out, 11); /* name */
	cbor_put_text(out, label);
}

static void put_row(struct buf *out, const struct manifest *m, const struct manifest_row *row)
{
	const struct value *named = manifest_launch(m, row);

	cbor_put_array(out, 2);
	put_environment(out, m, row);
	cbor_put_array(out, row->n);
	for (size_t i = 0; i < row->n; i++) {
		const struct value *v = &m->value[row->first + i];

		put_measurement(out, v, v == named ? row->label : NULL);
	}
}

static void put_triples(struct buf *out, const struct manifest *m, const char *coswid_id)
{
	cbor_put_map(out, 2);
	cbor_put_uint(out, 0); /* reference-triples */
	cbor_put_array(out, m->n_rows);
	for (size_t i = 0; i < m->n_rows; i++)
		put_row(out, m, &m->row[i]);
	cbor_put_uint(out, 6); /* coswid-triples */
	cbor_put_array(out, 1);
	cbor_put_array(out, 2);
	put_environment(out, m, NULL);
	cbor_put_array(out, 1);
	cbor_put_text(out, coswid_id);
}

static void put_comid(struct buf *out, const struct manifest *m, const char *id,
		      const char *coswid_id)
{
	cbor_put_map(out, 2);
	cbor_put_uint(out, 1); /* tag-identity */
	cbor_put_map(out, 1);
	cbor_put_uint(out, 0); /* tag-id */
	cbor_put_text(out, id);
	cbor_put_uint(out, 4); /* triples */
	put_triples(out, m, coswid_id);
}

static void put_tag(struct buf *out, uint64_t tag, const struct buf *content)
{
	cbor_put_tag(out, tag);
	cbor_put_bytes(out, buf_bytes(content));
}

bool corim_write(const struct manifest *m, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf comid = BUF(PART_MAX), coswid = BUF(PART_MAX);
	char comid_id[2 * MANIFEST_NAME + 16], coswid_id[2 * MANIFEST_NAME + 16];

	bool files = manifest_kind(m) == MANIFEST_OF_FILES;

	if (!manifest_check(m, e))
		return false;
	snprintf(comid_id, sizeof(comid_id), "%s/%s", m->id, m->profile ? "snp" : "nitro");
	snprintf(coswid_id, sizeof(coswid_id), "%s/%s", m->id, files ? "files" : "image");
	if (!files)
		put_comid(&comid, m, comid_id, coswid_id);
	coswid_write(m, coswid_id, &coswid);
	if (!buf_done(&comid, "the CoMID", e) || !buf_done(&coswid, "the CoSWID", e))
		return false;
	cbor_put_tag(out, TAG_CORIM);
	cbor_put_map(out, m->profile ? 3 : 2);
	cbor_put_uint(out, 0); /* id */
	cbor_put_text(out, m->id);
	cbor_put_uint(out, 1); /* tags */
	cbor_put_array(out, files ? 1 : 2);
	if (!files)
		put_tag(out, TAG_COMID, &comid);
	put_tag(out, TAG_COSWID, &coswid);
	if (m->profile) {
		cbor_put_uint(out, 3); /* profile */
		cbor_put_tag(out, TAG_URI);
		cbor_put_text(out, m->profile);
	}
	return buf_done(out, "the manifest", e);
}
