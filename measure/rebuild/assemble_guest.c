#include "measure/rebuild/assemble_guest.h"

#include <sys/stat.h>

#include "measure/rebuild/place.h"

#define LIMIT "an environment"

void guest_parts_free(struct guest_parts *g)
{
	arena_free(&g->arena);
	works_file_free(&g->init);
	buf_free(&g->config);
	buf_free(&g->modules);
	rootfs_free(&g->root);
}

static const struct recipe_application *of(const struct works *w)
{
	return &w->plan->recipe.application;
}

static bool make_environment(const struct works *w, struct guest_parts *g, struct err *e)
{
	const struct recipe_pairs *v = &of(w)->environment;

	g->env = arena_new(&g->arena, (v->n + 1) * sizeof(*g->env), LIMIT, e);
	for (size_t i = 0; g->env && i < v->n; i++) {
		owned(buf_free) struct buf text = BUF(YAML_MAX_BYTES);

		buf_fmt(&text, "%s=%s", v->item[i].name, v->item[i].value);
		if (!buf_done(&text, LIMIT, e))
			return false;
		g->env[i] = arena_text(&g->arena, buf_bytes(&text), LIMIT, e);
		if (!g->env[i])
			return false;
	}
	return g->env != NULL;
}

/* Of a whole root file system the folder with its modules. */
static struct tree_node *find_modules(struct rootfs *r, struct tree_node *meant)
{
	static const char *const places[] = {"usr/lib/modules", "lib/modules"};

	for (size_t i = 0; !meant->parent && i < sizeof(places) / sizeof(places[0]); i++) {
		struct err ignored = {0};
		struct bytes name;
		struct tree_node *in =
			tree_parent(r->tree, bytes_str(places[i]), false, &name, &ignored);
		struct tree_node *n = in ? tree_find(r->tree, in, name) : NULL;

		if (n && S_ISDIR(n->inode->mode))
			return n;
	}
	return meant;
}

/* They are looked for in a folder, so the part of the tree that has them is laid out. */
static bool lay_out_modules(struct works *w, struct guest_parts *g, struct err *e)
{
	struct place_rule rule = {.max = ROOTFS_MAX_BYTES};
	owned(works_seen_free) struct works_seen seen = {0};
	owned(own_close) int folder = scratch_folder(&w->scratch, "modules", e);
	struct cpio_io io;

	if (folder < 0 || !works_look(w, of(w)->modules_from, &seen, e))
		return false;
	if (!S_ISDIR(seen.meant->inode->mode))
		return err_set(e, REASON_RECIPE, "'%.200s' is no folder", of(w)->modules_from);
	rule.top = find_modules(seen.r, seen.meant);
	io = works_io(seen.r);
	return place_tree(folder, seen.r->tree, &rule, &io, e) &&
	       scratch_path(&w->scratch, "modules", &g->modules, e);
}

static bool read_config(struct works *w, struct guest_parts *g, struct err *e)
{
	const char *ref = w->plan->recipe.kernel_config;
	owned(works_file_free) struct works_file f = {0};

	return !ref ||
	       (works_file(w, ref, &f, e) && file_slurp(f.path, KERNEL_CONFIG_MAX, &g->config, e));
}

bool guest_parts_bring(struct works *w, struct guest_parts *g, struct err *e)
{
	const struct recipe_application *a = of(w);

	return read_config(w, g, e) && make_environment(w, g, e) &&
	       (!a->init || works_file(w, a->init, &g->init, e)) &&
	       (!a->modules_from || lay_out_modules(w, g, e)) &&
	       (!a->rootfs || works_tree(w, a->rootfs, &g->root, e));
}

struct application guest_parts_application(const struct works *w, const struct guest_parts *g)
{
	const struct recipe_application *a = of(w);

	return (struct application){
		.entrypoint = a->has_entrypoint ? a->entrypoint.item : NULL,
		.cmd = a->has_cmd ? a->cmd.item : NULL,
		.env = g->env,
		.working_dir = a->workdir,
		.user = a->user,
		.lines = a->init != NULL,
		.vendor = w->plan->recipe.eif.vendor,
	};
}

struct modules_ask guest_parts_modules(const struct works *w, struct guest_parts *g)
{
	return (struct modules_ask){
		.names = of(w)->modules.item,
		.source = g->modules.n > 0 ? buf_cstr(&g->modules) : NULL,
		.spool = w->scratch.path,
	};
}

enum origin guest_boot_origin(const struct works *w)
{
	const struct recipe_application *a = of(w);
	enum origin boot = a->init ? works_origin(w, a->init) : ORIGIN_SOURCE;

	return a->modules_from ? origin_worse(boot, works_origin(w, a->modules_from)) : boot;
}
