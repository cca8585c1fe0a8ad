#include "measure/base/hex.h"
#include "measure/cli/cli.h"
#include "measure/cli/guest_options.h"
#include "measure/cli/initrd_options.h"
#include "measure/cli/initrd_report.h"
#include "measure/cli/verbs.h"
#include "measure/guest/root.h"

enum { O_ROOTFS, O_DEVICE, O_MTIME, O_OWNERS, O_PLATFORM, O_TAG, O_DROP_XATTRS, O_OUTPUT };

static const struct opt opts[] = {
	[O_ROOTFS] = {"rootfs", 0, OPT_VALUE, "FILE", NULL,
		      "a directory, a tar archive, an OCI layout or a docker archive"},
	[O_DEVICE] = {"root-device", 0, OPT_VALUE, "PATH", NULL,
		      "the disk that the guest will see the image as (" ROOT_DEVICE ")"},
	[O_MTIME] = {"mtime", 0, OPT_VALUE, "0|clamp:N|keep", NULL,
		     "times: none (the default), none later than N, or all"},
	[O_OWNERS] = {"owners", 0, OPT_VALUE, "WHO", initrd_owners,
		      "whom files of a directory belong to (0:0)"},
	[O_PLATFORM] = {"platform", 0, OPT_VALUE, "OS/ARCH", NULL, "which of several images"},
	[O_TAG] = {"tag", 0, OPT_VALUE, "NAME", NULL, "which of several images, by its name"},
	[O_DROP_XATTRS] = {"drop-xattrs", 0, OPT_FLAG, NULL, NULL,
			   "leave out attributes that the image cannot hold, and name them"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the image to write"},
	{0},
};

static bool read_rule(struct cli *c, struct rootimage_rule *rule, struct err *e)
{
	struct cpio_rule times = {.profile = cpio_profile(initrd_profiles[0])};

	if (!initrd_time(args_value(&c->args, O_MTIME), &times, e))
		return false;
	*rule = (struct rootimage_rule){times.time, times.clamp, cli_watch(c)};
	return true;
}

static bool write(struct rootfs *r, const struct rootimage_rule *rule, const char *output,
		  struct rootimage *made, struct err *e)
{
	owned(out_free) struct out to = OUT_NONE;

	return out_open(&to, output, e) && rootimage_write(r, rule, &to, made, e) &&
	       out_commit(&to, e);
}

static void put_row(struct buf *text, const char *name, const struct digest *d)
{
	buf_fmt(text, "%-15s  ", name);
	hex_put(text, digest_bytes(d));
	buf_str(text, "\n");
}

static bool report(struct cli *c, const struct rootimage *made, const char *device,
		   struct answer *a, struct err *e)
{
	owned(buf_free) struct buf words = BUF(ROOT_WORDS_MAX);

	root_words_put(&words, device, made);
	put_row(&c->text, "sha256", &made->sha256);
	put_row(&c->text, "root-hash", &made->root);
	buf_fmt(&c->text, "%-15s  %llu\n%-15s  %s\n", "blocks", (unsigned long long)made->blocks,
		"words", buf_cstr(&words));
	initrd_report_rootimage(made, &a->json);
	json_text(&a->json, "words", buf_cstr(&words));
	return buf_done(&words, "the words of the command line", e);
}

static bool build_run(struct cli *c, struct answer *a, struct err *e)
{
	static const struct guest_rootfs_rows rows = {O_OWNERS, O_PLATFORM, O_TAG, O_DROP_XATTRS};
	const char *rootfs, *output, *device;
	owned(rootfs_free) struct rootfs r = {0};
	owned(own_free) char *folder = NULL;
	struct rootfs_options options;
	struct rootimage_rule rule;
	struct rootimage made;

	if (!cli_no_operand(c, e) || !cli_needs(c, O_ROOTFS, &rootfs, e) ||
	    !cli_needs(c, O_OUTPUT, &output, e) || !read_rule(c, &rule, e) ||
	    !root_device(args_value(&c->args, O_DEVICE), &device, e) || !out_named(output, e) ||
	    !initrd_distinct(output, rootfs, e))
		return false;
	folder = initrd_folder(output, e);
	if (!folder)
		return false;
	options = guest_rootfs(c, &rows, folder);
	if (!rootfs_open(&r, rootfs, &options, e) || !root_complete(&r, e))
		return err_subject(e, rootfs);
	if (!write(&r, &rule, output, &made, e) || !report(c, &made, device, a, e))
		return false;
	initrd_report_dropped(&r, &c->text);
	initrd_report_rootfs(&r, a);
	return true;
}

const struct verb verb_build_root = {
	.name = "build root",
	.summary = "a read-only root image whose root hash binds every file",
	.usage = "--rootfs FILE -o FILE",
	.opts = opts,
	.run = build_run,
};
