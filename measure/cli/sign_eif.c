#include "eif/sign.h"
#include "measure/base/file.h"
#include "measure/cli/signer.h"
#include "measure/cli/verbs.h"
#include "measure/core/cose.h"

#define RS_MAX 256u

enum { O_CERT, O_WAYS, O_OUTPUT = O_WAYS + SIGNER_WAYS };

static const struct opt opts[] = {
	[O_CERT] = {"cert", 0, OPT_VALUE, "FILE", NULL, "the signer's certificate (PEM)"},
	SIGNER_WAY_ROWS(O_WAYS),
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "the signed image (instead of replacing FILE)"},
	{0},
};

/* The key of an image's signer is the one that the certificate names. */
static bool read_key(struct signer *by, const struct x509 *cert, struct err *e)
{
	if (by->way != SIGNER_KEY)
		return true;
	return (key_read(&by->secret, signer_with(by), e) && key_matches(by->secret, cert, e)) ||
	       err_subject(e, signer_with(by));
}

/* The other half of the way by --attach. */
static bool write_tbs(struct cli *c, struct answer *a, const struct signer *by,
		      const struct eif_to_sign *s, struct err *e)
{
	enum cose_alg alg = x509_alg(s->cert);

	if (!file_write(signer_with(by), buf_bytes(&s->tbs), e))
		return false;
	json_key(&a->json, "alg");
	json_str(&a->json, cose_alg_name(alg));
	json_key(&a->json, "digest");
	json_str(&a->json, digest_name(cose_digest(alg)));
	talk_say(&c->talk,
		 "sign %s with the certificate's key (ECDSA with %s), then attach the signature: "
		 "measure sign eif %s --cert %s --attach SIGNATURE",
		 signer_with(by), digest_name(cose_digest(alg)), c->args.operands[0],
		 args_value(&c->args, O_CERT));
	return true;
}

static bool sign_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(eif_sign_free) struct eif_to_sign s = {0};
	owned(signer_free) struct signer by = SIGNER(c, O_WAYS, SIGNER_WAYS);
	owned(buf_free) struct buf rs = BUF(RS_MAX);
	const char *image, *cert, *out;

	if (!cli_operand(c, "FILE", &image, e) || !cli_needs(c, O_CERT, &cert, e) ||
	    !signer_choose(&by, e) || !signer_target(&by, O_OUTPUT, "image", &out, e) ||
	    (out && !out_distinct(out, cert, e)))
		return false;
	s.watch = cli_watch(c);
	cli_expect_file(c, image);
	if (!eif_sign_prepare(&s, image, cert, e))
		return false;
	if (by.way == SIGNER_TBS_OUT)
		return write_tbs(c, a, &by, &s, e);
	return read_key(&by, s.cert, e) &&
	       signer_sign(&by, x509_alg(s.cert), buf_bytes(&s.tbs), &rs, e) &&
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
