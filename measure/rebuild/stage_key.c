#include "measure/base/hex.h"
#include "measure/base/json.h"
#include "measure/rebuild/stage.h"
#include "measure/rebuild/stage_environment.h"

#define TEXT_MAX (8u << 20)

static void put_digest(struct json_out *j, const char *key, const struct digest *d)
{
	json_key(j, key);
	json_hex(j, digest_bytes(d));
}

static void put_pairs(struct json_out *j, const char *key, const struct recipe_pairs *pairs)
{
	json_key(j, key);
	json_open(j, '{');
	for (size_t i = 0; i < pairs->n; i++)
		json_text(j, pairs->item[i].name, pairs->item[i].value);
	json_close(j, '}');
}

/* What it is made of, by digests; names of packages and files are part of what is there. */
static void put_input(struct json_out *j, const struct works *w, const struct recipe_input *input)
{
	static const char *const kinds[] = {"packages", "file", "image", "git"};
	size_t n = 0;
	const struct lock_input *x = plan_locked(w->plan, input, &n);

	json_text(j, "kind", kinds[input->kind]);
	json_key(j, "unpacked");
	json_bool(j, input->unpack);
	json_key(j, "configured");
	json_bool(j, input->configure);
	put_pairs(j, "links", &input->links);
	json_key(j, "objects");
	json_open(j, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_text(j, "name", x[i].name);
		put_digest(j, "sha256", &x[i].object.sha256);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_ref(struct json_out *j, const struct works *w, const char *text)
{
	struct recipe_ref ref = recipe_ref(&w->plan->recipe, text);
	const struct made_output *o =
		ref.stage ? made_output(works_made(w, ref.stage), ref.output) : NULL;

	json_open(j, '{');
	if (o) {
		json_text(j, "kind", cache_kind_name(o->kind));
		put_digest(j, "sha256", &o->sha256);
	} else {
		put_input(j, w, ref.input);
	}
	json_text(j, "path", ref.path);
	json_close(j, '}');
}

static void put_stage(struct json_out *j, const struct works *w, const struct recipe_stage *s,
		      const struct lock_texts *environment)
{
	json_open(j, '{');
	json_key(j, "form");
	json_u64(j, STAGE_FORM);
	if (w->vary.asked != 0) {
		json_key(j, "varied");
		json_u64(j, w->vary.asked);
	}
	json_text(j, "run", s->run);
	json_text(j, "path", s->path);
	json_key(j, "processors");
	json_u64(j, s->jobs);
	json_key(j, "environment");
	json_open(j, '[');
	for (size_t i = 0; i < environment->n; i++)
		json_str(j, environment->item[i]);
	json_close(j, ']');
	json_key(j, "root");
	put_ref(j, w, s->root);
	json_key(j, "use");
	json_open(j, '{');
	for (size_t i = 0; i < s->use.n; i++) {
		json_key(j, s->use.item[i].name);
		put_ref(j, w, s->use.item[i].value);
	}
	json_close(j, '}');
	put_pairs(j, "outputs", &s->outputs);
	json_close(j, '}');
}

bool stage_key(const struct works *w, const struct recipe_stage *s, char key[CACHE_KEY],
	       struct err *e)
{
	owned(arena_free) struct arena arena = ARENA(TEXT_MAX);
	owned(buf_free) struct buf text = BUF(TEXT_MAX);
	struct json_out j = json_out(&text, false);
	struct lock_texts environment;
	struct digest d;

	if (!stage_environment(s, w->plan->lock.epoch, &arena, &environment, e))
		return false;
	put_stage(&j, w, s, &environment);
	if (!buf_done(&text, "the key of a stage", e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&text), &d, e))
		return false;
	hex_string(key, digest_bytes(&d));
	return true;
}
