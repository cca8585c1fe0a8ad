#include "ovmf-snp/bundle_write.h"

#include <stdio.h>

#include "measure/base/outdir.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/report.h"

#define POLICY_ONE 17u
#define POLICY_DEBUG 19u
#define POLICY_VERSION 0xffffull /* the least version of the ABI */
#define COMMAND_MAX (8u << 20)

/* ---- the policy */

static uint64_t bit(unsigned n)
{
	return 1ull << n;
}

static bool check_policy(uint64_t policy, bool allow_debug, struct err *e)
{
	uint64_t known = POLICY_VERSION | bit(POLICY_ONE);

	for (const struct snp_bit *b = snp_policy_bits; b->name; b++)
		known |= bit(b->bit);
	if (!(policy & bit(POLICY_ONE)))
		return err_set(e, REASON_USAGE,
			       "--policy 0x%llx: bit %u is clear, which no guest has",
			       (unsigned long long)policy, POLICY_ONE);
	if (policy & ~known)
		return err_set(e, REASON_USAGE, "--policy 0x%llx: the bits 0x%llx have no meaning",
			       (unsigned long long)policy, (unsigned long long)(policy & ~known));
	return allow_debug || !(policy & bit(POLICY_DEBUG)) ||
	       err_set(e, REASON_DEBUG_MODE, "--policy 0x%llx: bit %u allows debugging",
		       (unsigned long long)policy, POLICY_DEBUG);
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

/* ---- the command */

/* The first row that QEMU can be told; NULL when there is none. */
static const struct launch_row *row_of_qemu(const struct launch_record *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->row[i].profile->vmm, "QEMU") == 0 && r->row[i].type &&
		    r->row[i].features == VMSA_FEATURES_DEFAULT)
			return &r->row[i];
	return NULL;
}

static void put_quoted(struct buf *out, struct bytes text)
{
	buf_str(out, "'");
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_str(out, "'\\''");
		else
			buf_u8(out, text.p[i]);
	}
	buf_str(out, "'");
}

static void put_files(struct buf *out, const struct launch_record *r, struct bytes append)
{
	buf_fmt(out, " \\\n\t-bios %s", launch_file_name(LAUNCH_FIRMWARE));
	if (!r->file[LAUNCH_KERNEL].present)
		return;
	buf_fmt(out, " \\\n\t-kernel %s", launch_file_name(LAUNCH_KERNEL));
	if (r->file[LAUNCH_INITRD].present)
		buf_fmt(out, " -initrd %s", launch_file_name(LAUNCH_INITRD));
	buf_str(out, " \\\n\t-append ");
	put_quoted(out, append);
}

/* Position of the C bit and the bits lost to it are those of all processors that have SNP. */
static void put_command(struct buf *out, const struct launch_record *r,
			const struct launch_row *row, struct bytes append)
{
	buf_fmt(out,
		"#!/bin/sh\n"
		"# Starts the guest of " BUNDLE_RECORD ". VCPUS and CPU are measured: each of its\n"
		"# rows for QEMU gives a pair of them. MEMORY, and what $@ adds, is not.\n"
		"set -eu\n"
		"CDPATH='' cd -- \"$(dirname -- \"$0\")\"\n"
		"VCPUS=${VCPUS:-%u} CPU=${CPU:-%s} MEMORY=${MEMORY:-2G}\n",
		row->vcpus, row->type);
	buf_fmt(out,
		"exec \"${QEMU:-qemu-system-x86_64}\" -enable-kvm -nographic -no-reboot \\\n"
		"\t-cpu \"$CPU\" -smp \"$VCPUS\" -m \"$MEMORY\" \\\n"
		"\t-machine q35,confidential-guest-support=sev0,memory-backend=ram1 \\\n"
		"\t-object memory-backend-memfd,id=ram1,size=\"$MEMORY\",share=true \\\n"
		"\t-object sev-snp-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x%llx%s",
		(unsigned long long)r->policy,
		r->file[LAUNCH_KERNEL].present ? ",kernel-hashes=on" : "");
	put_files(out, r, append);
	buf_str(out, " \"$@\"\n");
}

/* ---- all */

/* What is digested is the copy, which is what the guest gets. */
struct copied {
	struct outdir dir;
	struct guest_files files;
	struct guest guest;
	uint64_t size[LAUNCH_PARTS];
};

static void copied_free(struct copied *c)
{
	guest_free(&c->guest);
	outdir_free(&c->dir);
}

static bool copy_one(struct copied *c, enum launch_part part, const char *from, const char **to,
		     struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (!from)
		return true;
	if (!outdir_copy(&c->dir, launch_file_name(part), from, c->files.watch, e))
		return false;
	*to = c->dir.file[c->dir.n - 1];
	if (!file_open(&f, *to, e))
		return false;
	c->size[part] = f.size;
	return true;
}

static bool copy_all(struct copied *c, const struct guest_files *f, struct err *e)
{
	c->files.append = f->append;
	c->files.watch = f->watch;
	return copy_one(c, LAUNCH_FIRMWARE, f->ovmf, &c->files.ovmf, e) &&
	       copy_one(c, LAUNCH_KERNEL, f->kernel, &c->files.kernel, e) &&
	       copy_one(c, LAUNCH_INITRD, f->initrd, &c->files.initrd, e) &&
	       (!f->kernel ||
		outdir_write(&c->dir, launch_file_name(LAUNCH_CMDLINE), f->append, e));
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
	owned(buf_free) struct buf record = BUF(LAUNCH_RECORD_MAX), command = BUF(COMMAND_MAX);
	const struct launch_row *row = row_of_qemu(r);

	launch_record_write(r, &record);
	if (row)
		put_command(&command, r, row, c->files.append);
	return buf_done(&record, "the record of the launch", e) &&
	       buf_done(&command, "the command", e) &&
	       outdir_write(&c->dir, BUNDLE_RECORD, buf_bytes(&record), e) &&
	       (!row || outdir_write(&c->dir, BUNDLE_COMMAND, buf_bytes(&command), e));
}

bool snp_bundle_write(const struct bundle_request *q, struct launch_record *r, struct answer *a,
		      struct err *e)
{
	owned(copied_free) struct copied c = {0};
	const struct guest_files *f = &q->launch->files;

	if (f->append.n > 0 && f->append.p[f->append.n - 1] == '\0')
		return err_set(e, REASON_USAGE,
			       "the command line ends with a NUL, which QEMU cannot be told");
	if (!check_policy(q->policy, q->allow_debug, e) || !add_rows(r, q->launch, e) ||
	    !outdir_open(&c.dir, q->output, e) || !copy_all(&c, f, e))
		return false;
	r->policy = q->policy;
	if (!guest_load(&c.guest, &c.files, q->launch->profile[0], e) ||
	    !snp_bundle_compute(r, &c.guest, c.size, e)) {
		if (e->reason == REASON_FIRMWARE) /* the copy is about to go */
			snprintf(e->subject, sizeof(e->subject), "%s", f->ovmf);
		return false;
	}
	guest_notes(&c.guest, true, a);
	return write_hashes(&c, e) && write_texts(&c, r, e) && outdir_commit(&c.dir, e);
}
