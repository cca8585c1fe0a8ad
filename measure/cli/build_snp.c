#include "measure/base/hex.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "ovmf-snp/bundle_write.h"
#include "ovmf-snp/request_args.h"
#include "ovmf-snp/request_list.h"

enum { O_POLICY = REQUEST_OPTS, O_ALLOW_DEBUG, O_OUTPUT };

static const struct opt opts[] = {
	REQUEST_ROWS,
	[O_POLICY] = {"policy", 0, OPT_VALUE, "N", NULL, "the guest's policy (0x30000)"},
	[O_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
			   "accept a policy under which the host can read the guest"},
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
	request_notes(&r, a);
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
