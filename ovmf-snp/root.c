#include "ovmf-snp/root.h"

#include "measure/guest/boot.h"

#define CMDLINE_MAX 2047u /* COMMAND_LINE_SIZE of x86: the kernel cuts off the rest in silence */
#define LOADER_WORDS 14u /* "initrd=initrd ", which the firmware puts in front */

#define FOR_DISK 2u /* of these, the first ones */

static const struct kconfig_need needs[] = {
	{"VIRTIO_PCI", "virtio_pci", "disk of virtio"},
	{"VIRTIO_BLK", "virtio_blk", "disk of virtio"},
	KCONFIG_START,
	{"AMD_MEM_ENCRYPT", NULL, "guest of SEV-SNP"},
	{"BLK_DEV_DM", "dm_mod", "device mapper"},
	{"DM_VERITY", "dm_verity", "root image"},
	{"CRYPTO_SHA256", "sha256_generic", "root hash"},
	{"EROFS_FS", "erofs", "root image"},
	{"SEV_GUEST", "sev_guest", "attestation report from inside"},
	KCONFIG_MOUNTS,
	{0},
};

/* What modules ask the kernel for by other names than their own, and what not every kernel has. */
static const char *const wished[] = {"crc32c_generic", "sha256_generic", "sev_guest", NULL};
static const char *const for_root[] = {"dm_verity", "erofs", NULL};
static const char *const for_disk[] = {"virtio_pci", "virtio_blk", NULL};

#define NAMES_MAX (MODULES_MAX + 8u)

struct names {
	const char *v[NAMES_MAX + 1];
	size_t n;
};

static bool add_names(struct names *x, const char *const *more, struct err *e)
{
	for (; more && *more; more++) {
		if (x->n == NAMES_MAX)
			return err_set(e, REASON_LIMIT, "more than %u modules are to be loaded",
				       MODULES_MAX);
		x->v[x->n++] = *more;
	}
	return true;
}

void snp_root_free(struct snp_root *r)
{
	rootfs_free(&r->image);
	rootfs_free(&r->initrd);
	start_free(&r->start);
}

/* Without a place to take them from, the kernel is believed to have built them in. */
static bool read_start(struct snp_root *r, const struct snp_root_ask *ask, struct answer *a,
		       struct err *e)
{
	struct start_ask start = ask->start;
	struct names names = {0};
	bool shelf = start.modules.source != NULL;
	bool virtio = strncmp(ask->device, "/dev/vd", 7) == 0;

	if ((shelf &&
	     ((virtio && !add_names(&names, for_disk, e)) || !add_names(&names, for_root, e))) ||
	    !add_names(&names, start.modules.names, e))
		return false;
	start.format = "ovmf-snp";
	start.arch = "x86_64";
	start.needs = virtio ? needs : needs + FOR_DISK;
	start.modules.wished = wished;
	start.modules.names = names.v;
	return start_read(&r->start, &start, a, e);
}

/* An image that says for which processor it is. */
static bool check_arch(const struct snp_root *r, struct err *e)
{
	const char *is = r->image.config.architecture;

	return !is || is[0] == '\0' || strcmp(is, "amd64") == 0 ||
	       err_set(e, REASON_USAGE, "the image is for %s, and the guest for amd64", is);
}

static bool about_image(const struct snp_root_ask *ask, struct err *e)
{
	return ask->image ? err_subject(e, ask->image) : false;
}

static bool read_initrd(struct snp_root *r, const struct snp_root_ask *ask, struct answer *a,
			struct err *e)
{
	struct boot boot;

	if (!read_start(r, ask, a, e) || !rootfs_empty(&r->initrd, e))
		return false;
	boot = (struct boot){r->start.init, &r->start.modules, false};
	return boot_make(&r->initrd, &boot, e) &&
	       (application_make(&r->image, &r->initrd, &ask->application, a, e) ||
		about_image(ask, e));
}

static bool open_image(struct snp_root *r, const struct snp_root_ask *ask, struct err *e)
{
	if (ask->image)
		return rootfs_open(&r->image, ask->image, &ask->options, e);
	r->image = take(*ask->root);
	return true;
}

bool snp_root_read(struct snp_root *r, const struct snp_root_ask *ask, struct answer *a,
		   struct err *e)
{
	if (!open_image(r, ask, e) || !check_arch(r, e) || !root_complete(&r->image, e))
		return about_image(ask, e);
	return !ask->initrd || read_initrd(r, ask, a, e);
}

bool snp_root_write_image(struct snp_root *r, const struct snp_root_ask *ask, struct out *to,
			  struct err *e)
{
	return rootimage_write(&r->image, &ask->rule, to, &r->made, e) || about_image(ask, e);
}

/* ---- the ramdisk */

struct writing {
	struct rootfs *from;
	struct out *to;
};

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(((struct writing *)arg)->from, n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(((struct writing *)arg)->from, to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	return out_write(((struct writing *)arg)->to, x, e);
}

bool snp_root_write_initrd(struct snp_root *r, struct out *to, struct err *e)
{
	const struct cpio_rule rule = {.profile = cpio_profile("native"), .time = CPIO_TIME_ZERO};
	struct writing w = {&r->initrd, to};
	const struct cpio_io io = {open_file, read_file, put, &w};

	return cpio_write(r->initrd.tree, &rule, &io, &r->content, e);
}

/* ---- the command line */

bool snp_root_words(const struct snp_root *r, const struct snp_root_ask *ask, struct bytes append,
		    struct buf *out, struct err *e)
{
	struct root_words found;

	if (root_words_read((const char *)append.p, append.n, &found) != ROOT_WORDS_NONE)
		return err_set(e, REASON_USAGE,
			       "the command line names a root image already, and --root is given");
	buf_put(out, append);
	if (append.n > 0)
		buf_str(out, " ");
	root_words_put(out, ask->device, &r->made);
	if (!buf_done(out, "the command line", e))
		return false;
	return out->n <= CMDLINE_MAX - LOADER_WORDS ||
	       err_set(e, REASON_USAGE,
		       "the command line has %zu bytes, and of more than %u Linux would not see "
		       "which image is its root",
		       out->n, CMDLINE_MAX - LOADER_WORDS);
}
