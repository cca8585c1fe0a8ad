#include "eif/ramdisks.h"

#include "eif/needs.h"
#include "measure/guest/boot.h"

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
	start_free(&r->start);
}

/* What is needed on the way. */
struct work {
	const struct ramdisks_ask *ask;
	struct ramdisks *made;
};

static bool make_boot(struct work *w, struct err *e)
{
	struct boot b = {w->made->start.init, &w->made->start.modules, w->ask->application.vendor};
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

static bool open_image(struct work *w, struct err *e)
{
	if (w->ask->image)
		return rootfs_open(&w->made->image, w->ask->image, &w->ask->options, e);
	w->made->image = take(*w->ask->root);
	return true;
}

static bool about_image(const struct work *w, struct err *e)
{
	return w->ask->image ? err_subject(e, w->ask->image) : false;
}

static bool make_application(struct work *w, struct answer *a, struct err *e)
{
	struct rootfs *image = &w->made->image;
	struct cpio_rule rule = w->ask->rule;

	if (!open_image(w, e) || !check_arch(w, e) ||
	    !application_make(image, NULL, &w->ask->application, a, e))
		return about_image(w, e);
	rule.image = image->image;
	return write_disk(image, &rule, &w->made->disk[1], e) || about_image(w, e);
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

static bool start(struct work *w, struct answer *a, struct err *e)
{
	struct start_ask ask = {
		.format = "eif",
		.arch = w->ask->aarch64 ? "aarch64" : "x86_64",
		.init = w->ask->init,
		.kernel = w->ask->kernel,
		.config = w->ask->config,
		.needs = eif_kernel_needs(w->ask->aarch64),
		.modules = w->ask->modules,
	};

	for (const char *const *path = w->ask->more; *path; path++)
		if (!packing_of(*path, &ask.packings, e))
			return false;
	return start_read(&w->made->start, &ask, a, e);
}

bool ramdisks_make(struct ramdisks *r, const struct ramdisks_ask *ask, struct answer *a,
		   struct err *e)
{
	struct work w = {ask, r};

	if (!start(&w, a, e))
		return false;
	for (size_t i = 0; i < RAMDISKS; i++)
		if (!spool_open(&r->disk[i].file, ask->options.spool, e))
			return false;
	return make_boot(&w, e) && make_application(&w, a, e);
}
