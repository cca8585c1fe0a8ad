#include "measure/cli/db.h"
#include "measure/cli/verbs.h"

enum { O_DB, O_SIGNER = O_DB + DB_OPTS, O_WAYS, O_OUTPUT = O_WAYS + SIGNER_OPTS };

static const struct opt opts[] = {
	[O_DB] = DB_ROWS,
	[O_SIGNER] = {"signer", 0, OPT_VALUE, "NAME", NULL,
		      "who signs, for readers of the header (the key's fingerprint)"},
	SIGNER_WAY_ROWS(O_WAYS),
	SIGNER_STATEMENT_ROWS(O_WAYS),
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "write the statement and do not publish it"},
	{0},
};

/* What was said last of a channel: said again, it changes nothing but that it was said today. */
static bool newest(const struct db *db, struct buf *file, struct err *e)
{
	struct ledger_statement s;

	for (uint64_t i = ledger_statements(db->ledger); i-- > 0;) {
		ledger_statement(db->ledger, i, &s);
		if (s.worth == LEDGER_COUNTS && s.kind == STATEMENT_RELEASE)
			return ledger_file(db->ledger, db->database, s.entry, file, e);
	}
	err_set(e, REASON_NOT_LISTED,
		"no statement says what is latest, so there is none to renew");
	return err_hint(e, "`measure db publish FILE --channel NAME` makes one");
}

static bool refresh_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(db_close) struct db db = {.a = a};
	owned(buf_free) struct buf file = BUF(SIGNED_MAX);
	owned(statement_free) struct statement st = {0};
	owned(db_signing_free) struct db_signing s = {
		.by = SIGNER(c, O_WAYS, SIGNER_OPTS),
		.kind = STATEMENT_RELEASE,
		.signer_opt = O_SIGNER,
		.output_opt = O_OUTPUT,
	};

	return cli_no_operand(c, e) && signer_choose(&s.by, e) && db_begin(&db, c, O_DB, e) &&
	       db_open(&db, false, e) && newest(&db, &file, e) &&
	       statement_open(&st, buf_bytes(&file), e) &&
	       db_sign(&db, &s, st.s.message.payload, e);
}

const struct verb verb_db_refresh = {
	.name = "db refresh",
	.summary = "say again, today, what is latest: that nothing newer was held back",
	.usage = "--db DIR --key FILE",
	.opts = opts,
	.program_option = "sign-with",
	.run = refresh_run,
};
