#include "measure/cli/build_eif.h"
#include "measure/cli/guest_options.h"
#include "measure/cli/initrd_options.h"
#include "measure/cli/initrd_report.h"
#include "measure/cli/verbs.h"

static bool not_without_rootfs(const struct cli *c, struct err *e)
{
	for (unsigned i = O_ROOTFS_FIRST; i <= O_ROOTFS_LAST; i++)
		if (args_has(&c->args, i))
			return err_set(e, REASON_USAGE, "--%s has a meaning with --rootfs alone",
				       c->verb.opts[i].name);
	return true;
}

static bool read_rule(const struct cli *c, struct ramdisks_ask *ask, struct err *e)
{
	const char *profile = args_value(&c->args, O_PROFILE);

	ask->rule.profile = cpio_profile(profile ? profile : initrd_profiles[0]);
	ask->application.vendor = profile && strcmp(profile, "nitro-cli") == 0;
	ask->application.lines = ask->init != NULL;
	if (ask->application.vendor && !ask->init)
		return err_set(e, REASON_USAGE,
			       "--profile nitro-cli is for the vendor's init: give it by --init");
	return initrd_time(args_value(&c->args, O_MTIME), &ask->rule, e);
}

static void report(const struct ramdisks *r, bool own_init, struct answer *a)
{
	struct json_out *w = &a->json;

	initrd_report_rootfs(&r->image, a);
	initrd_report_start(&r->start, own_init, w);
	json_key(w, "ramdisks");
	json_open(w, '[');
	for (size_t i = 0; i < RAMDISKS; i++) {
		json_open(w, '{');
		json_key(w, "size");
		json_u64(w, r->disk[i].file.file.size);
		json_key(w, "sha256");
		json_hex(w, digest_bytes(&r->disk[i].sha256));
		json_key(w, "content");
		json_hex(w, digest_bytes(&r->disk[i].content));
		json_close(w, '}');
	}
	json_close(w, ']');
}

bool build_eif_ramdisks(struct cli *c, const struct build_eif_kernel *k, struct ramdisks *made,
			struct answer *a, struct err *e)
{
	const char *image = args_value(&c->args, O_ROOTFS), *output;
	owned(guest_lists_free) struct guest_lists lists = {0};
	static const struct guest_list_rows rows = {O_ENTRYPOINT, O_CMD, O_ENV, O_MODULE};
	static const struct guest_rootfs_rows options = {O_OWNERS, O_PLATFORM, O_TAG,
							 O_DROP_XATTRS};
	owned(own_free) char *folder = NULL;
	static const char *const none[] = {NULL};
	struct ramdisks_ask ask = {
		.image = image,
		.init = args_value(&c->args, O_INIT),
		.kernel = k->path,
		.config = k->config,
		.more = k->ramdisks,
		.aarch64 = k->aarch64,
	};

	if (!image)
		return not_without_rootfs(c, e);
	if (!cli_needs(c, O_OUTPUT, &output, e) || !read_rule(c, &ask, e) ||
	    !guest_lists_read(c, &rows, &lists, e) || !initrd_distinct(output, image, e))
		return false;
	folder = initrd_folder(output, e);
	if (!folder)
		return false;
	ask.options = guest_rootfs(c, &options, folder);
	ask.application.entrypoint = lists.entrypoint;
	ask.application.cmd = lists.cmd;
	ask.application.env = lists.env;
	ask.application.working_dir = args_value(&c->args, O_WORKDIR);
	ask.application.user = args_value(&c->args, O_USER);
	ask.modules.names = lists.module ? lists.module : none;
	ask.modules.source = args_value(&c->args, O_MODULES);
	ask.modules.spool = folder;
	if (!ramdisks_make(made, &ask, a, e))
		return false;
	report(made, ask.init != NULL, a);
	return true;
}
