#include "reference-db/show.h"

#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "reference-db/collateral.h"
#include "reference-db/later.h"
#include "reference-db/log_proofs.h"

#define LABEL 12

static const char *const flag_names[] = {
	"configured",	       "secure",       "recovery",  "debug", "replay-protected",
	"integrity-protected", "runtime-meas", "immutable", "tcb",   "confidentiality-protected",
	"runtime-updatable"};

/* ---- text */

static void put_label(struct buf *out, const char *label)
{
	buf_fmt(out, "%-*s", LABEL, label);
}

static void put_tamed(struct buf *out, const char *text)
{
	text_tame(out, bytes_str(text));
}

static void put_line(struct buf *out, const char *label, const char *text)
{
	if (!text)
		return;
	put_label(out, label);
	put_tamed(out, text);
	buf_str(out, "\n");
}

static void put_hex_line(struct buf *out, const char *indent, const char *label, struct bytes x)
{
	buf_str(out, indent);
	put_tamed(out, label);
	buf_str(out, "  ");
	hex_put(out, x);
	buf_str(out, "\n");
}

static const char *form(const struct manifest *m)
{
	if (m->profile)
		return m->profile;
	return m->foreign ? "base CoRIM of another maker" : "base CoRIM, as this program writes it";
}

static void put_component(struct buf *out, const char *label, const struct component *c)
{
	put_label(out, label);
	put_tamed(out, c->name);
	if (c->sized)
		buf_fmt(out, ", %llu bytes", (unsigned long long)c->size);
	if (c->origin != ORIGIN_NONE)
		buf_fmt(out, ", %s", origin_name(c->origin));
	buf_str(out, "\n");
	if (c->digest.len > 0)
		put_hex_line(out, "  ", digest_name(c->digest.alg), digest_bytes(&c->digest));
}

static void put_alg(struct buf *out, int alg)
{
	enum digest_alg known;

	if (manifest_alg_find(alg, &known))
		buf_str(out, digest_name(known));
	else
		buf_fmt(out, "digest algorithm %d", alg);
}

static void put_bound(struct buf *out, bool open, uint64_t bits)
{
	if (open)
		buf_str(out, "any");
	else
		buf_fmt(out, "%lld", (long long)(int64_t)bits);
}

static void put_flags(struct buf *out, const struct value *v)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if (!(v->high >> i & 1))
			continue;
		buf_fmt(out, "%s%s%s", any ? ", " : "", v->low >> i & 1 ? "" : "not ",
			flag_names[i]);
		any = true;
	}
}

static void put_value(struct buf *out, const struct value *v)
{
	buf_str(out, "  ");
	put_tamed(out, v->key);
	buf_str(out, v->key[0] ? "  " : "");
	switch (v->kind) {
	case VALUE_DIGEST:
		if (v->alg != manifest_alg(DIGEST_SHA384)) {
			put_alg(out, v->alg);
			buf_str(out, " ");
		}
		hex_put(out, v->bytes);
		break;
	case VALUE_SVN:
		buf_fmt(out, "SVN %llu", (unsigned long long)v->low);
		break;
	case VALUE_MIN_SVN:
		buf_fmt(out, "SVN %llu or later", (unsigned long long)v->low);
		break;
	case VALUE_RAW:
		hex_put(out, v->bytes);
		buf_str(out, v->mask.p ? " in the bits " : "");
		hex_put(out, v->mask);
		break;
	case VALUE_VERSION:
		buf_str(out, "version ");
		text_tame(out, v->bytes);
		break;
	case VALUE_RANGE:
		put_bound(out, v->open_low, v->low);
		buf_str(out, " to ");
		put_bound(out, v->open_high, v->high);
		break;
	case VALUE_FLAGS:
		put_flags(out, v);
		break;
	}
	buf_str(out, "\n");
}

static const char *row_name(enum row_kind kind)
{
	static const char *const names[] = {
		[ROW_REFERENCE] = "Expected of",
		[ROW_ENDORSED] = "Endorsed for",
		[ROW_CONDITION] = "If so of",
		[ROW_ADDITION] = "Then so of",
	};

	return names[kind];
}

static void put_row(struct buf *out, const struct manifest *m, const struct manifest_row *row)
{
	const char *const parts[] = {row->vendor, row->model, row->class_id, row->instance};
	bool snp = !m->foreign && manifest_is_snp(m); /* then class and instance say nothing more */
	bool any = snp || manifest_is_nitro(row);

	buf_str(out, row_name(row->kind));
	if (any)
		buf_str(out, snp ? " an AMD SEV-SNP guest" : " an AWS Nitro enclave");
	for (size_t i = any; i < sizeof(parts) / sizeof(parts[0]) && !snp; i++) {
		if (!parts[i])
			continue;
		buf_str(out, any ? ", " : " ");
		put_tamed(out, parts[i]);
		any = true;
	}
	if (row->label) {
		buf_str(out, ": ");
		put_tamed(out, row->label);
	}
	buf_str(out, "\n");
	for (size_t i = 0; i < row->n; i++)
		put_value(out, &m->value[row->first + i]);
}

static void put_validity(struct buf *out, const struct manifest *m)
{
	if (!m->has_validity)
		return;
	put_label(out, "Valid");
	if (m->has_begin) {
		buf_str(out, "from ");
		when_put(out, m->not_before, "Z");
		buf_str(out, " ");
	}
	buf_str(out, "until ");
	when_put(out, m->not_after, "Z");
	buf_str(out, "\n");
}

/* What the headers say, verified by nobody here. */
static void put_claims(struct buf *out, const struct corim_file *f)
{
	for (size_t i = 0; i < f->n_claims; i++) {
		const struct signed_header *h = &f->claim[i];

		put_label(out, "");
		buf_str(out, "claimed by ");
		text_tame(out, h->signer);
		if (h->has_expires) {
			buf_str(out, ", until ");
			when_put(out, h->expires, "Z");
		}
		buf_str(out, "\n");
		if (h->kid.n > 0) {
			put_label(out, "");
			buf_str(out, "  sha256:");
			hex_put(out, h->kid);
			buf_str(out, "\n");
		}
	}
}

static void claims_json(const struct corim_file *f, struct json_out *w)
{
	json_key(w, "claimed_signers");
	json_open(w, '[');
	for (size_t i = 0; i < f->n_claims; i++) {
		const struct signed_header *h = &f->claim[i];
		owned(buf_free) struct buf name = BUF(8 * SIGNED_NAME_MAX), when = BUF(64);

		json_open(w, '{');
		text_tame(&name, h->signer);
		json_key(w, "signer");
		json_string(w, buf_bytes(&name));
		if (h->kid.n > 0) {
			json_key(w, "key");
			json_hex(w, h->kid);
		}
		if (h->has_expires) {
			when_put(&when, h->expires, "Z");
			json_key(w, "expires");
			json_string(w, buf_bytes(&when));
		}
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_words(struct buf *out, const struct manifest *m, const struct corim_file *f)
{
	put_line(out, "Manifest", m->id);
	put_line(out, "Form", form(m));
	if (f)
		put_line(out, "Signed",
			 f->is_signed ? "yes; the signature is not checked here" : "no");
	if (f)
		put_claims(out, f);
	put_line(out, "Product", m->product);
	put_line(out, "Version", m->version);
	put_line(out, "Vendor", m->vendor);
	put_line(out, "Machine", m->arch);
	put_line(out, "Source", m->source_commit);
	put_line(out, m->source_commit ? "" : "Source", m->source_digest);
	put_line(out, "Recipe", m->recipe_digest);
	put_line(out, "Inputs", m->inputs_digest);
	for (size_t i = 0; i < m->n_entities; i++) {
		put_label(out, "Entity");
		put_tamed(out, m->entity[i].name);
		buf_fmt(out, ", %s\n", m->entity[i].role);
	}
	put_validity(out, m);
}

void show_text(const struct manifest *m, const struct corim_file *f, bool registers,
	       struct buf *out)
{
	const struct manifest_row *elsewhere = registers ? NULL : manifest_nitro(m);

	put_words(out, m, f);
	if (m->artefact.name)
		put_component(out, "Artefact", &m->artefact);
	for (size_t i = 0; i < m->n_components; i++)
		put_component(out, manifest_kind(m) == MANIFEST_OF_FILES ? "File" : "Part",
			      &m->component[i]);
	if (!f && manifest_is_snp(m)) { /* each that matters is told by its check */
		put_label(out, "Rows");
		buf_fmt(out, "%zu\n", m->n_rows);
		return;
	}
	for (size_t i = 0; i < m->n_rows; i++)
		if (&m->row[i] != elsewhere && m->row[i].n > 0)
			put_row(out, m, &m->row[i]);
	if (f) {
		log_proofs_text(&f->proofs, out);
		later_text(&f->later, out);
		collateral_text(&f->collateral, out);
	}
}

/* ---- JSON */

static void json_tamed_bytes(struct json_out *w, const char *key, struct bytes text)
{
	owned(buf_free) struct buf tamed = BUF(CORIM_MAX);

	text_tame(&tamed, text);
	json_key(w, key);
	json_string(w, buf_bytes(&tamed));
	if (tamed.failed != REASON_NONE)
		buf_fail(w->out, tamed.failed);
}

static void json_tamed(struct json_out *w, const char *key, const char *text)
{
	if (text)
		json_tamed_bytes(w, key, bytes_str(text));
}

static void json_component(struct json_out *w, const struct component *c)
{
	json_open(w, '{');
	json_tamed(w, "name", c->name);
	if (c->sized) {
		json_key(w, "size");
		json_u64(w, c->size);
	}
	if (c->digest.len > 0) {
		json_key(w, digest_name(c->digest.alg));
		json_hex(w, digest_bytes(&c->digest));
	}
	json_tamed(w, "origin", origin_name(c->origin));
	json_close(w, '}');
}

static void json_number(struct json_out *w, const char *key, int64_t x)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)x);
	json_key(w, key);
	json_raw(w, bytes_str(text));
}

static void json_bytes(struct json_out *w, const char *key, struct bytes x)
{
	json_key(w, key);
	json_hex(w, x);
}

static void json_unsigned(struct json_out *w, const char *key, uint64_t x)
{
	json_key(w, key);
	json_u64(w, x);
}

static void json_flags(struct json_out *w, const struct value *v)
{
	json_key(w, "flags");
	json_open(w, '{');
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if (!(v->high >> i & 1))
			continue;
		json_key(w, flag_names[i]);
		json_bool(w, v->low >> i & 1);
	}
	json_close(w, '}');
}

static void json_range(struct json_out *w, const struct value *v)
{
	json_key(w, "range");
	json_open(w, '{');
	if (!v->open_low)
		json_number(w, "min", (int64_t)v->low);
	if (!v->open_high)
		json_number(w, "max", (int64_t)v->high);
	json_close(w, '}');
}

static void json_content(struct json_out *w, const struct value *v)
{
	enum digest_alg alg;

	switch (v->kind) {
	case VALUE_DIGEST:
		if (manifest_alg_find(v->alg, &alg)) {
			json_bytes(w, digest_name(alg), v->bytes);
		} else {
			json_number(w, "digest_algorithm", v->alg);
			json_bytes(w, "digest", v->bytes);
		}
		break;
	case VALUE_SVN:
		json_unsigned(w, "svn", v->low);
		break;
	case VALUE_MIN_SVN:
		json_unsigned(w, "min_svn", v->low);
		break;
	case VALUE_RAW:
		json_bytes(w, "raw", v->bytes);
		if (v->mask.p)
			json_bytes(w, "mask", v->mask);
		break;
	case VALUE_VERSION:
		json_tamed_bytes(w, "version", v->bytes);
		break;
	case VALUE_RANGE:
		json_range(w, v);
		break;
	case VALUE_FLAGS:
		json_flags(w, v);
		break;
	}
}

static void json_row(struct json_out *w, const struct manifest *m, const struct manifest_row *row)
{
	static const char *const kinds[] = {
		[ROW_REFERENCE] = "reference",
		[ROW_ENDORSED] = "endorsed",
		[ROW_CONDITION] = "condition",
		[ROW_ADDITION] = "addition",
	};

	json_open(w, '{');
	json_key(w, "kind");
	json_str(w, kinds[row->kind]);
	json_tamed(w, "class_id", row->class_id);
	json_tamed(w, "vendor", row->vendor);
	json_tamed(w, "model", row->model);
	json_tamed(w, "instance", row->instance);
	json_tamed(w, "label", row->label);
	json_key(w, "values");
	json_open(w, '[');
	for (size_t i = 0; i < row->n; i++) {
		json_open(w, '{');
		json_tamed(w, "name", m->value[row->first + i].key);
		json_content(w, &m->value[row->first + i]);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_close(w, '}');
}

static void json_lists(struct json_out *w, const struct manifest *m)
{
	json_key(w, "components");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_components; i++)
		json_component(w, &m->component[i]);
	json_close(w, ']');
	json_key(w, "entities");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_entities; i++) {
		json_open(w, '{');
		json_tamed(w, "name", m->entity[i].name);
		json_tamed(w, "role", m->entity[i].role);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_key(w, "environments");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_rows; i++)
		json_row(w, m, &m->row[i]);
	json_close(w, ']');
}

static void json_time(struct json_out *w, const char *key, int64_t when)
{
	owned(buf_free) struct buf text = BUF(64);

	when_put(&text, when, "Z");
	json_key(w, key);
	json_string(w, buf_bytes(&text));
	if (text.failed != REASON_NONE)
		buf_fail(w->out, text.failed);
}

static void json_validity(struct json_out *w, const struct manifest *m)
{
	json_key(w, "validity");
	json_open(w, '{');
	if (m->has_begin)
		json_time(w, "not_before", m->not_before);
	json_time(w, "not_after", m->not_after);
	json_close(w, '}');
}

static void json_source(struct json_out *w, const struct manifest *m)
{
	json_key(w, "source");
	json_open(w, '{');
	json_tamed(w, "commit", m->source_commit);
	json_tamed(w, "digest", m->source_digest);
	json_close(w, '}');
}

void show_json(const struct manifest *m, const struct corim_file *f, struct json_out *w)
{
	json_tamed(w, "id", m->id);
	json_tamed(w, "profile", m->profile);
	if (f) {
		json_key(w, "signed");
		json_bool(w, f->is_signed);
		if (f->is_signed)
			claims_json(f, w);
		json_key(w, "ours");
		json_bool(w, !m->foreign);
	}
	json_tamed(w, "product", m->product);
	json_tamed(w, "version", m->version);
	json_tamed(w, "vendor", m->vendor);
	json_tamed(w, "arch", m->arch);
	if (m->source_commit || m->source_digest)
		json_source(w, m);
	json_tamed(w, "recipe", m->recipe_digest);
	json_tamed(w, "inputs", m->inputs_digest);
	if (m->artefact.name) {
		json_key(w, "artefact");
		json_component(w, &m->artefact);
	}
	if (m->has_validity)
		json_validity(w, m);
	json_lists(w, m);
	if (f) {
		log_proofs_json(&f->proofs, w);
		later_json(&f->later, w);
		collateral_json(&f->collateral, w);
	}
}
