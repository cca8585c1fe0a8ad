#include "measure/base/hex.h"
#include "measure/cli/build_recipe.h"
#include "measure/cli/diff.h"
#include "measure/cli/reproduce.h"
#include "measure/rebuild/image_cache.h"
#include "measure/rebuild/reproduce.h"

#define PATH_ROOM 8192u

/* One build and what it left. */
struct one {
	struct buf folder, image;
	struct digest digest;
};

static void two_free(struct one (*two)[2])
{
	for (unsigned i = 0; i < 2; i++) {
		buf_free(&(*two)[i].folder);
		buf_free(&(*two)[i].image);
	}
}

static bool build_one(struct reproduction *r, struct one *b, struct err *e)
{
	return fresh_build(&r->fresh, &r->build, &b->folder, r->a, e) &&
	       reproduce_image(buf_cstr(&b->folder), &b->image, e) &&
	       image_cache_digest(buf_cstr(&b->folder), &b->digest, e);
}

/* As `measure diff` tells it: of the images, and where they are equal of all that was left. */
static bool tell_difference(struct reproduction *r, struct one two[2], struct err *e)
{
	const char *const image[2] = {buf_cstr(&two[0].image), buf_cstr(&two[1].image)};
	const char *const folder[2] = {buf_cstr(&two[0].folder), buf_cstr(&two[1].folder)};
	struct json_out *w = &r->a->json;

	json_key(w, "diff");
	json_open(w, '{');
	if (!diff_tell(r->c, image, NULL, w, e))
		return false;
	json_close(w, '}');
	if (r->c->text.n > 0)
		return true;
	json_key(w, "diff_of_folders");
	json_open(w, '{');
	if (!diff_tell(r->c, folder, NULL, w, e))
		return false;
	json_close(w, '}');
	return true;
}

bool reproduce_recipe(struct reproduction *r, struct err *e)
{
	owned(two_free) struct one two[2] = {{BUF(PATH_ROOM), BUF(PATH_ROOM), {0}},
					     {BUF(PATH_ROOM), BUF(PATH_ROOM), {0}}};
	bool equal;

	r->build.plan.recipe = r->path;
	if (!build_one(r, &two[0], e))
		return false;
	r->build.output = NULL;
	if (!build_one(r, &two[1], e))
		return false;
	equal = digest_equal(&two[0].digest, &two[1].digest);
	json_key(&r->a->json, "equal");
	json_bool(&r->a->json, equal);
	if (!equal) {
		if (!tell_difference(r, two, e))
			return false;
		if (!r->c->json)
			buf_put(&r->a->verbatim, buf_bytes(&r->c->text));
		err_set(e, REASON_NOT_REPRODUCED, "two builds of it are not equal");
		return err_subject(e, r->path);
	}
	r->build.output = buf_cstr(&two[1].folder);
	if (!build_recipe_report(r->c, &r->build, &r->fresh.report, r->a, e))
		return false;
	buf_fmt(&r->c->text, "equal: built twice, each time from nothing but the inputs\n");
	return true;
}
