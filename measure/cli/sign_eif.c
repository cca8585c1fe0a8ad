#include "eif/sign.h"
#include "measure/base/file.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "measure/core/cose.h"
#include "measure/core/key.h"

#define SIGNATURE_FILE_MAX 4096u
#define RS_MAX 256u

enum { O_CERT, O_KEY, O_SIGN_WITH, O_TBS_OUT, O_ATTACH, O_OUTPUT };

static const struct opt opts[] = {
	[O_CERT] = {"cert", 0, OPT_VALUE, "FILE", NULL, "the signer's certificate (PEM)"},
	[O_KEY] = {"key", 0, OPT_VALUE, "FILE", NULL, "sign with this private key (PEM)"},
	[O_SIGN_WITH] = {"sign-with", 0, OPT_VALUE, "COMMAND", NULL,
			 "sign with this command, which reads the bytes and writes the signature"},
	[O_TBS_OUT] = {"tbs-out", 0, OPT_VALUE, "FILE", NULL,
		       "write the bytes to be signed, and nothing else"},
	[O_ATTACH] = {"attach", 0, OPT_VALUE, "FILE", NULL,
		      "attach a signature that was made elsewhere (DER or raw r||s)"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "the signed image (instead of replacing FILE)"},
	{0},
};

static bool by_key(const struct eif_to_sign *s, const char *path, struct buf *rs, struct err *e)
{
	owned(key_free) struct key *k = NULL;

	if (!key_read(&k, path, e) || !key_matches(k, s->cert, e))
		return err_subject(e, path);
	return key_sign(k, buf_bytes(&s->tbs), rs, e);
}

static bool by_command(const struct eif_to_sign *s, const char *command, struct buf *rs,
		       struct err *e)
{
	return key_sign_with(command, x509_alg(s->cert), buf_bytes(&s->tbs), rs, e);
}

static bool by_file(const struct eif_to_sign *s, const char *path, struct buf *rs, struct err *e)
{
	owned(buf_free) struct buf signature = BUF(SIGNATURE_FILE_MAX);

	if (!file_slurp(path, SIGNATURE_FILE_MAX, &signature, e))
		return false;
	if (!key_signature_raw(buf_bytes(&signature), x509_alg(s->cert), rs, e))
		return err_subject(e, path);
	return true;
}

static const struct way {
	unsigned opt;
	bool (*sign)(const struct eif_to_sign *s, const char *with, struct buf *rs, struct err *e);
} ways[] = {{O_KEY, by_key}, {O_SIGN_WITH, by_command}, {O_ATTACH, by_file}, {O_TBS_OUT, NULL}};

static bool choose(const struct cli *c, const struct way **out, struct err *e)
{
	unsigned given = 0;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!args_has(&c->args, ways[i].opt))
			continue;
		*out = &ways[i];
		given++;
	}
	if (given != 1)
		return err_set(e, REASON_USAGE,
			       "one of --key, --sign-with, --attach and --tbs-out "
			       "is needed, %u are given",
			       given);
	if (!(*out)->sign && args_has(&c->args, O_OUTPUT))
		return err_set(e, REASON_USAGE,
			       "--tbs-out writes no image, so --output has no "
			       "meaning");
	return true;
}

/* Only the image may be written where it was read. */
static bool distinct(const struct cli *c, const char *out, bool in_place, struct err *e)
{
	static const unsigned inputs[] = {O_CERT, O_KEY, O_ATTACH};

	if (!out_named(out, e) || (!in_place && !out_distinct(out, c->args.operands[0], e)))
		return false;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		const char *in = args_value(&c->args, inputs[i]);

		if (in && !out_distinct(out, in, e))
			return false;
	}
	return true;
}

/* The other half of the way by --attach. */
static bool write_tbs(struct cli *c, struct answer *a, const struct eif_to_sign *s, struct err *e)
{
	const char *path = args_value(&c->args, O_TBS_OUT);
	enum cose_alg alg = x509_alg(s->cert);

	if (!file_write(path, buf_bytes(&s->tbs), e))
		return false;
	json_key(&a->json, "alg");
	json_str(&a->json, cose_alg_name(alg));
	json_key(&a->json, "digest");
	json_str(&a->json, digest_name(cose_digest(alg)));
	talk_say(&c->talk,
		 "sign %s with the certificate's key (ECDSA with %s), then attach the signature: "
		 "measure sign eif %s --cert %s --attach SIGNATURE",
		 path, digest_name(cose_digest(alg)), c->args.operands[0],
		 args_value(&c->args, O_CERT));
	return true;
}

static bool sign_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(eif_sign_free) struct eif_to_sign s = {0};
	owned(buf_free) struct buf rs = BUF(RS_MAX);
	const struct way *way = NULL;
	const char *image, *cert, *out;

	if (!cli_operand(c, "FILE", &image, e) || !cli_needs(c, O_CERT, &cert, e) ||
	    !choose(c, &way, e))
		return false;
	out = args_value(&c->args, way->sign ? O_OUTPUT : O_TBS_OUT);
	if (out && !distinct(c, out, way->sign, e))
		return false;
	s.watch = cli_watch(c);
	cli_expect_file(c, image);
	if (!eif_sign_prepare(&s, image, cert, e))
		return false;
	if (!way->sign)
		return write_tbs(c, a, &s, e);
	return way->sign(&s, args_value(&c->args, way->opt), &rs, e) &&
	       eif_sign_attach(&s, buf_bytes(&rs), out ? out : image, a, e);
}

const struct verb verb_sign_eif = {
	.name = "sign eif",
	.summary = "an AWS Nitro Enclaves image, replacing a signature it has",
	.usage = "FILE --cert FILE --key FILE [-o FILE]\n"
		 "FILE --cert FILE --sign-with COMMAND [-o FILE]\n"
		 "FILE --cert FILE --tbs-out FILE\n"
		 "FILE --cert FILE --attach FILE [-o FILE]",
	.opts = opts,
	.program_option = "sign-with",
	.run = sign_run,
};
