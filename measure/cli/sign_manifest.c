#include "measure/base/file.h"
#include "measure/base/when.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "reference-db/corim.h"
#include "reference-db/signing.h"

#define SIGNATURE_FILE_MAX 4096u
#define SIGNATURE_MAX 256u

enum {
	O_SIGNER,
	O_KEY,
	O_PASSPHRASE,
	O_PUBLIC_KEY,
	O_SIGN_WITH,
	O_TBS_OUT,
	O_ATTACH,
	O_EXPIRES,
	O_NOT_BEFORE,
	O_OUTPUT
};

static const struct opt opts[] = {
	[O_SIGNER] = {"signer", 0, OPT_VALUE, "NAME", NULL, "who signs, for readers of the header"},
	[O_KEY] = {"key", 0, OPT_VALUE, "FILE", NULL, "sign with this private key (PEM)"},
	[O_PASSPHRASE] = {"passphrase-file", 0, OPT_VALUE, "FILE", NULL,
			  "a file whose first line opens an encrypted key"},
	[O_PUBLIC_KEY] = {"public-key", 0, OPT_VALUE, "FILE", NULL,
			  "the signer's public key or certificate (PEM), without --key"},
	[O_SIGN_WITH] = {"sign-with", 0, OPT_VALUE, "COMMAND", NULL,
			 "sign with this command, which reads the bytes and writes the signature"},
	[O_TBS_OUT] = {"tbs-out", 0, OPT_VALUE, "FILE", NULL,
		       "write the bytes to be signed, and nothing else"},
	[O_ATTACH] = {"attach", 0, OPT_VALUE, "FILE", NULL,
		      "attach a signature that was made elsewhere (DER or raw)"},
	[O_EXPIRES] = {"expires", 0, OPT_VALUE, "TIME", NULL,
		       "until when the signature counts (RFC 3339)"},
	[O_NOT_BEFORE] = {"not-before", 0, OPT_VALUE, "TIME", NULL,
			  "from when it counts; needs --expires"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the signed manifest to write"},
	{0},
};

static bool read_public_key(const char *path, struct pubkey **key, struct err *e)
{
	owned(buf_free) struct buf pem = BUF(PUBKEY_FILE_MAX);

	return file_slurp(path, PUBKEY_FILE_MAX, &pem, e) &&
	       (pubkey_read_pem(key, buf_bytes(&pem), e) || err_subject(e, path));
}

/* Exactly one way to sign; with all but --key the public key is needed for the header. */
static bool choose(const struct cli *c, struct err *e)
{
	static const unsigned ways[] = {O_KEY, O_SIGN_WITH, O_ATTACH, O_TBS_OUT};
	unsigned given = 0;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		given += args_has(&c->args, ways[i]);
	if (given != 1)
		return err_set(
			e, REASON_USAGE,
			"one of --key, --sign-with, --attach and --tbs-out is needed, %u are given",
			given);
	if (args_has(&c->args, O_KEY) == args_has(&c->args, O_PUBLIC_KEY))
		return err_set(e, REASON_USAGE,
			       args_has(&c->args, O_KEY)
				       ? "--public-key has no meaning beside --key"
				       : "--public-key is needed without --key");
	if (args_has(&c->args, O_PASSPHRASE) && !args_has(&c->args, O_KEY))
		return err_set(e, REASON_USAGE, "--passphrase-file has no meaning without --key");
	if (args_has(&c->args, O_TBS_OUT) == args_has(&c->args, O_OUTPUT))
		return err_set(e, REASON_USAGE,
			       args_has(&c->args, O_OUTPUT)
				       ? "--tbs-out writes no manifest, so --output has no meaning"
				       : "option '--output' is missing");
	return true;
}

static bool read_keys(const struct cli *c, struct key **secret, struct pubkey **key, struct err *e)
{
	if (!args_has(&c->args, O_KEY))
		return read_public_key(args_value(&c->args, O_PUBLIC_KEY), key, e);
	return key_read_statement(secret, args_value(&c->args, O_KEY),
				  args_value(&c->args, O_PASSPHRASE), e) &&
	       pubkey_of_key(key, *secret, e);
}

static bool read_terms(const struct cli *c, struct signing_terms *t, struct err *e)
{
	const char *expires = args_value(&c->args, O_EXPIRES);
	const char *not_before = args_value(&c->args, O_NOT_BEFORE);

	t->content_type = CONTENT_MANIFEST;
	t->has_expires = expires != NULL;
	t->has_not_before = not_before != NULL;
	return cli_needs(c, O_SIGNER, &t->signer, e) &&
	       (!expires || when_read(expires, "--expires", &t->expires, e)) &&
	       (!not_before || when_read(not_before, "--not-before", &t->not_before, e));
}

/* The payload of a manifest, signed already or not, that nobody need be ashamed to sign. */
static bool read_payload(const char *path, struct buf *file, struct corim_file *f, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	struct lint l = {0};

	if (!file_slurp(path, CORIM_MAX, file, e))
		return false;
	return (corim_open(f, buf_bytes(file), &l, e) &&
		corim_read(&m, f->payload, f->base, &l, e)) ||
	       err_subject(e, path);
}

static bool make_signature(const struct cli *c, const struct key *secret, const struct signing *s,
			   struct buf *signature, struct err *e)
{
	owned(buf_free) struct buf given = BUF(SIGNATURE_FILE_MAX);
	const char *attach = args_value(&c->args, O_ATTACH);

	if (secret)
		return key_sign(secret, buf_bytes(&s->tbs), signature, e);
	if (!attach)
		return key_sign_with(args_value(&c->args, O_SIGN_WITH), pubkey_alg(s->key),
				     buf_bytes(&s->tbs), signature, e);
	return file_slurp(attach, SIGNATURE_FILE_MAX, &given, e) &&
	       (key_signature_raw(buf_bytes(&given), pubkey_alg(s->key), signature, e) ||
		err_subject(e, attach));
}

static bool finish(const struct cli *c, const struct key *secret, const struct signing *s,
		   struct err *e)
{
	owned(buf_free) struct buf signature = BUF(SIGNATURE_MAX), out = BUF(SIGNED_MAX + 4096);

	if (args_has(&c->args, O_TBS_OUT))
		return file_write(args_value(&c->args, O_TBS_OUT), buf_bytes(&s->tbs), e);
	return make_signature(c, secret, s, &signature, e) &&
	       signing_attach(s, buf_bytes(&signature), &out, e) &&
	       file_write(args_value(&c->args, O_OUTPUT), buf_bytes(&out), e);
}

static bool sign_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(key_free) struct key *secret = NULL;
	owned(pubkey_free) struct pubkey *key = NULL;
	owned(buf_free) struct buf file = BUF(CORIM_MAX);
	owned(signing_free) struct signing s = {0};
	struct signing_terms t = {0};
	struct corim_file f;
	const char *path;

	if (!cli_operand(c, "FILE", &path, e) || !choose(c, e) || !read_terms(c, &t, e) ||
	    !read_payload(path, &file, &f, e) || !read_keys(c, &secret, &key, e) ||
	    !signing_prepare(&s, f.payload, key, &t, e) || !finish(c, secret, &s, e))
		return false;
	json_key(&a->json, "alg");
	json_str(&a->json, cose_alg_name(pubkey_alg(key)));
	json_key(&a->json, "key_id");
	json_hex(&a->json, digest_bytes(pubkey_id(key)));
	return true;
}

const struct verb verb_sign_manifest = {
	.name = "sign manifest",
	.summary = "a reference manifest, as one of its publishers",
	.usage =
		"FILE --signer NAME --key FILE [--expires TIME] -o FILE\n"
		"FILE --signer NAME --public-key FILE --sign-with COMMAND [--expires TIME] -o FILE\n"
		"FILE --signer NAME --public-key FILE --tbs-out FILE [--expires TIME]\n"
		"FILE --signer NAME --public-key FILE --attach FILE [--expires TIME] -o FILE",
	.opts = opts,
	.program_option = "sign-with",
	.run = sign_run,
};
