#include "reference-db/publish.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "reference-db/seen.h"

/* Each time somebody else was faster, which has put his statements there: so it comes to an end. */
#define ATTEMPTS 1000u
#define PAUSE_MOST 20000000u /* nanoseconds */

struct attempt {
	const struct publish *p;
	const struct bytes *file;
	struct publish_entry *out;
	struct seen seen;
	struct database *database;
	struct ledger *ledger;
	struct database_new *fresh; /* room for all of them */
	size_t n;
	bool anew; /* nothing that was kept is believed */
};

static void attempt_free(struct attempt *a)
{
	ledger_free(&a->ledger);
	database_free(&a->database);
	seen_free(&a->seen);
	own_free(&a->fresh);
}

static bool refuse(const struct ledger_statement *s, struct err *e)
{
	err_set(e, ledger_reason(s->worth), "%s", s->why ? s->why : "it would count for nothing");
	return s->kind < STATEMENT_KINDS && err_in(e, "%s statement", statement_rows[s->kind].name);
}

static bool add(struct attempt *a, struct bytes file, struct publish_entry *out, struct err *e)
{
	struct ledger_fed fed;

	*out = (struct publish_entry){0};
	if (!ledger_feed(a->ledger, file, &fed, e))
		return false;
	out->already = fed.already;
	out->entry = fed.statement.entry;
	out->kind = fed.statement.kind;
	out->sha256 = fed.statement.sha256;
	if (fed.statement.worth != LEDGER_COUNTS)
		return refuse(&fed.statement, e);
	if (fed.already) {
		snprintf(out->path, sizeof(out->path), "%s", fed.statement.path);
		return true;
	}
	if (!database_path(&fed.place, out->path, e))
		return false;
	a->fresh[a->n++] = (struct database_new){.bytes = file, .path = out->path};
	return true;
}

static bool begin(struct attempt *a, size_t n, struct err *e)
{
	const struct publish *p = a->p;
	struct ledger_ask ask = {
		.trust = p->trust,
		.trust_digest = p->trust_digest,
		.cache = p->cache,
		.anew = a->anew,
		.partly = true,
		.watch = p->watch,
	};

	a->n = 0;
	if (!(a->fresh = own_new(n * sizeof(*a->fresh), e)) || !seen_read(&a->seen, p->seen, e) ||
	    !(a->database = database_open(p->path, e)))
		return false;
	ask.database = a->database;
	return (a->ledger = ledger_open(&ask, e)) &&
	       seen_compare(&a->seen, p->path, a->ledger, a->database, e);
}

/* "PATH", or how many: what a commit is about. */
static void describe(const struct attempt *a, char *out, size_t room)
{
	if (a->n == 1)
		snprintf(out, room, "%s", a->fresh[0].path);
	else
		snprintf(out, room, "%zu statements", a->n);
}

static bool judge(struct attempt *a, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!add(a, a->file[i], &a->out[i], e))
			return n > 1 ? err_in(e, "statement %zu", i + 1) : false;
	return true;
}

/* *moved: it is there, or it was. */
static bool put_in(struct attempt *a, bool *moved, struct err *e)
{
	char message[DATABASE_PATH];
	struct database_news news = {a->fresh, a->n, message, a->p->when};

	*moved = true;
	if (a->n == 0)
		return true;
	describe(a, message, sizeof(message));
	return database_append(a->database, &news, moved, e);
}

/* What was seen is remembered once, when there is an answer, and that may be a no; what is damaged
 * gives none. */
static bool attempt(struct attempt *a, size_t n, bool *moved, struct err *e)
{
	struct err ignored = {0};

	if (!begin(a, n, e))
		return false;
	if (judge(a, n, e) && ledger_sound(a->ledger, e) && put_in(a, moved, e))
		return !*moved || seen_check(&a->seen, a->p->path, a->ledger, a->database, e);
	if (ledger_sound(a->ledger, &ignored))
		(void)!seen_check(&a->seen, a->p->path, a->ledger, a->database, &ignored);
	return false;
}

/* Those who were refused at the same time must not come back at the same time. */
static void pause_a_while(unsigned attempt)
{
	uint32_t mixed = (uint32_t)getpid() * 2654435761u + attempt * 40503u;
	struct timespec t = {0, (long)(mixed % PAUSE_MOST)};

	nanosleep(&t, NULL);
}

bool publish(const struct publish *p, const struct bytes *file, size_t n, struct publish_entry *out,
	     struct err *e)
{
	bool moved = false, anew = false;

	if (n > PUBLISH_MAX)
		return err_set(e, REASON_LIMIT, "%zu statements at once, and at most %u are taken",
			       n, PUBLISH_MAX);
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		owned(attempt_free) struct attempt a = {
			.p = p, .file = file, .out = out, .seen = SEEN_NONE, .anew = anew};
		struct err fault = {0}, no = {0};
		bool good = attempt(&a, n, &moved, &fault);
		bool damaged = a.ledger && !ledger_sound(a.ledger, &no);

		if (good && moved)
			return true;
		if (!good && !damaged) {
			*e = fault;
			return false;
		}
		anew = anew || damaged;
		pause_a_while(i);
	}
	return err_set(e, REASON_BUSY,
		       "others published %u times in the meantime; nothing of this is there",
		       ATTEMPTS);
}
