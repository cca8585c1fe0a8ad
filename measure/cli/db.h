/*
 * What the verbs over a reference database share: where it is, whom the user trusts, and what the
 * database says to who trusts them. Starts zeroed; released by db_close().
 */
#ifndef MEASURE_CLI_DB_H
#define MEASURE_CLI_DB_H

#include "measure/cli/signer.h"
#include "reference-db/listed.h"
#include "reference-db/publish.h"
#include "reference-db/released.h"

/* Places in the table of a verb's options, counted from where DB_ROWS stands. */
enum db_opt { DB_PATH, DB_TRUST, DB_SEEN, DB_OPTS };

#define DB_ROW(name, arg, help)                     \
	{                                           \
		name, 0, OPT_VALUE, arg, NULL, help \
	}
#define DB_ROWS                                                                                 \
	DB_ROW("db", "DIR", "the database of releases"),                                        \
		DB_ROW("trust", "FILE", "the trust file ($XDG_CONFIG_HOME/measure/trust.yml)"), \
		DB_ROW("seen", "FILE",                                                          \
		       "what was seen of databases ($XDG_STATE_HOME/measure/databases)")

struct db {
	struct cli *c; /* borrowed, as all before the trust is */
	struct answer *a; /* of verbs that publish */
	const struct args *args;
	const char *path, *seen;
	struct trust *trust;
	struct digest trust_digest;
	struct database *database;
	struct ledger *ledger;
};

void db_close(struct db *db);

/* The options: --db must be there. Then the trust file. Nothing of the database is read. */
must bool db_begin(struct db *db, struct cli *c, unsigned at, struct err *e);

/* The database, replayed, and that it has not gone back behind what was seen. */
must bool db_open(struct db *db, bool anew, struct err *e);

/* A statement that is made and published: what its header says, and then how it is signed. */
struct db_signing {
	struct signer by;
	enum statement_kind kind;
	unsigned signer_opt, output_opt; /* --signer, --output */
	struct buf name; /* released by db_signing_free() */
};
void db_signing_free(struct db_signing *s);

/*
 * Signs a payload upon the state of the database. With --output the statement is written there,
 * with --tbs-out the bytes to sign, and nothing is published; otherwise it is, and the answer says
 * where.
 */
must bool db_sign(struct db *db, struct db_signing *s, struct bytes payload, struct err *e);

/* Publishes files that were read, and tells of each. */
must bool db_publish(struct db *db, const struct bytes *file, size_t n, struct err *e);

/* A release's manifest with every signature that counts. */
must bool db_gather(const struct db *db, uint64_t release, struct published *p, struct err *e);

/* What counts of what was said of it later; its manifest is there already. */
must bool db_gather_later(const struct db *db, uint64_t release, struct published *p,
			  struct err *e);

/*
 * The same as if that manifest's files had been given: read, with the trust in force there. What
 * its signatures are worth is not judged yet (released_judge()), nor what else is said of it.
 */
must bool db_take(const struct db *db, uint64_t release, struct released *r, struct err *e);

/* "PRODUCT/VERSION" in its two parts, the last slash between them: usage otherwise. */
must bool db_split(const char *id, struct buf *product, const char **version, struct err *e);

/* Of a release: what can be said of it in words, "published, latest"; or as members. */
void db_status(const struct ledger_release *r, struct buf *out);
void db_status_json(const struct ledger_release *r, struct json_out *w);

/* "2026-11-20T13:38:29Z", or "-". */
void db_time(bool has, int64_t when, struct buf *out);

#endif
