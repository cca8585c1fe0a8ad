#include "ovmf-snp/bundle.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/base/listing.h"
#include "measure/guest/root.h"

static bool ends_with(const char *path, const char *tail)
{
	size_t n = strlen(path), m = strlen(tail);

	return n >= m && strcmp(path + n - m, tail) == 0 && (n == m || path[n - m - 1] == '/');
}

bool snp_bundle_is(const char *path)
{
	char record[PATH_MAX]; /* not allocated: a lack of memory must not change the answer */
	struct stat st;
	int n;

	if (!listing_is_folder(path))
		return ends_with(path, BUNDLE_RECORD);
	n = snprintf(record, sizeof(record), "%s/%s", path, BUNDLE_RECORD);
	return n > 0 && (size_t)n < sizeof(record) && stat(record, &st) == 0;
}

void snp_bundle_free(struct snp_bundle *b)
{
	free(b->path.folder);
	free(b->path.record);
	free(b->path.command);
	for (size_t i = 0; i < LAUNCH_PARTS; i++)
		free(b->path.part[i]);
	buf_free(&b->cmdline);
	guest_free(&b->guest);
	launch_record_free(&b->told);
	launch_record_free(&b->found);
}

/* ---- paths */

static char *join(const char *folder, size_t n, const char *name, struct err *e)
{
	size_t size = n + strlen(name) + 2;
	char *path = own_new(size, e);

	if (path)
		snprintf(path, size, "%.*s%s%s", (int)n, folder, n ? "/" : "", name);
	return path;
}

/* Of "A/launch.json" the folder is A, of "launch.json" the one we are in. */
static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (listing_is_folder(path))
		return strlen(path);
	return !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
}

char *snp_bundle_folder(const char *path, struct err *e)
{
	size_t n = folder_length(path);

	return n ? join(path, n, "", e) : own_string(".", e);
}

static bool set_paths(struct bundle_paths *p, const char *path, struct err *e)
{
	size_t n = folder_length(path);

	p->folder = snp_bundle_folder(path, e);
	p->record = listing_is_folder(path) ? join(path, n, BUNDLE_RECORD, e) : own_string(path, e);
	p->command = join(path, n, BUNDLE_COMMAND, e);
	for (enum launch_part i = 0; i < LAUNCH_PARTS; i++) {
		p->part[i] = join(path, n, launch_file_name(i), e);
		if (!p->part[i])
			return false;
	}
	return p->folder && p->record && p->command;
}

/* ---- what the files give */

static bool sha256_of(struct launch_file *f, struct bytes x, struct err *e)
{
	f->present = true;
	f->size = x.n;
	return hash_of(DIGEST_SHA256, x, &f->sha256, e);
}

static bool describe_files(struct launch_record *r, struct guest *g,
			   const uint64_t size[LAUNCH_PARTS], struct err *e)
{
	owned(buf_free) struct buf page = BUF(KERNELHASH_PAGE);

	if (!sha256_of(&r->file[LAUNCH_FIRMWARE], buf_bytes(&g->ovmf_file), e))
		return false;
	if (!g->has_kernel)
		return true;
	r->file[LAUNCH_KERNEL] = (struct launch_file){true, size[LAUNCH_KERNEL], g->kernel};
	if (g->has_initrd)
		r->file[LAUNCH_INITRD] = (struct launch_file){true, size[LAUNCH_INITRD], g->initrd};
	return kernelhash_page(&page, &g->hashes, g->ovmf.hashes_gpa, e) &&
	       sha256_of(&r->file[LAUNCH_CMDLINE], g->append, e) &&
	       sha256_of(&r->file[LAUNCH_HASHES], buf_bytes(&page), e);
}

static void set_digest(struct digest *d, const uint8_t ld[GCTX_LD])
{
	*d = (struct digest){.alg = DIGEST_SHA384, .len = GCTX_LD};
	memcpy(d->v, ld, GCTX_LD);
}

/* Rows that lie on one chain, each with more processors than the one before. */
struct chain {
	struct launch_row *row;
	size_t n, at;
};

static bool told(void *arg, unsigned vcpus, const uint8_t ld[GCTX_LD], struct err *e)
{
	struct chain *c = arg;

	(void)e;
	if (c->at < c->n && c->row[c->at].vcpus == vcpus)
		set_digest(&c->row[c->at++].digest, ld);
	return true;
}

static bool continues(const struct launch_row *a, const struct launch_row *b)
{
	return a->profile == b->profile && a->signature == b->signature &&
	       a->features == b->features && a->vcpus < b->vcpus;
}

static size_t chain_length(const struct launch_row *row, size_t n)
{
	size_t i = 1;

	while (i < n && continues(&row[i - 1], &row[i]))
		i++;
	return i;
}

static void base_free(struct gctx *g)
{
	gctx_free(g);
}

/* base: of the profile of these rows. */
static bool run_chain(struct gctx *base, const struct launch *l, struct chain *c, struct err *e)
{
	const struct launch_count count = {c->row[c->n - 1].vcpus, told, c};
	struct launch_vmsas vmsas;
	uint8_t ld[GCTX_LD];
	bool done;

	if (!launch_vmsas(&vmsas, l, c->row[0].signature, c->row[0].features, e))
		return false;
	memcpy(ld, base->ld, GCTX_LD);
	done = launch_vcpus(base, l, &vmsas, &count, e);
	memcpy(base->ld, ld, GCTX_LD);
	return done;
}

/* All rows of one profile that follow each other. */
static bool run_profile(struct launch_row *row, size_t n, struct guest *g, struct err *e)
{
	owned(base_free) struct gctx base = {0};

	g->launch.profile = row->profile;
	if (!gctx_init(&base, e) || !launch_base(&base, &g->launch, e))
		return false;
	for (size_t i = 0; i < n;) {
		struct chain c = {row + i, chain_length(row + i, n - i), 0};

		if (!run_chain(&base, &g->launch, &c, e))
			return false;
		i += c.n;
	}
	return true;
}

static bool firmware_ld(struct digest *out, const struct guest *g, struct err *e)
{
	owned(base_free) struct gctx fresh = {0};

	if (!gctx_init(&fresh, e) || !launch_firmware(&fresh, &g->ovmf, e))
		return false;
	set_digest(out, fresh.ld);
	return true;
}

bool snp_bundle_compute(struct launch_record *r, struct guest *g, const uint64_t size[LAUNCH_PARTS],
			struct err *e)
{
	if (!g->ovmf.has_metadata)
		return err_set(e, REASON_FIRMWARE,
			       "the image has no SEV metadata, so no SNP guest starts from it");
	if (!describe_files(r, g, size, e) || !firmware_ld(&r->firmware_ld, g, e))
		return false;
	for (size_t i = 0; i < r->n;) {
		size_t n = 1;

		while (i + n < r->n && r->row[i + n].profile == r->row[i].profile)
			n++;
		if (!run_profile(r->row + i, n, g, e))
			return false;
		i += n;
	}
	return true;
}

/* ---- reading */

static bool size_of(const char *path, uint64_t *size, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (!file_open(&f, path, e))
		return false;
	*size = f.size;
	return true;
}

static bool load(struct snp_bundle *b, struct watch watch, struct err *e)
{
	struct guest_files f = {.ovmf = b->path.part[LAUNCH_FIRMWARE], .watch = watch};

	if (b->told.file[LAUNCH_KERNEL].present) {
		if (!file_slurp(b->path.part[LAUNCH_CMDLINE], LAUNCH_CMDLINE_MAX, &b->cmdline, e))
			return false;
		f.kernel = b->path.part[LAUNCH_KERNEL];
		f.append = buf_bytes(&b->cmdline);
	}
	if (b->told.file[LAUNCH_INITRD].present)
		f.initrd = b->path.part[LAUNCH_INITRD];
	return guest_load(&b->guest, &f, b->told.row[0].profile, e);
}

/* Whatever the file is: one that is no root image has no root hash. */
static bool read_root(struct snp_bundle *b, struct watch watch, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct rootimage found;
	struct err fault = {0};

	if (!b->told.file[LAUNCH_ROOT].present)
		return true;
	if (!file_open(&f, b->path.part[LAUNCH_ROOT], e))
		return false;
	f.watch = watch;
	if (!rootimage_look(&f, &found, &fault, e))
		return false;
	b->found.file[LAUNCH_ROOT] = (struct launch_file){true, found.size, found.sha256};
	if (!err_is(&fault))
		b->found.root = (struct launch_root){found.root, found.blocks};
	return true;
}

/* Without memory of its own, whose lack would be taken for a no. */
static bool is_hex(const char *text, const struct digest *d)
{
	char digits[3];

	if (strlen(text) != 2 * d->len)
		return false;
	for (size_t i = 0; i < d->len; i++) {
		snprintf(digits, sizeof(digits), "%02x", d->v[i]);
		if (memcmp(text + 2 * i, digits, 2) != 0)
			return false;
	}
	return true;
}

bool snp_bundle_rooted(const struct snp_bundle *b)
{
	const struct launch_root *root = &b->found.root;
	struct root_words w;

	if (!b->told.file[LAUNCH_ROOT].present)
		return true;
	return root_words_read((const char *)b->cmdline.p, b->cmdline.n, &w) == ROOT_WORDS_ALL &&
	       w.blocks == root->blocks && is_hex(w.hash, &root->hash);
}

static bool compute(struct snp_bundle *b, struct err *e)
{
	uint64_t size[LAUNCH_PARTS] = {0};

	b->found.policy = b->told.policy;
	for (enum launch_part p = LAUNCH_KERNEL; p <= LAUNCH_INITRD; p++)
		if (b->told.file[p].present && !size_of(b->path.part[p], &size[p], e))
			return false;
	for (size_t i = 0; i < b->told.n; i++)
		if (!launch_record_add(&b->found, &b->told.row[i], e))
			return false;
	return snp_bundle_compute(&b->found, &b->guest, size, e) ||
	       err_subject(e, b->path.part[LAUNCH_FIRMWARE]);
}

bool snp_bundle_read(struct snp_bundle *b, const char *path, struct watch watch, struct err *e)
{
	owned(buf_free) struct buf json = BUF(LAUNCH_RECORD_MAX);

	*b = (struct snp_bundle){.cmdline = BUF(LAUNCH_CMDLINE_MAX)};
	if (!set_paths(&b->path, path, e) ||
	    !file_slurp(b->path.record, LAUNCH_RECORD_MAX, &json, e))
		return false;
	if (!launch_record_read(&b->told, buf_bytes(&json), e))
		return err_subject(e, b->path.record);
	return load(b, watch, e) && read_root(b, watch, e) && compute(b, e);
}

static bool differs(const struct snp_bundle *b, struct err *e, const char *what)
{
	err_set(e, REASON_LAUNCH_RECORD, "%s of the files beside it is another one", what);
	return err_subject(e, b->path.record);
}

bool snp_bundle_agrees(const struct snp_bundle *b, struct err *e)
{
	owned(buf_free) struct buf name = BUF(256);

	for (enum launch_part p = 0; p < LAUNCH_PARTS; p++)
		if (!launch_file_same(&b->told.file[p], &b->found.file[p])) {
			buf_fmt(&name, "the sha256 or size of %s", launch_part_name(p));
			return differs(b, e, buf_cstr(&name));
		}
	if (b->told.file[LAUNCH_ROOT].present &&
	    (!digest_equal(&b->told.root.hash, &b->found.root.hash) ||
	     b->told.root.blocks != b->found.root.blocks))
		return differs(b, e, "the root hash of root");
	if (!snp_bundle_rooted(b)) {
		err_set(e, REASON_LAUNCH_RECORD, "the command line does not name root.img");
		return err_subject(e, b->path.part[LAUNCH_CMDLINE]);
	}
	if (!digest_equal(&b->told.firmware_ld, &b->found.firmware_ld))
		return differs(b, e, "the digest of the firmware");
	for (size_t i = 0; i < b->told.n; i++)
		if (!digest_equal(&b->told.row[i].digest, &b->found.row[i].digest)) {
			buf_str(&name, "the launch digest of ");
			launch_row_put(&name, &b->told.row[i]);
			return differs(b, e, buf_cstr(&name));
		}
	return true;
}
