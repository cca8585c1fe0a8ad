#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "ovmf-snp/request_list.h"
#include "ovmf-snp/solve_show.h"

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
	O_MOST
};

static const struct opt opts[] = {
	[O_OVMF] = {"ovmf", 0, OPT_LIST, "FILE", NULL,
		    "the firmware; several are tried one after the other"},
	[O_KERNEL] = {"kernel", 0, OPT_VALUE, "FILE", NULL, "the kernel, tried with and without"},
	[O_INITRD] = {"initrd", 0, OPT_VALUE, "FILE", NULL, "the initial ramdisk"},
	[O_APPEND] = {"append", 0, OPT_VALUE, "TEXT", NULL, "the kernel's command line"},
	[O_APPEND_FILE] = {"append-file", 0, OPT_VALUE, "FILE", NULL,
			   "or a file that holds it, byte for byte"},
	[O_VCPUS] = {"vcpus", 0, OPT_VALUE, "N[-M],...", NULL,
		     "what the number of processors is believed to be"},
	[O_TYPE] = {"vcpu-type", 0, OPT_VALUE, "NAME,...", NULL, "their type, likewise"},
	[O_SIG] = {"vcpu-sig", 0, OPT_VALUE, "N", NULL, "or its signature, known or not"},
	[O_VMM] = {"vmm-type", 0, OPT_VALUE, "NAME", NULL, "the monitor: QEMU, ec2 or gce"},
	[O_PROFILE] = {"profile", 0, OPT_VALUE, "NAME,...", NULL, "or profiles of `measure snp`"},
	[O_FEATURES] = {"guest-features", 0, OPT_VALUE, "N,...", NULL,
			"SEV_FEATURES to try beside those that are known"},
	[O_MOST] = {"max-vcpus", 0, OPT_VALUE, "N", NULL,
		    "how many processors to try at most (512)"},
	{0},
};

static bool read_wanted(struct solve *s, const char *hex, struct err *e)
{
	owned(buf_free) struct buf wanted = BUF(4096);

	if (!hex_read(hex, "HEX", &wanted, e))
		return false;
	s->wanted.alg = wanted.n == digest_len(DIGEST_SHA256) ? DIGEST_SHA256 : DIGEST_SHA384;
	s->wanted.len = digest_len(s->wanted.alg);
	if (wanted.n != s->wanted.len)
		return err_set(e, REASON_USAGE,
			       "HEX: %zu bytes, a launch digest has %zu (SEV-SNP) or %zu (SEV, "
			       "SEV-ES)",
			       wanted.n, digest_len(DIGEST_SHA384), digest_len(DIGEST_SHA256));
	if (bytes_zero(buf_bytes(&wanted)))
		return err_set(e, REASON_ZERO_MEASUREMENT, "HEX is all zero");
	memcpy(s->wanted.v, wanted.p, wanted.n);
	return true;
}

static bool read_files(struct solve *s, const struct args *args, struct err *e)
{
	struct guest_files *f = &s->believed.files;
	const char *path;

	while ((path = args_item(args, O_OVMF, s->n_firmware))) {
		if (s->n_firmware == SOLVE_FIRMWARE)
			return err_set(e, REASON_USAGE, "--ovmf is given more than %u times",
				       SOLVE_FIRMWARE);
		s->firmware[s->n_firmware++] = path;
	}
	if (s->n_firmware == 0)
		return err_set(e, REASON_USAGE, "--ovmf is missing");
	f->kernel = args_value(args, O_KERNEL);
	f->initrd = args_value(args, O_INITRD);
	for (unsigned o = O_INITRD; o <= O_APPEND_FILE && !f->kernel; o++)
		if (args_has(args, o))
			return err_set(e, REASON_USAGE, "--%s means nothing without --kernel",
				       opts[o].name);
	return request_append_read(&s->believed, args_value(args, O_APPEND),
				   args_value(args, O_APPEND_FILE), e);
}

static bool read_believed(struct solve *s, const struct args *args, struct err *e)
{
	struct request *r = &s->believed;
	uint64_t most = SOLVE_VCPUS;

	for (unsigned o = O_SIG; o <= O_PROFILE; o += O_PROFILE - O_SIG)
		if (args_has(args, o) && args_has(args, o - 1))
			return err_set(e, REASON_USAGE, "--%s and --%s say the same; one is enough",
				       opts[o - 1].name, opts[o].name);
	if ((args_has(args, O_VCPUS) && !request_counts_read(r, args_value(args, O_VCPUS), e)) ||
	    (args_has(args, O_TYPE) && !request_types_read(r, args_value(args, O_TYPE), e)) ||
	    (args_has(args, O_SIG) && !request_signature_read(r, args_value(args, O_SIG), e)) ||
	    (args_has(args, O_VMM) && !request_vmm_read(r, args_value(args, O_VMM), e)) ||
	    (args_has(args, O_PROFILE) &&
	     !request_profiles_read(r, args_value(args, O_PROFILE), e)) ||
	    (args_has(args, O_FEATURES) &&
	     !request_features_read(r, args_value(args, O_FEATURES), e)))
		return false;
	if (args_has(args, O_MOST) &&
	    (!num_parse(args_value(args, O_MOST), &most) || most == 0 || most > LAUNCH_VCPUS_MAX))
		return err_set(e, REASON_USAGE, "--max-vcpus: '%s' is no number from 1 to %u",
			       args_value(args, O_MOST), LAUNCH_VCPUS_MAX);
	s->most = (uint32_t)most > request_most(r) ? (uint32_t)most : request_most(r);
	return true;
}

static bool none(struct cli *c, struct answer *a, const struct solve *s, const struct solution *x,
		 struct err *e)
{
	if (!c->json) {
		buf_str(&a->verbatim, "tried: ");
		solution_tried(&a->verbatim, s, x);
		buf_str(&a->verbatim, "\n");
	}
	err_set(e, REASON_NOT_SOLVED, "none of %llu combinations gives this digest",
		(unsigned long long)x->combinations);
	return err_hint(e,
			"try other firmware, kernels or command lines: they must be the very bytes "
			"that were launched");
}

static void some(struct cli *c, const struct solve *s, const struct solution *x)
{
	owned(buf_free) struct buf differs = BUF(4096);

	solution_command(&c->text, s, x);
	solution_differs(&differs, s, x);
	if (differs.failed != REASON_NONE)
		buf_fail(&c->text, differs.failed);
	if (differs.n > 0)
		buf_fmt(&c->text, "\ndiffers from what was given: %s", buf_cstr(&differs));
	buf_str(&c->text, "\n");
}

static void solve_free(struct solve *s)
{
	request_free(&s->believed);
}

static bool solve_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(solve_free) struct solve s = {0};
	owned(solution_free) struct solution x = {0};
	const char *hex;

	if (!cli_operand(c, "HEX", &hex, e) || !read_wanted(&s, hex, e) ||
	    !read_files(&s, &c->args, e) || !read_believed(&s, &c->args, e))
		return false;
	s.believed.files.watch = cli_watch(c);
	if (!solve(&s, &x, e))
		return false;
	solution_json(&a->json, &s, &x);
	if (!x.found)
		return none(c, a, &s, &x, e);
	some(c, &s, &x);
	return true;
}

const struct verb verb_solve = {
	.name = "solve",
	.summary = "the SEV guest whose launch digest this is",
	.group = GROUP_MEASURE,
	.usage = "HEX --ovmf FILE... [--kernel FILE ...]",
	.opts = opts,
	.run = solve_run,
};
