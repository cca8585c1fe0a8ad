#include "measure/base/hex.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "ovmf-snp/bundle_write.h"
#include "ovmf-snp/request_list.h"

enum {
	O_OVMF,
	O_KERNEL,
	O_INITRD,
	O_APPEND,
	O_APPEND_FILE,
	O_VCPUS,
	O_TYPE,
	O_SIG,
	O_VMM,
	O_PROFILE,
	O_FEATURES,
	O_POLICY,
	O_ALLOW_DEBUG,
	O_OUTPUT
};

static const struct opt opts[] = {
	[O_OVMF] = {"ovmf", 0, OPT_VALUE, "FILE", NULL, "the firmware"},
	[O_KERNEL] = {"kernel", 0, OPT_VALUE, "FILE", NULL, "the kernel, bound through its hash"},
	[O_INITRD] = {"initrd", 0, OPT_VALUE, "FILE", NULL, "the initial ramdisk"},
	[O_APPEND] = {"append", 0, OPT_VALUE, "TEXT", NULL, "the kernel's command line"},
	[O_APPEND_FILE] = {"append-file", 0, OPT_VALUE, "FILE", NULL,
			   "or a file that holds it, byte for byte"},
	[O_VCPUS] = {"vcpus", 0, OPT_VALUE, "N[-M],...", NULL, "numbers of virtual processors"},
	[O_TYPE] = {"vcpu-type", 0, OPT_VALUE, "NAME,...|all", NULL,
		    "types of processors as QEMU calls them"},
	[O_SIG] = {"vcpu-sig", 0, OPT_VALUE, "N", NULL, "or the processor's signature"},
	[O_VMM] = {"vmm-type", 0, OPT_VALUE, "NAME", NULL,
		   "QEMU, ec2 or gce: the newest profile of that monitor (QEMU)"},
	[O_PROFILE] = {"profile", 0, OPT_VALUE, "NAME,...|all", NULL,
		       "or profiles: qemu, qemu-legacy, ec2, ec2-legacy, gce, gce-genoa"},
	[O_FEATURES] = {"guest-features", 0, OPT_VALUE, "N,...", NULL, "SEV_FEATURES (0x1)"},
	[O_POLICY] = {"policy", 0, OPT_VALUE, "N", NULL, "the guest's policy (0x30000)"},
	[O_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
			   "accept a policy under which the host can read the guest"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "DIR", NULL, "the folder to write"},
	{0},
};

static bool read_files(struct cli *c, struct request *r, struct err *e)
{
	const char *append = args_value(&c->args, O_APPEND);
	const char *file = args_value(&c->args, O_APPEND_FILE);

	if (!cli_needs(c, O_OVMF, &r->files.ovmf, e))
		return false;
	r->files.kernel = args_value(&c->args, O_KERNEL);
	r->files.initrd = args_value(&c->args, O_INITRD);
	r->files.watch = cli_watch(c);
	if (!r->files.kernel && (r->files.initrd || append || file))
		return err_set(e, REASON_USAGE, "--%s means nothing without --kernel",
			       append ? "append"
			       : file ? "append-file"
				      : "initrd");
	cli_expect_file(c, r->files.ovmf);
	return request_append_read(r, append, file, e);
}

static bool read_types(const struct cli *c, struct request *r, struct err *e)
{
	const char *list = args_value(&c->args, O_TYPE), *sig = args_value(&c->args, O_SIG);

	if (list && sig)
		return err_set(e, REASON_USAGE,
			       "--vcpu-type and --vcpu-sig say the same; one of them is enough");
	if (list)
		return request_types_read(r, list, e);
	if (sig)
		return request_signature_read(r, sig, e);
	return request_typeless(r, e);
}

static bool read_lists(const struct cli *c, struct request *r, struct err *e)
{
	const char *vcpus, *features = args_value(&c->args, O_FEATURES);

	return cli_needs(c, O_VCPUS, &vcpus, e) && request_counts_read(r, vcpus, e) &&
	       request_monitor_read(r, args_value(&c->args, O_VMM), args_value(&c->args, O_PROFILE),
				    e) &&
	       read_types(c, r, e) && request_features_read(r, features ? features : "0x1", e);
}

static void report(const struct cli *c, const struct launch_record *r, struct answer *a,
		   struct buf *text)
{
	owned(buf_free) struct buf record = BUF(LAUNCH_RECORD_MAX);

	if (c->json) {
		a->members.max = CLI_TEXT_MAX;
		launch_record_write(r, &record);
		json_key(&a->json, "launch");
		json_raw(&a->json, bytes_of(record.p, record.n ? record.n - 1 : 0));
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		launch_row_put(text, &r->row[i]);
		buf_str(text, "  ");
		hex_put(text, digest_bytes(&r->row[i].digest));
		buf_str(text, "\n");
	}
}

static bool build_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(request_free) struct request r = {.append = BUF(REQUEST_APPEND_MAX)};
	owned(launch_record_free) struct launch_record made = {0};
	struct bundle_request q = {
		.launch = &r,
		.policy = LAUNCH_POLICY,
		.allow_debug = args_has(&c->args, O_ALLOW_DEBUG),
	};

	if (!cli_no_operand(c, e) || !cli_needs(c, O_OUTPUT, &q.output, e) ||
	    !read_files(c, &r, e) || !read_lists(c, &r, e) ||
	    (args_has(&c->args, O_POLICY) &&
	     !request_number("policy", args_value(&c->args, O_POLICY), &q.policy, e)) ||
	    !snp_bundle_write(&q, &made, a, e))
		return false;
	report(c, &made, a, &c->text);
	return true;
}

const struct verb verb_build_snp = {
	.name = "build snp",
	.summary = "a bundle of what an SEV-SNP guest is started from, with its launch digests",
	.usage = "--ovmf FILE --vcpus N --vcpu-type NAME [--kernel FILE ...] -o DIR",
	.opts = opts,
	.run = build_run,
};
