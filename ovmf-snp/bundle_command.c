#include "ovmf-snp/bundle_command.h"

#include "measure/base/text.h"
#include "measure/guest/init/root_words.h"
#include "ovmf-snp/bundle.h"

/* The first row that QEMU can be told; NULL when there is none. */
static const struct launch_row *row_of_qemu(const struct launch_record *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->row[i].profile->vmm, "QEMU") == 0 && r->row[i].type &&
		    r->row[i].features == VMSA_FEATURES_DEFAULT)
			return &r->row[i];
	return NULL;
}

/* A disk of another kind is for whoever calls the script to attach: -device KIND,drive=root. */
static void put_disk(struct buf *out, struct bytes append)
{
	struct root_words w = {.device = ""};
	bool virtio = root_words_read((const char *)append.p, append.n, &w) == ROOT_WORDS_ALL &&
		      strncmp(w.device, "/dev/vd", 7) == 0;

	buf_fmt(out, " \\\n\t-drive if=%s,id=root,format=raw,readonly=on,file=%s",
		virtio ? "virtio" : "none", launch_file_name(LAUNCH_ROOT));
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
	text_quote(out, append);
	if (r->file[LAUNCH_ROOT].present)
		put_disk(out, append);
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

bool bundle_command_write(struct buf *out, const struct launch_record *r, struct bytes append,
			  struct err *e)
{
	const struct launch_row *row = row_of_qemu(r);

	if (row)
		put_command(out, r, row, append);
	return buf_done(out, "the command", e);
}
