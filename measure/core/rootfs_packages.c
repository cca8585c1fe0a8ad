#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "measure/core/ar.h"
#include "measure/core/proved.h"
#include "measure/core/rootfs_sources.h"

#define NOBODY SIZE_MAX

/* A package: who unpacks it, and where its archive is then. */
struct item {
	bool done;
	struct store_item tar;
	uint64_t packed, max; /* bytes; that it may have unpacked */
	enum packing packing;
};

/*
 * Packages are taken in their order and applied in it. `lock` guards next, left, fault, at and what
 * stands in the items.
 */
struct work {
	struct rootfs *r;
	const struct rootfs_packages *p;
	const struct rootfs_options *o;
	struct item *item;
	size_t before; /* layers that the tree had */
	size_t next; /* to be taken */
	uint64_t max, left; /* bytes that may be unpacked, and still may be */
	struct err fault;
	size_t at; /* the package that the fault is in; NOBODY: none */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct thread {
		struct work *w;
		struct spool *spool;
		pthread_t id;
	} thread[ROOTFS_LANES];
	unsigned n_threads;
};

static bool unpack(struct spool *to, const struct store_item *deb, bool package, struct item *out,
		   struct err *e)
{
	struct store_item packed = {.file = deb->file, .at = deb->at, .size = deb->size};
	struct unpack_rule rule = {.members = true, .max = out->max};
	owned(unpack_free) struct unpack *u = NULL;
	struct stream_spooled through;
	struct stream_range range;
	struct stream *in;

	if ((package && !ar_find(&deb->file, "data.tar", &packed.at, &packed.size, e)) ||
	    !proved_packing(&packed, &rule.packing, e))
		return false;
	range = stream_range(&packed.file, packed.at, packed.size);
	in = &range.stream;
	if (rule.packing != PACKING_NONE) {
		u = unpack_new(in, &rule, e);
		if (!u)
			return false;
		in = unpack_stream(u);
	}
	out->tar.at = to->file.size;
	through = stream_spooled(in, to);
	if (!stream_drain(&through.stream, e) || !spool_flush(to, e))
		return false;
	out->tar.size = in->pos;
	out->tar.file = to->file;
	out->packing = rule.packing;
	out->packed = packed.size;
	return true;
}

static bool unpack_one(const struct work *w, struct spool *to, size_t i, struct item *out,
		       struct err *e)
{
	owned(store_item_free) struct store_item deb = {.file = FILE_NONE};

	if (!w->p->open(w->p->arg, i, &deb, e))
		return false;
	if ((to->file.fd < 0 && !spool_open(to, w->o->spool, e)) ||
	    !unpack(to, &deb, !w->p->archives, out, e))
		return err_in(e, "%s", w->p->name(w->p->arg, i));
	return true;
}

/* What all of them come to is limited; nobody has more of it than is left when he begins. */
static void settle(struct work *w, size_t i, const struct item *got, struct err *e)
{
	bool fits = got->done && got->tar.size <= w->left;

	if (got->done && !fits)
		err_set(e, REASON_LIMIT, "%s: the packages unpack to more than %llu bytes",
			w->p->name(w->p->arg, i), (unsigned long long)w->max);
	if (fits) {
		w->left -= got->tar.size;
		w->item[i] = *got;
	} else if (w->at == NOBODY || i < w->at) {
		w->at = i;
		w->fault = *e;
	}
	pthread_cond_broadcast(&w->changed);
}

/* Takes the next one, without the lock while it works. False when there is none to be taken. */
static bool step(struct work *w, struct spool *to)
{
	size_t i = w->next;
	struct item got = {.max = w->left};
	struct err e = {0};

	if (w->at != NOBODY || i >= w->p->n)
		return false;
	w->next++;
	pthread_mutex_unlock(&w->lock);
	got.done = unpack_one(w, to, i, &got, &e);
	pthread_mutex_lock(&w->lock);
	settle(w, i, &got, &e);
	return true;
}

static void *run(void *arg)
{
	struct thread *t = arg;

	pthread_mutex_lock(&t->w->lock);
	while (step(t->w, t->spool))
		continue;
	pthread_mutex_unlock(&t->w->lock);
	return NULL;
}

/* Until it is unpacked the caller's thread unpacks others. */
static bool wait_for(struct work *w, size_t i, struct err *e)
{
	struct spool *own = &w->r->sources->lane[ROOTFS_LANES - 1];
	bool done;

	pthread_mutex_lock(&w->lock);
	while (!w->item[i].done && w->at != i)
		if (!step(w, own))
			pthread_cond_wait(&w->changed, &w->lock);
	done = w->item[i].done;
	if (!done)
		*e = w->fault;
	pthread_mutex_unlock(&w->lock);
	return done;
}

static bool note(struct work *w, size_t i, struct err *e)
{
	struct rootfs_layer *to = &w->r->layer[w->r->n_layers];

	*to = (struct rootfs_layer){0};
	to->packing = w->item[i].packing;
	to->size = w->item[i].packed;
	to->unpacked = w->item[i].tar.size;
	to->name = own_string(w->p->name(w->p->arg, i), e);
	return to->name && ++w->r->n_layers;
}

static bool apply(struct work *w, size_t i, const struct layer_owners *owners, struct err *e)
{
	struct store_item *from = &w->item[i].tar, source = *from;
	struct stream_range range = stream_range(&from->file, from->at, from->size);
	owned(tar_free) struct tar *tar = tar_new(&range.stream, e);
	struct layer_rule rule = {
		.number = (uint32_t)w->r->n_layers,
		.plain = true,
		.start = from->at,
		.left_out = {.xattrs = w->o->drop_xattrs},
		.owners = owners,
	};

	return tar && rootfs_range(w->r->sources, &source, &rule.source, e) &&
	       layer_apply(w->r->tree, tar, &rule, e);
}

static const char *owner_name(void *arg, uint32_t layer)
{
	const struct work *w = arg;

	return w->r->layer[layer - 1].name;
}

static bool owner_replaces(void *arg, uint32_t over, uint32_t under)
{
	const struct work *w = arg;

	return over > w->before && under > w->before &&
	       w->p->replaces(w->p->arg, over - 1 - w->before, under - 1 - w->before);
}

static bool apply_all(struct work *w, struct err *e)
{
	const struct layer_owners owners = {owner_name, owner_replaces, w};
	uint64_t done = 0;

	for (size_t i = 0; i < w->p->n; i++) {
		if (!wait_for(w, i, e) || !note(w, i, e))
			return false;
		if (!apply(w, i, &owners, e))
			return err_in(e, "%s", w->p->name(w->p->arg, i));
		done += w->item[i].tar.size;
		if (w->o->watch.tick)
			w->o->watch.tick(w->o->watch.arg, done);
	}
	return true;
}

/* Fewer threads than were wished for do it too. */
static void start(struct work *w)
{
	cpu_set_t set;
	unsigned n = sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;

	for (; w->n_threads + 1 < n && w->n_threads + 1 < ROOTFS_LANES; w->n_threads++) {
		struct thread *t = &w->thread[w->n_threads];

		*t = (struct thread){w, &w->r->sources->lane[w->n_threads], 0};
		if (pthread_create(&t->id, NULL, run, t) != 0)
			return;
	}
}

static void work_end(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->next = w->p->n;
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n_threads; i++)
		pthread_join(w->thread[i].id, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w->item);
}

static bool make_room(struct work *w, struct err *e)
{
	size_t n = w->before + w->p->n + 1;
	struct rootfs_layer *more = realloc(w->r->layer, n * sizeof(*more));

	if (!more)
		return err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu packages", n);
	w->r->layer = more;
	w->item = own_new((w->p->n + 1) * sizeof(*w->item), e);
	return w->item != NULL;
}

bool rootfs_packages(struct rootfs *r, const struct rootfs_packages *p,
		     const struct rootfs_options *o, struct err *e)
{
	struct work w = {.r = r, .p = p, .o = o, .at = NOBODY, .before = r->n_layers};
	bool done;

	w.max = w.left = o->max_bytes ? o->max_bytes : ROOTFS_MAX_BYTES;
	if (!make_room(&w, e))
		return false;
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.changed, NULL);
	start(&w);
	done = apply_all(&w, e);
	work_end(&w);
	return done;
}
