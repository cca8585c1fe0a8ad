/*
 * Firmware images of OVMF (edk2) as far as launch measurements need them. The image is loaded so
 * that it ends at 4 GiB. A table of GUIDs stands at its end and is walked from the back; it leads
 * to the metadata, which list the pages that the virtual machine monitor launches beside the image.
 * SVSM images (Coconut) carry the same table with an entry of their own. Borrows the image.
 * Sources: edk2 OvmfPkg/ResetVector/Ia32/{Ia16ToIa32 ResetVector,AmdSev}.asm, OvmfSevMetadata.asm,
 * OvmfPkg/AmdSev; QEMU hw/i386/pc_sysfw_ovmf.c.
 */
#ifndef OVMF_SNP_OVMF_H
#define OVMF_SNP_OVMF_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"
#include "measure/base/own.h"

#define OVMF_PAGE 4096u
#define OVMF_MAX (64u << 20) /* bytes of an image */
#define OVMF_END (1ull << 32) /* where the image ends in the guest's memory */
#define OVMF_ENTRIES 32u
#define OVMF_SECTIONS 64u
#define OVMF_HASHES_SIZE 176u /* bytes of the table of kernel hashes: with less room QEMU refuses */
#define OVMF_SECTION_PAGES 65536u /* of all sections together */

enum ovmf_section_type {
	OVMF_SEC_MEM = 1,
	OVMF_SECRETS = 2,
	OVMF_CPUID = 3,
	OVMF_SVSM_CAA = 4,
	OVMF_KERNEL_HASHES = 0x10
};

struct ovmf_section {
	uint32_t gpa, size;
	enum ovmf_section_type type;
	uint64_t at; /* of its descriptor in the image */
};

/* One entry of the table of GUIDs. */
struct ovmf_entry {
	const char *name; /* "SEV-ES reset block"; NULL for a GUID that is not known here */
	uint8_t guid[16]; /* as stored */
	struct bytes data;
	uint64_t at; /* of the data in the image */
};

struct ovmf {
	struct bytes image;
	uint64_t gpa; /* where the image begins */
	size_t n_entries;
	struct ovmf_entry entry[OVMF_ENTRIES]; /* from the back of the table */
	bool has_reset;
	uint32_t reset_eip; /* where the other processors start */
	bool has_hashes; /* a place for the table of kernel hashes */
	uint32_t hashes_gpa, hashes_size;
	bool has_svsm_info;
	uint32_t svsm_entry; /* offset of the entry point in the image */
	bool has_metadata;
	uint64_t metadata_at; /* of the metadata's header in the image */
	size_t n_sections;
	struct ovmf_section section[OVMF_SECTIONS]; /* in the image's order, which is measured */
};

/*
 * end: where the image ends in the guest's memory, OVMF_END but for an SVSM. Refused (firmware) are
 * images that are empty, not whole pages, larger than OVMF_MAX or without the table, and tables and
 * metadata that run out of the image, repeat an entry, name sections that are unaligned, overlap,
 * lie over the image itself or have a type that is not known. Metadata may be longer than their
 * sections, as QEMU has it.
 */
must bool ovmf_read(struct ovmf *o, struct bytes image, uint64_t end, struct err *e);

/* The same without the metadata, where nothing is launched by them. */
must bool ovmf_read_flat(struct ovmf *o, struct bytes image, uint64_t end, struct err *e);

/* Do the last bytes of a file, 50 at least, end in the table? */
bool ovmf_is(struct bytes tail);

/* "SEC_MEM" */
const char *ovmf_section_name(enum ovmf_section_type type);

/* The first section of a type, or NULL. */
const struct ovmf_section *ovmf_section(const struct ovmf *o, enum ovmf_section_type type);

#endif
