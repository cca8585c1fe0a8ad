/*
 * Small IGVM files, made without the writer that is tested. A file is gathered header by header;
 * what a test wants to be wrong it changes in the bytes, and mends the checksum or not.
 */
#ifndef TESTS_UNIT_SUPPORT_IGVM_H
#define TESTS_UNIT_SUPPORT_IGVM_H

#include "measure/base/buf.h"

#define FORGE_IGVM_MAX (1u << 20)
#define FORGE_IGVM_OFFSETS 64u

struct forge_igvm {
	unsigned version;
	struct buf headers, data;
	size_t offset[FORGE_IGVM_OFFSETS]; /* where in the headers an offset into the data stands */
	size_t n_offsets;
};

#define FORGE_IGVM(v)                                                                       \
	{                                                                                   \
		.version = (v), .headers = BUF(FORGE_IGVM_MAX), .data = BUF(FORGE_IGVM_MAX) \
	}

void forge_igvm_free(struct forge_igvm *f);

/* Any header: the type, then values and their widths in bytes, ended by a width of 0. */
void forge_igvm_header(struct forge_igvm *f, unsigned type, ...);

void forge_igvm_platform(struct forge_igvm *f, unsigned mask, unsigned kind);

struct forge_page {
	uint64_t gpa;
	unsigned mask, flags, kind;
	int fill; /* of its data; negative: none */
};
void forge_igvm_page(struct forge_igvm *f, const struct forge_page *p);
void forge_igvm_context(struct forge_igvm *f, unsigned mask, unsigned vp, int fill);

/* The file; f is used up. */
void forge_igvm_finish(struct forge_igvm *f, struct buf *out);

/*
 * For snp (mask 1) and tdx (2): a policy, a page of data, a page without, an area of two pages with
 * a parameter in it and put into place, one context, required memory. Where things stand is below.
 */
void forge_igvm_base(struct buf *out, unsigned version);
#define BASE_PLATFORM 24u /* of version 1; what stands at the first byte of a header */
#define BASE_PLATFORM_2 48u
#define BASE_POLICY 72u
#define BASE_PAGE 96u
#define BASE_PAGE_2 128u
#define BASE_AREA 160u
#define BASE_COUNT 184u
#define BASE_INSERT 200u
#define BASE_CONTEXT 224u
#define BASE_MEMORY 256u
#define BASE_DATA 288u

/* A little-endian number over width bytes; the checksum made right. */
void forge_igvm_put(struct buf *file, size_t at, uint64_t x, unsigned width);
void forge_igvm_crc(struct buf *file);

#endif
