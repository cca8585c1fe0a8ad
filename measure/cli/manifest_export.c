#include "measure/base/file.h"
#include "measure/cli/findings.h"
#include "measure/cli/signer.h"
#include "measure/cli/verbs.h"
#include "reference-db/bundle.h"
#include "reference-db/corim.h"
#include "reference-db/export.h"

#define SIGNATURE_MAX 256u

enum { O_TO, O_WAYS, O_OUTPUT = O_WAYS + SIGNER_OPTS };

static const struct opt opts[] = {
	[O_TO] = {"to", 0, OPT_VALUE, "FORMAT", export_names, "the form to write it in"},
	SIGNER_WAY_ROWS(O_WAYS),
	SIGNER_STATEMENT_ROWS(O_WAYS),
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "the file to write instead of standard output"},
	{0},
};

static void note_left_out(const struct export_format *f, const struct manifest *m, struct answer *a)
{
	const struct value *first;
	size_t n = export_left_out(f, m, &first);
	const char *name = n > 0 && first->key[0] ? first->key : "a value without a name";

	if (n == 1)
		answer_note(a, REASON_EXPORT_PARTIAL, "%s is not part of it", name);
	else if (n > 1)
		answer_note(a, REASON_EXPORT_PARTIAL, "%s and %zu more are not part of it", name,
			    n - 1);
}

static bool export_file(const struct export_format *f, struct bytes file, struct answer *a,
			struct buf *out, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	struct corim_file corim;
	struct lint l = {0};
	struct export_source s = {.manifest = &m};

	if (!corim_open(&corim, file, &l, e) || !corim_read(&m, corim.payload, corim.base, &l, e))
		return findings_refuse(&l, e);
	findings_note(&l, a);
	note_left_out(f, &m, a);
	s.payload = corim.payload;
	return export_write(f, &s, out, e);
}

/* Only what has an envelope is signed, and only when a way to sign is given. */
static bool read_signer(const struct export_format *f, struct signer *by, struct err *e)
{
	int given = signer_given(by);

	if (given < 0)
		return true;
	if (!f->wrap)
		return err_set(e, REASON_USAGE,
			       "--%s has no meaning with --to %s, which is not signed",
			       opts[given].name, f->name);
	return signer_choose(by, e) && signer_read_keys(by, e);
}

static bool sign(const struct signer *by, struct dsse *d, struct err *e)
{
	owned(buf_free) struct buf tbs = BUF(EXPORT_MAX), raw = BUF(SIGNATURE_MAX);

	dsse_pae(&tbs, d->type, d->payload);
	return buf_done(&tbs, "the bytes to sign", e) &&
	       signer_sign(by, pubkey_alg(by->key), buf_bytes(&tbs), &raw, e) &&
	       dsse_attach(d, by->key, buf_bytes(&raw), e);
}

/* The statement in its envelope; to be signed elsewhere, the bytes that a signature covers. */
static bool wrap(const struct export_format *f, const struct signer *by, struct bytes statement,
		 struct buf *out, struct err *e)
{
	owned(dsse_free) struct dsse d = {.type = bytes_str(DSSE_IN_TOTO), .payload = statement};

	if (by->way == SIGNER_TBS_OUT) {
		dsse_pae(out, d.type, d.payload);
		return buf_done(out, "the bytes to sign", e);
	}
	return (!by->key || sign(by, &d, e)) && f->wrap(&d, by->key, out, e);
}

/* With a path the file has the text, and the answer says what was written. */
static bool deliver(struct cli *c, struct answer *a, const char *path, const struct buf *text,
		    struct err *e)
{
	json_key(&a->json, "format");
	json_str(&a->json, args_value(&c->args, O_TO));
	json_key(&a->json, "size");
	json_u64(&a->json, text->n);
	if (path)
		return file_write(path, buf_bytes(text), e);
	if (!c->json) {
		buf_put(&c->text, buf_bytes(text));
		return true;
	}
	a->members.max = CLI_TEXT_MAX;
	json_key(&a->json, "text");
	json_string(&a->json, buf_bytes(text));
	return true;
}

/* What people are told besides. */
static void tell(struct cli *c, struct answer *a, const struct signer *by)
{
	if (by->key)
		signer_json(by, &a->json);
	else
		talk_say(&c->talk, "the envelope has no signature, so verifiers refuse it: "
				   "give --key, or --sign-with, or --tbs-out and then --attach");
}

static bool export_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(signer_free) struct signer by = SIGNER(c, O_WAYS, SIGNER_OPTS);
	owned(buf_free) struct buf file = BUF(BUNDLE_MAX), plain = BUF(EXPORT_MAX),
				   wrapped = BUF(EXPORT_MAX);
	const struct export_format *f;
	const char *path, *name, *out;

	if (!cli_operand(c, "FILE", &path, e) || !cli_needs(c, O_TO, &name, e))
		return false;
	f = export_find(name);
	if (!read_signer(f, &by, e) || !signer_target(&by, O_OUTPUT, "export", &out, e) ||
	    (out && !out_distinct(out, path, e)) || !file_slurp(path, BUNDLE_MAX, &file, e))
		return false;
	if (!export_file(f, buf_bytes(&file), a, &plain, e))
		return err_subject(e, path);
	if (!f->wrap)
		return deliver(c, a, out, &plain, e);
	if (!wrap(f, &by, buf_bytes(&plain), &wrapped, e) || !deliver(c, a, out, &wrapped, e))
		return false;
	tell(c, a, &by);
	return true;
}

const struct verb verb_manifest_export = {
	.name = "manifest export",
	.summary = "a manifest in the form that another program reads; signatures are not checked",
	.usage = "FILE --to FORMAT [-o FILE]\n"
		 "FILE --to in-toto|sigstore --key FILE [-o FILE]\n"
		 "FILE --to in-toto|sigstore --public-key FILE --sign-with COMMAND [-o FILE]\n"
		 "FILE --to in-toto|sigstore --public-key FILE --tbs-out FILE\n"
		 "FILE --to in-toto|sigstore --public-key FILE --attach FILE [-o FILE]",
	.opts = opts,
	.program_option = "sign-with",
	.run = export_run,
};
