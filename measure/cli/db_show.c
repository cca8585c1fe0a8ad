#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/cli/db.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"
#include "reference-db/published.h"

enum { O_DB, O_CHANNEL = O_DB + DB_OPTS, O_AT, O_OUTPUT };

static const struct opt opts[] = {
	[O_DB] = DB_ROWS,
	[O_CHANNEL] = {"channel", 0, OPT_VALUE, "NAME", NULL,
		       "what is latest in this channel (in any)"},
	[O_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		  "time to judge signatures by: now, none, or RFC 3339"},
	[O_OUTPUT] =
		{"output", 'o', OPT_VALUE, "FILE", NULL,
		 "of one release: its manifest with all signatures and statements, as a bundle"},
	{0},
};

struct show {
	struct db db;
	struct cli *c;
	struct json_out *w;
	struct ledger_when as_of;
};

static void show_free(struct show *s)
{
	db_close(&s->db);
}

static void put_release(struct show *s, const struct ledger_release *r)
{
	struct buf *out = &s->c->text;

	text_tame(out, bytes_str(r->product));
	buf_str(out, "/");
	text_tame(out, bytes_str(r->version));
	buf_str(out, "  ");
	db_status(r, out);
	buf_str(out, "\n");
}

/* Of one release also who said what, and why it was withdrawn. */
static void put_statement(struct show *s, const struct ledger_statement *t)
{
	struct buf *out = &s->c->text;

	buf_fmt(out, "  %-8s ", statement_rows[t->kind].name);
	db_time(t->has_issued, t->issued, out);
	buf_str(out, "  ");
	text_tame(out, bytes_str(t->signer_name ? t->signer_name : "?"));
	buf_str(out, "  ");
	text_tame(out, bytes_str(t->path));
	buf_str(out, "\n");
}

static void put_statements(struct show *s, uint64_t release)
{
	struct ledger_statement t;

	json_key(s->w, "statements");
	json_open(s->w, '[');
	for (uint64_t i = 0; ledger_said(s->db.ledger, release, &i, &t);) {
		put_statement(s, &t);
		json_open(s->w, '{');
		json_text(s->w, "kind", statement_rows[t.kind].name);
		print_foreign(s->w, "signer", t.signer_name ? t.signer_name : "?");
		print_foreign(s->w, "path", t.path);
		json_close(s->w, '}');
	}
	json_close(s->w, ']');
}

static void put_one(struct show *s, uint64_t i)
{
	struct buf *out = &s->c->text;
	struct ledger_release r;

	ledger_release(s->db.ledger, i, &s->as_of, &r);
	put_release(s, &r);
	buf_str(out, "  payload  sha256:");
	hex_put(out, digest_bytes(&r.payload));
	buf_fmt(out, "\n  signed by %zu, rebuilt equal by %zu, differently by %zu\n", r.publishers,
		r.rebuilders, r.differing);
	if (r.withdrawn) {
		buf_str(out, "  withdrawn because: ");
		text_tame(out, bytes_str(r.withdrawn_why ? r.withdrawn_why : ""));
		buf_str(out, "\n");
	}
	if (r.replacement) {
		buf_str(out, "  use instead: ");
		text_tame(out, bytes_str(r.replacement));
		buf_str(out, "\n");
	}
	db_status_json(&r, s->w);
	put_statements(s, i);
}

/* As `measure manifest bundle` makes it. */
static bool write_bundle(struct show *s, uint64_t release, const char *path, struct err *e)
{
	owned(published_free) struct published p = {0};
	owned(buf_free) struct buf out = BUF(BUNDLE_MAX);

	return db_gather(&s->db, release, &p, e) && db_gather_later(&s->db, release, &p, e) &&
	       published_bundle(&p, &out, e) && file_write(path, buf_bytes(&out), e);
}

static bool find(const struct show *s, const char *id, uint64_t *release, struct err *e)
{
	owned(buf_free) struct buf product = BUF(TRUST_PATH_MAX);
	const char *version;
	struct err no = {0};

	return (db_split(id, &product, &version, &no) &&
		ledger_find(s->db.ledger, buf_cstr(&product), version, release)) ||
	       err_set(e, REASON_NOT_LISTED, "'%s' is no product or release of this database", id);
}

static bool show_one(struct show *s, const char *id, struct err *e)
{
	const char *path = args_value(&s->c->args, O_OUTPUT);
	uint64_t i;

	if (!find(s, id, &i, e))
		return false;
	put_one(s, i);
	return !path || write_bundle(s, i, path, e);
}

/* All, or all of a product. */
static void show_all(struct show *s, const char *product)
{
	struct ledger_release r;

	json_key(s->w, "releases");
	json_open(s->w, '[');
	for (uint64_t i = 0; i < ledger_releases(s->db.ledger); i++) {
		ledger_release(s->db.ledger, i, &s->as_of, &r);
		if (product && strcmp(product, r.product) != 0)
			continue;
		put_release(s, &r);
		json_open(s->w, '{');
		db_status_json(&r, s->w);
		json_close(s->w, '}');
	}
	json_close(s->w, ']');
}

/* A product may have slashes in its name, so that "a/b" can be both: then it is the product. */
static bool show_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(show_free) struct show s = {.c = c, .w = &a->json};
	const char *id = NULL;
	bool several;

	a->members.max = CLI_TEXT_MAX;
	s.as_of.channel = args_value(&c->args, O_CHANNEL);
	if ((c->args.n_operands > 0 && !cli_operand(c, "PRODUCT[/VERSION]", &id, e)) ||
	    !when_choose(args_value(&c->args, O_AT), false, &s.as_of.when, e) ||
	    !db_begin(&s.db, c, O_DB, e) || !db_open(&s.db, false, e))
		return false;
	several = !id || ledger_has_product(s.db.ledger, id);
	if (several && args_has(&c->args, O_OUTPUT))
		return err_set(e, REASON_USAGE, "--output writes one release: PRODUCT/VERSION");
	if (!several)
		return show_one(&s, id, e);
	show_all(&s, id);
	return true;
}

const struct verb verb_db_show = {
	.name = "db show",
	.summary = "the releases of a database, and what is said of them",
	.usage = "[PRODUCT[/VERSION]] --db DIR [--channel NAME] [--at TIME]\n"
		 "PRODUCT/VERSION --db DIR -o FILE",
	.opts = opts,
	.run = show_run,
};
