#include "eif/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "eif/metadata.h"
#include "measure/core/cose.h"

#define METADATA_TEXT_MAX (6 * EIF_METADATA_MAX) /* every byte as \u00xx */

static void member_u64(struct json_out *w, const char *key, uint64_t x)
{
	json_key(w, key);
	json_u64(w, x);
}

static void member_bool(struct json_out *w, const char *key, bool x)
{
	json_key(w, key);
	json_bool(w, x);
}

static void member_hex(struct json_out *w, const char *key, const struct digest *d)
{
	json_key(w, key);
	json_hex(w, digest_bytes(d));
}

static void sections(const struct eif_image *img, struct json_out *w)
{
	json_key(w, "sections");
	json_open(w, '[');
	for (size_t i = 0; i < img->n; i++) {
		const struct eif_section *s = &img->section[i];

		json_open(w, '{');
		member_u64(w, "index", i);
		json_text(w, "type", eif_section_name(s->type));
		member_u64(w, "offset", s->offset);
		member_u64(w, "data_offset", eif_section_data(s));
		member_u64(w, "size", s->size);
		member_hex(w, "sha256", &s->sha256);
		member_hex(w, "sha384", &s->sha384);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void signature(const struct eif_image *img, bool holds, struct json_out *w)
{
	json_key(w, "signature");
	json_open(w, '{');
	member_bool(w, "present", img->is_signed);
	if (img->is_signed) {
		member_bool(w, "valid", holds);
		json_text(w, "algorithm", cose_alg_name(img->sign.sign1.alg));
		json_key(w, "signed_pcr0");
		json_hex(w, bytes_of(img->sign.pcr0, sizeof(img->sign.pcr0)));
		json_key(w, "value");
		json_hex(w, img->sign.sign1.rs);
		json_key(w, "certificate");
		x509_json(img->sign.cert, w);
	}
	json_close(w, '}');
}

/* In one line: the indentation of a deep tree would be many times its text. */
static void metadata_compact(const struct eif_image *img, struct json_out *w)
{
	owned(buf_free) struct buf text = BUF(METADATA_TEXT_MAX);
	struct json_out compact = json_out(&text, false);

	if (img->metadata_json.n == 0) {
		json_null(w);
		return;
	}
	json_node_out(&compact, &img->metadata_json, img->metadata_json.nodes);
	if (text.failed != REASON_NONE)
		buf_fail(w->out, text.failed);
	json_raw(w, buf_bytes(&text));
}

void eif_report_json(const struct eif_image *img, bool holds, struct json_out *w)
{
	sections(img, w);
	member_u64(w, "size", img->size);
	member_hex(w, "sha256", &img->sha256);
	member_u64(w, "version", img->header.version);
	json_text(w, "arch", img->header.flags & EIF_FLAG_AARCH64 ? "aarch64" : "x86_64");
	member_u64(w, "flags", img->header.flags);
	member_u64(w, "default_mem", img->header.default_mem);
	member_u64(w, "default_cpus", img->header.default_cpus);
	member_hex(w, "crc32", &img->crc);
	signature(img, holds, w);
	json_key(w, "metadata");
	metadata_compact(img, w);
}

static void member_string_of(struct json_out *w, const struct json *j,
			     const struct json_node *object, const char *key)
{
	json_key(w, key);
	json_node_out(w, j, json_member(j, object, key));
}

/* Flattened by serde: an object's members stand among the others, null leaves nothing. */
static bool custom(struct json_out *w, const struct json *j, const struct json_node *node,
		   struct err *e)
{
	owned(own_free) const struct json_node **list = NULL;

	if (node->type == JSON_NULL)
		return true;
	if (node->type != JSON_OBJECT)
		return err_at(e, REASON_METADATA, node->offset,
			      "CustomMetadata is %s; nitro-cli fails to describe what is no object",
			      json_type_name(node->type));
	list = json_sorted(j, node, e);
	for (size_t i = 0; list && i < node->count; i++) {
		json_key_bytes(w, list[i]->key);
		if (!eif_serde_out(w, j, list[i], e))
			return false;
	}
	return list != NULL;
}

static bool metadata(const struct json *j, struct json_out *w, struct err *e)
{
	static const char *const build[] = {"BuildTime", "BuildTool", "BuildToolVersion",
					    "OperatingSystem", "KernelVersion"};
	const struct json_node *root = j->nodes;
	const struct json_node *info = json_member(j, root, "BuildMetadata");

	member_string_of(w, j, root, "ImageName");
	member_string_of(w, j, root, "ImageVersion");
	json_key(w, "Metadata");
	json_open(w, '{');
	for (size_t i = 0; i < sizeof(build) / sizeof(build[0]); i++)
		member_string_of(w, j, info, build[i]);
	json_key(w, "DockerInfo");
	if (!eif_serde_out(w, j, json_member(j, root, "DockerInfo"), e) ||
	    !custom(w, j, json_member(j, root, "CustomMetadata"), e))
		return false;
	json_close(w, '}');
	return true;
}

void eif_report_measurements(const struct mset *registers, const char *hash_algorithm,
			     struct json_out *w)
{
	json_key(w, "Measurements");
	json_open(w, '{');
	json_text(w, "HashAlgorithm", hash_algorithm);
	for (size_t i = 0; i < registers->n; i++)
		member_hex(w, registers->entry[i].name, &registers->entry[i].digest);
	json_close(w, '}');
}

bool eif_report_nitro_cli(const struct eif_image *img, const char *hash_algorithm, struct buf *out,
			  struct err *e)
{
	struct json_out w = json_out(out, true);
	struct mset registers = {0};

	if (!eif_image_registers(img, &registers, e))
		return false;
	json_open(&w, '{');
	member_u64(&w, "EifVersion", img->header.version);
	eif_report_measurements(&registers, hash_algorithm, &w);
	member_bool(&w, "IsSigned", img->is_signed);
	if (img->is_signed) {
		json_key(&w, "SigningCertificate");
		x509_json_nitro_cli(img->sign.cert, &w);
	}
	member_bool(&w, "CheckCRC", true);
	if (img->is_signed)
		member_bool(&w, "SignatureCheck", true);
	if (img->metadata_json.n > 0 && !metadata(&img->metadata_json, &w, e))
		return false;
	json_close(&w, '}');
	buf_str(out, "\n");
	return buf_done(out, "the description", e);
}
