#include "measure/base/file.h"
#include "measure/cli/db.h"
#include "measure/cli/verbs.h"
#include "measure/core/hash.h"

enum { O_STATEMENT, O_PROOF, O_COLLATERAL, O_DB, O_OUTPUT = O_DB + DB_OPTS };

static const struct opt opts[] = {
	[O_STATEMENT] = {"statement", 0, OPT_LIST, "FILE", NULL,
			 "a rebuilt statement or a withdrawal that was made of it later"},
	[O_PROOF] = {"proof", 0, OPT_LIST, "FILE", NULL,
		     "a proof that a signed one of them was published in a log"},
	[O_COLLATERAL] = {"collateral", 0, OPT_LIST, "FILE", NULL,
			  "certificates or a revocation list that verifiers will need"},
	[O_DB] = DB_ROWS,
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the bundle to write"},
	{0},
};

static bool add_all(struct published *p, const struct cli *c, unsigned option,
		    bool (*add)(struct published *, const char *, struct err *), struct err *e)
{
	const char *path;

	for (size_t i = 0; (path = args_item(&c->args, option, i)); i++)
		if (!add(p, path, e))
			return false;
	return true;
}

static bool find(const struct ledger *l, const struct digest *payload, uint64_t *release)
{
	struct ledger_hit hit;

	for (size_t i = 0; ledger_who(l, digest_bytes(payload), i, &hit, 1) > i; i++) {
		*release = hit.release;
		if (strcmp(hit.what, "manifest") == 0)
			return true;
	}
	return false;
}

/* All signatures over that payload that count there, and what counts of what was said later. */
static bool add_from_db(struct published *p, struct cli *c, struct err *e)
{
	owned(db_close) struct db db = {0};
	struct digest payload;
	uint64_t release;

	if (!db_begin(&db, c, O_DB, e) || !db_open(&db, false, e) ||
	    !hash_of(DIGEST_SHA256, p->payload, &payload, e))
		return false;
	if (!find(db.ledger, &payload, &release)) {
		err_set(e, REASON_NOT_LISTED, "no manifest that counts has this payload");
		return err_subject(e, db.path);
	}
	return db_gather(&db, release, p, e) && db_gather_later(&db, release, p, e);
}

static bool gather(struct released *r, struct cli *c, struct err *e)
{
	struct published *p = &r->published;

	for (size_t i = 0; i < c->args.n_operands; i++)
		if (!released_add(r, c->args.operands[i], e))
			return false;
	return add_all(p, c, O_STATEMENT, published_add_later, e) &&
	       add_all(p, c, O_PROOF, published_add_proof, e) &&
	       add_all(p, c, O_COLLATERAL, published_add_collateral, e) &&
	       released_read(r, c->args.operands[0], e) &&
	       (!args_has(&c->args, O_DB) || add_from_db(p, c, e));
}

static void put_counts(const struct bundle *b, struct json_out *w)
{
	const struct {
		const char *key;
		size_t n;
	} counts[] = {
		{"signatures", b->signatures.n},
		{"proofs", b->proofs.n},
		{"statements", b->statements.n},
		{"collateral", b->collateral.n},
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		json_key(w, counts[i].key);
		json_u64(w, counts[i].n);
	}
}

static bool bundle_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(released_free) struct released r = {0};
	owned(buf_free) struct buf out = BUF(BUNDLE_MAX);
	const char *out_path;
	struct bundle b;

	if (c->args.n_operands == 0)
		return err_set(e, REASON_USAGE, "no FILE is given, and at least one is needed");
	if (!cli_needs(c, O_OUTPUT, &out_path, e) || !gather(&r, c, e) ||
	    !published_bundle(&r.published, &out, e) || !bundle_read(buf_bytes(&out), 0, &b, e) ||
	    !file_write(out_path, buf_bytes(&out), e))
		return false;
	put_counts(&b, &a->json);
	return true;
}

const struct verb verb_manifest_bundle = {
	.name = "manifest bundle",
	.summary = "one payload, its signatures, statements, proofs and collateral in one file",
	.usage = "FILE... [--statement FILE]... [--proof FILE]... [--collateral FILE]... -o FILE\n"
		 "FILE... --db DIR -o FILE",
	.opts = opts,
	.run = bundle_run,
};
