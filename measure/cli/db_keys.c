#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/base/text.h"
#include "measure/cli/db.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"

#define DAYS_MAX 3650u

enum {
	O_DB,
	O_FROM = O_DB + DB_OPTS,
	O_REFRESH,
	O_SIGNER,
	O_WAYS,
	O_OUTPUT = O_WAYS + SIGNER_OPTS
};

static const struct opt opts[] = {
	[O_DB] = DB_ROWS,
	[O_FROM] = {"from", 0, OPT_VALUE, "FILE", NULL,
		    "a trust file: its keys, roles and thresholds are to be those of the database"},
	[O_REFRESH] = {"refresh-days", 0, OPT_VALUE, "N", NULL,
		       "with --from: promise a statement at least every N days"},
	[O_SIGNER] = {"signer", 0, OPT_VALUE, "NAME", NULL,
		      "who signs, for readers of the header (the key's fingerprint)"},
	SIGNER_WAY_ROWS(O_WAYS),
	SIGNER_STATEMENT_ROWS(O_WAYS),
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "with --from: write the statement and do not publish it"},
	{0},
};

static void show(const struct db *db, struct cli *c, struct json_out *w)
{
	struct digest payload;
	uint64_t serial;

	if (ledger_keys(db->ledger, &serial, &payload)) {
		buf_fmt(&c->text, "keys %llu of ", (unsigned long long)serial);
		buf_fmt(&c->text, "%s and of the trust file\n", database_name(db->database));
		json_key(w, "serial");
		json_u64(w, serial);
		json_key(w, "payload_sha256");
		json_hex(w, digest_bytes(&payload));
	} else {
		buf_str(&c->text, "keys of the trust file alone: the database has none in force\n");
	}
	trust_text(ledger_trust(db->ledger), &c->text);
	trust_json(ledger_trust(db->ledger), w);
}

static bool read_days(const char *text, uint32_t *days, struct err *e)
{
	uint64_t n = 0;

	if (text && (!num_parse(text, &n) || n == 0 || n > DAYS_MAX))
		return err_set(e, REASON_USAGE, "--refresh-days needs 1 to %u, found '%s'",
			       DAYS_MAX, text);
	*days = (uint32_t)n;
	return true;
}

/* The next keys: in force when as many root keys as the thresholds say have signed the same. */
static bool rotate(struct db *db, struct cli *c, struct err *e)
{
	owned(keys_free) struct keys k = {0};
	owned(buf_free) struct buf payload = BUF(SIGNED_MAX);
	owned(db_signing_free) struct db_signing s = {
		.by = SIGNER(c, O_WAYS, SIGNER_OPTS),
		.kind = STATEMENT_KEYS,
		.signer_opt = O_SIGNER,
		.output_opt = O_OUTPUT,
	};
	const char *from = args_value(&c->args, O_FROM);

	k.before = (struct digest){.alg = DIGEST_SHA256, .len = digest_len(DIGEST_SHA256)};
	if (!signer_choose(&s.by, e) ||
	    !read_days(args_value(&c->args, O_REFRESH), &k.refresh_days, e) ||
	    !trust_read(&k.trust, from, e))
		return false;
	if (!ledger_keys(db->ledger, &k.serial, &k.before))
		k.serial = 0;
	k.serial++;
	return (keys_write(&k, &payload, e) || err_subject(e, from)) &&
	       db_sign(db, &s, buf_bytes(&payload), e);
}

static bool check_options(const struct cli *c, struct err *e)
{
	const struct signer by = SIGNER(c, O_WAYS, SIGNER_OPTS);
	static const unsigned of_from[] = {O_REFRESH, O_SIGNER, O_OUTPUT};
	int given = signer_given(&by);

	if (args_has(&c->args, O_FROM))
		return true;
	for (size_t i = 0; given < 0 && i < sizeof(of_from) / sizeof(of_from[0]); i++)
		if (args_has(&c->args, of_from[i]))
			given = (int)of_from[i];
	return given < 0 ||
	       err_set(e, REASON_USAGE, "--%s has no meaning without --from", opts[given].name);
}

static bool keys_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(db_close) struct db db = {.a = a};

	if (!cli_no_operand(c, e) || !check_options(c, e) || !db_begin(&db, c, O_DB, e) ||
	    !db_open(&db, false, e))
		return false;
	if (args_has(&c->args, O_FROM))
		return rotate(&db, c, e);
	show(&db, c, &a->json);
	return true;
}

const struct verb verb_db_keys = {
	.name = "db keys",
	.summary = "whose statements a database takes: shown, or given anew",
	.usage = "--db DIR\n"
		 "--db DIR --from TRUST [--refresh-days N] --key FILE [-o FILE]",
	.opts = opts,
	.program_option = "sign-with",
	.run = keys_run,
};
