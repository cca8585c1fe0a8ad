#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/cli/cli.h"
#include "measure/cli/guest_options.h"
#include "measure/cli/initrd_options.h"
#include "measure/cli/initrd_report.h"
#include "measure/cli/verbs.h"
#include "measure/core/kernel.h"
#include "ovmf-snp/bundle_write.h"
#include "ovmf-snp/request_args.h"
#include "ovmf-snp/request_list.h"

enum {
	O_POLICY = REQUEST_OPTS,
	O_ALLOW_DEBUG,
	O_ROOT,
	O_DEVICE,
	O_MTIME,
	O_OWNERS,
	O_PLATFORM,
	O_TAG,
	O_DROP_XATTRS,
	O_ENTRYPOINT,
	O_CMD,
	O_ENV,
	O_WORKDIR,
	O_USER,
	O_INIT,
	O_MODULE,
	O_MODULES,
	O_KERNEL_CONFIG,
	O_OUTPUT,
	O_ROOT_FIRST = O_DEVICE, /* what --root alone gives a meaning to */
	O_ROOT_LAST = O_KERNEL_CONFIG,
	O_MADE_FIRST = O_ENTRYPOINT, /* and of these only when it makes the ramdisk */
};

static const struct opt opts[] = {
	REQUEST_ROWS,
	[O_POLICY] = {"policy", 0, OPT_VALUE, "N", NULL, "the guest's policy (0x30000)"},
	[O_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
			   "accept a policy under which the host can read the guest"},
	[O_ROOT] = {"root", 0, OPT_VALUE, "FILE", NULL,
		    "make a root image of a directory, a tar archive or a container image"},
	[O_DEVICE] = {"root-device", 0, OPT_VALUE, "PATH", NULL,
		      "the disk that the guest sees it as (" ROOT_DEVICE ")"},
	[O_MTIME] = {"mtime", 0, OPT_VALUE, "0|clamp:N|keep", NULL,
		     "its times: none (the default), none later than N, or all"},
	[O_OWNERS] = {"owners", 0, OPT_VALUE, "WHO", initrd_owners,
		      "whom files of a directory belong to (0:0)"},
	[O_PLATFORM] = {"platform", 0, OPT_VALUE, "OS/ARCH", NULL, "which of several images"},
	[O_TAG] = {"tag", 0, OPT_VALUE, "NAME", NULL, "which of several images, by its name"},
	[O_DROP_XATTRS] = {"drop-xattrs", 0, OPT_FLAG, NULL, NULL,
			   "leave out attributes that the image cannot hold, and name them"},
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
		      "a further kernel module to load, with those it depends on"},
	[O_MODULES] = {"modules", 0, OPT_VALUE, "FILE", NULL,
		       "where modules are: /lib/modules/VERSION or the kernel's package"},
	[O_KERNEL_CONFIG] = {"kernel-config", 0, OPT_VALUE, "FILE", NULL,
			     "the kernel's .config, where the kernel does not hold it"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "DIR", NULL, "the folder to write"},
	{0},
};

static bool read_files(struct cli *c, struct request *r, struct err *e)
{
	if (!cli_needs(c, REQUEST_OVMF, &r->files.ovmf, e))
		return false;
	r->files.watch = cli_watch(c);
	cli_expect_file(c, r->files.ovmf);
	return request_files_read(r, &c->args, e);
}

static bool read_lists(const struct cli *c, struct request *r, struct err *e)
{
	const char *vcpus, *features = args_value(&c->args, REQUEST_FEATURES);

	return cli_needs(c, REQUEST_VCPUS, &vcpus, e) && request_counts_read(r, vcpus, e) &&
	       request_monitor_read(r, args_value(&c->args, REQUEST_VMM),
				    args_value(&c->args, REQUEST_PROFILE), e) &&
	       request_processor_read(r, &c->args, e) &&
	       (r->n_types > 0 || request_typeless(r, e)) &&
	       request_features_read(r, features ? features : "0x1", e);
}

/* ---- the root */

/* What the request of a root borrows. */
struct root_inputs {
	struct guest_lists lists;
	struct buf config;
	char *folder;
};

static void root_inputs_free(struct root_inputs *in)
{
	guest_lists_free(&in->lists);
	buf_free(&in->config);
	free(in->folder);
}

static bool given_none(const struct cli *c, unsigned first, const char *why, struct err *e)
{
	for (unsigned i = first; i <= O_ROOT_LAST; i++)
		if (args_has(&c->args, i))
			return err_set(e, REASON_USAGE, "--%s %s", c->verb.opts[i].name, why);
	return true;
}

static bool read_application(const struct cli *c, struct root_inputs *in, struct snp_root_ask *ask,
			     struct err *e)
{
	static const struct guest_list_rows rows = {O_ENTRYPOINT, O_CMD, O_ENV, O_MODULE};
	const char *config = args_value(&c->args, O_KERNEL_CONFIG);

	if (!guest_lists_read(c, &rows, &in->lists, e) ||
	    (config && !file_slurp(config, KERNEL_CONFIG_MAX, &in->config, e)))
		return false;
	ask->initrd = true;
	ask->application.entrypoint = in->lists.entrypoint;
	ask->application.cmd = in->lists.cmd;
	ask->application.env = in->lists.env;
	ask->application.working_dir = args_value(&c->args, O_WORKDIR);
	ask->application.user = args_value(&c->args, O_USER);
	ask->application.lines = args_has(&c->args, O_INIT);
	ask->start.init = args_value(&c->args, O_INIT);
	ask->start.kernel = args_value(&c->args, REQUEST_KERNEL);
	ask->start.config = buf_bytes(&in->config);
	ask->start.modules.names = in->lists.module;
	ask->start.modules.source = args_value(&c->args, O_MODULES);
	ask->start.modules.spool = in->folder;
	return true;
}

static bool read_root(struct cli *c, struct root_inputs *in, struct snp_root_ask *ask,
		      struct err *e)
{
	static const struct guest_rootfs_rows rows = {O_OWNERS, O_PLATFORM, O_TAG, O_DROP_XATTRS};
	struct cpio_rule times = {.profile = cpio_profile(initrd_profiles[0])};
	const char *output = args_value(&c->args, O_OUTPUT);

	ask->image = args_value(&c->args, O_ROOT);
	if (!ask->image)
		return given_none(c, O_ROOT_FIRST, "has a meaning with --root alone", e);
	in->folder = initrd_folder(output, e);
	if (!in->folder || !initrd_distinct(output, ask->image, e) ||
	    !initrd_time(args_value(&c->args, O_MTIME), &times, e) ||
	    !root_device(args_value(&c->args, O_DEVICE), &ask->device, e))
		return false;
	ask->options = guest_rootfs(c, &rows, in->folder);
	ask->rule = (struct rootimage_rule){times.time, times.clamp, cli_watch(c)};
	return args_has(&c->args, REQUEST_INITRD)
		       ? given_none(c, O_MADE_FIRST, "means nothing beside --initrd", e)
		       : read_application(c, in, ask, e);
}

/* ---- telling */

static void report_digests(const struct launch_record *r, struct buf *text)
{
	for (size_t i = 0; i < r->n; i++) {
		launch_row_put(text, &r->row[i]);
		buf_str(text, "  ");
		hex_put(text, digest_bytes(&r->row[i].digest));
		buf_str(text, "\n");
	}
}

static void report(struct cli *c, const struct snp_bundle_made *made,
		   const struct snp_root_ask *ask, struct answer *a)
{
	owned(buf_free) struct buf record = BUF(LAUNCH_RECORD_MAX);

	if (ask) {
		initrd_report_dropped(&made->root.image, &c->text);
		initrd_report_rootfs(&made->root.image, a);
	}
	if (ask && ask->initrd)
		initrd_report_start(&made->root.start, ask->start.init != NULL, &a->json);
	report_digests(&made->record, &c->text);
	a->members.max = CLI_TEXT_MAX;
	launch_record_write(&made->record, &record);
	json_key(&a->json, "launch");
	json_raw(&a->json, bytes_of(record.p, record.n ? record.n - 1 : 0));
}

static bool build_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(request_free) struct request r = {.append = BUF(REQUEST_APPEND_MAX)};
	owned(snp_bundle_made_free) struct snp_bundle_made made = {0};
	owned(root_inputs_free) struct root_inputs in = {.config = BUF(KERNEL_CONFIG_MAX)};
	struct snp_root_ask root = {0};
	struct bundle_request q = {
		.launch = &r,
		.policy = LAUNCH_POLICY,
		.allow_debug = args_has(&c->args, O_ALLOW_DEBUG),
	};

	if (!cli_no_operand(c, e) || !cli_needs(c, O_OUTPUT, &q.output, e) ||
	    !read_files(c, &r, e) || !read_lists(c, &r, e) || !read_root(c, &in, &root, e) ||
	    (args_has(&c->args, O_POLICY) &&
	     !request_number("policy", args_value(&c->args, O_POLICY), &q.policy, e)))
		return false;
	q.root = root.image ? &root : NULL;
	if (!snp_bundle_write(&q, &made, a, e))
		return false;
	request_notes(&r, a);
	report(c, &made, q.root, a);
	return true;
}

const struct verb verb_build_snp = {
	.name = "build snp",
	.summary = "a bundle of what an SEV-SNP guest is started from, with its launch digests",
	.usage = "--ovmf FILE --vcpus N --vcpu-type NAME [--kernel FILE ...] -o DIR\n"
		 "--ovmf FILE --vcpus N --vcpu-type NAME --kernel FILE --root FILE -o DIR",
	.opts = opts,
	.run = build_run,
};
