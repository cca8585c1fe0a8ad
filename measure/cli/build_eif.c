#include <stdlib.h>

#include "eif/build.h"
#include "eif/metadata.h"
#include "measure/base/file.h"
#include "measure/base/num.h"
#include "measure/base/when.h"
#include "measure/cli/build_eif.h"
#include "measure/cli/cli.h"
#include "measure/cli/initrd_options.h"
#include "measure/cli/verbs.h"
#include "measure/core/kernel.h"

static const char *const archs[] = {"x86_64", "aarch64", NULL};

static const struct opt opts[] = {
	[O_KERNEL] = {"kernel", 0, OPT_VALUE, "FILE", NULL, "bzImage on x86_64, Image on aarch64"},
	[O_CMDLINE] = {"cmdline", 0, OPT_VALUE, "TEXT|@FILE", NULL,
		       "kernel command line, or the bytes of a file (@@ for a text with @)"},
	[O_RAMDISK] = {"ramdisk", 0, OPT_LIST, "FILE", NULL,
		       "a ramdisk; once for each, in their order"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the image to write"},
	[O_ARCH] = {"arch", 0, OPT_VALUE, "ARCH", archs, "architecture (x86_64)"},
	[O_ROOTFS] = {"rootfs", 0, OPT_VALUE, "FILE", NULL,
		      "make ramdisks of a directory, a tar archive or a container image"},
	[O_ENTRYPOINT] = {"entrypoint", 0, OPT_LIST, "WORD", NULL,
			  "what to run, in place of the image's entry point and command"},
	[O_CMD] = {"cmd", 0, OPT_LIST, "WORD", NULL,
		   "a word of the command, in place of the image's; once for each"},
	[O_ENV] = {"env", 0, OPT_LIST, "NAME=VALUE", NULL,
		   "a variable of the environment, over the image's"},
	[O_WORKDIR] = {"workdir", 0, OPT_VALUE, "PATH", NULL,
		       "where to run it (the image's, or /)"},
	[O_USER] = {"user", 0, OPT_VALUE, "USER[:GROUP]", NULL,
		    "as whom, names being those of the image (the image's, or root)"},
	[O_INIT] = {"init", 0, OPT_VALUE, "FILE", NULL,
		    "another init than the one of this program"},
	[O_MODULE] = {"module", 0, OPT_LIST, "NAME|FILE", NULL,
		      "a kernel module to load, with those it depends on"},
	[O_MODULES] = {"modules", 0, OPT_VALUE, "FILE", NULL,
		       "where modules are: /lib/modules/VERSION or the kernel's package"},
	[O_PROFILE] = {"profile", 0, OPT_VALUE, "NAME", initrd_profiles,
		       "whose layout the ramdisks have (native)"},
	[O_MTIME] = {"mtime", 0, OPT_VALUE, "0|clamp:N|keep", NULL,
		     "times: none, none later than N, or all (the profile's)"},
	[O_OWNERS] = {"owners", 0, OPT_VALUE, "WHO", initrd_owners,
		      "whom files of a directory belong to (0:0)"},
	[O_PLATFORM] = {"platform", 0, OPT_VALUE, "OS/ARCH", NULL, "which of several images"},
	[O_TAG] = {"tag", 0, OPT_VALUE, "NAME", NULL, "which of several images, by its name"},
	[O_DROP_XATTRS] = {"drop-xattrs", 0, OPT_FLAG, NULL, NULL,
			   "leave out attributes that a ramdisk cannot hold, and name them"},
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
	struct buf cmdline, config, os, kernel_version, time, custom, docker, metadata;
	const char *ramdisks[EIF_MAX_RAMDISKS + 1]; /* NULL behind them */
	size_t n_ramdisks;
	struct ramdisks made;
};

static struct inputs inputs_new(void)
{
	return (struct inputs){
		.cmdline = BUF(EIF_CMDLINE_MAX),
		.config = BUF(KERNEL_CONFIG_MAX),
		.os = BUF(KERNEL_CONFIG_MAX),
		.kernel_version = BUF(KERNEL_CONFIG_MAX),
		.time = BUF(64),
		.custom = BUF(EIF_CUSTOM_MAX),
		.docker = BUF(EIF_METADATA_MAX),
		.metadata = BUF(EIF_METADATA_MAX),
		.made = RAMDISKS_NONE,
	};
}

static void inputs_free(struct inputs *in)
{
	buf_free(&in->cmdline);
	buf_free(&in->config);
	buf_free(&in->os);
	buf_free(&in->kernel_version);
	buf_free(&in->time);
	buf_free(&in->custom);
	buf_free(&in->docker);
	buf_free(&in->metadata);
	ramdisks_free(&in->made);
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
	if (!path) {
		buf_str(&in->os, "OS");
		buf_str(&in->kernel_version, "kernel");
		return buf_done(&in->os, "text", e) && buf_done(&in->kernel_version, "text", e);
	}
	if (!file_slurp(path, KERNEL_CONFIG_MAX, &in->config, e))
		return false;
	if (!eif_kernel_config(buf_bytes(&in->config), &in->os, &in->kernel_version, e))
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

/* All that the options say, but no ramdisk yet. */
static bool read_inputs(struct cli *c, struct inputs *in, struct eif_parts *p, struct err *e)
{
	const char *cmdline, *output;

	if (!cli_no_operand(c, e) || !cli_needs(c, O_KERNEL, &p->kernel, e) ||
	    !cli_needs(c, O_CMDLINE, &cmdline, e) || !cli_needs(c, O_OUTPUT, &output, e) ||
	    !read_ramdisks(c, in, e) || !distinct(c, in, output, e) ||
	    (!args_has(&c->args, O_BUILD_TIME) && !read_time(in, e)) ||
	    !file_value(cmdline, EIF_CMDLINE_MAX, &in->cmdline, e) ||
	    !read_kernel_config(args_value(&c->args, O_KERNEL_CONFIG), in, e) ||
	    !read_json(args_value(&c->args, O_METADATA), EIF_CUSTOM_MAX, &in->custom, e) ||
	    !read_json(args_value(&c->args, O_DOCKER_INFO), EIF_METADATA_MAX, &in->docker, e) ||
	    !make_metadata(c, p->kernel, in, e))
		return false;
	if (strcmp(value_or(c, O_ARCH, archs[0]), archs[1]) == 0)
		p->flags = EIF_FLAG_AARCH64;
	p->cmdline = buf_bytes(&in->cmdline);
	p->metadata = buf_bytes(&in->metadata);
	p->ramdisks = in->ramdisks;
	p->n_ramdisks = in->n_ramdisks;
	p->watch = cli_watch(c);
	return true;
}

static bool build_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(inputs_free) struct inputs in = inputs_new();
	struct file made[RAMDISKS];
	struct eif_parts parts = {0};
	struct build_eif_kernel k;

	if (!read_inputs(c, &in, &parts, e))
		return false;
	k = (struct build_eif_kernel){parts.kernel, buf_bytes(&in.config), parts.flags,
				      in.ramdisks};
	if (!build_eif_ramdisks(c, &k, &in.made, a, e))
		return false;
	for (; parts.n_made < RAMDISKS && args_has(&c->args, O_ROOTFS); parts.n_made++)
		made[parts.n_made] = in.made.disk[parts.n_made].file.file;
	parts.made = made;
	cli_expect_file(c, parts.kernel);
	for (size_t i = 0; i < in.n_ramdisks; i++)
		cli_expect_file(c, in.ramdisks[i]);
	talk_note(&c->talk, "metadata: %s", buf_cstr(&in.metadata));
	return eif_build(&parts, args_value(&c->args, O_OUTPUT), a, e);
}

const struct verb verb_build_eif = {
	.name = "build eif",
	.summary = "an AWS Nitro Enclaves image from a kernel and ramdisks or a root file system",
	.usage = "--kernel FILE --cmdline TEXT|@FILE --ramdisk FILE... -o FILE\n"
		 "--kernel FILE --cmdline TEXT|@FILE --rootfs FILE [--cmd WORD ...] -o FILE",
	.opts = opts,
	.run = build_run,
};
