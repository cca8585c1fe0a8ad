#include "measure/fetch/fetching.h"

#include "measure/base/home.h"
#include "measure/base/num.h"

#define TRIES_MAX 20u
#define PATH_ROOM 8192u
#define URL_ROOM 16384u

bool fetching_number(const struct cli *c, unsigned opt, uint64_t max, unsigned *out, struct err *e)
{
	const char *text = args_value(&c->args, opt);
	uint64_t n = *out;

	if (text && (!num_parse(text, &n) || n == 0 || n > max))
		return err_set(e, REASON_USAGE, "--%s: '%s' is no number from 1 to %llu",
			       c->verb.opts[opt].name, text, (unsigned long long)max);
	*out = (unsigned)n;
	return true;
}

static bool read_bases(struct fetching *f, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	const char *item;

	for (size_t i = 0; (item = args_item(&f->c->args, FETCHING_BASE, i)); i++)
		if (!bases_add_option(&f->bases, item, e))
			return false;
	if (home_path(HOME_CONFIG, BASES_FILE, &path) &&
	    (!buf_done(&path, "a path", e) || !bases_add_file(&f->bases, buf_cstr(&path), e)))
		return false;
	return bases_add_apt(&f->bases, BASES_APT, e);
}

bool fetching_begin_http(struct fetching *f, struct cli *c, struct err *e)
{
	*f = (struct fetching){.c = c, .store = OBJECTS_NONE, .bases = BASES, .tries = HTTP_TRIES};
	f->patience = HTTP_PATIENCE;
	pthread_mutex_init(&f->lock, NULL);
	return fetching_number(c, FETCHING_TRIES, TRIES_MAX, &f->tries, e) &&
	       fetching_number(c, FETCHING_PATIENCE, FETCHING_PATIENCE_MAX, &f->patience, e);
}

bool fetching_begin(struct fetching *f, struct cli *c, struct err *e)
{
	return fetching_begin_http(f, c, e) && read_bases(f, e) &&
	       objects_open(&f->store, args_value(&c->args, FETCHING_STORE), true, e);
}

void fetching_end(struct fetching *f)
{
	bases_free(&f->bases);
	objects_close(&f->store);
	pthread_mutex_destroy(&f->lock);
}

/* ---- one transfer */

static void tick(void *arg, uint64_t position)
{
	struct fetching_one *o = arg;
	struct fetching *f = o->f;
	struct watch watch = cli_watch(f->c);

	pthread_mutex_lock(&f->lock);
	f->bytes += position - o->seen; /* less, when it begins anew: both wrap alike */
	o->seen = position;
	if (watch.tick)
		watch.tick(watch.arg, f->bytes);
	pthread_mutex_unlock(&f->lock);
}

static void told_retry(void *arg, const struct err *why, unsigned seconds)
{
	struct fetching_one *o = arg;

	pthread_mutex_lock(&o->f->lock);
	talk_say(&o->f->c->talk, "%s: %s; again in %u second%s", why->subject, why->text, seconds,
		 seconds == 1 ? "" : "s");
	pthread_mutex_unlock(&o->f->lock);
}

void fetching_one(struct fetching_one *o, struct fetching *f)
{
	*o = (struct fetching_one){.f = f};
	o->http = (struct http){f->tries, {tick, o}, told_retry, o, f->patience};
}

/* ---- one object */

struct places {
	struct fetching *f;
	const struct fetching_item *item;
	size_t origin, first; /* the origin at hand, and which place its first one is */
};

void fetching_note(struct fetching *f, const char *url)
{
	owned(buf_free) struct buf shown = BUF(URL_ROOM);

	http_put_shown(&shown, url);
	pthread_mutex_lock(&f->lock);
	talk_note(&f->c->talk, "%s", buf_cstr(&shown));
	pthread_mutex_unlock(&f->lock);
}

/* All addresses of an origin come before the next; an archive that is nowhere is passed over. */
static bool place(void *arg, size_t i, struct buf *out, struct err *e)
{
	struct places *p = arg;
	struct err why = {0};

	for (; p->origin < p->item->n; p->origin++, p->first = i) {
		const char *origin = p->item->origins[p->origin];
		bool ok = bases_url(&p->f->bases, origin, i - p->first, out, &why);

		if (ok && out->n > 0) {
			fetching_note(p->f, buf_cstr(out));
			return true;
		}
		if (!ok && why.reason != REASON_NO_BASE)
			break;
	}
	if (i > 0 && p->origin == p->item->n)
		return true;
	if (err_is(&why))
		*e = why;
	else
		err_set(e, REASON_INPUT_MISSING, "nothing says where it can be had");
	return false;
}

static bool is_there(struct fetching *f, const struct fetching_item *i)
{
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	struct err ignored = {0};

	return objects_has(&f->store, i->object) &&
	       objects_get(&f->store, i->object, i->what, &item, &ignored);
}

bool fetching_item(struct fetching *f, const struct fetching_item *i, bool *brought, struct err *e)
{
	struct places places = {.f = f, .item = i};
	const struct bring_places from = {place, &places};
	struct fetching_one one;
	bool done = is_there(f, i);

	*brought = !done;
	fetching_one(&one, f);
	if (!done && !bring(&one.http, &f->store, i->object, &from, e))
		return false;
	tick(&one, i->object->size);
	return true;
}

/* ---- several at once */

/* What is behind f is guarded by f's lock. */
struct each {
	const struct fetching_list *list;
	struct fetching *f;
	size_t next, failed;
	struct err *first;
};

static void *work(void *arg)
{
	struct each *x = arg;
	struct fetching *f = x->f;

	pthread_mutex_lock(&f->lock);
	while (x->next < x->list->n && (x->list->all || x->failed == 0)) {
		size_t i = x->next++;
		struct err e = {0};
		bool ok;

		pthread_mutex_unlock(&f->lock);
		ok = x->list->one(x->list->arg, i, &e);
		pthread_mutex_lock(&f->lock);
		if (!ok && x->failed++ == 0)
			*x->first = e;
		if (!ok && x->list->all)
			talk_error(&f->c->talk, &e);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

size_t fetching_each(struct fetching *f, const struct fetching_list *list, struct err *first)
{
	struct each x = {list, f, 0, 0, first};
	pthread_t id[FETCHING_JOBS_MAX];
	unsigned n = 0;

	while (n + 1 < list->jobs && n + 1 < list->n && pthread_create(&id[n], NULL, work, &x) == 0)
		n++;
	work(&x);
	while (n > 0)
		pthread_join(id[--n], NULL);
	return x.failed;
}
