#include <stdlib.h>

#include "measure/base/num.h"
#include "measure/cli/cli.h"
#include "measure/cli/initrd_options.h"
#include "measure/cli/initrd_report.h"
#include "measure/cli/verbs.h"

enum {
	O_ROOTFS,
	O_PREFIX,
	O_ADD,
	O_PROFILE,
	O_MTIME,
	O_OWNERS,
	O_PLATFORM,
	O_TAG,
	O_DROP_XATTRS,
	O_COMPRESS,
	O_MAX_UNPACKED,
	O_OUTPUT
};

static const char *const packings[] = {"gzip", "zstd", NULL};

static const struct opt opts[] = {
	[O_ROOTFS] = {"rootfs", 0, OPT_VALUE, "FILE", NULL,
		      "a directory, a tar archive, an OCI layout or a docker archive"},
	[O_PREFIX] = {"prefix", 0, OPT_VALUE, "NAME", NULL,
		      "the folder in the ramdisk that it becomes (the ramdisk's root)"},
	[O_ADD] = {"add", 0, OPT_LIST, "LINE|@FILE", NULL,
		   "one more thing, as gen_init_cpio describes them, or a list of such"},
	[O_PROFILE] = {"profile", 0, OPT_VALUE, "NAME", initrd_profiles,
		       "whose layout the archive has (native)"},
	[O_MTIME] = {"mtime", 0, OPT_VALUE, "0|clamp:N|keep", NULL,
		     "times: none, none later than N, or all (the profile's)"},
	[O_OWNERS] = {"owners", 0, OPT_VALUE, "WHO", initrd_owners,
		      "whom files of a directory belong to (0:0)"},
	[O_PLATFORM] = {"platform", 0, OPT_VALUE, "OS/ARCH", NULL, "which of several images"},
	[O_TAG] = {"tag", 0, OPT_VALUE, "NAME", NULL, "which of several images, by its name"},
	[O_DROP_XATTRS] = {"drop-xattrs", 0, OPT_FLAG, NULL, NULL,
			   "leave out attributes that a ramdisk cannot hold, and name them"},
	[O_COMPRESS] = {"compress", 0, OPT_VALUE, "FORMAT", packings,
			"compress it; bytes then depend on the library's version"},
	[O_MAX_UNPACKED] = {"max-unpacked", 0, OPT_VALUE, "MIB", NULL,
			    "how much compressed input may unpack to (16384)"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the ramdisk to write"},
	{0},
};

static bool read_time(const struct cli *c, struct initrd_request *q, struct err *e)
{
	struct cpio_rule rule = {.profile = q->profile};

	if (!initrd_time(args_value(&c->args, O_MTIME), &rule, e))
		return false;
	q->time = rule.time;
	q->clamp = rule.clamp;
	return true;
}

static bool read_limit(const struct cli *c, struct initrd_request *q, struct err *e)
{
	const char *text = args_value(&c->args, O_MAX_UNPACKED);
	uint64_t mib;

	if (!text)
		return true;
	if (!num_parse(text, &mib) || mib == 0 || mib > UINT32_MAX)
		return err_set(e, REASON_USAGE, "--max-unpacked: '%s' is no number of MiB", text);
	q->options.max_bytes = mib << 20;
	return true;
}

static bool read_adds(const struct cli *c, struct initrd_request *q, struct err *e)
{
	while (args_item(&c->args, O_ADD, q->n_add))
		q->n_add++;
	q->add = own_new(q->n_add * sizeof(*q->add) + 1, e);
	for (size_t i = 0; q->add && i < q->n_add; i++)
		q->add[i] = args_item(&c->args, O_ADD, i);
	return q->add != NULL;
}

static bool read_options(struct cli *c, struct initrd_request *q, struct err *e)
{
	const char *profile = args_value(&c->args, O_PROFILE);
	const char *whose = args_value(&c->args, O_OWNERS);
	const char *packing = args_value(&c->args, O_COMPRESS);

	q->rootfs = args_value(&c->args, O_ROOTFS);
	q->profile = cpio_profile(profile ? profile : initrd_profiles[0]);
	q->prefix = args_value(&c->args, O_PREFIX);
	if (!q->prefix && q->profile->archive_order)
		q->prefix = "rootfs"; /* where the builder that is imitated has it */
	if (packing)
		q->packing = strcmp(packing, "gzip") == 0 ? PACKING_GZIP : PACKING_ZSTD;
	q->options.platform = args_value(&c->args, O_PLATFORM);
	q->options.tag = args_value(&c->args, O_TAG);
	q->options.owners_disk = whose && strcmp(whose, "disk") == 0;
	q->options.drop_xattrs = args_has(&c->args, O_DROP_XATTRS);
	q->watch = cli_watch(c);
	if (!q->rootfs && !args_has(&c->args, O_ADD))
		return err_set(e, REASON_USAGE, "needs --rootfs, or --add for something to hold");
	return read_time(c, q, e) && read_limit(c, q, e) && read_adds(c, q, e);
}

static bool write(struct initrd *i, const struct initrd_request *q, const char *output,
		  struct err *e)
{
	owned(out_free) struct out to = OUT_NONE;

	return out_open(&to, output, e) && initrd_write(i, q, &to, e) && out_commit(&to, e);
}

static bool build_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(initrd_free) struct initrd made = {0};
	owned(own_free) const char **add = NULL;
	owned(own_free) char *folder = NULL;
	struct initrd_request q = {0};
	const char *output;

	if (!cli_no_operand(c, e) || !cli_needs(c, O_OUTPUT, &output, e))
		return false;
	folder = initrd_folder(output, e);
	q.options.spool = folder;
	if (!folder || !read_options(c, &q, e))
		return false;
	add = q.add;
	if (!out_named(output, e) || (q.rootfs && !initrd_distinct(output, q.rootfs, e)) ||
	    !initrd_read(&made, &q, e))
		return false;
	c->talk.progress.total += made.files_size;
	if (!write(&made, &q, output, e))
		return false;
	return initrd_report(&made, &q, c, a, e);
}

const struct verb verb_build_initrd = {
	.name = "build initrd",
	.summary = "a ramdisk from a directory, a tar archive or a container image",
	.usage = "--rootfs FILE [--add LINE ...] -o FILE",
	.opts = opts,
	.run = build_run,
};
