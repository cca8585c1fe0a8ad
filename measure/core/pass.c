#include "measure/core/pass.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define THREADS_MAX 4
#define STEPS_MAX 64

/* What a lane meets on its way through a window, in order. */
struct step {
	enum { STEP_FEED, STEP_MARK, STEP_RESTART } kind;
	uint32_t lanes;
	size_t from, n;
	struct digest *out;
};

struct window {
	uint8_t *p;
	size_t n;
	struct step step[STEPS_MAX];
	size_t n_steps;
};

/* Either a digest or a file being written. */
struct lane {
	struct hash *hash;
	struct out *out;
	uint64_t next; /* number of the window to do next */
	bool busy; /* some thread is at it */
};

/*
 * Windows are numbered from 0; number i lives in ring[i % PASS_WINDOWS]. Those below `head` are
 * complete and belong to the lanes; `head` itself is being filled by the caller's thread.
 * `lock` guards lanes' next and busy, head, stop and fault.
 */
struct pass {
	struct window ring[PASS_WINDOWS];
	struct lane lane[PASS_LANES];
	unsigned n_lanes;
	uint64_t head;
	uint32_t open;

	struct file *in;
	uint64_t position;
	int peeked; /* a byte read ahead by pass_at_end, or -1 */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread[THREADS_MAX];
	unsigned n_threads, want_threads;
	bool stop;
	struct err fault;

	struct watch watch;
};

static unsigned usable_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

struct pass *pass_new(unsigned threads, struct err *e)
{
	struct pass *p = own_new(sizeof(*p), e);

	if (!p)
		return NULL;
	if (threads == 0)
		threads = usable_cpus();
	p->want_threads = threads < THREADS_MAX ? threads : THREADS_MAX;
	p->peeked = -1;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	return p;
}

void pass_free(struct pass **pp)
{
	struct pass *p = *pp;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		pthread_join(p->thread[i], NULL);
	for (unsigned i = 0; i < p->n_lanes; i++)
		hash_free(&p->lane[i].hash);
	for (unsigned i = 0; i < PASS_WINDOWS; i++)
		free(p->ring[i].p);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
	*pp = NULL;
}

static bool lane_new(struct pass *p, struct lane new, unsigned *lane, struct err *e)
{
	if (p->n_lanes == PASS_LANES)
		return err_set(e, REASON_LIMIT, "a pass has %d lanes and no more", PASS_LANES);
	*lane = p->n_lanes;
	p->lane[p->n_lanes++] = new;
	return true;
}

/*
 * What a pass answers: done, unless something has failed, here or on a lane; then the first fault
 * is kept, and told from now on.
 */
static bool settle(struct pass *p, bool done, struct err *e)
{
	pthread_mutex_lock(&p->lock);
	if (!done && !err_is(&p->fault))
		p->fault = *e;
	if (err_is(&p->fault)) {
		done = false;
		if (!err_is(e))
			*e = p->fault;
	}
	pthread_mutex_unlock(&p->lock);
	return done;
}

/* The windows are not the caller's any more after a fault: a lane may still be reading them. */
static bool sound(struct pass *p, struct err *e)
{
	return settle(p, true, e);
}

static bool early(const struct pass *p, struct err *e)
{
	return p->position == 0 ||
	       err_set(e, REASON_LIMIT,
		       "a lane is made before the first byte is read, and %llu are read",
		       (unsigned long long)p->position);
}

bool pass_lane(struct pass *p, enum digest_alg alg, unsigned *lane, struct err *e)
{
	owned(hash_free) struct hash *h = NULL;

	if (!sound(p, e))
		return false;
	if (early(p, e))
		h = hash_new(alg, e);
	if (!h || !lane_new(p, (struct lane){.hash = h}, lane, e))
		return settle(p, false, e);
	h = NULL;
	return true;
}

bool pass_writer(struct pass *p, struct out *out, unsigned *lane, struct err *e)
{
	return sound(p, e) &&
	       settle(p, early(p, e) && lane_new(p, (struct lane){.out = out}, lane, e), e);
}

static bool lane_step(struct lane *l, const struct window *w, const struct step *s, struct err *e)
{
	struct bytes x = bytes_of(w->p + s->from, s->n);

	switch (s->kind) {
	case STEP_MARK:
		return hash_peek(l->hash, s->out, e);
	case STEP_RESTART:
		return hash_restart(l->hash, e);
	case STEP_FEED:
	default:
		return l->out ? out_write(l->out, x, e) : hash_add(l->hash, x, e);
	}
}

/* Runs without the lock: the lane is marked busy, the window is complete. */
static bool lane_window(struct pass *p, unsigned lane, struct err *e)
{
	struct lane *l = &p->lane[lane];
	const struct window *w = &p->ring[l->next % PASS_WINDOWS];

	for (size_t i = 0; i < w->n_steps; i++)
		if (w->step[i].lanes & 1u << lane && !lane_step(l, w, &w->step[i], e))
			return false;
	return true;
}

/* The idle lane that is furthest behind, or PASS_LANES when there is nothing to do. Locked. */
static unsigned pick(const struct pass *p)
{
	unsigned best = PASS_LANES;

	for (unsigned i = 0; i < p->n_lanes; i++) {
		const struct lane *l = &p->lane[i];

		if (!l->busy && l->next < p->head &&
		    (best == PASS_LANES || l->next < p->lane[best].next))
			best = i;
	}
	return best;
}

/* One window of one lane; called and left with the lock held. */
static void work(struct pass *p, unsigned lane)
{
	struct err e = {0};
	bool done;

	p->lane[lane].busy = true;
	pthread_mutex_unlock(&p->lock);
	done = lane_window(p, lane, &e);
	pthread_mutex_lock(&p->lock);
	if (!done && !err_is(&p->fault))
		p->fault = e;
	p->lane[lane].busy = false;
	p->lane[lane].next++;
	pthread_cond_broadcast(&p->changed);
}

static void *worker(void *arg)
{
	struct pass *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		unsigned lane = err_is(&p->fault) ? PASS_LANES : pick(p);

		if (lane < PASS_LANES)
			work(p, lane);
		else
			pthread_cond_wait(&p->changed, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* A file of one window needs none; a thread that cannot be had is done without. */
static void start_threads(struct pass *p)
{
	if (p->head == 0)
		return;
	while (p->n_threads + 1 < p->want_threads && p->n_threads + 1 < p->n_lanes) {
		if (pthread_create(&p->thread[p->n_threads], NULL, worker, p) != 0) {
			p->want_threads = p->n_threads + 1;
			return;
		}
		p->n_threads++;
	}
}

/* Help with the digests until every lane has done the windows below `number`. Locked. */
static bool catch_up(struct pass *p, uint64_t number)
{
	for (;;) {
		uint64_t slowest = p->head;
		unsigned lane;

		for (unsigned i = 0; i < p->n_lanes; i++)
			if (p->lane[i].next < slowest)
				slowest = p->lane[i].next;
		if (err_is(&p->fault) || slowest >= number)
			return !err_is(&p->fault);
		lane = pick(p);
		if (lane < PASS_LANES)
			work(p, lane);
		else
			pthread_cond_wait(&p->changed, &p->lock);
	}
}

/* Hand the window being filled to the lanes and find room for the next one. */
static bool publish(struct pass *p, struct err *e)
{
	bool fine;

	start_threads(p);
	pthread_mutex_lock(&p->lock);
	p->head++;
	pthread_cond_broadcast(&p->changed);
	fine = catch_up(p, p->head < PASS_WINDOWS ? 0 : p->head - PASS_WINDOWS + 1);
	pthread_mutex_unlock(&p->lock);
	if (!fine)
		return settle(p, false, e);
	p->ring[p->head % PASS_WINDOWS].n = 0;
	p->ring[p->head % PASS_WINDOWS].n_steps = 0;
	if (p->watch.tick)
		p->watch.tick(p->watch.arg, p->position);
	return true;
}

/* The window being filled, with memory and room for one more byte and one more step. */
static struct window *filling(struct pass *p, struct err *e)
{
	struct window *w = &p->ring[p->head % PASS_WINDOWS];

	if (w->n == PASS_WINDOW || w->n_steps == STEPS_MAX) {
		if (!publish(p, e))
			return NULL;
		w = &p->ring[p->head % PASS_WINDOWS];
	}
	if (!w->p)
		w->p = own_new(PASS_WINDOW, e);
	return w->p ? w : NULL;
}

/* n bytes were put at the end of the window: note for whom. Runs for the same lanes are one. */
static void fed(struct pass *p, struct window *w, size_t n)
{
	struct step *last = w->n_steps ? &w->step[w->n_steps - 1] : NULL;

	if (last && last->kind == STEP_FEED && last->lanes == p->open)
		last->n += n;
	else if (n)
		w->step[w->n_steps++] =
			(struct step){.kind = STEP_FEED, .lanes = p->open, .from = w->n, .n = n};
	w->n += n;
	p->position += n;
}

/* Something to be done to the digest of a lane. */
static bool add_step(struct pass *p, unsigned lane, struct step s, struct err *e)
{
	struct window *w;

	if (lane >= p->n_lanes)
		return err_set(e, REASON_LIMIT, "there is no lane %u, the pass has %u", lane,
			       p->n_lanes);
	if (p->lane[lane].out)
		return err_set(e, REASON_LIMIT, "lane %u writes a file and has no digest", lane);
	w = filling(p, e);
	s.lanes = 1u << lane;
	if (w)
		w->step[w->n_steps++] = s;
	return w != NULL;
}

bool pass_mark(struct pass *p, unsigned lane, struct digest *out, struct err *e)
{
	return sound(p, e) &&
	       settle(p, add_step(p, lane, (struct step){.kind = STEP_MARK, .out = out}, e), e);
}

bool pass_restart(struct pass *p, unsigned lane, struct err *e)
{
	return sound(p, e) &&
	       settle(p, add_step(p, lane, (struct step){.kind = STEP_RESTART}, e), e);
}

/* Up to n bytes of the input to the end of the window. */
static bool fill(struct pass *p, struct window *w, size_t n, size_t *got, struct err *e)
{
	size_t ahead = p->peeked >= 0 && n > 0 ? 1 : 0;

	if (ahead)
		w->p[w->n] = (uint8_t)p->peeked;
	if (!file_read(p->in, (struct span){w->p + w->n + ahead, n - ahead}, got, e))
		return false;
	if (ahead)
		p->peeked = -1;
	*got += ahead;
	return true;
}

static bool read_through(struct pass *p, uint64_t n, struct buf *dest, struct err *e)
{
	while (n > 0) {
		struct window *w = filling(p, e);
		size_t room, got = 0;

		if (!w)
			return false;
		room = PASS_WINDOW - w->n;
		if (room > n)
			room = (size_t)n;
		if (!fill(p, w, room, &got, e))
			return false;
		if (dest)
			buf_put(dest, bytes_of(w->p + w->n, got));
		fed(p, w, got);
		n -= got;
		if (got < room)
			return err_at(e, REASON_TRUNCATED, p->position,
				      "the file ends here, %llu byte%s too early",
				      (unsigned long long)n, n == 1 ? "" : "s");
	}
	return true;
}

bool pass_skip(struct pass *p, uint64_t n, struct err *e)
{
	return sound(p, e) && settle(p, read_through(p, n, NULL, e), e);
}

bool pass_take(struct pass *p, size_t n, struct buf *dest, struct err *e)
{
	return sound(p, e) &&
	       settle(p, read_through(p, n, dest, e) && buf_done(dest, "a part of the file", e), e);
}

static bool feed(struct pass *p, struct bytes x, struct err *e)
{
	while (x.n > 0) {
		struct window *w = filling(p, e);
		size_t n;

		if (!w)
			return false;
		n = PASS_WINDOW - w->n < x.n ? PASS_WINDOW - w->n : x.n;
		memcpy(w->p + w->n, x.p, n);
		fed(p, w, n);
		x = bytes_of(x.p + n, x.n - n);
	}
	return true;
}

bool pass_feed(struct pass *p, struct bytes x, struct err *e)
{
	return sound(p, e) && settle(p, feed(p, x, e), e);
}

bool pass_at_end(struct pass *p, bool *end, struct err *e)
{
	uint8_t byte;
	size_t got = 1;

	if (!sound(p, e))
		return false;
	if (p->peeked < 0) {
		if (!file_read(p->in, (struct span){&byte, 1}, &got, e))
			return settle(p, false, e);
		if (got)
			p->peeked = byte;
	}
	*end = got == 0;
	return true;
}

bool pass_end(struct pass *p, struct err *e)
{
	bool fine;

	if (!sound(p, e) || !publish(p, e))
		return false;
	pthread_mutex_lock(&p->lock);
	fine = catch_up(p, p->head);
	pthread_mutex_unlock(&p->lock);
	return settle(p, fine, e);
}

void pass_input(struct pass *p, struct file *in)
{
	p->in = in;
	p->peeked = -1;
}

void pass_open(struct pass *p, uint32_t lanes)
{
	p->open = lanes;
}

uint64_t pass_position(const struct pass *p)
{
	return p->position;
}

void pass_watch(struct pass *p, struct watch watch)
{
	p->watch = watch;
}
