#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/cli/db.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"

enum { O_DB };

static const struct opt opts[] = {[O_DB] = DB_ROWS, {0}};

struct audit {
	struct db db;
	struct cli *c;
	struct answer *a;
	uint64_t counted, unknown, wrong;
};

static void audit_free(struct audit *x)
{
	db_close(&x->db);
}

static void finding(struct audit *x, const char *path, const char *what, const char *kind)
{
	struct buf *out = &x->c->text;
	struct json_out *w = &x->a->json;

	x->wrong++;
	buf_fmt(out, "%-13s ", kind);
	text_tame(out, bytes_str(path));
	buf_str(out, ": ");
	text_tame(out, bytes_str(what));
	buf_str(out, "\n");
	json_open(w, '{');
	json_text(w, "finding", kind);
	print_foreign(w, "path", path);
	print_foreign(w, "why", what);
	json_close(w, '}');
}

static void stray(void *arg, const char *path, const char *what)
{
	finding(arg, path, what, "stray");
}

/* Rebuilders whom this user does not know are no fault of the database. */
static void judge(struct audit *x, const struct ledger_statement *s)
{
	static const char *const kinds[] = {
		[LEDGER_COUNTS] = "counts",
		[LEDGER_UNKNOWN_KEY] = "unknown-key",
		[LEDGER_BAD_SIGNATURE] = "signature",
		[LEDGER_MALFORMED] = "malformed",
		[LEDGER_FORKED] = "fork",
		[LEDGER_NO_RELEASE] = "no-release",
		[LEDGER_CONTRADICTS] = "contradiction",
	};

	if (s->worth == LEDGER_COUNTS)
		x->counted++;
	else if (s->worth == LEDGER_UNKNOWN_KEY)
		x->unknown++;
	else
		finding(x, s->path, s->why ? s->why : "it counts for nothing", kinds[s->worth]);
}

static void put_totals(struct audit *x)
{
	struct signed_upon head = ledger_head(x->db.ledger);
	struct json_out *w = &x->a->json;
	struct buf *out = &x->c->text;

	buf_fmt(out, "%s: %llu statements, %llu count, %llu by keys that are not known here, ",
		database_name(x->db.database), (unsigned long long)head.height,
		(unsigned long long)x->counted, (unsigned long long)x->unknown);
	buf_fmt(out, "%llu findings\nstate ", (unsigned long long)x->wrong);
	hex_put(out, digest_bytes(&head.state));
	buf_str(out, "\n");
	json_text(w, "name", database_name(x->db.database));
	json_count(w, "height", head.height);
	json_key(w, "state");
	json_hex(w, digest_bytes(&head.state));
	json_count(w, "counted", x->counted);
	json_count(w, "unknown", x->unknown);
	if (x->unknown > 0)
		answer_note(x->a, REASON_UNKNOWN_KEY,
			    "%llu statements are by keys that have no role here, and count for "
			    "nothing",
			    (unsigned long long)x->unknown);
}

static bool audit(struct audit *x, struct err *e)
{
	const struct database_stray tell = {stray, x};
	struct ledger_statement s;
	bool clean;

	json_key(&x->a->json, "findings");
	json_open(&x->a->json, '[');
	for (uint64_t i = 0; i < ledger_statements(x->db.ledger); i++) {
		ledger_statement(x->db.ledger, i, &s);
		judge(x, &s);
	}
	if (!database_audit_tree(x->db.database, &tell, &clean, e))
		return err_subject(e, x->db.path);
	json_close(&x->a->json, ']');
	put_totals(x);
	return true;
}

static bool audit_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(audit_free) struct audit x = {.c = c, .a = a};

	a->members.max = CLI_TEXT_MAX;
	if (!cli_no_operand(c, e) || !db_begin(&x.db, c, O_DB, e) || !db_open(&x.db, true, e) ||
	    !audit(&x, e))
		return false;
	if (x.wrong == 0)
		return true;
	/* A no is told with all of them as well. */
	buf_put(&a->verbatim, buf_bytes(&c->text));
	err_set(e, REASON_CONTRADICTION, "%llu things in it cannot be so",
		(unsigned long long)x.wrong);
	return err_subject(e, x.db.path);
}

const struct verb verb_db_audit = {
	.name = "db audit",
	.summary = "replay everything from the first statement, and look at every file",
	.usage = "--db DIR [--trust FILE]",
	.opts = opts,
	.run = audit_run,
};
