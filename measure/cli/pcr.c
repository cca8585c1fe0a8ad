#include "eif/pcr.h"
#include "measure/base/file.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"

#define CERTIFICATE_MAX (1u << 20)

enum { O_ROLE_ARN, O_INSTANCE_ID, O_CERTIFICATE, O_INPUT };

static const struct opt opts[] = {
	[O_ROLE_ARN] = {"role-arn", 0, OPT_VALUE, "ARN", NULL,
			"PCR3 of a parent instance with this IAM role"},
	[O_INSTANCE_ID] = {"instance-id", 0, OPT_VALUE, "ID", NULL,
			   "PCR4 of a parent instance with this id"},
	[O_CERTIFICATE] = {"certificate", 0, OPT_VALUE, "FILE", NULL,
			   "PCR8 of images signed with this certificate (PEM)"},
	[O_INPUT] = {"input", 0, OPT_VALUE, "FILE", NULL,
		     "the register that the bytes of this file would give"},
	{0},
};

static bool of_string(const char *s, struct digest *pcr, struct err *e)
{
	if (s[0] == '\0')
		return err_set(e, REASON_USAGE, "an empty string has no register");
	return eif_pcr_of_string(bytes_str(s), pcr, e);
}

static bool of_certificate(const char *path, struct digest *pcr, struct err *e)
{
	owned(buf_free) struct buf pem = BUF(CERTIFICATE_MAX);
	owned(x509_free) struct x509 *cert = NULL;
	size_t used;

	if (!file_slurp(path, CERTIFICATE_MAX, &pem, e))
		return false;
	if (!x509_read_pem(&cert, buf_bytes(&pem), &used, e))
		return err_subject(e, path);
	return eif_pcr_of_certificate(cert, pcr, e);
}

static const struct source {
	const char *name;
	bool (*pcr)(const char *value, struct digest *pcr, struct err *e);
} sources[] = {
	[O_ROLE_ARN] = {"PCR3", of_string},
	[O_INSTANCE_ID] = {"PCR4", of_string},
	[O_CERTIFICATE] = {"PCR8", of_certificate},
	[O_INPUT] = {"PCR", eif_pcr_of_file},
};

static bool pcr_run(struct cli *c, struct answer *a, struct err *e)
{
	struct digest pcr;

	if (!cli_no_operand(c, e))
		return false;
	for (unsigned o = 0; o < sizeof(sources) / sizeof(sources[0]); o++) {
		const char *value = args_value(&c->args, o);

		if (!value)
			continue;
		if (!sources[o].pcr(value, &pcr, e))
			return e->reason == REASON_USAGE ? err_in(e, "--%s", opts[o].name) : false;
		if (!mset_put(&a->registers, sources[o].name, &pcr, e))
			return false;
	}
	if (a->registers.n == 0)
		return err_set(e, REASON_USAGE, "nothing is given to make a register of");
	return true;
}

const struct verb verb_pcr = {
	.name = "pcr",
	.summary = "Nitro registers of a role, an instance, a certificate",
	.group = GROUP_MEASURE,
	.usage = "[--role-arn ARN] [--instance-id ID] [--certificate FILE] [--input FILE]",
	.opts = opts,
	.run = pcr_run,
};
