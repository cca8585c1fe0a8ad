#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "ovmf-snp/request_args.h"
#include "ovmf-snp/request_list.h"
#include "ovmf-snp/solve_show.h"

enum { O_MOST = REQUEST_OPTS };

static const struct opt opts[] = {
	[REQUEST_OVMF] = {"ovmf", 0, OPT_LIST, "FILE", NULL,
			  "the firmware; several are tried one after the other"},
	[REQUEST_KERNEL] = {"kernel", 0, OPT_VALUE, "FILE", NULL,
			    "the kernel, tried with and without"},
	REQUEST_KERNEL_ROWS,
	[REQUEST_VCPUS] = {"vcpus", 0, OPT_VALUE, "N[-M],...", NULL,
			   "what the number of processors is believed to be"},
	[REQUEST_TYPE] = {"vcpu-type", 0, OPT_VALUE, "NAME,...", NULL, "their type, likewise"},
	REQUEST_SIGNATURE_ROWS,
	[REQUEST_VMM] = {"vmm-type", 0, OPT_VALUE, "NAME", NULL, "the monitor: QEMU, ec2 or gce"},
	[REQUEST_PROFILE] = {"profile", 0, OPT_VALUE, "NAME,...", NULL,
			     "or profiles of `measure snp`"},
	[REQUEST_FEATURES] = {"guest-features", 0, OPT_VALUE, "N,...", NULL,
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
	const char *path;

	while ((path = args_item(args, REQUEST_OVMF, s->n_firmware))) {
		if (s->n_firmware == SOLVE_FIRMWARE)
			return err_set(e, REASON_USAGE, "--ovmf is given more than %u times",
				       SOLVE_FIRMWARE);
		s->firmware[s->n_firmware++] = path;
	}
	if (s->n_firmware == 0)
		return err_set(e, REASON_USAGE, "--ovmf is missing");
	return request_files_read(&s->believed, args, e);
}

static bool read_believed(struct solve *s, const struct args *args, struct err *e)
{
	struct request *r = &s->believed;
	const char *vcpus = args_value(args, REQUEST_VCPUS), *vmm = args_value(args, REQUEST_VMM);
	const char *list = args_value(args, REQUEST_PROFILE), *most = args_value(args, O_MOST);
	const char *features = args_value(args, REQUEST_FEATURES);
	uint64_t n = SOLVE_VCPUS;

	if ((vcpus && !request_counts_read(r, vcpus, e)) || !request_processor_read(r, args, e) ||
	    ((vmm || list) && !request_monitor_read(r, vmm, list, e)) ||
	    (features && !request_features_read(r, features, e)))
		return false;
	if (most && (!num_parse(most, &n) || n == 0 || n > LAUNCH_VCPUS_MAX))
		return err_set(e, REASON_USAGE, "--max-vcpus: '%s' is no number from 1 to %u", most,
			       LAUNCH_VCPUS_MAX);
	s->most = (uint32_t)n > request_most(r) ? (uint32_t)n : request_most(r);
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
	request_notes(&s.believed, a);
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
