/*
 * The EIF header (548 bytes) and section header (12 bytes), all fields big-endian, spelt as in the
 * specification. Reading takes any bytes of the right length but the magic; what may stand in the
 * fields is decided in rules.c.
 * Source: aws-nitro-enclaves-image-format, README.md "Enclave Image File (EIF) specification"
 * (2024-06-21) and src/defs/mod.rs, crate 0.5.
 */
#ifndef EIF_HEADER_H
#define EIF_HEADER_H

#include "measure/base/buf.h"
#include "measure/base/cur.h"
#include "measure/core/digest.h"

#define EIF_HEADER_SIZE 548u
#define EIF_SECTION_HEADER_SIZE 12u
#define EIF_MAX_SECTIONS 32u
#define EIF_VERSION 4u
#define EIF_CRC_AT 544u /* offset of eif_crc32; the CRC covers all bytes but these 4 */
#define EIF_FLAG_AARCH64 0x1u
#define EIF_DEFAULT_MEM 0x40000000u /* what the reference builder writes; unused by loaders */
#define EIF_DEFAULT_CPUS 2u

enum eif_section_type {
	EIF_SECTION_INVALID,
	EIF_SECTION_KERNEL,
	EIF_SECTION_CMDLINE,
	EIF_SECTION_RAMDISK,
	EIF_SECTION_SIGNATURE,
	EIF_SECTION_METADATA,
	EIF_SECTION_TYPES
};

struct eif_header {
	uint16_t version;
	uint16_t flags;
	uint64_t default_mem;
	uint64_t default_cpus;
	uint16_t reserved;
	uint16_t num_sections;
	uint64_t section_offsets[EIF_MAX_SECTIONS]; /* of section headers */
	uint64_t section_sizes[EIF_MAX_SECTIONS]; /* data only */
	uint32_t unused;
	uint32_t eif_crc32;
};

struct eif_section_header {
	uint16_t section_type;
	uint16_t flags;
	uint64_t section_size;
};

/* in: at least the header's bytes (fewer is truncated), from offset 0 of the file. */
must bool eif_header_read(struct eif_header *h, struct bytes in, struct err *e);
void eif_header_write(struct buf *out, const struct eif_header *h);

/*
 * Append a section of that size to the tables, right behind the last; the first one follows the
 * header. False (limit) when there are EIF_MAX_SECTIONS, or the file would pass 2^63 bytes.
 */
must bool eif_header_add(struct eif_header *h, uint64_t size, struct err *e);

/* A checksum that was computed as eif_crc32 has it. */
uint32_t eif_crc32_of(const struct digest *crc);

/* base: offset in the file, for messages. */
must bool eif_section_header_read(struct eif_section_header *s, struct bytes in, uint64_t base,
				  struct err *e);
void eif_section_header_write(struct buf *out, const struct eif_section_header *s);

/* "kernel", "cmdline", "ramdisk", "signature", "metadata", "invalid", or "unknown". */
const char *eif_section_name(unsigned type);

#endif
