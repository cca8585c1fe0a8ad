#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/home.h"
#include "measure/base/when.h"
#include "measure/fetch/fetching.h"
#include "measure/fetch/verbs.h"
#include "measure/rebuild/debian_lists.h"

#define PATH_ROOM 8192u
#define FILE_ROOM 1024u

enum { O_AT = FETCHING_OPTS };

static const struct opt opts[] = {
	FETCHING_ROWS,
	[O_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		  "when lists must be valid: now, none or RFC 3339"},
	{0},
};

struct work {
	struct fetching f;
	struct answer *a;
	struct buf text, folder;
	struct recipe recipe;
	int64_t now;
};

static void work_free(struct work *w)
{
	fetching_end(&w->f);
	buf_free(&w->text);
	buf_free(&w->folder);
	recipe_free(&w->recipe);
}

static bool read_recipe(struct work *w, struct err *e)
{
	const char *path = RECIPE_FILE;

	if (w->f.c->args.n_operands > 0 && !cli_operand(w->f.c, "RECIPE", &path, e))
		return false;
	return recipe_load(&w->recipe, path, &w->folder, &w->text, e);
}

/* "ARCHIVE:dists/SUITE/PATH", or of a snapshot "ARCHIVE-snapshot:SNAPSHOT/dists/...". */
static void put_origin(struct buf *out, const struct recipe_suite *s, const char *path)
{
	if (s->snapshot)
		buf_fmt(out, "%s-snapshot:%s/dists/%s/%s", s->archive, s->snapshot, s->suite, path);
	else
		buf_fmt(out, "%s:dists/%s/%s", s->archive, s->suite, path);
}

/* ---- InRelease */

/* The first place that has one which is good. */
static bool get_release(struct work *w, const struct debian_suite *s, struct buf *file,
			struct debian_release *r, struct err *e)
{
	owned(buf_free) struct buf origin = BUF(FILE_ROOM);
	struct fetching_one one;

	put_origin(&origin, s->suite, "InRelease");
	if (!buf_done(&origin, "an address", e))
		return false;
	fetching_one(&one, &w->f);
	for (size_t i = 0;; i++) {
		owned(buf_free) struct buf url = BUF(PATH_ROOM);
		struct err why = {0};

		if (!bases_url(&w->f.bases, buf_cstr(&origin), i, &url, e) || url.n == 0)
			return false;
		fetching_note(&w->f, buf_cstr(&url));
		buf_reset(file);
		if (http_get(&one.http, buf_cstr(&url), DEBIAN_RELEASE_MAX, file, &why) &&
		    debian_lists_judge(s, buf_bytes(file), r, &why)) {
			*e = (struct err){0};
			return true;
		}
		http_subject(&why, buf_cstr(&url));
		*e = why;
	}
}

/* Who sends what was good once could hide what has changed since. */
static bool check_newer(const struct debian_suite *s, const struct debian_release *r, struct err *e)
{
	owned(buf_free) struct buf is = BUF(32), was = BUF(32);
	owned(debian_release_free) struct debian_release old = {0};
	struct debian_suite any = *s;
	struct err ignored = {0};
	struct object file;

	any.now = INT64_MIN;
	if (!debian_lists_release(&any, &old, &file, &ignored) || old.date <= r->date)
		return true;
	when_put(&is, r->date, "Z");
	when_put(&was, old.date, "Z");
	return err_set(e, REASON_STALE,
		       "lists of %s come from there, and those of %s are here already",
		       buf_cstr(&is), buf_cstr(&was));
}

static bool check_valid(const struct work *w, const struct debian_release *r, struct err *e)
{
	owned(buf_free) struct buf until = BUF(32), now = BUF(32);

	if (!r->stale)
		return true;
	when_put(&until, r->valid_until, "Z");
	when_put(&now, w->now, "Z");
	err_set(e, REASON_EXPIRED, "its lists were valid until %s, and are judged at %s",
		buf_cstr(&until), buf_cstr(&now));
	return err_hint(e, "--at judges by another time");
}

/* ---- the files that it names */

static bool get_index(struct work *w, const struct debian_suite *s, const struct debian_release *r,
		      const struct debian_index *x, struct err *e)
{
	owned(buf_free) struct buf by_hash = BUF(FILE_ROOM), name = BUF(FILE_ROOM);
	const char *slash = strrchr(x->path, '/');
	owned(buf_free) struct buf path = BUF(FILE_ROOM);
	const char *origins[2];
	struct fetching_item item = {x->path, &x->object, origins, 0};
	bool brought;

	buf_put(&path, bytes_of(x->path, slash ? (size_t)(slash - x->path) + 1 : 0));
	buf_str(&path, "by-hash/SHA256/");
	hex_put(&path, digest_bytes(&x->object.sha256));
	put_origin(&by_hash, s->suite, buf_cstr(&path));
	put_origin(&name, s->suite, x->path);
	if (!buf_done(&path, "an address", e) || !buf_done(&by_hash, "an address", e) ||
	    !buf_done(&name, "an address", e))
		return false;
	if (r->by_hash)
		origins[item.n++] = buf_cstr(&by_hash);
	origins[item.n++] = buf_cstr(&name);
	return fetching_item(&w->f, &item, &brought, e);
}

static bool get_components(struct work *w, const struct debian_suite *s,
			   const struct debian_release *r, struct err *e)
{
	const struct recipe_suite *suite = s->suite;

	for (size_t i = 0; i < suite->components.n; i++) {
		const char *component = suite->components.item[i];
		const struct debian_index *x =
			debian_release_packages(r, component, suite->architecture);

		if (!x)
			return err_set(e, REASON_PACKAGE_LIST, "it has no '%s' of %s", component,
				       suite->architecture);
		if (!get_index(w, s, r, x, e))
			return false;
	}
	return true;
}

/* ---- */

/* The name is given when everything that it stands for is there. */
static bool keep(const struct work *w, const struct debian_suite *s, struct bytes file,
		 struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	struct stream_bytes in = stream_bytes(file);
	struct object is;

	debian_lists_path(s, &path);
	return buf_done(&path, "the path of a list", e) &&
	       objects_put(&w->f.store, &in.stream, NULL, &is, e) &&
	       home_make_folders(buf_cstr(&path), HOME_PRIVATE, e) &&
	       file_write(buf_cstr(&path), file, e);
}

static void tell(struct work *w, const struct recipe_suite *s, const struct debian_release *r)
{
	struct json_out *j = &w->a->json;
	owned(buf_free) struct buf date = BUF(32), until = BUF(32);

	when_put(&date, r->date, "Z");
	if (r->valid_until != INT64_MAX)
		when_put(&until, r->valid_until, "Z");
	json_open(j, '{');
	json_text(j, "suite", s->name);
	json_text(j, "date", buf_cstr(&date));
	json_text(j, "valid_until", until.n > 0 ? buf_cstr(&until) : NULL);
	json_text(j, "signer", r->signer);
	json_close(j, '}');
	buf_fmt(&w->f.c->text, "%s  %s, %s%s\n", s->name, buf_cstr(&date),
		until.n > 0 ? "valid until " : "valid for ever", buf_cstr(&until));
}

static bool one(struct work *w, const struct recipe_suite *suite, struct err *e)
{
	const struct debian_suite s = {suite, buf_cstr(&w->folder), &w->f.store, w->now};
	owned(buf_free) struct buf file = BUF(DEBIAN_RELEASE_MAX);
	owned(debian_release_free) struct debian_release r = {0};

	if (!get_release(w, &s, &file, &r, e) || (!suite->snapshot && !check_valid(w, &r, e)) ||
	    !check_newer(&s, &r, e) || !get_components(w, &s, &r, e) ||
	    !keep(w, &s, buf_bytes(&file), e))
		return err_in(e, "suite '%s'", suite->name);
	tell(w, suite, &r);
	return true;
}

static bool lists_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(work_free) struct work w = {
		.a = a, .text = BUF(YAML_MAX_BYTES), .folder = BUF(PATH_ROOM)};
	struct when when;

	if (!fetching_begin(&w.f, c, e) || !read_recipe(&w, e) ||
	    !when_choose(args_value(&c->args, O_AT), false, &when, e))
		return false;
	w.now = when.clock == CLOCK_NONE ? INT64_MIN : when.at;
	json_key(&a->json, "suites");
	json_open(&a->json, '[');
	for (size_t i = 0; i < w.recipe.n_suites; i++)
		if (!one(&w, &w.recipe.suites[i], e))
			return false;
	json_close(&a->json, ']');
	return true;
}

const struct verb verb_lists = {
	.name = "lists",
	.summary = "signed lists of packages of a recipe's suites, into the store",
	.group = GROUP_BUILD,
	.usage = "[measure.yml] [--store DIR] [--base ARCHIVE=URL]...",
	.opts = opts,
	.network = true,
	.run = lists_run,
};
