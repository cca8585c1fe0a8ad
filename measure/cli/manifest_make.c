#include "measure/base/hex.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/igvm_file.h"
#include "ovmf-snp/request_list.h"
#include "reference-db/corim.h"
#include "reference-db/make.h"

enum {
	M_PRODUCT,
	M_VERSION,
	M_VENDOR,
	M_ARTEFACT,
	M_RECORD,
	M_FILES,
	M_CERTIFICATE,
	M_PROFILE_URI,
	M_POLICY_MASK,
	M_ID_BLOCK,
	M_ID_AUTH,
	M_ALLOW_DEBUG,
	M_PROFILE,
	M_NATIVE_ZERO,
	M_OUTPUT
};

static const char *const profile_years[] = {"2025", "2024", NULL};

static const struct opt make_opts[] = {
	[M_PRODUCT] = {"product", 0, OPT_VALUE, "NAME", NULL,
		       "what is released, as a path: example.org/blindbox"},
	[M_VERSION] = {"version", 0, OPT_VALUE, "TEXT", NULL, "which version of it"},
	[M_VENDOR] = {"vendor", 0, OPT_VALUE, "NAME", NULL,
		      "who releases it (the product up to its first slash)"},
	[M_ARTEFACT] = {"artefact", 0, OPT_VALUE, "NAME", NULL,
			"the image's published file name (the product's last part and .eif)"},
	[M_RECORD] = {"record", 0, OPT_VALUE, "FILE", NULL,
		      "the build record: source, recipe, inputs, origins of components"},
	[M_FILES] = {"files", 0, OPT_FLAG, NULL, NULL,
		     "a release of files alone, each given, or of the record beside it"},
	[M_CERTIFICATE] = {"certificate", 0, OPT_VALUE, "FILE", NULL,
			   "a signer's certificate (PEM), whose PCR8 is part of the release"},
	[M_PROFILE_URI] = {"profile-uri", 0, OPT_VALUE, "YEAR", profile_years,
			   "of a guest: AMD's profile by its URI of that year (2025)"},
	[M_POLICY_MASK] = {"policy-mask", 0, OPT_VALUE, "N", NULL,
			   "of a guest: the bits of the policy that must be so (all)"},
	[M_ID_BLOCK] = {"id-block", 0, OPT_VALUE, "FILE", NULL,
			"of a guest: the ID block that it is started with"},
	[M_ID_AUTH] = {"id-auth", 0, OPT_VALUE, "FILE", NULL, "and its authentication"},
	[M_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
			   "accept a policy under which the host can read the guest"},
	[M_PROFILE] = {"profile", 0, OPT_VALUE, "NAME", igvm_profile_names,
		       "of an IGVM file: who starts the guest (whom its ID block tells)"},
	[M_NATIVE_ZERO] = {"native-zero", 0, OPT_FLAG, NULL, NULL,
			   "pages without data are zero pages (igvmmeasure's option)"},
	[M_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the manifest to write, unsigned"},
	{0},
};

/* Of a bundle every file counts, so that nothing is written there. */
static bool make_outside(const char *out, const char *image, struct err *e)
{
	owned(own_free) char *folder = NULL;

	if (!snp_bundle_is(image))
		return true;
	folder = snp_bundle_folder(image, e);
	return folder && out_outside(out, folder, e);
}

/* What lies beside a record is found by it alone. */
static bool make_beside(const struct make_request *q, const struct manifest *m, const char *out,
			struct err *e)
{
	owned(buf_free) struct buf path = BUF(8192);

	for (size_t i = 0; q->n_files == 0 && i < m->n_components; i++)
		if (!make_file_beside(q->record, m->component[i].name, &path, e) ||
		    !out_distinct(out, buf_cstr(&path), e))
			return false;
	return true;
}

/* None of what the manifest is made of is replaced by it. */
static bool make_target(const struct cli *c, const struct make_request *q, const char **out,
			struct err *e)
{
	if (!cli_needs(c, M_OUTPUT, out, e))
		return false;
	for (size_t i = 0; i < q->n_files; i++)
		if (!out_distinct(*out, q->file[i], e))
			return false;
	return (!q->image || make_outside(*out, q->image, e)) &&
	       (!q->record || out_distinct(*out, q->record, e)) &&
	       (!q->certificate || out_distinct(*out, q->certificate, e)) &&
	       (!q->id_block || out_distinct(*out, q->id_block, e)) &&
	       (!q->id_auth || out_distinct(*out, q->id_auth, e));
}

static bool read_snp(const struct cli *c, struct make_request *q, struct err *e)
{
	const char *year = args_value(&c->args, M_PROFILE_URI);
	const char *mask = args_value(&c->args, M_POLICY_MASK);
	bool old = year && strcmp(year, profile_years[1]) == 0;
	bool guest = q->image && (snp_bundle_is(q->image) || igvm_file_is(q->image));

	for (unsigned i = M_PROFILE_URI; i <= M_NATIVE_ZERO; i++)
		if (args_has(&c->args, i) && !guest)
			return err_set(e, REASON_USAGE,
				       "--%s means nothing for '%s': no bundle, nor an IGVM file",
				       make_opts[i].name, q->image ? q->image : "files");
	q->profile_uri = old ? MANIFEST_SNP_2024 : MANIFEST_SNP_2025;
	q->policy_mask = UINT64_MAX;
	q->id_block = args_value(&c->args, M_ID_BLOCK);
	q->id_auth = args_value(&c->args, M_ID_AUTH);
	q->allow_debug = args_has(&c->args, M_ALLOW_DEBUG);
	q->igvm_profile = args_value(&c->args, M_PROFILE);
	q->native_zero = args_has(&c->args, M_NATIVE_ZERO);
	if (mask && old)
		return err_set(e, REASON_USAGE, "the profile of 2024 has no --policy-mask");
	return !mask || request_number("policy-mask", mask, &q->policy_mask, e);
}

static void put_launch(const struct manifest *m, const struct manifest_row *row, struct json_out *w)
{
	json_open(w, '{');
	json_text(w, "label", row->label);
	json_key(w, "measurement");
	json_hex(w, manifest_launch(m, row)->bytes);
	json_close(w, '}');
}

static void put_files(struct cli *c, const struct manifest *m, struct json_out *w)
{
	json_key(w, "files");
	json_open(w, '{');
	for (size_t i = 0; i < m->n_components; i++) {
		struct bytes digest = digest_bytes(&m->component[i].digest);

		json_key(w, m->component[i].name);
		json_hex(w, digest);
		hex_put(&c->text, digest);
		buf_fmt(&c->text, "  %s\n", m->component[i].name);
	}
	json_close(w, '}');
}

/* Of an enclave its registers, of a guest the launch digest of each row, of files theirs. */
static bool make_answer(struct cli *c, const struct manifest *m, struct answer *a, struct err *e)
{
	enum manifest_kind kind = manifest_kind(m);

	if (kind == MANIFEST_OF_NITRO)
		return manifest_registers(m, &m->row[0], &a->registers, e);
	if (kind == MANIFEST_OF_FILES) {
		put_files(c, m, &a->json);
		return true;
	}
	a->members.max = CLI_TEXT_MAX;
	json_key(&a->json, "rows");
	json_open(&a->json, '[');
	for (size_t i = 0; i < m->n_rows; i++) {
		put_launch(m, &m->row[i], &a->json);
		buf_fmt(&c->text, "%s  ", m->row[i].label);
		hex_put(&c->text, manifest_launch(m, &m->row[i])->bytes);
		buf_str(&c->text, "\n");
	}
	json_close(&a->json, ']');
	return true;
}

/* Of files several, or none where a record names them. */
static bool make_operands(struct cli *c, struct make_request *q, struct err *e)
{
	q->files = args_has(&c->args, M_FILES);
	if (c->args.n_operands == 0 && q->record)
		return true;
	if (!q->files && !cli_operand(c, "IMAGE", &q->image, e))
		return false;
	if (c->args.n_operands == 0)
		return err_set(e, REASON_USAGE, "FILE or --record is missing");
	q->file = c->args.operands;
	q->n_files = c->args.n_operands;
	for (size_t i = 0; i < q->n_files; i++)
		cli_expect_file(c, q->file[i]);
	return true;
}

static bool make_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf payload = BUF(CORIM_MAX);
	struct make_request q = {
		.record = args_value(&c->args, M_RECORD),
		.product = args_value(&c->args, M_PRODUCT),
		.version = args_value(&c->args, M_VERSION),
		.vendor = args_value(&c->args, M_VENDOR),
		.artefact = args_value(&c->args, M_ARTEFACT),
		.certificate = args_value(&c->args, M_CERTIFICATE),
	};
	const char *out;

	if (!make_operands(c, &q, e) || !read_snp(c, &q, e) || !make_target(c, &q, &out, e))
		return false;
	q.watch = cli_watch(c);
	if (!manifest_make(&m, &q, e)) {
		if (e->reason == REASON_MAGIC)
			err_hint(e, "a manifest is made of an EIF, of an IGVM file, of the folder "
				    "that `measure build snp` writes, or with --files of any");
		return false;
	}
	if (!make_beside(&q, &m, out, e) || !corim_write(&m, &payload, e) ||
	    !make_answer(c, &m, a, e))
		return false;
	json_key(&a->json, "id");
	json_str(&a->json, m.id);
	json_key(&a->json, "size");
	json_u64(&a->json, payload.n);
	if (!q.record)
		talk_say(&c->talk, "all origins are asserted: without a build record nobody can "
				   "reproduce this manifest from source");
	return file_write(out, buf_bytes(&payload), e);
}

const struct verb verb_manifest_make = {
	.name = "manifest make",
	.summary = "the manifest of an image or of files, unsigned, the same bytes each time",
	.usage = "IMAGE|BUNDLE --product NAME --version TEXT -o FILE\n"
		 "IMAGE|BUNDLE --record FILE -o FILE\n"
		 "--files FILE... --product NAME --version TEXT -o FILE\n"
		 "--record FILE -o FILE",
	.opts = make_opts,
	.run = make_run,
};
