#include "ovmf-snp/launch_record.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/core/rootimage.h"
#include "ovmf-snp/launch.h"
#include "ovmf-snp/vcpu.h"

static const char *const part_names[LAUNCH_PARTS] = {"firmware", "kernel", "initrd",
						     "cmdline",	 "root",   "hashes"};
static const char *const file_names[LAUNCH_PARTS] = {"firmware.fd", "kernel",	"initrd",
						     "cmdline",	    "root.img", "hashes.bin"};

bool launch_file_same(const struct launch_file *a, const struct launch_file *b)
{
	return a->present == b->present &&
	       (!a->present || (a->size == b->size && digest_equal(&a->sha256, &b->sha256)));
}

void launch_record_free(struct launch_record *r)
{
	free(r->row);
	*r = (struct launch_record){0};
}

bool launch_record_add(struct launch_record *r, const struct launch_row *row, struct err *e)
{
	size_t room = r->n ? 2 * r->n : 1;
	struct launch_row *more;

	if (r->n == LAUNCH_ROWS)
		return err_set(e, REASON_LIMIT, "more than %u launch digests", LAUNCH_ROWS);
	if ((r->n & (r->n - 1)) == 0) {
		more = realloc(r->row, room * sizeof(*more));
		if (!more)
			return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu rows", room);
		r->row = more;
	}
	r->row[r->n++] = *row;
	return true;
}

const char *launch_part_name(enum launch_part part)
{
	return part_names[part];
}

const char *launch_file_name(enum launch_part part)
{
	return file_names[part];
}

void launch_row_put(struct buf *out, const struct launch_row *row)
{
	launch_row_put_as(out, row->type, row);
}

void launch_row_put_as(struct buf *out, const char *type, const struct launch_row *row)
{
	if (type)
		buf_fmt(out, "%s x%u", type, row->vcpus);
	else if (row->signature)
		buf_fmt(out, "CPU 0x%x x%u", row->signature, row->vcpus);
	else
		buf_fmt(out, "any CPU x%u", row->vcpus);
	buf_fmt(out, ", %s", row->profile->name);
	if (row->features != VMSA_FEATURES_DEFAULT)
		buf_fmt(out, ", features 0x%llx", (unsigned long long)row->features);
}

/* ---- writing */

/* 64 bits are more than many a reader of JSON numbers holds. */
static void put_word(struct json_out *w, const char *key, uint64_t x)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)x);
	json_text(w, key, text);
}

static void put_hex(struct json_out *w, const char *key, const struct digest *d)
{
	json_key(w, key);
	json_hex(w, digest_bytes(d));
}

static void put_file(struct json_out *w, enum launch_part part, const struct launch_file *f)
{
	json_key(w, part_names[part]);
	json_open(w, '{');
	json_text(w, "name", file_names[part]);
	json_count(w, "size", f->size);
	put_hex(w, "sha256", &f->sha256);
	json_close(w, '}');
}

static void put_row(struct json_out *w, const struct launch_row *row)
{
	json_open(w, '{');
	json_text(w, "profile", row->profile->name);
	json_text(w, "vcpu_type", row->type);
	put_word(w, "vcpu_signature", row->signature);
	put_word(w, "guest_features", row->features);
	json_count(w, "vcpus", row->vcpus);
	put_hex(w, "measurement", &row->digest);
	json_close(w, '}');
}

/* All that dm-verity has to be told; most of it is always the same. */
static void put_root(struct json_out *w, const struct launch_root *r)
{
	json_key(w, "verity");
	json_open(w, '{');
	put_hex(w, "root_hash", &r->hash);
	json_text(w, "algorithm", "sha256");
	json_text(w, "salt", "");
	json_count(w, "block_size", ROOTIMAGE_BLOCK);
	json_count(w, "blocks", r->blocks);
	json_count(w, "hash_offset", r->blocks * ROOTIMAGE_BLOCK);
	json_close(w, '}');
}

void launch_record_write(const struct launch_record *r, struct buf *out)
{
	struct json_out w = json_out(out, true);

	json_open(&w, '{');
	json_text(&w, "schema", LAUNCH_SCHEMA);
	json_text(&w, "mode", "snp");
	put_word(&w, "policy", r->policy);
	json_key(&w, "files");
	json_open(&w, '{');
	for (enum launch_part p = 0; p < LAUNCH_PARTS; p++)
		if (r->file[p].present)
			put_file(&w, p, &r->file[p]);
	json_close(&w, '}');
	if (r->file[LAUNCH_ROOT].present)
		put_root(&w, &r->root);
	put_hex(&w, "firmware_digest", &r->firmware_ld);
	json_key(&w, "digests");
	json_open(&w, '[');
	for (size_t i = 0; i < r->n; i++)
		put_row(&w, &r->row[i]);
	json_close(&w, ']');
	json_close(&w, '}');
	buf_str(out, "\n");
}

/* ---- reading */

static bool wrong(struct err *e, const struct json_node *at, const char *format, ...)
	ERR_FORMAT(3, 4);

static bool wrong(struct err *e, const struct json_node *at, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_at(e, REASON_LAUNCH_RECORD, at->offset, "%s", text);
}

static bool known_keys(const struct json *j, const struct json_node *object,
		       const char *const *keys, struct err *e)
{
	for (const struct json_node *n = json_first(j, object); n; n = json_after(j, object, n)) {
		const char *const *k = keys;

		while (*k && !bytes_equal(n->key, bytes_str(*k)))
			k++;
		if (!*k)
			return wrong(e, n, "\"%.*s\" is no key of %s",
				     n->key.n < 60 ? (int)n->key.n : 60, (const char *)n->key.p,
				     LAUNCH_SCHEMA);
	}
	return true;
}

/* The member of that type; NULL with e set. */
static const struct json_node *member(const struct json *j, const struct json_node *object,
				      const char *key, enum json_type type, struct err *e)
{
	const struct json_node *n = json_member(j, object, key);

	if (!n) {
		wrong(e, object, "\"%s\" is missing", key);
		return NULL;
	}
	if (n->type == type)
		return n;
	wrong(e, n, "%s is %s and must be %s", key, json_type_name(n->type),
	      type == JSON_STRING   ? "a string"
	      : type == JSON_NUMBER ? "a number"
	      : type == JSON_ARRAY  ? "an array"
				    : "an object");
	return NULL;
}

static bool take_hex(const struct json *j, const struct json_node *object, const char *key,
		     struct digest *d, struct err *e)
{
	const struct json_node *n = member(j, object, key, JSON_STRING, e);
	owned(buf_free) struct buf bytes = BUF(DIGEST_MAX);
	char text[2 * DIGEST_MAX + 1] = "";
	struct err bad = {0};

	if (!n)
		return false;
	d->len = digest_len(d->alg);
	if (n->text.n == 2 * d->len)
		memcpy(text, n->text.p, n->text.n);
	if (!hex_read(text, key, &bytes, &bad) && bad.reason == REASON_OUT_OF_MEMORY) {
		*e = bad;
		return false;
	}
	if (err_is(&bad) || bytes.n != d->len)
		return wrong(e, n, "%s is no %s in hexadecimal", key, digest_name(d->alg));
	if (bytes_zero(buf_bytes(&bytes)))
		return wrong(e, n, "%s is all zero", key);
	memcpy(d->v, bytes.p, bytes.n);
	return true;
}

static bool take_number(const struct json *j, const struct json_node *object, const char *key,
			uint64_t *out, struct err *e)
{
	const struct json_node *n = member(j, object, key, JSON_NUMBER, e);
	char text[32];

	if (!n)
		return false;
	snprintf(text, sizeof(text), "%.*s", n->text.n < 30 ? (int)n->text.n : 30,
		 (const char *)n->text.p);
	return num_parse(text, out) || wrong(e, n, "%s is no whole number", key);
}

/* "0x30000", in the one spelling that is written. */
static bool take_word(const struct json *j, const struct json_node *object, const char *key,
		      uint64_t *out, struct err *e)
{
	const struct json_node *n = member(j, object, key, JSON_STRING, e);
	char text[24], again[24];

	if (!n)
		return false;
	snprintf(text, sizeof(text), "%.*s", n->text.n < 20 ? (int)n->text.n : 20,
		 (const char *)n->text.p);
	*out = strtoull(text, NULL, 16);
	snprintf(again, sizeof(again), "0x%llx", (unsigned long long)*out);
	return bytes_equal(n->text, bytes_str(again)) ||
	       wrong(e, n, "%s is no number such as \"0x1f\"", key);
}

static bool take_text(const struct json *j, const struct json_node *object, const char *key,
		      const char *must_be, struct err *e)
{
	const struct json_node *n = member(j, object, key, JSON_STRING, e);

	if (!n)
		return false;
	return bytes_equal(n->text, bytes_str(must_be)) ||
	       wrong(e, n, "%s is \"%.*s\" and must be \"%s\"", key,
		     n->text.n < 40 ? (int)n->text.n : 40, (const char *)n->text.p, must_be);
}

static bool take_file(struct launch_record *r, const struct json *j, const struct json_node *files,
		      enum launch_part part, struct err *e)
{
	static const char *const keys[] = {"name", "size", "sha256", NULL};
	struct launch_file *f = &r->file[part];
	const struct json_node *n = json_member(j, files, part_names[part]);

	if (!n && part != LAUNCH_FIRMWARE)
		return true;
	n = member(j, files, part_names[part], JSON_OBJECT, e);
	if (!n || !known_keys(j, n, keys, e) || !take_text(j, n, "name", file_names[part], e) ||
	    !take_number(j, n, "size", &f->size, e))
		return false;
	f->sha256.alg = DIGEST_SHA256;
	f->present = true;
	return take_hex(j, n, "sha256", &f->sha256, e);
}

static bool take_files(struct launch_record *r, const struct json *j, struct err *e)
{
	const struct json_node *files = member(j, &j->nodes[0], "files", JSON_OBJECT, e);
	const char *keys[LAUNCH_PARTS + 1] = {0};
	bool kernel;

	memcpy(keys, part_names, sizeof(part_names));
	if (!files || !known_keys(j, files, keys, e))
		return false;
	for (enum launch_part p = 0; p < LAUNCH_PARTS; p++)
		if (!take_file(r, j, files, p, e))
			return false;
	kernel = r->file[LAUNCH_KERNEL].present;
	if (kernel != r->file[LAUNCH_CMDLINE].present || kernel != r->file[LAUNCH_HASHES].present ||
	    (!kernel && (r->file[LAUNCH_INITRD].present || r->file[LAUNCH_ROOT].present)))
		return wrong(e, files,
			     "kernel, cmdline and hashes belong together, and initrd and root to "
			     "them");
	return true;
}

static bool must_be(const struct json *j, const struct json_node *object, const char *key,
		    uint64_t wanted, struct err *e)
{
	uint64_t found;

	if (!take_number(j, object, key, &found, e))
		return false;
	return found == wanted ||
	       wrong(e, json_member(j, object, key), "%s is %llu and must be %llu", key,
		     (unsigned long long)found, (unsigned long long)wanted);
}

static bool take_root(struct launch_record *r, const struct json *j, struct err *e)
{
	static const char *const keys[] = {"root_hash", "algorithm",   "salt", "block_size",
					   "blocks",	"hash_offset", NULL};
	const struct json_node *top = &j->nodes[0], *n = json_member(j, top, "verity");

	if (!n && !r->file[LAUNCH_ROOT].present)
		return true;
	if (!r->file[LAUNCH_ROOT].present)
		return wrong(e, n, "verity is told of, and no root among the files");
	n = member(j, top, "verity", JSON_OBJECT, e);
	r->root.hash.alg = DIGEST_SHA256;
	if (!n || !known_keys(j, n, keys, e) || !take_hex(j, n, "root_hash", &r->root.hash, e) ||
	    !take_text(j, n, "algorithm", "sha256", e) || !take_text(j, n, "salt", "", e) ||
	    !must_be(j, n, "block_size", ROOTIMAGE_BLOCK, e) ||
	    !take_number(j, n, "blocks", &r->root.blocks, e))
		return false;
	if (r->root.blocks < 1 || r->root.blocks > UINT32_MAX)
		return wrong(e, n, "blocks is %llu, where 1 to %u are possible",
			     (unsigned long long)r->root.blocks, UINT32_MAX);
	return must_be(j, n, "hash_offset", r->root.blocks * ROOTIMAGE_BLOCK, e);
}

static bool take_type(struct launch_row *row, const struct json *j, const struct json_node *n,
		      struct err *e)
{
	const struct json_node *name = json_member(j, n, "vcpu_type");
	const struct vcpu_type *t = vcpu_types;

	if (!name)
		return true;
	name = member(j, n, "vcpu_type", JSON_STRING, e);
	if (!name)
		return false;
	while (t->name && !bytes_equal(name->text, bytes_str(t->name)))
		t++;
	if (!t->name || t->signature != row->signature)
		return wrong(e, name, "vcpu_type is \"%.*s\", which is no type with signature 0x%x",
			     name->text.n < 40 ? (int)name->text.n : 40, (const char *)name->text.p,
			     row->signature);
	row->type = t->name;
	return true;
}

static bool take_profile(struct launch_row *row, const struct json *j, const struct json_node *n,
			 struct err *e)
{
	const struct json_node *name = member(j, n, "profile", JSON_STRING, e);

	if (!name)
		return false;
	for (const struct profile *p = profiles; p->name && !row->profile; p++)
		if (bytes_equal(name->text, bytes_str(p->name)))
			row->profile = p;
	return row->profile ||
	       wrong(e, name, "the profile \"%.*s\" is not known",
		     name->text.n < 40 ? (int)name->text.n : 40, (const char *)name->text.p);
}

static bool take_row(struct launch_record *r, const struct json *j, const struct json_node *n,
		     struct err *e)
{
	static const char *const keys[] = {
		"profile",     "vcpu_type", "vcpu_signature", "guest_features", "vcpus",
		"measurement", NULL};
	struct launch_row row = {.digest.alg = DIGEST_SHA384};
	uint64_t signature, vcpus;

	if (n->type != JSON_OBJECT)
		return wrong(e, n, "a row is %s and must be an object", json_type_name(n->type));
	if (!known_keys(j, n, keys, e) || !take_profile(&row, j, n, e) ||
	    !take_word(j, n, "vcpu_signature", &signature, e) ||
	    !take_word(j, n, "guest_features", &row.features, e) ||
	    !take_number(j, n, "vcpus", &vcpus, e))
		return false;
	if (signature > UINT32_MAX)
		return wrong(e, n, "vcpu_signature has more than 32 bits");
	if (vcpus < 1 || vcpus > LAUNCH_VCPUS_MAX)
		return wrong(e, n, "vcpus is %llu, where 1 to %u are possible",
			     (unsigned long long)vcpus, LAUNCH_VCPUS_MAX);
	row.signature = (uint32_t)signature;
	row.vcpus = (uint32_t)vcpus;
	return take_type(&row, j, n, e) && take_hex(j, n, "measurement", &row.digest, e) &&
	       launch_record_add(r, &row, e);
}

static bool take_rows(struct launch_record *r, const struct json *j, struct err *e)
{
	const struct json_node *rows = member(j, &j->nodes[0], "digests", JSON_ARRAY, e);

	if (!rows)
		return false;
	for (const struct json_node *n = json_first(j, rows); n; n = json_after(j, rows, n))
		if (!take_row(r, j, n, e))
			return false;
	return r->n > 0 || wrong(e, rows, "digests is an empty list");
}

static bool take_all(struct launch_record *r, const struct json *j, struct err *e)
{
	static const char *const keys[] = {
		"schema", "mode", "policy", "files", "verity", "firmware_digest", "digests", NULL};
	const struct json_node *top = &j->nodes[0];

	if (top->type != JSON_OBJECT)
		return wrong(e, top, "%s stands where an object must", json_type_name(top->type));
	r->firmware_ld.alg = DIGEST_SHA384;
	return take_text(j, top, "schema", LAUNCH_SCHEMA, e) && known_keys(j, top, keys, e) &&
	       take_text(j, top, "mode", "snp", e) && take_word(j, top, "policy", &r->policy, e) &&
	       take_files(r, j, e) && take_root(r, j, e) &&
	       take_hex(j, top, "firmware_digest", &r->firmware_ld, e) && take_rows(r, j, e);
}

bool launch_record_read(struct launch_record *r, struct bytes json, struct err *e)
{
	owned(json_free) struct json j = {0};
	owned(launch_record_free) struct launch_record read = {0};

	if (!json_read(&j, json, 0, e) || !take_all(&read, &j, e))
		return false;
	*r = take(read);
	return true;
}
