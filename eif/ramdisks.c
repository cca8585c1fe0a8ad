#include "eif/ramdisks.h"

#include "eif/needs.h"
#include "measure/guest/boot.h"
#include "measure/guest/init.h"
#include "measure/guest/kernel.h"

#define INIT_MAX (64u << 20)

/* One ramdisk on its way into its file. */
struct writing {
	struct rootfs *r;
	struct spool *to;
	struct hash *hash;
};

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(((struct writing *)arg)->r, n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(((struct writing *)arg)->r, to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct writing *w = arg;

	return spool_add(w->to, x, e) && hash_add(w->hash, x, e);
}

static bool write_disk(struct rootfs *r, const struct cpio_rule *rule, struct ramdisk *to,
		       struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	struct writing w = {r, &to->file, h};
	const struct cpio_io io = {open_file, read_file, put, &w};

	return h && cpio_write(r->tree, rule, &io, &to->content, e) && spool_flush(&to->file, e) &&
	       hash_finish(h, &to->sha256, e);
}

void ramdisks_free(struct ramdisks *r)
{
	for (size_t i = 0; i < RAMDISKS; i++)
		spool_free(&r->disk[i].file);
	rootfs_free(&r->image);
	modules_free(&r->modules);
}

/* What is needed on the way. */
struct work {
	const struct ramdisks_ask *ask;
	struct ramdisks *made;
	struct kernel kernel;
	struct buf own_init; /* from a file */
	struct bytes init;
};

static void work_free(struct work *w)
{
	kernel_free(&w->kernel);
	buf_free(&w->own_init);
}

static bool find_init(struct work *w, struct err *e)
{
	const char *arch = w->ask->aarch64 ? "aarch64" : "x86_64";
	const struct guest_init *i = guest_inits;

	if (w->ask->init) {
		if (!file_slurp(w->ask->init, INIT_MAX, &w->own_init, e))
			return false;
		w->init = buf_bytes(&w->own_init);
	} else {
		while (i->arch && (strcmp(i->format, "eif") != 0 || strcmp(i->arch, arch) != 0))
			i++;
		if (!i->arch)
			return err_set(e, REASON_USAGE,
				       "this program was built without an init for %s: give one by "
				       "--init",
				       arch);
		w->init = i->image;
	}
	return hash_of(DIGEST_SHA256, w->init, &w->made->init, e);
}

static bool make_boot(struct work *w, struct err *e)
{
	struct boot b = {w->init, &w->made->modules, w->ask->application.vendor};
	owned(rootfs_free) struct rootfs r = {0};

	return rootfs_empty(&r, e) && boot_make(&r, &b, e) &&
	       write_disk(&r, &w->ask->rule, &w->made->disk[0], e);
}

/* An image that says for which processor it is. */
static bool check_arch(const struct work *w, struct err *e)
{
	const char *is = w->made->image.config.architecture;
	const char *wanted = w->ask->aarch64 ? "arm64" : "amd64";

	return !is || is[0] == '\0' || strcmp(is, wanted) == 0 ||
	       err_set(e, REASON_USAGE, "the image is for %s, and the enclave for %s", is, wanted);
}

static bool make_application(struct work *w, struct answer *a, struct err *e)
{
	struct rootfs *image = &w->made->image;
	struct cpio_rule rule = w->ask->rule;

	if (!rootfs_open(image, w->ask->image, &w->ask->options, e) || !check_arch(w, e) ||
	    !application_make(image, &w->ask->application, a, e))
		return err_subject(e, w->ask->image);
	rule.image = image->image;
	return write_disk(image, &rule, &w->made->disk[1], e) || err_subject(e, w->ask->image);
}

static bool packing_of(const char *path, unsigned *packings, struct err *e)
{
	struct file f = FILE_NONE;
	uint8_t head[6];
	size_t got;
	bool good = file_open(&f, path, e) &&
		    (f.stream || file_pread(&f, 0, (struct span){head, sizeof(head)}, &got, e));

	if (good && !f.stream)
		*packings |= 1u << archive_packing(bytes_of(head, got));
	file_close(&f);
	return good;
}

static bool check_kernel(const struct work *w, struct answer *a, struct err *e)
{
	struct bytes own = buf_bytes(&w->kernel.config);
	struct bytes config = w->ask->config.n > 0 ? w->ask->config : own;
	const char *names[MODULES_MAX + 1] = {NULL};
	struct kconfig_use use = {eif_kernel_needs(w->ask->aarch64), names, 0};

	for (size_t i = 0; i < w->made->modules.n; i++)
		names[i] = w->made->modules.v[i].name;
	for (const char *const *path = w->ask->more; *path; path++)
		if (!packing_of(*path, &use.packings, e))
			return false;
	if (config.n > 0)
		kconfig_check(config, &use, a);
	else
		answer_note(a, REASON_KERNEL_CONFIG,
			    "the kernel's configuration is not known, so it was not looked at: "
			    "--kernel-config gives it");
	return true;
}

bool ramdisks_make(struct ramdisks *r, const struct ramdisks_ask *ask, struct answer *a,
		   struct err *e)
{
	owned(work_free) struct work w = {ask, r, KERNEL, BUF(INIT_MAX), {0}};
	struct modules_ask modules = ask->modules;

	if (!find_init(&w, e) || !kernel_read(&w.kernel, ask->kernel, e))
		return false;
	modules.kernel = buf_cstr(&w.kernel.version);
	if (!buf_done(&w.kernel.version, "the kernel's version", e) ||
	    !modules_read(&r->modules, &modules, e) || !check_kernel(&w, a, e))
		return false;
	for (size_t i = 0; i < RAMDISKS; i++)
		if (!spool_open(&r->disk[i].file, ask->options.spool, e))
			return false;
	return make_boot(&w, e) && make_application(&w, a, e);
}
