#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/home.h"
#include "measure/core/hash.h"
#include "reference-db/database_form.h"
#include "reference-db/ledger_parts.h"

#define AT_ONCE 256u /* statements */
#define AT_ONCE_BYTES (24u << 20) /* of them; one more may be over it */
#define CACHE_PATH 4096u

/* Publishers keep what they know when so much of it is new: to replay it costs more than to write
 * what is kept, one statement for so many, and no more than that at once. */
#define NEW_IN 512u
#define NEW_MOST 32u

/* ---- what is new in the log */

/* So many of the next entries behind those of the ledger. */
static bool load(const struct ledger *l, const struct database *d, struct ledger_work *w, size_t *n,
		 struct err *e)
{
	struct digest state = ledger_head(l).state;
	uint64_t end = database_head(d).height;
	size_t bytes = 0;

	for (*n = 0; *n < AT_ONCE && l->n + *n < end && bytes < AT_ONCE_BYTES; ++*n) {
		struct ledger_work *x = &w[*n];

		x->file = BUF(SIGNED_MAX);
		if (!database_entry(d, l->n + *n, &state, &x->entry, e) ||
		    !database_statement(d, &x->entry, &x->file, e))
			return false;
		x->state = state;
		bytes += x->file.n;
	}
	return true;
}

static bool apply(struct ledger *l, struct ledger_work *w, size_t n, struct err *e)
{
	ledger_check(l, w, n);
	for (size_t i = 0; i < n; i++)
		if (!ledger_apply(l, &w[i], e))
			return false;
	return true;
}

static bool replay(struct ledger *l, const struct ledger_ask *a, struct err *e)
{
	struct ledger_work *w = own_new(AT_ONCE * sizeof(*w), e);
	uint64_t end = database_head(a->database).height;
	bool done = w != NULL;

	while (done && l->n < end) {
		size_t n = 0;

		done = load(l, a->database, w, &n, e) && apply(l, w, n, e);
		for (size_t i = 0; i < AT_ONCE; i++)
			ledger_work_free(&w[i]);
		memset(w, 0, AT_ONCE * sizeof(*w));
		if (done && a->watch.tick)
			a->watch.tick(a->watch.arg, l->n);
	}
	free(w);
	ledger_sort(l);
	return done;
}

static bool is_at_head(const struct ledger *l, const struct database *d)
{
	struct signed_upon here = ledger_head(l), head = database_head(d);

	return here.height == head.height && digest_equal(&here.state, &head.state);
}

/* ---- kept */

static bool kept_path(const struct ledger_ask *a, struct buf *out, struct err *e)
{
	struct digest first = database_first(a->database), name;

	if (!hash_of_two(DIGEST_SHA256, digest_bytes(&first), digest_bytes(&a->trust_digest), &name,
			 e))
		return false;
	if (a->cache)
		buf_fmt(out, "%s/", a->cache);
	else if (!home_path(HOME_CACHE, "ledger/", out))
		return false;
	hex_put(out, digest_bytes(&name));
	return buf_done(out, "the path of a kept ledger", e);
}

static struct ledger *start(const struct ledger_ask *a, struct err *e)
{
	struct digest first = database_first(a->database);

	return ledger_new(a->trust, &a->trust_digest, &first, e);
}

/* What was kept, if it is sound and the log goes on from there; NULL otherwise. */
static struct ledger *from_kept(const struct ledger_ask *a, const char *path)
{
	owned(ledger_free) struct ledger *l = NULL;
	struct err no = {0};

	l = start(a, &no);
	if (!l || !ledger_attach(l, path, &no) || (!a->partly && !ledger_load(l, &no)))
		return NULL;
	if (l->n > database_head(a->database).height)
		return NULL;
	if (l->n < database_head(a->database).height && !replay(l, a, &no))
		return NULL;
	return is_at_head(l, a->database) && ledger_sound(l, &no) ? take(l) : NULL;
}

/* For the next time; that it cannot be kept is nobody's fault. What a power cut leaves half of it
 * is damaged, and so not used. */
static void keep(struct ledger *l, const char *path)
{
	struct err no = {0};

	if (!ledger_load(l, &no))
		return;
	ledger_sort(l);
	(void)!(home_make_folders(path, HOME_PRIVATE, &no) && ledger_leave(l, path, &no));
}

static uint64_t few(uint64_t n)
{
	return n / NEW_IN < NEW_MOST ? n / NEW_IN : NEW_MOST;
}

static struct ledger *anew(const struct ledger_ask *a, struct err *e)
{
	owned(ledger_free) struct ledger *l = start(a, e);

	if (!l || !replay(l, a, e))
		return NULL;
	if (is_at_head(l, a->database))
		return take(l);
	err_set(e, REASON_DATABASE, "the log gives another state than 'head' says");
	return NULL;
}

struct ledger *ledger_open(const struct ledger_ask *a, struct err *e)
{
	owned(buf_free) struct buf path = BUF(CACHE_PATH);
	struct ledger *l = NULL;
	struct err no = {0};
	bool cached = !(a->cache && a->cache[0] == '\0') && kept_path(a, &path, &no);
	uint64_t old = 0;

	if (cached && !a->anew)
		l = from_kept(a, buf_cstr(&path));
	if (l)
		old = l->n_kept + (a->partly ? few(l->n_kept) : 0);
	else
		l = anew(a, e);
	if (l && cached && l->n > old)
		keep(l, buf_cstr(&path));
	return l;
}

/* ---- fed */

static bool prepare(struct ledger *l, struct ledger_work *w, struct ledger_fed *out, struct err *e)
{
	owned(buf_free) struct buf line = BUF(DATABASE_FORM_MAX);
	struct digest before = ledger_head(l).state;

	w->entry.sha256 = w->st.sha256;
	if (!ledger_place(l, &w->st, &l->fed, &out->place, e) ||
	    !database_path(&out->place, w->entry.path, e))
		return false;
	database_line_write(&w->entry, &line);
	return buf_done(&line, "a line of the log", e) &&
	       database_state(&before, buf_bytes(&line), &w->state, e);
}

bool ledger_feed(struct ledger *l, struct bytes file, struct ledger_fed *out, struct err *e)
{
	owned(ledger_work_free) struct ledger_work w = {.file = BUF(SIGNED_MAX)};
	struct ledger_slot slot;

	*out = (struct ledger_fed){0};
	buf_put(&w.file, file);
	if (!buf_done(&w.file, "the statement", e))
		return false;
	ledger_check(l, &w, 1);
	if (!w.opened || err_is(&w.fault)) {
		*e = w.fault;
		return false;
	}
	if (!ledger_signed(l, &w.st, &slot, e))
		return false;
	out->already = slot.value != LEDGER_NONE;
	if (out->already) {
		ledger_statement(l, slot.value, &out->statement);
		return true;
	}
	if (!prepare(l, &w, out, e) || !ledger_apply(l, &w, e))
		return false;
	ledger_sort_some(l);
	ledger_statement(l, l->n - 1, &out->statement);
	return true;
}
