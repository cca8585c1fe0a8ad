#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eif/build.h"
#include "eif/metadata.h"
#include "eif/ramdisks.h"
#include "measure/base/when.h"
#include "measure/guest/kernel.h"
#include "measure/rebuild/assemble.h"
#include "measure/rebuild/place.h"

#define PATH_ROOM 8192u

/* Everything that the parts borrow from. */
struct eif_work {
	struct works *w;
	const struct recipe *r;
	struct works_file kernel, config, init, ramdisk[EIF_MAX_RAMDISKS];
	const char *more[EIF_MAX_RAMDISKS + 1]; /* paths of the ramdisks, NULL behind them */
	struct rootfs root;
	struct ramdisks made;
	struct buf config_text, os, version, time, metadata, modules;
	const char **env;
	struct arena arena;
};

static void eif_work_free(struct eif_work *x)
{
	works_file_free(&x->kernel);
	works_file_free(&x->config);
	works_file_free(&x->init);
	for (size_t i = 0; i < EIF_MAX_RAMDISKS; i++)
		works_file_free(&x->ramdisk[i]);
	rootfs_free(&x->root);
	ramdisks_free(&x->made);
	buf_free(&x->config_text);
	buf_free(&x->os);
	buf_free(&x->version);
	buf_free(&x->time);
	buf_free(&x->metadata);
	buf_free(&x->modules);
	arena_free(&x->arena);
}

/* ---- files */

static bool bring(struct eif_work *x, const char *ref, struct works_file *f, struct err *e)
{
	return !ref || works_file(x->w, ref, f, e);
}

static bool bring_all(struct eif_work *x, struct err *e)
{
	const struct recipe_eif *eif = &x->r->eif;

	if (eif->ramdisks.n > EIF_MAX_RAMDISKS)
		return err_set(e, REASON_RECIPE,
			       "%zu ramdisks, and %u is the most there is room for",
			       eif->ramdisks.n, EIF_MAX_RAMDISKS);
	if (!bring(x, x->r->kernel, &x->kernel, e) ||
	    !bring(x, eif->kernel_config, &x->config, e) ||
	    !bring(x, x->r->application.init, &x->init, e))
		return false;
	for (size_t i = 0; i < eif->ramdisks.n; i++) {
		if (!bring(x, eif->ramdisks.item[i], &x->ramdisk[i], e))
			return false;
		x->more[i] = x->ramdisk[i].path;
	}
	return true;
}

/* ---- metadata: as the reference builder would write it of the same values */

static const char *last_of(const char *product)
{
	const char *slash = strrchr(product, '/');

	return slash ? slash + 1 : product;
}

static bool make_metadata(struct eif_work *x, struct err *e)
{
	const struct recipe_eif *eif = &x->r->eif;
	struct eif_metadata m = {
		.image_name = eif->name ? eif->name : last_of(x->r->product),
		.image_version = eif->version ? eif->version : x->r->version,
		.build_tool = "eif_build",
		.build_tool_version = "0.3.1",
		.operating_system = eif->img_os,
		.kernel_version = eif->img_kernel,
	};

	if (x->config.path &&
	    (!file_slurp(x->config.path, KERNEL_CONFIG_MAX, &x->config_text, e) ||
	     !eif_kernel_config(buf_bytes(&x->config_text), &x->os, &x->version, e)))
		return false;
	when_put(&x->time, x->w->plan->lock.epoch, "+00:00");
	if (!buf_done(&x->time, "the build time", e) || !buf_done(&x->os, "text", e))
		return false;
	m.build_time = buf_cstr(&x->time);
	if (!m.operating_system)
		m.operating_system = x->config.path ? buf_cstr(&x->os) : "OS";
	if (!m.kernel_version)
		m.kernel_version = x->config.path ? buf_cstr(&x->version) : "kernel";
	return eif_metadata_write(&x->metadata, &m, e);
}

/* ---- ramdisks of the application */

static bool make_environment(struct eif_work *x, struct err *e)
{
	const struct recipe_pairs *v = &x->r->application.environment;

	x->env = arena_new(&x->arena, (v->n + 1) * sizeof(*x->env), "an environment", e);
	for (size_t i = 0; x->env && i < v->n; i++) {
		owned(buf_free) struct buf text = BUF(1u << 20);

		buf_fmt(&text, "%s=%s", v->item[i].name, v->item[i].value);
		if (!buf_done(&text, "an environment", e))
			return false;
		x->env[i] = arena_text(&x->arena, buf_bytes(&text), "an environment", e);
		if (!x->env[i])
			return false;
	}
	return x->env != NULL;
}

/* Modules are looked for in a folder: the part of the tree that has them is laid out. */
static bool lay_out_modules(struct eif_work *x, struct err *e)
{
	static const char *const places[] = {"usr/lib/modules", "lib/modules"};
	const struct place_rule rule = {.time = 0, .max = ROOTFS_MAX_BYTES};
	owned(rootfs_free) struct rootfs r = {0};
	owned(own_close) int folder = -1;
	struct tree_node *top = NULL;
	struct bytes name;
	struct cpio_io io;

	if (!works_tree(x->w, x->r->application.modules_from, &r, e))
		return false;
	for (size_t i = 0; i < 2 && !top; i++) {
		struct err ignored = {0};
		struct tree_node *in =
			tree_parent(r.tree, bytes_str(places[i]), false, &name, &ignored);

		top = in ? tree_find(r.tree, in, name) : NULL;
	}
	if (top && S_ISDIR(top->inode->mode))
		tree_raise(r.tree, top);
	folder = scratch_folder(&x->w->scratch, "modules", e);
	io = works_io(&r);
	return folder >= 0 && place_tree(folder, r.tree, &rule, &io, e) &&
	       scratch_path(&x->w->scratch, "modules", &x->modules, e);
}

static struct application application_of(const struct eif_work *x)
{
	const struct recipe_application *a = &x->r->application;

	return (struct application){
		.entrypoint = a->has_entrypoint ? a->entrypoint.item : NULL,
		.cmd = a->has_cmd ? a->cmd.item : NULL,
		.env = x->env,
		.working_dir = a->workdir,
		.user = a->user,
		.lines = a->init != NULL,
		.vendor = x->r->eif.vendor,
	};
}

static bool make_ramdisks(struct eif_work *x, struct answer *a, struct err *e)
{
	const struct recipe_application *from = &x->r->application;
	struct ramdisks_ask ask = {
		.root = &x->root,
		.options = {.spool = x->w->scratch.path},
		.rule = {.profile = cpio_profile(x->r->eif.vendor ? "nitro-cli" : "native")},
		.modules = {.names = from->modules.item, .spool = x->w->scratch.path},
		.init = x->init.path,
		.kernel = x->kernel.path,
		.config = buf_bytes(&x->config_text),
		.more = x->more,
		.aarch64 = x->r->eif.aarch64,
	};

	if (!make_environment(x, e) || !works_tree(x->w, from->rootfs, &x->root, e) ||
	    (from->modules_from && !lay_out_modules(x, e)))
		return false;
	ask.rule.time = ask.rule.profile->time;
	ask.application = application_of(x);
	ask.modules.source = from->modules_from ? buf_cstr(&x->modules) : NULL;
	return ramdisks_make(&x->made, &ask, a, e);
}

/* ---- how far each part is vouched for */

static bool add_ramdisk(struct assembled *made, size_t i, enum origin o, struct err *e)
{
	owned(buf_free) struct buf name = BUF(32);

	buf_fmt(&name, "ramdisk%zu", i);
	return buf_done(&name, "a name", e) && assembled_add(made, buf_cstr(&name), o, e);
}

static bool tell_parts(const struct eif_work *x, struct assembled *made, struct err *e)
{
	const struct recipe_application *from = &x->r->application;
	enum origin boot = from->init ? works_origin(x->w, from->init) : ORIGIN_SOURCE;
	size_t n = 0;

	if (from->modules.n > 0 && from->modules_from)
		boot = origin_worse(boot, works_origin(x->w, from->modules_from));
	if (!assembled_add(made, "kernel", works_origin(x->w, x->r->kernel), e) ||
	    !assembled_add(made, "cmdline", ORIGIN_SOURCE, e))
		return false;
	if (from->rootfs && (!add_ramdisk(made, n++, boot, e) ||
			     !add_ramdisk(made, n++, works_origin(x->w, from->rootfs), e)))
		return false;
	for (size_t i = 0; i < x->r->eif.ramdisks.n; i++)
		if (!add_ramdisk(made, n++, works_origin(x->w, x->r->eif.ramdisks.item[i]), e))
			return false;
	return true;
}

static void tell_registers(const struct answer *a, struct assembled *made)
{
	struct json_out j = json_out(&made->json, true);

	j.depth = 1;
	json_key(&j, "registers");
	json_open(&j, '{');
	for (size_t i = 0; i < a->registers.n; i++) {
		json_key(&j, a->registers.entry[i].name);
		json_hex(&j, digest_bytes(&a->registers.entry[i].digest));
	}
	json_close(&j, '}');
}

static bool build(struct eif_work *x, const char *folder, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	struct file made[RAMDISKS];
	struct eif_parts p = {
		.flags = x->r->eif.aarch64 ? EIF_FLAG_AARCH64 : 0,
		.kernel = x->kernel.path,
		.cmdline = bytes_str(x->r->cmdline),
		.metadata = buf_bytes(&x->metadata),
		.made = made,
		.ramdisks = x->more,
		.n_ramdisks = x->r->eif.ramdisks.n,
	};

	for (; x->r->application.rootfs && p.n_made < RAMDISKS; p.n_made++)
		made[p.n_made] = x->made.disk[p.n_made].file.file;
	buf_fmt(&path, "%s/%s", folder, x->r->artefact);
	return buf_done(&path, "a path", e) && eif_build(&p, buf_cstr(&path), a, e);
}

bool assemble_eif(struct works *w, const char *folder, struct assembled *made, struct answer *a,
		  struct err *e)
{
	owned(eif_work_free) struct eif_work x = {
		.w = w,
		.r = &w->plan->recipe,
		.made = RAMDISKS_NONE,
		.config_text = BUF(KERNEL_CONFIG_MAX),
		.os = BUF(KERNEL_CONFIG_MAX),
		.version = BUF(KERNEL_CONFIG_MAX),
		.time = BUF(64),
		.metadata = BUF(EIF_METADATA_MAX),
		.modules = BUF(PATH_ROOM),
		.arena = ARENA(16u << 20),
	};

	if (!bring_all(&x, e) || !make_metadata(&x, e) ||
	    (x.r->application.rootfs && !make_ramdisks(&x, a, e)) || !build(&x, folder, a, e))
		return false;
	tell_registers(a, made);
	return tell_parts(&x, made, e);
}
