#include "measure/cli/verify.h"

bool verify_read_db(struct cli *c, struct verify_job *job, struct err *e)
{
	struct when when = job->request.when;

	if (args_has(&c->args, VERIFY_MANIFEST))
		return err_set(e, REASON_USAGE, "--db and --manifest exclude each other");
	if (!db_begin(&job->db, c, VERIFY_DB, e) || !db_open(&job->db, false, e))
		return false;
	/* A document's own time is not known yet; its image was released, or not, as of now. */
	if (when.clock == CLOCK_DOCUMENT)
		when = (struct when){CLOCK_NOW, when_now()};
	job->policy = job->db.trust->require;
	job->listed = (struct listed){
		.ledger = job->db.ledger,
		.product = args_value(&c->args, VERIFY_PRODUCT),
		.version = args_value(&c->args, VERIFY_VERSION),
		.as_of = {.when = when, .channel = args_value(&c->args, VERIFY_CHANNEL)},
		.latest = args_has(&c->args, VERIFY_LATEST),
	};
	return true;
}

/* By which registers evidence is looked up; what it holds besides is compared afterwards. */
static size_t look_up(const struct claims *claims, struct digest out[2])
{
	static const char *const names[] = {"PCR0", "MEASUREMENT"};
	size_t n = 0;

	for (size_t i = 0; claims && i < sizeof(names) / sizeof(names[0]); i++) {
		const struct digest *d = mset_get(&claims->registers, names[i]);

		if (d && !bytes_zero(digest_bytes(d)))
			out[n++] = *d;
	}
	return n;
}

static void forget(struct verify_job *job)
{
	bool allow_debug = job->released.allow_debug;

	released_free(&job->released);
	job->released = (struct released){.allow_debug = allow_debug};
	job->manifest = (struct verdict){0};
	job->manifest_fault = (struct err){0};
	job->expected.manifest = NULL;
	job->expected.manifest_fault = NULL;
	job->has_manifest = false;
}

static bool take_release(struct verify_job *job, uint64_t release, struct err *e)
{
	struct released *r = &job->released;
	const char *path;

	r->product = job->listed.product;
	r->version = job->listed.version;
	r->when = job->listed.as_of.when;
	if (!db_take(&job->db, release, r, e))
		return false;
	for (size_t i = 0; (path = args_item(job->db.args, VERIFY_PROOF, i)); i++)
		if (!released_add_proof(r, path, e))
			return false;
	job->has_manifest = true;
	job->expected.manifest = &r->manifest;
	listed_judge(&job->listed, release, &job->manifest);
	return released_judge(r, &job->manifest, e);
}

bool verify_expect(struct verify_job *job, const struct claims *claims, struct err *e)
{
	struct digest measured[2];
	uint64_t release;
	size_t n;

	if (!job->db.ledger)
		return true;
	forget(job);
	listed_age(&job->listed, &job->manifest);
	n = look_up(claims, measured);
	if (!listed_find(&job->listed, measured, n, &release))
		listed_unknown(&job->listed, &job->manifest);
	else if (!take_release(job, release, e))
		return false;
	if (!verdict_decide(&job->manifest, &job->manifest_fault))
		job->expected.manifest_fault = &job->manifest_fault;
	return true;
}
