#include "measure/core/tee.h"

#include "eif/build.h"
#include "eif/diff.h"
#include "eif/extract.h"
#include "eif/lenient.h"
#include "eif/notes.h"
#include "eif/pcr.h"
#include "eif/report.h"

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

static int bid(struct bytes head, struct bytes tail)
{
	(void)tail;
	return bytes_start(head, bytes_str(".eif")) ? 100 : 0;
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
	if (!good || !eif_notes_image(&img, &q->when, a, e))
		return false;
	if (q->json && !ours)
		return nitro_cli(q, &img, a, e);
	return eif_image_registers(&img, &a->registers, e);
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

/* How many are given; no more are taken than an image has room for. */
static size_t take_ramdisks(const struct args *args, const char *ramdisks[EIF_MAX_RAMDISKS])
{
	size_t n = 0;

	for (size_t i = 0; i < args->n_values; i++) {
		if (args->values[i].opt != OPT_RAMDISK)
			continue;
		if (n < EIF_MAX_RAMDISKS)
			ramdisks[n] = args->values[i].value;
		n++;
	}
	return n;
}

static bool measure_parts(const struct tee_request *q, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf cmdline = BUF(EIF_CMDLINE_MAX);
	const char *ramdisks[EIF_MAX_RAMDISKS];
	struct eif_parts p = {
		.kernel = args_value(q->args, OPT_KERNEL), .ramdisks = ramdisks, .watch = q->watch};
	const char *text = args_value(q->args, OPT_CMDLINE);

	if (!p.kernel || !text)
		return err_set(e, REASON_USAGE, "--%s is needed to measure parts",
			       p.kernel ? "cmdline" : "kernel");
	if (!file_value(text, EIF_CMDLINE_MAX, &cmdline, e))
		return false;
	p.n_ramdisks = take_ramdisks(q->args, ramdisks);
	p.cmdline = buf_bytes(&cmdline);
	return eif_build(&p, NULL, a, e);
}

/* What would be ignored in silence is refused. */
static bool has_meaning(const struct tee_request *q, bool parts, struct err *e)
{
	bool lenient = args_has(q->args, OPT_LENIENT), theirs = q->json && q->json[0];

	if (args_has(q->args, OPT_NITRO_CLI) && !theirs)
		return err_set(e, REASON_USAGE,
			       "--nitro-cli-release has no meaning without --json=nitro-cli");
	if (lenient && theirs)
		return err_set(e, REASON_USAGE,
			       "--lenient shows readings, which --json=%s has no form for",
			       q->json);
	if (parts && lenient)
		return err_set(e, REASON_USAGE,
			       "--lenient shows readings of an image, and parts are given");
	if (parts && theirs)
		return err_set(e, REASON_USAGE, "--json=%s describes an image, and parts are given",
			       q->json);
	if (parts && q->when.clock != CLOCK_NOW)
		return err_set(e, REASON_USAGE,
			       "--at judges a signature, and parts are given, which have none");
	return true;
}

static bool operands(size_t given, bool parts, struct err *e)
{
	const char *are = given == 1 ? "is" : "are";

	if (given == (parts ? 0 : 1))
		return true;
	if (parts)
		return err_set(e, REASON_USAGE, "no FILE is needed beside parts, %zu %s given",
			       given, are);
	return err_set(e, REASON_USAGE, "one FILE is needed, %zu %s given", given, are);
}

static bool measure(const struct tee_request *q, struct answer *a, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	bool parts = args_has(q->args, OPT_KERNEL) || args_has(q->args, OPT_CMDLINE) ||
		     args_has(q->args, OPT_RAMDISK);

	if (!operands(q->args->n_operands, parts, e) || !has_meaning(q, parts, e))
		return false;
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
	.judges_time = true,
	.json_formats = formats,
	.bid = bid,
	.measure = measure,
	.describe = eif_describe,
	.extract = eif_extract,
	.diff = eif_diff,
};
