#include "measure/cli/build_recipe.h"
#include "measure/cli/diff.h"
#include "measure/cli/report.h"
#include "measure/cli/reproduce.h"
#include "measure/rebuild/image_cache.h"
#include "measure/rebuild/reproduce.h"

#define PATH_ROOM 8192u

/* One build and what it left. */
struct one {
	struct buf folder;
	struct digest digest;
};

static void two_free(struct one (*two)[2])
{
	buf_free(&(*two)[0].folder);
	buf_free(&(*two)[1].folder);
}

static bool build_one(struct reproduction *r, struct one *b, struct err *e)
{
	return fresh_build(&r->fresh, &r->build, &b->folder, r->a, e) &&
	       image_cache_digest(buf_cstr(&b->folder), &b->digest, e);
}

static bool put_diff(struct reproduction *r, const char *key, const char *const path[2],
		     struct err *e)
{
	struct json_out *w = &r->a->json;

	json_key(w, key);
	json_open(w, '{');
	if (!diff_tell(r->c, path, NULL, w, e))
		return false;
	json_close(w, '}');
	return true;
}

bool reproduce_difference(struct reproduction *r, const char *const folder[2], struct err *e)
{
	owned(buf_free) struct buf one = BUF(PATH_ROOM), other = BUF(PATH_ROOM);
	const char *image[2];
	size_t before = r->c->text.n;

	if (!reproduce_image(folder[0], &one, e) || !reproduce_image(folder[1], &other, e))
		return false;
	image[0] = buf_cstr(&one);
	image[1] = buf_cstr(&other);
	return put_diff(r, "diff", image, e) &&
	       (r->c->text.n > before || put_diff(r, "diff_of_folders", folder, e));
}

/* Of an answer that is no yes, for people: text is not shown beside an error. */
static bool tell_no(struct reproduction *r, struct err *e)
{
	if (!r->c->json)
		buf_put(&r->a->verbatim, buf_bytes(&r->c->text));
	return err_subject(e, r->path);
}

static bool tell_yes(struct reproduction *r, struct one *b, const struct verdict *v, struct err *e)
{
	r->build.output = buf_cstr(&b->folder);
	if (!build_recipe_report(r->c, &r->build, &r->fresh.report, r->a, e))
		return false;
	for (size_t i = 0; i < v->n; i++)
		report_check(&r->c->text, &v->check[i]);
	buf_fmt(&r->c->text, "equal: built twice, %seach time from nothing but the inputs\n",
		v->n > 0 ? "the second time varied, " : "");
	return true;
}

static void put_equal(struct reproduction *r, bool equal)
{
	json_key(&r->a->json, "equal");
	json_bool(&r->a->json, equal);
}

static bool compare_plain(struct reproduction *r, struct one two[2], struct err *e)
{
	static const struct verdict none;
	const char *folder[2];
	bool equal;

	if (!build_one(r, &two[1], e))
		return false;
	equal = digest_equal(&two[0].digest, &two[1].digest);
	put_equal(r, equal);
	if (equal)
		return tell_yes(r, &two[1], &none, e);
	folder[0] = buf_cstr(&two[0].folder);
	folder[1] = buf_cstr(&two[1].folder);
	if (!reproduce_difference(r, folder, e))
		return false;
	err_set(e, REASON_NOT_REPRODUCED, "two builds of it are not equal");
	return tell_no(r, e);
}

static bool compare_varied(struct reproduction *r, struct one *first, struct err *e)
{
	struct verdict v = {0};

	if (!reproduce_varied(r, buf_cstr(&first->folder), &v, e))
		return false;
	put_equal(r, r->varied.equal);
	json_key(&r->a->json, "checks");
	verdict_json(&v, &r->a->json);
	if (verdict_decide(&v, e))
		return tell_yes(r, first, &v, e);
	for (size_t i = 0; i < v.n; i++)
		report_check(&r->c->text, &v.check[i]);
	return tell_no(r, e);
}

bool reproduce_recipe(struct reproduction *r, struct err *e)
{
	owned(two_free) struct one two[2] = {{BUF(PATH_ROOM), {0}}, {BUF(PATH_ROOM), {0}}};

	r->build.plan.recipe = r->path;
	if (!build_one(r, &two[0], e))
		return false;
	r->build.output = NULL;
	r->build.loose = !r->fresh.cached;
	return r->varied.asked ? compare_varied(r, &two[0], e) : compare_plain(r, two, e);
}
