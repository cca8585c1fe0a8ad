#include "measure/cli/verify.h"
#include "measure/cli/verbs.h"

static void job_free(struct verify_job **job)
{
	if (*job)
		verify_job_free(*job);
	own_free(job);
}

/* Evidence that was kept is out of date by nature. */
static void hint_archive(const struct verify_job *job, const struct verified *f, struct err *e)
{
	if (e->reason != REASON_EXPIRED || job->request.when.clock != CLOCK_NOW || !f->claims)
		return;
	err_hint(e, "evidence that was kept is judged by another time: --at %s",
		 f->claims->has_time ? "document" : "TIME");
}

static bool judge(struct cli *c, struct verify_job *job, struct answer *a, struct err *e)
{
	owned(verify_free) struct verified f = {0};
	const char *path;
	bool yes;

	if (!cli_operand(c, "EVIDENCE", &path, e) || !verify_evidence(job, path, &f, e))
		return false;
	yes = verdict_decide(&f.verdict, e);
	verify_json(job, &f, &a->json);
	/* A no is told with all checks as well. */
	verify_text(job, &f, yes ? NULL : e, yes ? &c->text : &a->verbatim);
	if (yes)
		return true;
	hint_archive(job, &f, e);
	return err_subject(e, path);
}

static bool verify_run(struct cli *c, struct answer *a, struct err *e)
{
	const char *batch = args_value(&c->args, VERIFY_BATCH);
	owned(job_free) struct verify_job *job = own_new(sizeof(*job), e);

	if (!job || (batch && !cli_no_operand(c, e)) || !verify_read_options(c, job, e))
		return false;
	return batch ? verify_batch(c, job, batch, e) : judge(c, job, a, e);
}

const struct verb verb_verify = {
	.name = "verify",
	.summary = "is what runs the image that its publishers released?",
	.group = GROUP_VERIFY,
	.usage = "EVIDENCE --manifest FILE... [--nonce HEX] [--trust FILE]\n"
		 "EVIDENCE --db DIR [--channel NAME] [--latest] [--nonce HEX]\n"
		 "EVIDENCE --pcr N=HEX... | --measurement HEX [--nonce HEX]\n"
		 "--batch DIR|FILE [OPTION...]",
	.opts = verify_opts,
	.run = verify_run,
};
