#include "ovmf-snp/bundle_write.h"

#include <stdio.h>

#include "measure/base/outdir.h"
#include "ovmf-snp/bundle_command.h"
#include "ovmf-snp/report.h"

static bool check_policy(uint64_t policy, bool allow_debug, struct err *e)
{
	if (!(policy & SNP_POLICY_ONE))
		return err_set(e, REASON_USAGE,
			       "--policy 0x%llx: bit 17 is clear, which no guest has",
			       (unsigned long long)policy);
	if (policy & ~SNP_POLICY_KNOWN)
		return err_set(e, REASON_USAGE, "--policy 0x%llx: the bits 0x%llx have no meaning",
			       (unsigned long long)policy,
			       (unsigned long long)(policy & ~SNP_POLICY_KNOWN));
	return allow_debug || !(policy & SNP_POLICY_DEBUG) ||
	       err_set(e, REASON_DEBUG_MODE, "--policy 0x%llx: bit 19 allows debugging",
		       (unsigned long long)policy);
}

/* ---- rows */

static bool add_counts(struct launch_record *r, struct launch_row *row, const struct request *q,
		       struct err *e)
{
	for (uint32_t n = 1; n <= request_most(q); n++) {
		if (!request_counts(q, n))
			continue;
		row->vcpus = n;
		if (!launch_record_add(r, row, e))
			return false;
	}
	return true;
}

static bool add_rows(struct launch_record *r, const struct request *q, struct err *e)
{
	for (size_t p = 0; p < q->n_profiles; p++)
		for (size_t t = 0; t < q->n_types; t++)
			for (size_t f = 0; f < q->n_features; f++) {
				struct launch_row row = {.profile = q->profile[p],
							 .type = q->type[t].name,
							 .signature = q->type[t].signature,
							 .features = q->features[f]};

				if (!add_counts(r, &row, q, e))
					return false;
			}
	return true;
}

/* ---- all */

/* What is digested is the copy, which is what the guest gets. */
struct copied {
	struct outdir dir;
	struct guest_files files;
	struct guest guest;
	struct buf append; /* with the words of a root image */
	uint64_t size[LAUNCH_PARTS];
};

static void copied_free(struct copied *c)
{
	guest_free(&c->guest);
	buf_free(&c->append);
	outdir_free(&c->dir);
}

static bool copy_one(struct copied *c, enum launch_part part, const char *from, const char **to,
		     struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (!from)
		return true;
	if (!file_open(&f, from, e))
		return false;
	f.watch = c->files.watch;
	if (!outdir_copy(&c->dir, launch_file_name(part), &f, to, e))
		return false;
	c->size[part] = f.pos;
	return true;
}

static bool size_of(const char *path, uint64_t *size, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (!file_open(&f, path, e))
		return false;
	*size = f.size;
	return true;
}

static bool make_initrd(struct copied *c, struct snp_root *root, struct err *e)
{
	struct out *to;

	return outdir_new(&c->dir, launch_file_name(LAUNCH_INITRD), &to, &c->files.initrd, e) &&
	       snp_root_write_initrd(root, to, e) &&
	       size_of(c->files.initrd, &c->size[LAUNCH_INITRD], e);
}

/* The image first: its root hash is a part of the command line. */
static bool make_root(struct copied *c, const struct snp_root_ask *ask,
		      struct snp_bundle_made *made, struct answer *a, struct err *e)
{
	struct launch_record *r = &made->record;
	struct snp_root *root = &made->root;
	const char *path;
	struct out *to;

	if (!ask)
		return true;
	if (!snp_root_read(root, ask, a, e) ||
	    !outdir_new(&c->dir, launch_file_name(LAUNCH_ROOT), &to, &path, e) ||
	    !snp_root_write_image(root, ask, to, e) ||
	    !snp_root_words(root, ask, c->files.append, &c->append, e))
		return false;
	c->files.append = buf_bytes(&c->append);
	r->file[LAUNCH_ROOT] = (struct launch_file){true, root->made.size, root->made.sha256};
	r->root = (struct launch_root){root->made.root, root->made.blocks};
	return !ask->initrd || make_initrd(c, root, e);
}

static bool copy_all(struct copied *c, const struct bundle_request *q, struct snp_bundle_made *made,
		     struct answer *a, struct err *e)
{
	const struct guest_files *f = &q->launch->files;

	c->files.append = f->append;
	c->files.watch = f->watch;
	return copy_one(c, LAUNCH_FIRMWARE, f->ovmf, &c->files.ovmf, e) &&
	       copy_one(c, LAUNCH_KERNEL, f->kernel, &c->files.kernel, e) &&
	       copy_one(c, LAUNCH_INITRD, f->initrd, &c->files.initrd, e) &&
	       make_root(c, q->root, made, a, e) &&
	       (!f->kernel ||
		outdir_write(&c->dir, launch_file_name(LAUNCH_CMDLINE), c->files.append, e));
}

static bool write_hashes(struct copied *c, struct err *e)
{
	owned(buf_free) struct buf page = BUF(KERNELHASH_PAGE);

	if (!c->guest.has_kernel)
		return true;
	return kernelhash_page(&page, &c->guest.hashes, c->guest.ovmf.hashes_gpa, e) &&
	       outdir_write(&c->dir, launch_file_name(LAUNCH_HASHES), buf_bytes(&page), e);
}

static bool write_texts(struct copied *c, const struct launch_record *r, struct err *e)
{
	owned(buf_free) struct buf record = BUF(LAUNCH_RECORD_MAX);
	owned(buf_free) struct buf command = BUF(BUNDLE_COMMAND_MAX);

	launch_record_write(r, &record);
	return buf_done(&record, "the record of the launch", e) &&
	       bundle_command_write(&command, r, c->files.append, e) &&
	       outdir_write(&c->dir, BUNDLE_RECORD, buf_bytes(&record), e) &&
	       (command.n == 0 || outdir_write(&c->dir, BUNDLE_COMMAND, buf_bytes(&command), e));
}

/* What is wrong with a copy, which is about to go, is wrong with the file. */
static bool blame(const struct copied *c, const struct guest_files *f, struct err *e)
{
	const char *const copies[] = {c->files.ovmf, c->files.kernel, c->files.initrd};
	const char *const files[] = {f->ovmf, f->kernel, f->initrd};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (copies[i] && files[i] && strcmp(e->subject, copies[i]) == 0)
			snprintf(e->subject, sizeof(e->subject), "%s", files[i]);
	return e->reason == REASON_FIRMWARE ? err_subject(e, f->ovmf) : false;
}

void snp_bundle_made_free(struct snp_bundle_made *made)
{
	launch_record_free(&made->record);
	snp_root_free(&made->root);
}

static bool check(const struct bundle_request *q, struct err *e)
{
	const struct guest_files *f = &q->launch->files;

	if (f->append.n > 0 && f->append.p[f->append.n - 1] == '\0')
		return err_set(e, REASON_USAGE,
			       "the command line ends with a NUL, which QEMU cannot be told");
	if (q->root && !f->kernel)
		return err_set(e, REASON_USAGE, "--root means nothing without --kernel");
	return check_policy(q->policy, q->allow_debug, e);
}

bool snp_bundle_write(const struct bundle_request *q, struct snp_bundle_made *made,
		      struct answer *a, struct err *e)
{
	owned(copied_free) struct copied c = {.dir = OUTDIR_NONE,
					      .append = BUF(LAUNCH_CMDLINE_MAX)};
	const struct guest_files *f = &q->launch->files;
	struct launch_record *r = &made->record;

	if (!check(q, e) || !add_rows(r, q->launch, e) || !outdir_open(&c.dir, q->output, e) ||
	    !copy_all(&c, q, made, a, e))
		return false;
	r->policy = q->policy;
	if (!guest_load(&c.guest, &c.files, q->launch->profile[0], e) ||
	    !snp_bundle_compute(r, &c.guest, c.size, e))
		return blame(&c, f, e);
	guest_notes(&c.guest, true, a);
	return write_hashes(&c, e) && write_texts(&c, r, e) && outdir_commit(&c.dir, e);
}

/* ---- again, with another initrd */

static bool copy_bundle(struct copied *c, const struct snp_bundle *b, const char *initrd,
			struct launch_record *r, struct err *e)
{
	const char *root = b->found.file[LAUNCH_ROOT].present ? b->path.part[LAUNCH_ROOT] : NULL;
	const char *copy;

	r->policy = b->found.policy;
	r->root = b->found.root;
	r->file[LAUNCH_ROOT] = b->found.file[LAUNCH_ROOT];
	for (size_t i = 0; i < b->told.n; i++)
		if (!launch_record_add(r, &b->told.row[i], e))
			return false;
	c->files.append = buf_bytes(&b->cmdline);
	return copy_one(c, LAUNCH_FIRMWARE, b->path.part[LAUNCH_FIRMWARE], &c->files.ovmf, e) &&
	       copy_one(c, LAUNCH_KERNEL, b->path.part[LAUNCH_KERNEL], &c->files.kernel, e) &&
	       copy_one(c, LAUNCH_INITRD, initrd, &c->files.initrd, e) &&
	       copy_one(c, LAUNCH_ROOT, root, &copy, e) &&
	       outdir_write(&c->dir, launch_file_name(LAUNCH_CMDLINE), c->files.append, e);
}

bool snp_bundle_rewrite(const struct snp_bundle *b, const char *initrd, const char *output,
			struct watch watch, struct err *e)
{
	owned(copied_free) struct copied c = {.dir = OUTDIR_NONE, .append = BUF(0)};
	owned(launch_record_free) struct launch_record r = {0};

	c.files.watch = watch;
	if (!outdir_open(&c.dir, output, e) || !copy_bundle(&c, b, initrd, &r, e))
		return false;
	if (r.n == 0)
		return err_set(e, REASON_LAUNCH_RECORD, "the record of the launch has no row");
	return guest_load(&c.guest, &c.files, r.row[0].profile, e) &&
	       snp_bundle_compute(&r, &c.guest, c.size, e) && write_hashes(&c, e) &&
	       write_texts(&c, &r, e) && outdir_commit(&c.dir, e);
}
