#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/cli/db.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"

enum { O_DB, O_NONE = O_DB + DB_OPTS };

static const struct opt opts[] = {[O_DB] = DB_ROWS, {0}};

static const char *worth_text(const struct ledger_statement *s)
{
	static const char *const texts[] = {
		[LEDGER_COUNTS] = "counts",
		[LEDGER_UNKNOWN_KEY] = "unknown key",
		[LEDGER_BAD_SIGNATURE] = "bad signature",
		[LEDGER_MALFORMED] = "malformed",
		[LEDGER_FORKED] = "of another history",
		[LEDGER_NO_RELEASE] = "of no release",
		[LEDGER_CONTRADICTS] = "contradicts",
	};

	return texts[s->worth];
}

/* What cannot be read is of no kind. */
static const char *kind_text(const struct ledger_statement *s)
{
	return s->kind < STATEMENT_KINDS ? statement_rows[s->kind].name : "none";
}

static void put_line(const struct ledger_statement *s, struct buf *out)
{
	buf_fmt(out, "%-6llu ", (unsigned long long)s->entry);
	db_time(s->has_issued, s->issued, out);
	buf_fmt(out, "%s  %-13s ", s->has_issued ? "" : "                   ", worth_text(s));
	text_tame(out, bytes_str(s->path));
	if (s->signer_name) {
		buf_str(out, "  by ");
		text_tame(out, bytes_str(s->signer_name));
	}
	buf_str(out, "\n");
	if (!s->why)
		return;
	buf_str(out, "       ");
	text_tame(out, bytes_str(s->why));
	buf_str(out, "\n");
}

static void put_json(const struct ledger_statement *s, struct json_out *w)
{
	owned(buf_free) struct buf issued = BUF(64);

	json_open(w, '{');
	json_count(w, "entry", s->entry);
	json_text(w, "kind", kind_text(s));
	json_flag(w, "counts", s->worth == LEDGER_COUNTS);
	json_text(w, "worth", worth_text(s));
	print_foreign(w, "path", s->path);
	json_key(w, "sha256");
	json_hex(w, digest_bytes(&s->sha256));
	if (s->signer.len > 0) {
		json_key(w, "key_id");
		json_hex(w, digest_bytes(&s->signer));
	}
	if (s->signer_name)
		print_foreign(w, "signer", s->signer_name);
	if (s->why)
		print_foreign(w, "why", s->why);
	if (s->has_issued) {
		when_put(&issued, s->issued, "Z");
		json_text(w, "issued", buf_cstr(&issued));
	}
	json_close(w, '}');
}

static void put_head(const struct db *db, struct cli *c, struct json_out *w)
{
	struct signed_upon head = ledger_head(db->ledger);

	buf_fmt(&c->text, "%s, %llu statements, state ", database_name(db->database),
		(unsigned long long)head.height);
	hex_put(&c->text, digest_bytes(&head.state));
	buf_str(&c->text, "\n");
	json_text(w, "name", database_name(db->database));
	json_count(w, "height", head.height);
	json_key(w, "state");
	json_hex(w, digest_bytes(&head.state));
}

static bool log_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(db_close) struct db db = {0};
	struct ledger_statement s;

	a->members.max = CLI_TEXT_MAX;
	if (!cli_no_operand(c, e) || !db_begin(&db, c, O_DB, e) || !db_open(&db, false, e))
		return false;
	put_head(&db, c, &a->json);
	json_key(&a->json, "statements");
	json_open(&a->json, '[');
	for (uint64_t i = 0; i < ledger_statements(db.ledger); i++) {
		ledger_statement(db.ledger, i, &s);
		put_line(&s, &c->text);
		put_json(&s, &a->json);
	}
	json_close(&a->json, ']');
	return true;
}

const struct verb verb_db_log = {
	.name = "db log",
	.summary = "every statement in its order, who made it, and whether it counts",
	.usage = "--db DIR [--trust FILE]",
	.opts = opts,
	.run = log_run,
};
