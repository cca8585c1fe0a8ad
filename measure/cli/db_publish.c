#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/base/when.h"
#include "measure/cli/db.h"
#include "measure/cli/verbs.h"
#include "reference-db/later.h"

#define COSE_TAGGED_SIGN1 0xd2u

enum {
	O_DB,
	O_CHANNEL = O_DB + DB_OPTS,
	O_MINIMUM,
	O_SUPERSEDES,
	O_SIGNER,
	O_WAYS,
	O_OUTPUT = O_WAYS + SIGNER_OPTS
};

static const struct opt opts[] = {
	[O_DB] = DB_ROWS,
	[O_CHANNEL] = {"channel", 0, OPT_VALUE, "NAME", NULL,
		       "and say, signed, that it is the latest of this channel"},
	[O_MINIMUM] = {"minimum", 0, OPT_VALUE, "VERSION", NULL,
		       "with --channel: the oldest version that is still accepted"},
	[O_SUPERSEDES] = {"supersedes", 0, OPT_LIST, "VERSION", NULL,
			  "with --channel: a version that it replaces"},
	[O_SIGNER] = {"signer", 0, OPT_VALUE, "NAME", NULL,
		      "who signs, for readers of the header (the key's fingerprint)"},
	SIGNER_WAY_ROWS(O_WAYS),
	SIGNER_STATEMENT_ROWS(O_WAYS),
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "with --channel: write that statement and do not publish it"},
	{0},
};

/* What is to be published: one statement of each. */
struct load {
	struct buf *file; /* as read, or taken out of bundles */
	struct bytes *bytes;
	size_t n, room;
	struct buf id; /* of the first manifest: "PRODUCT/VERSION" */
};

static void load_free(struct load *l)
{
	for (size_t i = 0; i < l->n; i++)
		buf_free(&l->file[i]);
	own_free(&l->file);
	own_free(&l->bytes);
	buf_free(&l->id);
}

static bool grow(struct load *l, struct err *e)
{
	size_t room = l->room ? 2 * l->room : 64;
	struct buf *file;
	struct bytes *bytes;

	if (l->n < l->room)
		return true;
	if (!(file = own_new(room * sizeof(*file), e)))
		return false;
	if (!(bytes = own_new(room * sizeof(*bytes), e))) {
		own_free(&file);
		return false;
	}
	if (l->n > 0) {
		memcpy(file, l->file, l->n * sizeof(*file));
		memcpy(bytes, l->bytes, l->n * sizeof(*bytes));
	}
	own_free(&l->file);
	own_free(&l->bytes);
	l->file = file;
	l->bytes = bytes;
	l->room = room;
	return true;
}

/* Moves the file in. */
static bool add(struct load *l, struct buf *file, struct err *e)
{
	if (!grow(l, e))
		return false;
	l->file[l->n] = take(*file);
	l->bytes[l->n] = buf_bytes(&l->file[l->n]);
	l->n++;
	return true;
}

/* What was said later, in the order in which it was said. */
static bool add_later(struct load *l, const struct bundle_set *s, struct err *e)
{
	size_t order[BUNDLE_STATEMENTS];

	if (!later_order(s, when_now(), order, e))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		owned(buf_free) struct buf one = BUF(SIGNED_MAX);

		buf_put(&one, s->member[order[i]].bytes);
		if (!buf_done(&one, "a statement", e) || !add(l, &one, e))
			return false;
	}
	return true;
}

/* Each signature of a bundle becomes a statement with the payload in it. */
static bool add_bundle(struct load *l, struct buf *file, struct err *e)
{
	owned(published_free) struct published p = {0};

	if (!published_add_bytes(&p, file, e))
		return false;
	if (p.n == 0)
		return err_set(e, REASON_STATEMENT, "it is not signed, so it is no statement");
	for (size_t i = 0; i < p.n; i++) {
		owned(buf_free) struct buf one = BUF(SIGNED_MAX);
		struct cose_message m = p.statement[i].message;

		m.detached = false;
		cose_message_write(&one, &m);
		if (!buf_done(&one, "a statement", e) || !add(l, &one, e))
			return false;
	}
	return add_later(l, &p.later, e);
}

/* The first manifest among them is what --channel speaks of. */
static bool note_release(struct load *l, struct bytes file, struct err *e)
{
	owned(statement_free) struct statement st = {0};

	if (l->id.n > 0)
		return true;
	if (!statement_open(&st, file, e))
		return false;
	if (st.kind == STATEMENT_MANIFEST)
		buf_put(&l->id, st.id);
	return buf_done(&l->id, "a name", e);
}

static bool read_one(struct load *l, const char *path, struct err *e)
{
	owned(buf_free) struct buf file = BUF(BUNDLE_MAX);
	size_t before = l->n;

	if (!file_slurp(path, BUNDLE_MAX, &file, e))
		return false;
	if (!(file.n > 0 && file.p[0] == COSE_TAGGED_SIGN1 ? add(l, &file, e)
							   : add_bundle(l, &file, e)))
		return err_subject(e, path);
	for (size_t i = before; i < l->n; i++)
		if (!note_release(l, l->bytes[i], e))
			return err_subject(e, path);
	return true;
}

static bool read_all(struct load *l, const struct cli *c, struct err *e)
{
	if (c->args.n_operands == 0)
		return err_set(e, REASON_USAGE, "no FILE is given, and at least one is needed");
	for (size_t i = 0; i < c->args.n_operands; i++)
		if (!read_one(l, c->args.operands[i], e))
			return false;
	return true;
}

/* ---- the channel */

static bool check_options(const struct cli *c, const struct signer *by, struct err *e)
{
	static const unsigned of_channels[] = {O_MINIMUM, O_SUPERSEDES, O_SIGNER, O_OUTPUT};
	int given = signer_given(by);

	if (args_has(&c->args, O_CHANNEL))
		return true;
	for (size_t i = 0; given < 0 && i < sizeof(of_channels) / sizeof(of_channels[0]); i++)
		if (args_has(&c->args, of_channels[i]))
			given = (int)of_channels[i];
	return given < 0 || err_set(e, REASON_USAGE,
				    "--%s has no meaning without --channel: statements are signed "
				    "before they are published",
				    opts[given].name);
}

static int by_bytes(const void *a, const void *b)
{
	return bytes_order(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool read_superseded(const struct cli *c, struct release *r, struct err *e)
{
	const char *version;

	for (size_t i = 0; (version = args_item(&c->args, O_SUPERSEDES, i)); i++) {
		if (r->n == STATEMENT_SUPERSEDED)
			return err_set(e, REASON_LIMIT, "--supersedes is given over %u times",
				       STATEMENT_SUPERSEDED);
		r->superseded[r->n++] = bytes_str(version);
	}
	qsort(r->superseded, r->n, sizeof(*r->superseded), by_bytes);
	return true;
}

static bool read_channel(struct load *l, const struct cli *c, struct buf *payload, struct err *e)
{
	owned(buf_free) struct buf product = BUF(TRUST_PATH_MAX);
	const char *minimum = args_value(&c->args, O_MINIMUM), *version;
	struct release r = {.channel = bytes_str(args_value(&c->args, O_CHANNEL))};

	if (l->id.n == 0)
		return err_set(e, REASON_USAGE,
			       "--channel speaks of a manifest, and there is none among the files");
	if (!db_split(buf_cstr(&l->id), &product, &version, e) || !read_superseded(c, &r, e))
		return false;
	r.product = buf_bytes(&product);
	r.latest = bytes_str(version);
	if (minimum)
		r.minimum = bytes_str(minimum);
	return release_write(&r, payload, e);
}

/* What cannot be said of the channel is known before anything is published. */
static bool publish_channel(struct db *db, struct load *l, struct db_signing *s, struct err *e)
{
	owned(buf_free) struct buf payload = BUF(SIGNED_MAX);

	if (!signer_choose(&s->by, e) || !read_channel(l, db->c, &payload, e) ||
	    !db_publish(db, l->bytes, l->n, e))
		return false;
	json_key(&db->a->json, "channel");
	json_open(&db->a->json, '{');
	if (!db_open(db, false, e) || !db_sign(db, s, buf_bytes(&payload), e))
		return false;
	json_close(&db->a->json, '}');
	return true;
}

static bool publish_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(db_close) struct db db = {.a = a};
	owned(load_free) struct load l = {.id = BUF(TRUST_PATH_MAX)};
	owned(db_signing_free) struct db_signing s = {
		.by = SIGNER(c, O_WAYS, SIGNER_OPTS),
		.kind = STATEMENT_RELEASE,
		.signer_opt = O_SIGNER,
		.output_opt = O_OUTPUT,
	};

	a->members.max = CLI_TEXT_MAX;
	if (!check_options(c, &s.by, e) || !db_begin(&db, c, O_DB, e) || !read_all(&l, c, e))
		return false;
	return args_has(&c->args, O_CHANNEL) ? publish_channel(&db, &l, &s, e)
					     : db_publish(&db, l.bytes, l.n, e);
}

const struct verb verb_db_publish = {
	.name = "db publish",
	.summary = "put signed statements into a database",
	.usage = "FILE... --db DIR\n"
		 "FILE... --db DIR --channel NAME [--minimum VERSION] [--supersedes VERSION]... "
		 "--key FILE",
	.opts = opts,
	.program_option = "sign-with",
	.run = publish_run,
};
