#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/cli/cli.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"
#include "measure/rebuild/packed.h"
#include "measure/rebuild/recipe.h"

#define PATH_BYTES 4096u

enum { P_OUTPUT, P_RECIPE, P_STORE };

static const struct opt pack_opts[] = {
	[P_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the file to be written"},
	[P_RECIPE] = {"recipe", 0, OPT_VALUE, "FILE", NULL,
		      "the recipe (instead of measure.yml beside the lock)"},
	[P_STORE] = {"store", 0, OPT_VALUE, "DIR", NULL,
		     "the store (instead of the one in the user's cache)"},
	{0},
};

enum { U_FOLDER, U_STORE };

static const struct opt unpack_opts[] = {
	[U_FOLDER] = {"directory", 'C', OPT_VALUE, "DIR", NULL,
		      "leave the lock and the recipe there, too"},
	[U_STORE] = {"store", 0, OPT_VALUE, "DIR", NULL,
		     "the store (instead of the one in the user's cache)"},
	{0},
};

const struct verb verb_store = {
	.name = "store",
	.summary = "the inputs of a release as one file, and back",
	.group = GROUP_BUILD,
	.usage = "ACTION [OPTION...]",
	.run = verb_run_family,
};

static void tell(struct cli *c, struct answer *a, const struct packed *p)
{
	char file[2 * DIGEST_MAX + 1], inputs[2 * DIGEST_MAX + 1];

	hex_string(file, digest_bytes(&p->sha256));
	hex_string(inputs, digest_bytes(&p->inputs));
	buf_fmt(&c->text, "sha256   %s\ninputs   %s\nobjects  %zu\nsize     %llu\n", file, inputs,
		p->objects, (unsigned long long)p->size);
	json_text(&a->json, "sha256", file);
	json_text(&a->json, "inputs", inputs);
	json_key(&a->json, "objects");
	json_u64(&a->json, p->objects);
	json_key(&a->json, "size");
	json_u64(&a->json, p->size);
}

/* NAME in the folder of another file. */
static bool beside(const char *path, const char *name, struct buf *out, struct err *e)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		buf_put(out, bytes_of(path, (size_t)(slash - path) + 1));
	buf_str(out, name);
	return buf_done(out, "a path", e);
}

static bool read_texts(struct cli *c, const char *lock, const char *out, struct packed *p,
		       struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_BYTES);
	const char *recipe = args_value(&c->args, P_RECIPE);

	if (!recipe && !beside(lock, RECIPE_FILE, &path, e))
		return false;
	recipe = recipe ? recipe : buf_cstr(&path);
	return out_distinct(out, lock, e) && out_distinct(out, recipe, e) &&
	       file_slurp(lock, LOCK_MAX_BYTES, &p->lock, e) &&
	       file_slurp(recipe, PACKED_RECIPE_MAX, &p->recipe, e);
}

static bool pack_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(packed_free) struct packed p = PACKED_NEW;
	owned(objects_close) struct objects store = OBJECTS_NONE;
	owned(out_free) struct out to = OUT_NONE;
	const char *lock = LOCK_FILE, *out;

	if (c->args.n_operands > 0 && !cli_operand(c, "LOCK", &lock, e))
		return false;
	if (!cli_needs(c, P_OUTPUT, &out, e) || !read_texts(c, lock, out, &p, e) ||
	    !objects_open(&store, args_value(&c->args, P_STORE), false, e) ||
	    !out_open(&to, out, e))
		return false;
	if (!packed_write(&p, &store, &to, e))
		return err_subject(e, lock);
	if (!out_commit(&to, e))
		return false;
	tell(c, a, &p);
	return true;
}

const struct verb verb_store_pack = {
	.name = "store pack",
	.summary = "one file of a lock, its recipe and all that it names",
	.usage = "[LOCK] -o FILE [--recipe FILE] [--store DIR]",
	.opts = pack_opts,
	.run = pack_run,
};

/* A file that stands there and is another one, is its owner's. missing: to be written. */
static bool look(const char *folder, const char *name, const struct buf *text, bool *missing,
		 struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_BYTES), old = BUF(text->n + 1);
	struct err none = {0};

	buf_fmt(&path, "%s/%s", folder, name);
	if (!buf_done(&path, "a path", e))
		return false;
	*missing = !file_slurp(buf_cstr(&path), text->n, &old, &none);
	if (*missing ? none.reason == REASON_NO_SUCH_FILE
		     : bytes_equal(buf_bytes(&old), buf_bytes(text)))
		return true;
	err_set(e, REASON_USAGE, "another file stands there, and is not replaced");
	return err_subject(e, buf_cstr(&path));
}

static bool leave(const char *folder, const char *name, const struct buf *text, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_BYTES);

	buf_fmt(&path, "%s/%s", folder, name);
	return buf_done(&path, "a path", e) && file_write(buf_cstr(&path), buf_bytes(text), e);
}

/* Both or none: the recipe first, since a lock is read together with it. */
static bool leave_both(const char *folder, const struct packed *p, struct err *e)
{
	bool lock, recipe;

	return look(folder, LOCK_FILE, &p->lock, &lock, e) &&
	       look(folder, RECIPE_FILE, &p->recipe, &recipe, e) &&
	       (!recipe || leave(folder, RECIPE_FILE, &p->recipe, e)) &&
	       (!lock || leave(folder, LOCK_FILE, &p->lock, e));
}

static bool unpack_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(packed_free) struct packed p = PACKED_NEW;
	owned(objects_close) struct objects store = OBJECTS_NONE;
	owned(file_close) struct file f = FILE_NONE;
	const char *folder = args_value(&c->args, U_FOLDER), *path;
	struct stream_file in;

	if (!cli_operand(c, "FILE", &path, e) || !file_open(&f, path, e) ||
	    !objects_open(&store, args_value(&c->args, U_STORE), true, e))
		return false;
	in = stream_file(&f);
	if (!packed_read(&p, &in.stream, &store, e))
		return err_subject(e, path);
	if (folder && !leave_both(folder, &p, e))
		return false;
	tell(c, a, &p);
	return true;
}

const struct verb verb_store_unpack = {
	.name = "store unpack",
	.summary = "such a file's objects, each proved, into a store",
	.usage = "FILE [-C DIR] [--store DIR]",
	.opts = unpack_opts,
	.run = unpack_run,
};
