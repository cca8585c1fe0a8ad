#include <stdlib.h>

#include "eif/build.h"
#include "eif/metadata.h"
#include "measure/base/file.h"
#include "measure/base/num.h"
#include "measure/base/when.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"

#define KERNEL_CONFIG_MAX (4u << 20)

enum {
	O_KERNEL,
	O_CMDLINE,
	O_RAMDISK,
	O_OUTPUT,
	O_ARCH,
	O_NAME,
	O_VERSION,
	O_BUILD_TIME,
	O_BUILD_TOOL,
	O_BUILD_TOOL_VERSION,
	O_IMG_OS,
	O_IMG_KERNEL,
	O_KERNEL_CONFIG,
	O_METADATA,
	O_DOCKER_INFO
};

static const char *const archs[] = {"x86_64", "aarch64", NULL};

static const struct opt opts[] = {
	[O_KERNEL] = {"kernel", 0, OPT_VALUE, "FILE", NULL, "bzImage on x86_64, Image on aarch64"},
	[O_CMDLINE] = {"cmdline", 0, OPT_VALUE, "TEXT|@FILE", NULL,
		       "kernel command line, or the bytes of a file (@@ for a text with @)"},
	[O_RAMDISK] = {"ramdisk", 0, OPT_LIST, "FILE", NULL,
		       "a ramdisk; once for each, in their order"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the image to write"},
	[O_ARCH] = {"arch", 0, OPT_VALUE, "ARCH", archs, "architecture (x86_64)"},
	[O_NAME] = {"name", 0, OPT_VALUE, "TEXT", NULL, "ImageName (the kernel's file name)"},
	[O_VERSION] = {"version", 0, OPT_VALUE, "TEXT", NULL, "ImageVersion (1.0)"},
	[O_BUILD_TIME] = {"build-time", 0, OPT_VALUE, "TIME", NULL,
			  "BuildTime (SOURCE_DATE_EPOCH, or 1970-01-01T00:00:00+00:00)"},
	[O_BUILD_TOOL] = {"build-tool", 0, OPT_VALUE, "TEXT", NULL, "BuildTool (eif_build)"},
	[O_BUILD_TOOL_VERSION] = {"build-tool-version", 0, OPT_VALUE, "TEXT", NULL,
				  "BuildToolVersion (0.3.1)"},
	[O_IMG_OS] = {"img-os", 0, OPT_VALUE, "TEXT", NULL, "OperatingSystem (OS)"},
	[O_IMG_KERNEL] = {"img-kernel", 0, OPT_VALUE, "TEXT", NULL, "KernelVersion (kernel)"},
	[O_KERNEL_CONFIG] = {"kernel-config", 0, OPT_VALUE, "FILE", NULL,
			     "take OperatingSystem and KernelVersion from this kernel .config"},
	[O_METADATA] = {"metadata", 0, OPT_VALUE, "FILE", NULL, "CustomMetadata: a JSON file"},
	[O_DOCKER_INFO] = {"docker-info", 0, OPT_VALUE, "FILE", NULL, "DockerInfo: a JSON file"},
	{0},
};

/* Everything that the parts and the metadata borrow from. */
struct inputs {
	struct buf cmdline, os, kernel_version, time, custom, docker, metadata;
	const char *ramdisks[EIF_MAX_RAMDISKS];
	size_t n_ramdisks;
};

static struct inputs inputs_new(void)
{
	return (struct inputs){
		.cmdline = BUF(EIF_CMDLINE_MAX),
		.os = BUF(KERNEL_CONFIG_MAX),
		.kernel_version = BUF(KERNEL_CONFIG_MAX),
		.time = BUF(64),
		.custom = BUF(EIF_CUSTOM_MAX),
		.docker = BUF(EIF_METADATA_MAX),
		.metadata = BUF(EIF_METADATA_MAX),
	};
}

static void inputs_free(struct inputs *in)
{
	buf_free(&in->cmdline);
	buf_free(&in->os);
	buf_free(&in->kernel_version);
	buf_free(&in->time);
	buf_free(&in->custom);
	buf_free(&in->docker);
	buf_free(&in->metadata);
}

static const char *value_or(const struct cli *c, unsigned opt, const char *otherwise)
{
	const char *value = args_value(&c->args, opt);

	return value ? value : otherwise;
}

/* The clock is never asked. A year that has no four digits fails the buf with a limit. */
static bool read_time(struct inputs *in, struct err *e)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds = 0;
	bool good = !epoch || (num_parse(epoch, &seconds) && seconds <= INT64_MAX);

	if (good)
		when_put(&in->time, (int64_t)seconds, "+00:00");
	if (good && in->time.failed != REASON_LIMIT)
		return buf_done(&in->time, "the build time", e);
	return err_set(e, REASON_USAGE,
		       "SOURCE_DATE_EPOCH: '%s' is no number of seconds up to the year 9999",
		       epoch);
}

static bool read_kernel_config(const char *path, struct inputs *in, struct err *e)
{
	owned(buf_free) struct buf config = BUF(KERNEL_CONFIG_MAX);

	if (!path) {
		buf_str(&in->os, "OS");
		buf_str(&in->kernel_version, "kernel");
		return buf_done(&in->os, "text", e) && buf_done(&in->kernel_version, "text", e);
	}
	if (!file_slurp(path, KERNEL_CONFIG_MAX, &config, e))
		return false;
	if (!eif_kernel_config(buf_bytes(&config), &in->os, &in->kernel_version, e))
		return err_subject(e, path);
	return true;
}

/* Tried out here, where the file is still known that a refusal is about. */
static bool read_json(const char *path, size_t max, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf scratch = BUF(EIF_METADATA_MAX);
	owned(json_free) struct json j = {0};
	struct json_out w = json_out(&scratch, false);

	if (!path)
		return true;
	if (!file_slurp(path, max, out, e))
		return false;
	if (!json_read(&j, buf_bytes(out), 0, e) || !eif_serde_out(&w, &j, &j.nodes[0], e))
		return err_subject(e, path);
	return true;
}

static bool read_ramdisks(const struct cli *c, struct inputs *in, struct err *e)
{
	size_t given = 0;

	for (size_t i = 0; i < c->args.n_values; i++) {
		if (c->args.values[i].opt != O_RAMDISK)
			continue;
		if (given < EIF_MAX_RAMDISKS)
			in->ramdisks[in->n_ramdisks++] = c->args.values[i].value;
		given++;
	}
	return given <= EIF_MAX_RAMDISKS ||
	       err_set(e, REASON_USAGE,
		       "%zu ramdisks are given, and %u is the most there is room for", given,
		       EIF_MAX_RAMDISKS);
}

/* Before anything is read: the output must be none of it. */
static bool distinct(const struct cli *c, const struct inputs *in, const char *out, struct err *e)
{
	static const unsigned files[] = {O_KERNEL, O_KERNEL_CONFIG, O_METADATA, O_DOCKER_INFO};
	const char *cmdline = args_value(&c->args, O_CMDLINE);

	if (cmdline[0] == '@' && cmdline[1] != '@' && !out_distinct(out, cmdline + 1, e))
		return false;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *file = args_value(&c->args, files[i]);

		if (file && !out_distinct(out, file, e))
			return false;
	}
	for (size_t i = 0; i < in->n_ramdisks; i++)
		if (!out_distinct(out, in->ramdisks[i], e))
			return false;
	return true;
}

/* The defaults are those of the reference builder, so that equal values give equal bytes. */
static bool make_metadata(const struct cli *c, const char *kernel, struct inputs *in, struct err *e)
{
	const char *slash = strrchr(kernel, '/');
	struct eif_metadata m = {
		.image_name = value_or(c, O_NAME, slash ? slash + 1 : kernel),
		.image_version = value_or(c, O_VERSION, "1.0"),
		.build_time = value_or(c, O_BUILD_TIME, buf_cstr(&in->time)),
		.build_tool = value_or(c, O_BUILD_TOOL, "eif_build"),
		.build_tool_version = value_or(c, O_BUILD_TOOL_VERSION, "0.3.1"),
		.operating_system = value_or(c, O_IMG_OS, buf_cstr(&in->os)),
		.kernel_version = value_or(c, O_IMG_KERNEL, buf_cstr(&in->kernel_version)),
		.docker_info = buf_bytes(&in->docker),
		.custom_metadata = buf_bytes(&in->custom),
	};

	return eif_metadata_write(&in->metadata, &m, e);
}

static bool build_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(inputs_free) struct inputs in = inputs_new();
	const char *kernel, *cmdline, *output;
	struct eif_parts parts;

	if (!cli_no_operand(c, e) || !cli_needs(c, O_KERNEL, &kernel, e) ||
	    !cli_needs(c, O_CMDLINE, &cmdline, e) || !cli_needs(c, O_OUTPUT, &output, e) ||
	    !read_ramdisks(c, &in, e) || !distinct(c, &in, output, e) ||
	    (!args_has(&c->args, O_BUILD_TIME) && !read_time(&in, e)) ||
	    !file_value(cmdline, EIF_CMDLINE_MAX, &in.cmdline, e) ||
	    !read_kernel_config(args_value(&c->args, O_KERNEL_CONFIG), &in, e) ||
	    !read_json(args_value(&c->args, O_METADATA), EIF_CUSTOM_MAX, &in.custom, e) ||
	    !read_json(args_value(&c->args, O_DOCKER_INFO), EIF_METADATA_MAX, &in.docker, e) ||
	    !make_metadata(c, kernel, &in, e))
		return false;
	parts = (struct eif_parts){
		.flags =
			strcmp(value_or(c, O_ARCH, archs[0]), archs[1]) == 0 ? EIF_FLAG_AARCH64 : 0,
		.kernel = kernel,
		.cmdline = buf_bytes(&in.cmdline),
		.metadata = buf_bytes(&in.metadata),
		.ramdisks = in.ramdisks,
		.n_ramdisks = in.n_ramdisks,
		.watch = cli_watch(c),
	};
	cli_expect_file(c, kernel);
	for (size_t i = 0; i < in.n_ramdisks; i++)
		cli_expect_file(c, in.ramdisks[i]);
	talk_note(&c->talk, "metadata: %s", buf_cstr(&in.metadata));
	return eif_build(&parts, output, a, e);
}

const struct verb verb_build_eif = {
	.name = "build eif",
	.summary = "an AWS Nitro Enclaves image from kernel, command line and ramdisks",
	.usage = "--kernel FILE --cmdline TEXT|@FILE --ramdisk FILE... -o FILE",
	.opts = opts,
	.run = build_run,
};
