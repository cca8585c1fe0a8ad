/*
 * What firmware volumes name by numbers and GUIDs: types of files and sections, file systems, ways
 * of packing, and the volumes that edk2 makes. Constant data.
 * Source: UEFI Platform Initialization Specification 1.8, volume 3, chapters 2 and 3.
 */
#ifndef OVMF_SNP_VOLUME_NAMES_H
#define OVMF_SNP_VOLUME_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOLUME_FILE_PAD 0xf0u

struct volume_system {
	uint8_t guid[16];
	const char *name; /* "FFS2" */
	bool files; /* it holds files */
	bool store; /* of variables */
};

struct volume_packer {
	uint8_t guid[16];
	const char *name; /* "LZMA" */
	bool lzma; /* the one that is opened */
};

/* By a GUID as it is stored; NULL for one that is not known. */
const struct volume_system *volume_system(const uint8_t guid[16]);
const struct volume_packer *volume_packer(const uint8_t guid[16]);
const char *volume_known(const uint8_t guid[16]); /* "SECFV" */

/* "PEIM", "PE32"; "unknown" */
const char *volume_file_type(unsigned type);
const char *volume_section_type(unsigned type);

#endif
