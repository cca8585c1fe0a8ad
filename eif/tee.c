#include "measure/core/tee.h"

#include "eif/build.h"
#include "eif/extract.h"
#include "eif/lenient.h"
#include "eif/report.h"
#include "measure/base/when.h"

enum { OPT_LENIENT, OPT_NITRO_CLI, OPT_KERNEL, OPT_CMDLINE, OPT_RAMDISK, OPTS };

static const char *const releases[] = {"1.4", "1.5", NULL};
static const char *const formats[] = {"nitro-cli", NULL};

static const struct opt opts[OPTS + 1] = {
	[OPT_LENIENT] = {.name = "lenient",
			 .kind = OPT_FLAG,
			 .help = "show every reader's reading of FILE side by side"},
	[OPT_NITRO_CLI] = {.name = "nitro-cli-release",
			   .kind = OPT_VALUE,
			   .arg = "RELEASE",
			   .choices = releases,
			   .help = "whose HashAlgorithm text --json=nitro-cli prints (1.5)"},
	[OPT_KERNEL] = {.name = "kernel",
			.kind = OPT_VALUE,
			.arg = "FILE",
			.help = "measure parts instead of an image: the kernel"},
	[OPT_CMDLINE] = {.name = "cmdline",
			 .kind = OPT_VALUE,
			 .arg = "TEXT|@FILE",
			 .help = "the command line, or a file that holds it"},
	[OPT_RAMDISK] = {.name = "ramdisk",
			 .kind = OPT_LIST,
			 .arg = "FILE",
			 .help = "a ramdisk; repeated in their order"},
};

static int bid(struct bytes head)
{
	return bytes_start(head, bytes_str(".eif")) ? 100 : 0;
}

static bool note_validity(const struct x509 *cert, const char *now, struct answer *a, struct err *e)
{
	int64_t at = 0, from, to;

	if (now && strcmp(now, "none") == 0)
		return true;
	if (now && strcmp(now, "document") == 0)
		return err_set(e, REASON_USAGE, "--at: an image has no time of its own");
	if (now && !when_read(now, "--at", &at, e))
		return false;
	if (!now)
		at = when_now();
	if (!x509_validity(cert, &from, &to, e))
		return false;
	if (at < from)
		answer_note(a, REASON_CERTIFICATE_EXPIRED,
			    "the signing certificate is not valid yet");
	if (at > to)
		answer_note(a, REASON_CERTIFICATE_EXPIRED, "the signing certificate has expired");
	return true;
}

static bool notes(const struct eif_image *img, const char *now, struct answer *a, struct err *e)
{
	size_t cmdline = eif_image_find(img, EIF_SECTION_CMDLINE);

	if (cmdline < img->n && img->section[cmdline].size == 0)
		answer_note(a, REASON_EMPTY_CMDLINE, "the command line is empty");
	if (!img->is_signed)
		return true;
	if (img->sign.cert_end < img->sign.pem.n)
		answer_note(a, REASON_CERTIFICATE_CHAIN,
			    "%zu bytes follow the signer's certificate and are ignored",
			    img->sign.pem.n - img->sign.cert_end);
	return note_validity(img->sign.cert, now, a, e);
}

static bool registers(const struct eif_image *img, struct mset *m, struct err *e)
{
	return mset_put(m, "PCR0", &img->pcr[0], e) && mset_put(m, "PCR1", &img->pcr[1], e) &&
	       mset_put(m, "PCR2", &img->pcr[2], e) &&
	       (!img->is_signed || mset_put(m, "PCR8", &img->pcr8, e));
}

static bool nitro_cli(const struct tee_request *q, const struct eif_image *img, struct answer *a,
		      struct err *e)
{
	const char *release = args_value(q->args, OPT_NITRO_CLI);
	bool old = release && strcmp(release, "1.4") == 0;

	return eif_report_nitro_cli(img, old ? "Sha384 { ... }" : "Sha512_48 { .. }", &a->verbatim,
				    e);
}

static bool measure_image(const struct tee_request *q, struct file *f, struct answer *a,
			  struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};
	bool ours = q->json && q->json[0] == '\0';
	bool good = eif_image_read(f, ours, &img, e);

	if (ours && (good || e->reason == REASON_SIGNATURE))
		eif_report_json(&img, good, &a->json);
	if (!good || !notes(&img, q->now, a, e))
		return false;
	if (q->json && !ours)
		return nitro_cli(q, &img, a, e);
	return registers(&img, &a->registers, e);
}

/* The strict reader decides the status; its registers are not repeated above the readings. */
static bool measure_leniently(const struct tee_request *q, struct file *f, struct answer *a,
			      struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};
	struct eif_view views[2];
	struct err strict = {0}, reading = {0};
	bool good;

	if (f->stream)
		return err_set(e, REASON_USAGE,
			       "--lenient reads a file several times; a stream it cannot");
	good = eif_image_read(f, false, &img, &strict);
	if (eif_lenient(f, views, &reading))
		eif_lenient_report(views, &strict, q->json != NULL, a);
	else if (good)
		strict = reading;
	*e = strict;
	return good && !err_is(&strict);
}

static bool measure_parts(const struct tee_request *q, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf cmdline = BUF(EIF_CMDLINE_MAX);
	const char *ramdisks[EIF_MAX_RAMDISKS + 1];
	struct eif_parts p = {
		.kernel = args_value(q->args, OPT_KERNEL), .ramdisks = ramdisks, .watch = q->watch};
	const char *text = args_value(q->args, OPT_CMDLINE), *ramdisk;

	if (!p.kernel || !text)
		return err_set(e, REASON_USAGE, "--%s is needed to measure parts",
			       p.kernel ? "cmdline" : "kernel");
	if (!file_value(text, EIF_CMDLINE_MAX, &cmdline, e))
		return false;
	while (p.n_ramdisks <= EIF_MAX_RAMDISKS &&
	       (ramdisk = args_item(q->args, OPT_RAMDISK, p.n_ramdisks)))
		ramdisks[p.n_ramdisks++] = ramdisk;
	p.cmdline = buf_bytes(&cmdline);
	return eif_build(&p, NULL, a, e);
}

static bool measure(const struct tee_request *q, struct answer *a, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	bool parts = args_has(q->args, OPT_KERNEL) || args_has(q->args, OPT_CMDLINE) ||
		     args_has(q->args, OPT_RAMDISK);

	if (q->args->n_operands != (parts ? 0 : 1))
		return err_set(e, REASON_USAGE, "%zu files are given and %s", q->args->n_operands,
			       parts ? "none is needed beside parts" : "one is needed");
	if (parts)
		return measure_parts(q, a, e);
	if (!file_open(&f, q->args->operands[0], e))
		return false;
	f.watch = q->watch;
	return args_has(q->args, OPT_LENIENT) ? measure_leniently(q, &f, a, e)
					      : measure_image(q, &f, a, e);
}

extern const struct tee eif_tee;

const struct tee eif_tee = {
	.name = "eif",
	.summary = "AWS Nitro Enclaves image (EIF): PCR0, PCR1, PCR2, PCR8",
	.operands = "FILE\n--kernel FILE --cmdline TEXT|@FILE --ramdisk FILE ...",
	.opts = opts,
	.json_formats = formats,
	.bid = bid,
	.measure = measure,
	.describe = eif_describe,
	.extract = eif_extract,
};
