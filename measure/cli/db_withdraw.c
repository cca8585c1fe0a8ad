#include "measure/cli/db.h"
#include "measure/cli/verbs.h"

enum {
	O_DB,
	O_REASON = O_DB + DB_OPTS,
	O_REPLACEMENT,
	O_SIGNER,
	O_WAYS,
	O_OUTPUT = O_WAYS + SIGNER_OPTS
};

static const struct opt opts[] = {
	[O_DB] = DB_ROWS,
	[O_REASON] = {"reason", 0, OPT_VALUE, "TEXT", NULL,
		      "why, in a line that verifiers will show"},
	[O_REPLACEMENT] = {"replacement", 0, OPT_VALUE, "VERSION", NULL,
			   "the version to be used instead"},
	[O_SIGNER] = {"signer", 0, OPT_VALUE, "NAME", NULL,
		      "who signs, for readers of the header (the key's fingerprint)"},
	SIGNER_WAY_ROWS(O_WAYS),
	SIGNER_STATEMENT_ROWS(O_WAYS),
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "write the statement and do not publish it"},
	{0},
};

static bool find(const struct db *db, const char *id, struct ledger_release *out, struct err *e)
{
	const struct ledger_when none = {.when = {.clock = CLOCK_NONE}};
	owned(buf_free) struct buf product = BUF(TRUST_PATH_MAX);
	const char *version;
	uint64_t i;

	if (!db_split(id, &product, &version, e))
		return false;
	if (!ledger_find(db->ledger, buf_cstr(&product), version, &i))
		return err_set(e, REASON_NOT_LISTED, "'%s' is no release of this database", id);
	ledger_release(db->ledger, i, &none, out);
	return true;
}

/* It names the payload, too: what is withdrawn is these bytes. */
static bool withdraw(struct db *db, const char *id, struct cli *c, struct err *e)
{
	owned(buf_free) struct buf payload = BUF(SIGNED_MAX);
	owned(db_signing_free) struct db_signing s = {
		.by = SIGNER(c, O_WAYS, SIGNER_OPTS),
		.kind = STATEMENT_WITHDRAW,
		.signer_opt = O_SIGNER,
		.output_opt = O_OUTPUT,
	};
	const char *replacement = args_value(&c->args, O_REPLACEMENT), *reason;
	struct withdraw w = {.id = bytes_str(id)};
	struct ledger_release r;

	if (!cli_needs(c, O_REASON, &reason, e) || !signer_choose(&s.by, e) || !find(db, id, &r, e))
		return false;
	w.payload = r.payload;
	w.reason = bytes_str(reason);
	if (replacement)
		w.replacement = bytes_str(replacement);
	return withdraw_write(&w, &payload, e) && db_sign(db, &s, buf_bytes(&payload), e);
}

static bool withdraw_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(db_close) struct db db = {.a = a};
	const char *id;

	return cli_operand(c, "PRODUCT/VERSION", &id, e) && db_begin(&db, c, O_DB, e) &&
	       db_open(&db, false, e) && withdraw(&db, id, c, e);
}

const struct verb verb_db_withdraw = {
	.name = "db withdraw",
	.summary = "take a release back, for ever",
	.usage = "PRODUCT/VERSION --reason TEXT [--replacement VERSION] --db DIR --key FILE",
	.opts = opts,
	.program_option = "sign-with",
	.run = withdraw_run,
};
