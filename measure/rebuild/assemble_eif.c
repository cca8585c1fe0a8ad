#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eif/build.h"
#include "eif/metadata.h"
#include "eif/ramdisks.h"
#include "measure/base/when.h"
#include "measure/core/kernel.h"
#include "measure/rebuild/assemble.h"
#include "measure/rebuild/assemble_guest.h"

#define PATH_ROOM 8192u

/* Everything that the parts borrow from. */
struct eif_work {
	struct works *w;
	const struct recipe *r;
	struct works_file kernel, ramdisk[EIF_MAX_RAMDISKS];
	const char *more[EIF_MAX_RAMDISKS + 1]; /* paths of the ramdisks, NULL behind them */
	struct guest_parts guest;
	struct ramdisks made;
	struct buf os, version, time, metadata;
};

static void eif_work_free(struct eif_work *x)
{
	works_file_free(&x->kernel);
	for (size_t i = 0; i < EIF_MAX_RAMDISKS; i++)
		works_file_free(&x->ramdisk[i]);
	guest_parts_free(&x->guest);
	ramdisks_free(&x->made);
	buf_free(&x->os);
	buf_free(&x->version);
	buf_free(&x->time);
	buf_free(&x->metadata);
}

/* ---- files */

static bool bring_all(struct eif_work *x, struct err *e)
{
	const struct recipe_eif *eif = &x->r->eif;

	if (eif->ramdisks.n > EIF_MAX_RAMDISKS)
		return err_set(e, REASON_RECIPE,
			       "%zu ramdisks, and %u is the most there is room for",
			       eif->ramdisks.n, EIF_MAX_RAMDISKS);
	if (!works_file(x->w, x->r->kernel, &x->kernel, e) ||
	    !guest_parts_bring(x->w, &x->guest, e))
		return false;
	for (size_t i = 0; i < eif->ramdisks.n; i++) {
		if (!works_file(x->w, eif->ramdisks.item[i], &x->ramdisk[i], e))
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
	bool config = x->guest.config.n > 0;

	if (config && !eif_kernel_config(buf_bytes(&x->guest.config), &x->os, &x->version, e))
		return false;
	when_put(&x->time, x->w->plan->lock.epoch, "+00:00");
	if (!buf_done(&x->time, "the build time", e) || !buf_done(&x->os, "text", e))
		return false;
	m.build_time = buf_cstr(&x->time);
	if (!m.operating_system)
		m.operating_system = config ? buf_cstr(&x->os) : "OS";
	if (!m.kernel_version)
		m.kernel_version = config ? buf_cstr(&x->version) : "kernel";
	return eif_metadata_write(&x->metadata, &m, e);
}

/* ---- ramdisks of the application */

static bool make_ramdisks(struct eif_work *x, struct answer *a, struct err *e)
{
	struct ramdisks_ask ask = {
		.root = &x->guest.root,
		.options = {.spool = x->w->scratch.path},
		.rule = {.profile = cpio_profile(x->r->eif.vendor ? "nitro-cli" : "native")},
		.application = guest_parts_application(x->w, &x->guest),
		.modules = guest_parts_modules(x->w, &x->guest),
		.init = x->guest.init.path,
		.kernel = x->kernel.path,
		.config = buf_bytes(&x->guest.config),
		.more = x->more,
		.aarch64 = x->r->eif.aarch64,
	};

	ask.rule.time = ask.rule.profile->time;
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
	enum origin boot = guest_boot_origin(x->w);
	size_t n = 0;

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
		.guest = GUEST_PARTS,
		.os = BUF(KERNEL_CONFIG_MAX),
		.version = BUF(KERNEL_CONFIG_MAX),
		.time = BUF(64),
		.metadata = BUF(EIF_METADATA_MAX),
	};

	if (!bring_all(&x, e) || !make_metadata(&x, e) ||
	    (x.r->application.rootfs && !make_ramdisks(&x, a, e)) || !build(&x, folder, a, e))
		return false;
	tell_registers(a, made);
	return tell_parts(&x, made, e);
}
