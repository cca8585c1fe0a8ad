#include "measure/rebuild/lock_diff.h"

#include "measure/rebuild/locking.h"

bool lock_is(struct bytes head)
{
	static const char inputs[] = "\n  \"inputs\": [";

	return bytes_start(head, bytes_str("{\n  \"epoch\": ")) &&
	       memmem(head.p, head.n, inputs, strlen(inputs));
}

/* ---- inputs */

static void put_input(struct buf *out, const struct lock_change *x)
{
	const struct lock_input *i = x->old ? x->old : x->new;
	char one[2 * DIGEST_MAX + 1], two[2 * DIGEST_MAX + 1];
	const char *a = lock_input_version(x->old, one), *b = lock_input_version(x->new, two);

	buf_fmt(out, "input %s%s%s: ", i->input, i->name[0] ? ", " : "", i->name);
	if (strcmp(a, b) == 0)
		buf_fmt(out, "%s in both, of other bytes\n", a);
	else
		buf_fmt(out, "%s and %s\n", a, b);
}

static bool differ_inputs(const struct lock *a, const struct lock *b, struct buf *out,
			  struct err *e)
{
	struct lock_changes changes = {0};

	if (!lock_compare(a, b, &changes, e))
		return false;
	for (size_t i = 0; i < changes.n; i++)
		put_input(out, &changes.item[i]);
	lock_changes_free(&changes);
	return true;
}

/* ---- stages */

static bool has(const struct lock_texts *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->item[i], text) == 0)
			return true;
	return false;
}

static void only(struct buf *out, const struct lock_stage *a, const struct lock_stage *b,
		 const char *which)
{
	for (size_t i = 0; i < a->environment.n; i++)
		if (!has(&b->environment, a->environment.item[i]))
			buf_fmt(out, "stage %s: %s only in the %s\n", a->name,
				a->environment.item[i], which);
}

static void differ_stage(struct buf *out, const struct lock_stage *a, const struct lock_stage *b)
{
	size_t length[2] = {strlen(a->path), strlen(b->path)};

	if (strcmp(a->path, b->path) != 0)
		buf_fmt(out, "stage %s: path %s and %s (%zu and %zu bytes)\n", a->name, a->path,
			b->path, length[0], length[1]);
	if (a->umask != b->umask)
		buf_fmt(out, "stage %s: umask %04o and %04o\n", a->name, (unsigned)a->umask,
			(unsigned)b->umask);
	if (a->jobs != b->jobs)
		buf_fmt(out, "stage %s: jobs %llu and %llu\n", a->name, (unsigned long long)a->jobs,
			(unsigned long long)b->jobs);
	only(out, a, b, "first");
	only(out, b, a, "second");
}

static void differ_stages(struct buf *out, const struct lock *a, const struct lock *b)
{
	for (size_t i = 0; i < a->n_stages; i++) {
		const struct lock_stage *other = lock_stage(b, a->stages[i].name);

		if (other)
			differ_stage(out, &a->stages[i], other);
		else
			buf_fmt(out, "stage %s: only in the first\n", a->stages[i].name);
	}
	for (size_t i = 0; i < b->n_stages; i++)
		if (!lock_stage(a, b->stages[i].name))
			buf_fmt(out, "stage %s: only in the second\n", b->stages[i].name);
}

/* ---- libraries */

static const char *library_of(const struct lock *l, const char *name)
{
	for (size_t i = 0; i < l->n_libraries; i++)
		if (strcmp(l->libraries[i].name, name) == 0)
			return l->libraries[i].version;
	return "none";
}

static void differ_libraries(struct buf *out, const struct lock *a, const struct lock *b)
{
	const struct lock *const side[2] = {a, b};

	for (unsigned s = 0; s < 2; s++)
		for (size_t i = 0; i < side[s]->n_libraries; i++) {
			const char *name = side[s]->libraries[i].name;
			const char *x = library_of(a, name), *y = library_of(b, name);

			if (strcmp(x, y) != 0 && (s == 0 || strcmp(x, "none") == 0))
				buf_fmt(out, "library %s: %s and %s\n", name, x, y);
		}
}

bool lock_diff(const struct lock *a, const struct lock *b, struct buf *out, struct err *e)
{
	if (a->epoch != b->epoch)
		buf_fmt(out, "epoch: %lld and %lld\n", (long long)a->epoch, (long long)b->epoch);
	if (!differ_inputs(a, b, out, e))
		return false;
	differ_stages(out, a, b);
	differ_libraries(out, a, b);
	return true;
}
