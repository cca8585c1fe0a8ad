#include "measure/base/file.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "reference-db/released.h"

enum { O_PROOF, O_COLLATERAL, O_OUTPUT };

static const struct opt opts[] = {
	[O_PROOF] = {"proof", 0, OPT_LIST, "FILE", NULL,
		     "a proof that a signed one of them was published in a log"},
	[O_COLLATERAL] = {"collateral", 0, OPT_LIST, "FILE", NULL,
			  "certificates or a revocation list that verifiers will need"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the bundle to write"},
	{0},
};

static bool bundle_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(released_free) struct released r = {0};
	owned(buf_free) struct buf out = BUF(BUNDLE_MAX);
	const char *path, *out_path;

	if (c->args.n_operands == 0)
		return err_set(e, REASON_USAGE, "no FILE is given, and at least one is needed");
	if (!cli_needs(c, O_OUTPUT, &out_path, e))
		return false;
	for (size_t i = 0; i < c->args.n_operands; i++)
		if (!released_add(&r, c->args.operands[i], e))
			return false;
	for (size_t i = 0; (path = args_item(&c->args, O_PROOF, i)); i++)
		if (!published_add_proof(&r.published, path, e))
			return false;
	for (size_t i = 0; (path = args_item(&c->args, O_COLLATERAL, i)); i++)
		if (!published_add_collateral(&r.published, path, e))
			return false;
	if (!released_read(&r, c->args.operands[0], e) ||
	    !published_bundle(&r.published, &out, e) || !file_write(out_path, buf_bytes(&out), e))
		return false;
	json_key(&a->json, "signatures");
	json_u64(&a->json, r.published.n);
	json_key(&a->json, "proofs");
	json_u64(&a->json, r.published.proofs.n);
	json_key(&a->json, "collateral");
	json_u64(&a->json, r.published.collateral.n);
	return true;
}

const struct verb verb_manifest_bundle = {
	.name = "manifest bundle",
	.summary = "one payload, its signatures, proofs and collateral in one file",
	.usage = "FILE... [--proof FILE]... [--collateral FILE]... -o FILE",
	.opts = opts,
	.run = bundle_run,
};
