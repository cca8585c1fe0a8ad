#include "measure/core/hash.h"
#include "reference-db/export.h"

#define BUILD_TYPE "urn:x-measure:build:1" /* from source, by the recipe */
#define MEASURED_TYPE "urn:x-measure:measured:1" /* nothing is said of how it was built */
#define BUILDER_ID "urn:x-measure:builder:unnamed:1"

/* ---- ResourceDescriptor */

static void open_resource(struct json_out *w, const char *name)
{
	json_open(w, '{');
	json_text(w, "name", name);
	json_key(w, "digest");
	json_open(w, '{');
}

static void put_digest(struct json_out *w, const struct digest *d)
{
	json_key(w, digest_name(d->alg));
	json_hex(w, digest_bytes(d));
	json_close(w, '}');
}

static void put_resource(struct json_out *w, const char *name, const struct digest *d)
{
	open_resource(w, name);
	put_digest(w, d);
	json_close(w, '}');
}

static void put_component(struct json_out *w, const struct component *c)
{
	open_resource(w, c->name);
	put_digest(w, &c->digest);
	if (c->sized || c->origin != ORIGIN_NONE) {
		json_key(w, "annotations");
		json_open(w, '{');
		json_text(w, "origin", origin_name(c->origin));
		if (c->sized) {
			json_key(w, "size");
			json_u64(w, c->size);
		}
		json_close(w, '}');
	}
	json_close(w, '}');
}

/* The digests of a manifest of ours: "sha256:..." */
static void put_named_digest(struct json_out *w, const char *name, const char *commit,
			     const char *digest)
{
	if (!commit && !digest)
		return;
	open_resource(w, name);
	json_text(w, "gitCommit", commit);
	json_text(w, "sha256", digest ? digest + strlen("sha256:") : NULL);
	json_close(w, '}');
	json_close(w, '}');
}

/* ---- subject */

static void put_payload(struct json_out *w, const char *id, const struct digest *d)
{
	open_resource(w, id);
	put_digest(w, d);
	json_text(w, "mediaType", "application/rim+cbor");
	json_close(w, '}');
}

/* Names should be unique, since that is what tells one subject from another. */
static bool check_name(const struct mset *registers, const char *name, struct err *e)
{
	return !mset_get(registers, name) ||
	       err_set(e, REASON_EXPORT,
		       "%s is the name of a register and of something else, which a statement would "
		       "confuse",
		       name);
}

static bool no_digest(const struct component *c, struct err *e)
{
	return err_set(e, REASON_EXPORT, "in-toto needs a digest of %s, and the manifest has none",
		       c->name);
}

static bool check_artefact(const struct manifest *m, struct err *e)
{
	if (!m->artefact.name)
		return err_set(e, REASON_EXPORT,
			       "in-toto makes a statement of a file, and the manifest names none");
	return m->artefact.digest.len > 0 || no_digest(&m->artefact, e);
}

/* Of files alone they are the subject. */
static bool put_files(struct json_out *w, const struct export_source *s, struct err *e)
{
	const struct manifest *m = s->manifest;
	struct digest payload;

	for (size_t i = 0; i < m->n_components; i++)
		if (m->component[i].digest.len == 0)
			return no_digest(&m->component[i], e);
	if (!hash_of(DIGEST_SHA256, s->payload, &payload, e))
		return false;
	json_key(w, "subject");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_components; i++)
		put_component(w, &m->component[i]);
	put_payload(w, m->id, &payload);
	json_close(w, ']');
	return true;
}

static bool put_subject(struct json_out *w, const struct export_source *s, struct err *e)
{
	const struct manifest *m = s->manifest;
	struct mset registers = {0};
	struct digest payload;

	if (manifest_kind(m) == MANIFEST_OF_FILES)
		return put_files(w, s, e);
	if (!export_registers(m, "in-toto", UINT32_MAX, &registers, e) || !check_artefact(m, e) ||
	    !check_name(&registers, m->artefact.name, e) || !check_name(&registers, m->id, e) ||
	    !hash_of(DIGEST_SHA256, s->payload, &payload, e))
		return false;
	json_key(w, "subject");
	json_open(w, '[');
	put_component(w, &m->artefact);
	put_payload(w, m->id, &payload);
	for (size_t i = 0; i < registers.n; i++)
		put_resource(w, registers.entry[i].name, &registers.entry[i].digest);
	json_close(w, ']');
	return true;
}

/* ---- predicate */

/* Only of manifests of ours is it known what these files and digests are. */
static void put_dependencies(struct json_out *w, const struct manifest *m)
{
	json_key(w, "resolvedDependencies");
	json_open(w, '[');
	put_named_digest(w, "source", m->source_commit, m->source_digest);
	put_named_digest(w, "inputs", NULL, m->inputs_digest);
	for (size_t i = 0; i < m->n_components && m->artefact.name; i++)
		put_component(w, &m->component[i]);
	json_close(w, ']');
}

static void put_definition(struct json_out *w, const struct manifest *m)
{
	bool built = !m->foreign && manifest_origin(m) == ORIGIN_SOURCE && m->recipe_digest;

	json_key(w, "buildDefinition");
	json_open(w, '{');
	json_text(w, "buildType", built ? BUILD_TYPE : MEASURED_TYPE);
	json_key(w, "externalParameters");
	json_open(w, '{');
	json_text(w, "product", m->product);
	json_text(w, "version", m->version);
	if (!m->foreign)
		json_text(w, "recipe", m->recipe_digest);
	json_close(w, '}');
	if (!m->foreign)
		put_dependencies(w, m);
	json_close(w, '}');
}

static void put_predicate(struct json_out *w, const struct manifest *m)
{
	json_text(w, "predicateType", "https://slsa.dev/provenance/v1");
	json_key(w, "predicate");
	json_open(w, '{');
	put_definition(w, m);
	json_key(w, "runDetails");
	json_open(w, '{');
	json_key(w, "builder");
	json_open(w, '{');
	json_text(w, "id", BUILDER_ID);
	json_close(w, '}');
	json_close(w, '}');
	json_close(w, '}');
}

/* in-toto Statement v1 (in-toto/attestation, spec/v1) with SLSA 1.2's build provenance. */
bool export_in_toto(const struct export_source *s, struct buf *out, struct err *e)
{
	struct json_out w = json_out(out, false);

	json_open(&w, '{');
	json_text(&w, "_type", "https://in-toto.io/Statement/v1");
	if (!put_subject(&w, s, e))
		return false;
	put_predicate(&w, s->manifest);
	json_close(&w, '}');
	return true;
}

bool export_envelope(const struct dsse *d, const struct pubkey *signer, struct buf *out,
		     struct err *e)
{
	(void)signer;
	dsse_write(d, out);
	return buf_done(out, "the envelope", e);
}
