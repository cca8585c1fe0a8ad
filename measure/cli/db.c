#include "measure/cli/db.h"

#include "measure/base/hex.h"
#include "measure/base/when.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"
#include "measure/core/hash.h"
#include "reference-db/later.h"
#include "reference-db/seen.h"

#define KEYS_TEXT_MAX (4u << 20)
#define SIGNATURE_ROOM 256u

const struct verb verb_db = {
	.name = "db",
	.summary = "the database of signed releases",
	.group = GROUP_PUBLISH,
	.usage = "ACTION --db DIR [OPTION...]",
	.run = verb_run_family,
};

void db_close(struct db *db)
{
	ledger_free(&db->ledger);
	database_free(&db->database);
	trust_free(&db->trust);
}

/* By what it says, not by how it is written. */
static bool digest_trust(struct db *db, struct err *e)
{
	owned(buf_free) struct buf text = BUF(KEYS_TEXT_MAX);

	trust_write(db->trust, &text);
	return buf_done(&text, "the trust file", e) &&
	       hash_of(DIGEST_SHA256, buf_bytes(&text), &db->trust_digest, e);
}

bool db_begin(struct db *db, struct cli *c, unsigned at, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TRUST_PATH_MAX);

	db->c = c;
	db->args = &c->args;
	db->seen = args_value(db->args, at + DB_SEEN);
	return cli_needs(c, at + DB_PATH, &db->path, e) &&
	       trust_path(args_value(db->args, at + DB_TRUST), &path, e) &&
	       trust_read(&db->trust, buf_cstr(&path), e) && digest_trust(db, e);
}

bool db_open(struct db *db, bool anew, struct err *e)
{
	struct ledger_ask ask = {
		.trust = db->trust,
		.trust_digest = db->trust_digest,
		.anew = anew,
		.watch = cli_watch(db->c),
	};

	owned(seen_free) struct seen seen = SEEN_NONE;

	if (!seen_read(&seen, db->seen, e) || !(db->database = database_open(db->path, e)))
		return false;
	ask.database = db->database;
	return ((db->ledger = ledger_open(&ask, e)) &&
		seen_check(&seen, db->path, db->ledger, db->database, e)) ||
	       err_subject(e, db->path);
}

/* ---- statements */

void db_signing_free(struct db_signing *s)
{
	signer_free(&s->by);
	buf_free(&s->name);
}

static bool attach(const struct db_signing *s, const struct signing *what, struct buf *out,
		   struct err *e)
{
	owned(buf_free) struct buf signature = BUF(SIGNATURE_ROOM);

	return signer_sign(&s->by, pubkey_alg(what->key), buf_bytes(&what->tbs), &signature, e) &&
	       signing_attach(what, buf_bytes(&signature), out, e);
}

static bool prepare(const struct db *db, struct db_signing *s, struct bytes payload,
		    struct signing *what, struct err *e)
{
	struct signing_terms t = {
		.content_type = statement_rows[s->kind].content_type,
		.signer = args_value(db->args, s->signer_opt),
		.has_issued = true,
		.issued = when_now(),
		.has_upon = true,
		.upon = ledger_head(db->ledger),
	};

	s->name = BUF(2 * DIGEST_MAX);
	return signer_name(&s->by, &s->name, &t, e) &&
	       signing_prepare(what, payload, s->by.key, &t, e);
}

bool db_sign(struct db *db, struct db_signing *s, struct bytes payload, struct err *e)
{
	owned(signing_free) struct signing what = {0};
	owned(buf_free) struct buf file = BUF(SIGNED_MAX);
	const char *out = NULL;
	struct bytes bytes;

	if (!signer_target(&s->by, s->output_opt, "statement", &out, e) ||
	    !signer_read_keys(&s->by, e) || !prepare(db, s, payload, &what, e))
		return false;
	signer_json(&s->by, &db->a->json);
	if (out)
		return signer_write(&s->by, &what, out, e);
	if (!attach(s, &what, &file, e))
		return false;
	bytes = buf_bytes(&file);
	return db_publish(db, &bytes, 1, e);
}

static void tell(const struct publish_entry *x, struct cli *c, struct json_out *w)
{
	buf_fmt(&c->text, "%s  ", x->already ? "already there" : "published");
	buf_fmt(&c->text, "%s\n", x->path);
	json_open(w, '{');
	json_text(w, "kind", statement_rows[x->kind].name);
	json_count(w, "entry", x->entry);
	json_flag(w, "already", x->already);
	print_foreign(w, "path", x->path);
	json_key(w, "sha256");
	json_hex(w, digest_bytes(&x->sha256));
	json_close(w, '}');
}

bool db_publish(struct db *db, const struct bytes *file, size_t n, struct err *e)
{
	owned(own_free) struct publish_entry *out = own_new(n * sizeof(*out), e);
	const struct publish p = {
		.path = db->path,
		.trust = db->trust,
		.trust_digest = db->trust_digest,
		.seen = db->seen,
		.when = when_now(),
		.watch = cli_watch(db->c),
	};

	if (!out || !publish(&p, file, n, out, e))
		return false;
	json_key(&db->a->json, "statements");
	json_open(&db->a->json, '[');
	for (size_t i = 0; i < n; i++)
		tell(&out[i], db->c, &db->a->json);
	json_close(&db->a->json, ']');
	return true;
}

bool db_gather(const struct db *db, uint64_t release, struct published *p, struct err *e)
{
	struct ledger_statement s;

	for (uint64_t i = 0; ledger_said(db->ledger, release, &i, &s);) {
		owned(buf_free) struct buf file = BUF(SIGNED_MAX);

		if (s.kind == STATEMENT_MANIFEST &&
		    (!ledger_file(db->ledger, db->database, s.entry, &file, e) ||
		     !published_add_bytes(p, &file, e)))
			return false;
	}
	return true;
}

/* Has its signer another word, later? Then that one counts. */
static bool is_overtaken(const struct db *db, uint64_t release, uint64_t after,
			 const struct ledger_statement *s)
{
	struct ledger_statement t;

	for (uint64_t i = after; ledger_said(db->ledger, release, &i, &t);)
		if (t.kind == s->kind && digest_equal(&t.signer, &s->signer))
			return true;
	return false;
}

bool db_gather_later(const struct db *db, uint64_t release, struct published *p, struct err *e)
{
	struct ledger_statement s;

	for (uint64_t i = 0; ledger_said(db->ledger, release, &i, &s);) {
		owned(buf_free) struct buf file = BUF(SIGNED_MAX);

		if (s.kind != STATEMENT_WITHDRAW &&
		    (s.kind != STATEMENT_REBUILT || is_overtaken(db, release, i, &s)))
			continue;
		if (!ledger_file(db->ledger, db->database, s.entry, &file, e) ||
		    !published_add_later_bytes(p, &file, e))
			return false;
	}
	return true;
}

bool db_take(const struct db *db, uint64_t release, struct released *r, struct err *e)
{
	r->listed = true;
	later_rebuilders(db->ledger, release, &r->when, &r->judged);
	return trust_copy(ledger_trust(db->ledger), &r->trust, e) &&
	       db_gather(db, release, &r->published, e) && released_read(r, db->path, e);
}

/* ---- words */

bool db_split(const char *id, struct buf *product, const char **version, struct err *e)
{
	const char *slash = strrchr(id, '/');

	if (!slash || slash == id || !slash[1])
		return err_set(e, REASON_USAGE, "a release is PRODUCT/VERSION, found '%s'", id);
	buf_put(product, bytes_of(id, (size_t)(slash - id)));
	*version = slash + 1;
	return buf_done(product, "the name of a product", e);
}

static void put_word(struct buf *out, size_t begin, bool holds, const char *word)
{
	if (!holds)
		return;
	if (out->n > begin)
		buf_str(out, ", ");
	buf_str(out, word);
}

void db_status(const struct ledger_release *r, struct buf *out)
{
	size_t begin = out->n;

	put_word(out, begin, r->withdrawn, "withdrawn");
	put_word(out, begin, r->contradicted, "contradicted");
	put_word(out, begin, !r->published, "too few publishers");
	put_word(out, begin, r->published, "published");
	put_word(out, begin, r->reproduced, "reproduced");
	put_word(out, begin, r->differing > 0, "rebuilt differently");
	put_word(out, begin, r->latest, "latest");
	put_word(out, begin, r->superseded, "superseded");
	put_word(out, begin, r->below_minimum, "below the minimum");
}

void db_status_json(const struct ledger_release *r, struct json_out *w)
{
	print_foreign(w, "product", r->product);
	print_foreign(w, "version", r->version);
	json_key(w, "payload_sha256");
	json_hex(w, digest_bytes(&r->payload));
	json_count(w, "publishers", r->publishers);
	json_count(w, "rebuilders", r->rebuilders);
	json_count(w, "differing", r->differing);
	json_flag(w, "published", r->published);
	json_flag(w, "reproduced", r->reproduced);
	json_flag(w, "withdrawn", r->withdrawn);
	json_flag(w, "contradicted", r->contradicted);
	json_flag(w, "latest", r->latest);
	json_flag(w, "superseded", r->superseded);
	json_flag(w, "below_minimum", r->below_minimum);
	if (r->withdrawn_why)
		print_foreign(w, "withdrawn_because", r->withdrawn_why);
	if (r->replacement)
		print_foreign(w, "replacement", r->replacement);
}

void db_time(bool has, int64_t when, struct buf *out)
{
	if (has)
		when_put(out, when, "Z");
	else
		buf_str(out, "-");
}
