#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/cli/db.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"
#include "reference-db/corim.h"

#define DIGEST_LEAST 20u

enum { O_DB, O_CHANNEL = O_DB + DB_OPTS, O_AT };

static const struct opt opts[] = {
	[O_DB] = DB_ROWS,
	[O_CHANNEL] = {"channel", 0, OPT_VALUE, "NAME", NULL,
		       "what is latest in this channel (in any)"},
	[O_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		  "time to judge signatures by: now, none, or RFC 3339"},
	{0},
};

struct who {
	struct db db;
	struct cli *c;
	struct json_out *w;
	struct ledger_when as_of;
	struct ledger_hit *hit; /* in the order of their releases */
	size_t n;
	bool good, withdrawn, contradicted; /* of any hit */
	struct ledger_release bad; /* the first that is no good */
};

static void who_free(struct who *x)
{
	own_free(&x->hit);
	db_close(&x->db);
}

/* ---- a release */

static void put_line(struct who *x, const char *what, const char *text)
{
	buf_fmt(&x->c->text, "  %-12s ", what);
	text_tame(&x->c->text, bytes_str(text));
	buf_str(&x->c->text, "\n");
}

/* What stands in its manifest alone: the commit that it was built from. */
static bool put_source(struct who *x, const struct ledger_release *r, struct err *e)
{
	owned(buf_free) struct buf file = BUF(SIGNED_MAX);
	owned(statement_free) struct statement st = {0};
	owned(manifest_free) struct manifest m = {0};
	struct lint l = {.allow_debug = true};

	if (!ledger_file(x->db.ledger, x->db.database, r->first, &file, e) ||
	    !statement_open(&st, buf_bytes(&file), e) ||
	    !corim_read(&m, st.s.message.payload, st.s.message.payload_at, &l, e))
		return false;
	if (!m.source_commit)
		return true;
	put_line(x, "commit", m.source_commit);
	print_foreign(x->w, "source_commit", m.source_commit);
	return true;
}

static void put_people(struct who *x, uint64_t release)
{
	struct ledger_statement s;

	json_key(x->w, "statements");
	json_open(x->w, '[');
	for (uint64_t i = 0; ledger_said(x->db.ledger, release, &i, &s);) {
		put_line(x, statement_rows[s.kind].name, s.signer_name ? s.signer_name : "?");
		json_open(x->w, '{');
		json_text(x->w, "kind", statement_rows[s.kind].name);
		print_foreign(x->w, "signer", s.signer_name ? s.signer_name : "?");
		json_key(x->w, "key_id");
		json_hex(x->w, digest_bytes(&s.signer));
		print_foreign(x->w, "path", s.path);
		json_close(x->w, '}');
	}
	json_close(x->w, ']');
}

/* One digest can be several things of one release: all its registers are told first. */
static void put_what(struct who *x, uint64_t release)
{
	json_key(x->w, "is");
	json_open(x->w, '[');
	for (size_t i = 0; i < x->n; i++) {
		if (x->hit[i].release != release)
			continue;
		put_line(x, "is", x->hit[i].what);
		json_open(x->w, '{');
		print_foreign(x->w, "what", x->hit[i].what);
		json_close(x->w, '}');
	}
	json_close(x->w, ']');
}

static void judge(struct who *x, const struct ledger_release *r)
{
	bool good = r->published && !r->withdrawn && !r->contradicted;

	/* The same digest under another version is the same code. */
	if (!good && (!x->bad.product || r->withdrawn || r->contradicted))
		x->bad = *r;
	x->good = x->good || good;
	x->withdrawn = x->withdrawn || r->withdrawn;
	x->contradicted = x->contradicted || r->contradicted;
}

static bool put_release(struct who *x, uint64_t i, struct err *e)
{
	struct buf *out = &x->c->text;
	struct ledger_release r;

	ledger_release(x->db.ledger, i, &x->as_of, &r);
	judge(x, &r);
	text_tame(out, bytes_str(r.product));
	buf_str(out, " ");
	text_tame(out, bytes_str(r.version));
	buf_str(out, "  ");
	db_status(&r, out);
	buf_str(out, "\n");
	json_open(x->w, '{');
	db_status_json(&r, x->w);
	put_what(x, i);
	if (!put_source(x, &r, e))
		return false;
	if (r.withdrawn_why)
		put_line(x, "because", r.withdrawn_why);
	if (r.replacement)
		put_line(x, "use instead", r.replacement);
	put_people(x, i);
	json_close(x->w, '}');
	return true;
}

static bool is_first(const struct who *x, size_t i)
{
	return i == 0 || x->hit[i - 1].release != x->hit[i].release;
}

/* ---- the answer */

static bool decide(const struct who *x, struct err *e)
{
	struct signed_upon head = ledger_head(x->db.ledger);
	const struct ledger_release *r = &x->bad;

	if (x->n == 0)
		return err_set(e, REASON_NOT_LISTED,
			       "nothing that counts in the %llu statements of %s has this digest",
			       (unsigned long long)head.height, database_name(x->db.database));
	if (x->good && !x->withdrawn && !x->contradicted)
		return true;
	if (r->contradicted)
		return err_set(e, REASON_CONTRADICTION, "%s %s has two manifests that both count",
			       r->product, r->version);
	if (r->withdrawn)
		return err_set(e, REASON_WITHDRAWN, "%s %s was withdrawn: %s", r->product,
			       r->version, r->withdrawn_why ? r->withdrawn_why : "");
	return err_set(e, REASON_THRESHOLD, "too few publishers have signed %s %s: %zu", r->product,
		       r->version, r->publishers);
}

static bool tell(struct who *x, struct answer *a, struct err *e)
{
	json_key(x->w, "releases");
	json_open(x->w, '[');
	for (size_t i = 0; i < x->n; i++)
		if (is_first(x, i) && !put_release(x, x->hit[i].release, e))
			return false;
	json_close(x->w, ']');
	if (decide(x, e))
		return true;
	buf_put(&a->verbatim, buf_bytes(&x->c->text));
	return false;
}

/* All of them: the one that was withdrawn may be the last. */
static bool look_up(struct who *x, struct bytes digest, struct err *e)
{
	x->n = ledger_who(x->db.ledger, digest, 0, NULL, 0);
	x->hit = own_new((x->n + 1) * sizeof(*x->hit), e);
	return x->hit && ledger_who(x->db.ledger, digest, 0, x->hit, x->n) == x->n;
}

static bool who_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(who_free) struct who x = {.c = c, .w = &a->json};
	owned(buf_free) struct buf digest = BUF(DIGEST_MAX + 1);
	const char *hex;

	a->members.max = CLI_TEXT_MAX;
	x.as_of.channel = args_value(&c->args, O_CHANNEL);
	if (!cli_operand(c, "HEX", &hex, e) || !hex_read(hex, "HEX", &digest, e) ||
	    !when_choose(args_value(&c->args, O_AT), false, &x.as_of.when, e) ||
	    !db_begin(&x.db, c, O_DB, e))
		return false;
	if (digest.n < DIGEST_LEAST || digest.n > DIGEST_MAX)
		return err_set(e, REASON_USAGE, "HEX: a digest has %u to %u bytes, %zu are given",
			       DIGEST_LEAST, DIGEST_MAX, digest.n);
	return db_open(&x.db, false, e) && look_up(&x, buf_bytes(&digest), e) && tell(&x, a, e);
}

const struct verb verb_who = {
	.name = "who",
	.summary = "which release is this digest?",
	.group = GROUP_VERIFY,
	.usage = "HEX --db DIR [--channel NAME] [--at TIME]",
	.opts = opts,
	.run = who_run,
};
