/*
 * A second opinion on EIFs, for tests: writes small images from a description in which every field
 * can be overridden, and reads CRC and registers out of finished bytes. Nothing here comes from
 * eif/ or measure/: the CRC is computed by itself, digests and curves by OpenSSL directly, so that
 * a mistake there is not repeated here. Everything is deterministic, signatures too.
 *
 * A struct forge borrows the data of its sections. A struct forged owns its bytes: free(p). What
 * cannot be done (no memory, a test's own mistake) ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_EIF_H
#define TESTS_UNIT_SUPPORT_EIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORGE_HEADER 548u
#define FORGE_CRC_AT 544u
#define FORGE_SECTION_HEADER 12u
#define FORGE_SECTIONS 48u

enum forge_type { FORGE_KERNEL = 1, FORGE_CMDLINE, FORGE_RAMDISK, FORGE_SIGNATURE, FORGE_METADATA };

/* A field that is written as it should be, unless it is set. */
struct forge_field {
	bool set;
	uint64_t value;
};

struct forge_section {
	uint16_t type, flags;
	const uint8_t *data;
	size_t n;
	size_t gap; /* zero bytes in front of its header */
	bool hidden; /* neither counted nor in the tables */
	struct forge_field size; /* in its own header */
	struct forge_field table_offset, table_size;
};

struct forge {
	uint8_t magic[4];
	uint16_t version, flags, reserved;
	uint64_t default_mem, default_cpus;
	uint32_t unused;
	struct forge_field num_sections, crc;
	size_t n;
	struct forge_section section[FORGE_SECTIONS];
};

struct forged {
	uint8_t *p;
	size_t n;
};

/* Two ramdisks, metadata, version 4: what the reference builder would write of such parts. */
struct forge forge_base(void);

/* Section i moves to i + 1 and so on; the new one has no override. */
struct forge_section *forge_insert(struct forge *f, size_t i, uint16_t type, const void *data,
				   size_t n);
struct forge_section *forge_append(struct forge *f, uint16_t type, const void *data, size_t n);
void forge_remove(struct forge *f, size_t i);
void forge_swap(struct forge *f, size_t i, size_t j);

/* The first section of that type; ends the program when there is none. */
struct forge_section *forge_find(struct forge *f, uint16_t type);

/* The image, its CRC right unless overridden. */
struct forged forge_write(const struct forge *f);

/* Sections by the sequential walk, data borrowed. False when the walk does not end at the end. */
bool forge_read(struct forge *f, const uint8_t *p, size_t n);

/* CRC-32 of zlib over more bytes (start with 0); that of an image; put it right. */
uint32_t forge_crc(uint32_t crc, const uint8_t *p, size_t n);
uint32_t forge_image_crc(const uint8_t *p, size_t n);
void forge_repair(uint8_t *p, size_t n);

/* The four bytes behind p[0..n) with which forge_crc(crc, ...) comes out as `wanted`. */
void forge_crc_patch(uint32_t crc, uint32_t wanted, uint8_t patch[4]);

/* PCR0, 1, 2 of the sections in their order; PCR8 of DER bytes. */
void forge_registers(const struct forge *f, uint8_t pcr[3][48]);
void forge_pcr(const uint8_t *p, size_t n, uint8_t pcr[48]);

/* Big-endian fields of finished bytes. */
uint64_t forge_get(const uint8_t *p, unsigned width);
void forge_put(uint8_t *p, unsigned width, uint64_t value);

/* Ends the program with a message when memory is refused. */
void *forge_memory(size_t n);

#endif
