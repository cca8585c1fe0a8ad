#include <stdlib.h>

#include "measure/base/num.h"
#include "measure/fetch/fetching.h"
#include "measure/fetch/verbs.h"
#include "measure/rebuild/lock.h"

#define PATH_ROOM 8192u

enum { O_JOBS = FETCHING_OPTS };

static const struct opt opts[] = {
	FETCHING_ROWS,
	[O_JOBS] = {"jobs", 'j', OPT_VALUE, "N", NULL, "how many are brought at once (4)"},
	{0},
};

/* `brought` is guarded by the lock of fetching. */
struct work {
	struct fetching f;
	struct answer *a;
	struct buf text;
	struct lock lock;
	const struct lock_input **item; /* each object once */
	size_t n, brought, failed;
	size_t trees; /* of commits, which no archive has and a build makes */
	struct err first; /* of what failed */
};

static void work_free(struct work *w)
{
	fetching_end(&w->f);
	buf_free(&w->text);
	lock_free(&w->lock);
	free(w->item);
}

static int by_object(const void *a, const void *b)
{
	const struct lock_input *x = *(const struct lock_input *const *)a;
	const struct lock_input *y = *(const struct lock_input *const *)b;
	int order = bytes_order(digest_bytes(&x->object.sha256), digest_bytes(&y->object.sha256));

	return order != 0 ? order : (x > y) - (x < y);
}

static int by_place(const void *a, const void *b)
{
	const struct lock_input *x = *(const struct lock_input *const *)a;
	const struct lock_input *y = *(const struct lock_input *const *)b;

	return (x > y) - (x < y);
}

/* An origin of a tree is its repository: who builds packs it from there, or has it. */
static bool is_made(const struct work *w, const struct lock_input *i)
{
	return i->kind == LOCK_GIT && !objects_has(&w->f.store, &i->object);
}

/* In the order of the lock. */
static bool list_objects(struct work *w, struct err *e)
{
	uint64_t total = 0;
	size_t n = 0;

	w->item = own_new((w->lock.n_inputs + 1) * sizeof(*w->item), e);
	if (!w->item)
		return false;
	for (size_t i = 0; i < w->lock.n_inputs; i++) {
		if (is_made(w, &w->lock.inputs[i]))
			w->trees++;
		else
			w->item[n++] = &w->lock.inputs[i];
	}
	qsort(w->item, n, sizeof(*w->item), by_object);
	for (size_t i = 0; i < n; i++)
		if (w->n == 0 ||
		    !digest_equal(&w->item[w->n - 1]->object.sha256, &w->item[i]->object.sha256)) {
			total += w->item[i]->object.size;
			w->item[w->n++] = w->item[i];
		}
	qsort(w->item, w->n, sizeof(*w->item), by_place);
	w->f.c->talk.progress.total = total;
	return true;
}

/* What lies in the project itself is beside the lock. */
static bool add_project(struct work *w, const char *path, struct err *e)
{
	owned(buf_free) struct buf url = BUF(PATH_ROOM);
	owned(own_free) char *folder = own_string(path, e);
	owned(own_free) char *real = NULL;
	char *slash;

	if (!folder)
		return false;
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	real = realpath(slash ? folder : ".", NULL);
	if (!real)
		return true;
	buf_str(&url, "file://");
	bases_path(&url, real);
	return buf_done(&url, "an address", e) &&
	       bases_add(&w->f.bases, "project", buf_bytes(&url), BASES_LAST, e);
}

static bool read_lock(struct work *w, struct err *e)
{
	const struct args *args = &w->f.c->args;
	const char *path = LOCK_FILE;

	if (args->n_operands > 0 && !cli_operand(w->f.c, "LOCK", &path, e))
		return false;
	if (!file_slurp(path, LOCK_MAX_BYTES, &w->text, e))
		return false;
	return (lock_read(&w->lock, buf_bytes(&w->text), e) || err_subject(e, path)) &&
	       add_project(w, path, e);
}

static void name_of(const struct lock_input *i, struct buf *out)
{
	buf_fmt(out, "%s%s%s", i->input, *i->name ? "/" : "", i->name);
}

/* ---- where archives are */

/* Whether any of its origins has an address; else why not, of the first. */
static bool has_base(const struct work *w, const struct lock_input *i, struct err *why)
{
	for (size_t k = 0; k < i->origins.n; k++) {
		owned(buf_free) struct buf url = BUF(PATH_ROOM);
		struct err ignored = {0};

		if (bases_url(&w->f.bases, i->origins.item[k], 0, &url, k ? &ignored : why))
			return true;
	}
	return i->origins.n == 0;
}

static bool lacks_base(const struct work *w, const struct lock_input *i, struct err *why)
{
	return !objects_has(&w->f.store, &i->object) && !has_base(w, i, why);
}

static bool same_archive(const struct lock_input *a, const struct lock_input *b)
{
	const char *x = a->origins.item[0], *y = b->origins.item[0];
	size_t n = strcspn(x, ":");

	return n == strcspn(y, ":") && strncmp(x, y, n) == 0;
}

static bool is_first(const struct lock_input *const *lacking, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_archive(lacking[k], lacking[i]))
			return false;
	return true;
}

/* The one before it is told now, and this is what comes back last. */
static void tell_lacking(struct work *w, const struct lock_input *const *lacking, size_t n,
			 size_t i, struct err *e)
{
	size_t needing = 0;
	struct err why = {0};

	for (size_t k = i; k < n; k++)
		needing += same_archive(lacking[k], lacking[i]);
	if (err_is(e))
		talk_error(&w->f.c->talk, e);
	*e = (struct err){0};
	if (!has_base(w, lacking[i], &why))
		*e = why;
	err_in(e, "%zu input%s", needing, needing == 1 ? "" : "s");
}

/* Each archive once, before anything is brought. */
static bool check_bases(struct work *w, struct err *e)
{
	owned(own_free) const struct lock_input **lacking =
		own_new((w->n + 1) * sizeof(*lacking), e);
	size_t n = 0;

	for (size_t i = 0; lacking && i < w->n; i++) {
		struct err why = {0};

		if (lacks_base(w, w->item[i], &why))
			lacking[n++] = w->item[i];
	}
	for (size_t i = 0; i < n; i++)
		if (is_first(lacking, i))
			tell_lacking(w, lacking, n, i, e);
	return lacking && !err_is(e);
}

static bool one(void *arg, size_t i, struct err *e)
{
	struct work *w = arg;
	const struct lock_input *x = w->item[i];
	owned(buf_free) struct buf name = BUF(1024);
	struct fetching_item item = {NULL, &x->object, x->origins.item, x->origins.n};
	bool brought;

	name_of(x, &name);
	item.what = buf_cstr(&name);
	if (!fetching_item(&w->f, &item, &brought, e))
		return err_in(e, "'%s'", item.what);
	pthread_mutex_lock(&w->f.lock);
	w->brought += brought;
	pthread_mutex_unlock(&w->f.lock);
	return true;
}

static bool tell(struct work *w, struct err *e)
{
	struct json_out *j = &w->a->json;

	json_count(j, "inputs", w->n);
	json_count(j, "fetched", w->brought);
	json_count(j, "missing", w->failed);
	json_count(j, "trees", w->trees);
	buf_fmt(&w->f.c->text, "%zu input%s in the store, %zu fetched\n", w->n - w->failed,
		w->n - w->failed == 1 ? "" : "s", w->brought);
	if (w->trees > 0)
		buf_fmt(&w->f.c->text, "%zu tree%s left to the build\n", w->trees,
			w->trees == 1 ? " of a commit is" : "s of commits are");
	if (w->failed == 0)
		return true;
	return err_set(e, w->first.reason, "%zu of %zu inputs could not be brought", w->failed,
		       w->n);
}

static bool inputs_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(work_free) struct work w = {.a = a, .text = BUF(LOCK_MAX_BYTES)};
	struct fetching_list list = {one, &w, 0, FETCHING_JOBS, true};

	if (!fetching_begin(&w.f, c, e) ||
	    !fetching_number(c, O_JOBS, FETCHING_JOBS_MAX, &list.jobs, e) || !read_lock(&w, e) ||
	    !list_objects(&w, e))
		return false;
	if (!check_bases(&w, e))
		return false;
	list.n = w.n;
	w.failed = fetching_each(&w.f, &list, &w.first);
	return tell(&w, e);
}

const struct verb verb_inputs = {
	.name = "inputs",
	.summary = "the inputs that a lock names, into the store",
	.group = GROUP_BUILD,
	.usage = "[measure.lock] [--store DIR] [--base ARCHIVE=URL]...",
	.opts = opts,
	.network = true,
	.run = inputs_run,
};
