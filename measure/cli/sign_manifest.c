#include "measure/base/file.h"
#include "measure/base/when.h"
#include "measure/cli/signer.h"
#include "measure/cli/verbs.h"
#include "measure/core/x509_list.h"
#include "reference-db/certified.h"
#include "reference-db/corim.h"

#define CHAIN_FILE_MAX (1u << 20)

enum {
	O_SIGNER,
	O_WAYS,
	O_CERT = O_WAYS + SIGNER_OPTS,
	O_EXPIRES,
	O_NOT_BEFORE,
	O_ALLOW_DEBUG,
	O_OUTPUT
};

static const struct opt opts[] = {
	[O_SIGNER] = {"signer", 0, OPT_VALUE, "NAME", NULL,
		      "who signs, for readers of the header (the key's fingerprint)"},
	SIGNER_WAY_ROWS(O_WAYS),
	SIGNER_STATEMENT_ROWS(O_WAYS),
	[O_CERT] = {"cert", 0, OPT_VALUE, "FILE", NULL,
		    "put this certificate and its issuers' (PEM) into the header"},
	[O_EXPIRES] = {"expires", 0, OPT_VALUE, "TIME", NULL,
		       "until when the signature counts: 2027-01-01T00:00:00Z"},
	[O_NOT_BEFORE] = {"not-before", 0, OPT_VALUE, "TIME", NULL,
			  "from when it counts; needs --expires"},
	[O_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
			   "sign a manifest by which the host may debug the guest"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the signed manifest to write"},
	{0},
};

static bool read_chain(const char *path, struct x509_list *l, struct signing_terms *t,
		       struct err *e)
{
	owned(buf_free) struct buf pem = BUF(CHAIN_FILE_MAX);

	if (!path)
		return true;
	if (!file_slurp(path, CHAIN_FILE_MAX, &pem, e) || !x509_list_add(l, buf_bytes(&pem), e))
		return err_subject(e, path);
	if (l->n > SIGNED_CHAIN) {
		err_set(e, REASON_LIMIT, "%zu certificates, and at most %u fit into a header", l->n,
			SIGNED_CHAIN);
		return err_subject(e, path);
	}
	t->n_chain = l->n;
	t->chain = (const struct x509 *const *)l->x;
	return true;
}

/* What is wrong with the certificates is told of their file. */
static bool prepare(struct signing *s, const struct corim_file *f, const struct signer *by,
		    const struct signing_terms *t, struct err *e)
{
	if (signing_prepare(s, f->payload, by->key, t, e))
		return true;
	if (e->reason == REASON_CERTIFICATE || e->reason == REASON_KEY_MISMATCH)
		err_subject(e, args_value(by->args, O_CERT));
	return false;
}

static bool read_terms(const struct cli *c, struct signing_terms *t, struct err *e)
{
	const char *expires = args_value(&c->args, O_EXPIRES);
	const char *not_before = args_value(&c->args, O_NOT_BEFORE);

	t->content_type = CONTENT_MANIFEST;
	t->has_expires = expires != NULL;
	t->has_not_before = not_before != NULL;
	t->signer = args_value(&c->args, O_SIGNER);
	return (!expires || when_read(expires, "--expires", &t->expires, e)) &&
	       (!not_before || when_read(not_before, "--not-before", &t->not_before, e));
}

/* The payload of a manifest, signed already or not, that nobody need be ashamed to sign. */
static bool read_payload(const struct cli *c, const char *path, struct buf *file,
			 struct corim_file *f, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	struct lint l = {.allow_debug = args_has(&c->args, O_ALLOW_DEBUG)};

	if (!file_slurp(path, CORIM_MAX, file, e))
		return false;
	return (corim_open(f, buf_bytes(file), &l, e) &&
		corim_read(&m, f->payload, f->base, &l, e)) ||
	       err_subject(e, path);
}

static bool target(const struct cli *c, const struct signer *by, const char **path, struct err *e)
{
	const char *cert = args_value(&c->args, O_CERT);

	return signer_target(by, O_OUTPUT, "manifest", path, e) &&
	       (*path || cli_needs(c, O_OUTPUT, path, e)) &&
	       (!cert || out_distinct(*path, cert, e));
}

static bool sign_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(signer_free) struct signer by = SIGNER(c, O_WAYS, SIGNER_OPTS);
	owned(buf_free) struct buf file = BUF(CORIM_MAX), name = BUF(2 * DIGEST_MAX);
	owned(signing_free) struct signing s = {0};
	owned(x509_list_free) struct x509_list chain = {0};
	struct signing_terms t = {0};
	struct corim_file f;
	const char *path, *out;

	if (!cli_operand(c, "FILE", &path, e) || !signer_choose(&by, e) ||
	    !target(c, &by, &out, e) || !read_terms(c, &t, e) ||
	    !read_payload(c, path, &file, &f, e) ||
	    (f.is_signed && !out_distinct(out, path, e)) || /* the signatures in it would be lost */
	    !signer_read_keys(&by, e) || !signer_name(&by, &name, &t, e) ||
	    !read_chain(args_value(&c->args, O_CERT), &chain, &t, e) ||
	    !prepare(&s, &f, &by, &t, e) || !signer_write(&by, &s, out, e))
		return false;
	signer_json(&by, &a->json);
	return true;
}

const struct verb verb_sign_manifest = {
	.name = "sign manifest",
	.summary = "a reference manifest, as one of its publishers",
	.usage =
		"FILE --key FILE [--signer NAME] [--expires TIME] -o FILE\n"
		"FILE --public-key FILE --sign-with COMMAND [--signer NAME] [--expires TIME] -o FILE\n"
		"FILE --public-key FILE --tbs-out FILE [--signer NAME] [--expires TIME]\n"
		"FILE --public-key FILE --attach FILE [--signer NAME] [--expires TIME] -o FILE",
	.opts = opts,
	.program_option = "sign-with",
	.run = sign_run,
};
