/*
 * IGVM files: a fixed header, variable headers that say what a loader does (in three sections:
 * platforms, initialization, directives), and the data that these refer to. Strictly read: what
 * two loaders could take differently is refused. A header stays as it stands in the file, borrowed,
 * and its fields are looked up by a table, which the writer follows too. Each header that depends
 * on the platform has a compatibility mask with a bit for each platform that it is for.
 * Source: IGVM file format, version 1 and (unstable) 2, as microsoft/igvm, igvm_defs 0.4 has it.
 */
#ifndef OVMF_SNP_IGVM_H
#define OVMF_SNP_IGVM_H

#include "measure/base/buf.h"
#include "measure/base/bytes.h"

#define IGVM_MAX (512u << 20) /* bytes of a file */
#define IGVM_HEADERS (1u << 19)
#define IGVM_PAGES (1u << 20) /* that one file may have launched */
#define IGVM_AREAS 256u /* for parameters */
#define IGVM_PAGE 4096u
#define IGVM_PAGE_2M (2u << 20)

enum igvm_type {
	IGVM_SUPPORTED_PLATFORM = 0x1,
	IGVM_GUEST_POLICY = 0x101,
	IGVM_RELOCATABLE_REGION,
	IGVM_PAGE_TABLE_RELOCATION,
	IGVM_CORIM_DOCUMENT,
	IGVM_CORIM_SIGNATURE,
	IGVM_CCA_POLICY,
	IGVM_PARAMETER_AREA = 0x301,
	IGVM_PAGE_DATA,
	IGVM_PARAMETER_INSERT,
	IGVM_VP_CONTEXT,
	IGVM_REQUIRED_MEMORY,
	IGVM_VP_COUNT = 0x307,
	IGVM_SRAT,
	IGVM_MADT,
	IGVM_MMIO_RANGES,
	IGVM_SNP_ID_BLOCK,
	IGVM_MEMORY_MAP,
	IGVM_ERROR_RANGE,
	IGVM_COMMAND_LINE,
	IGVM_SLIT,
	IGVM_PPTT,
	IGVM_VBS_MEASUREMENT,
	IGVM_DEVICE_TREE,
	IGVM_ENVIRONMENT_INFO
};

enum igvm_platform {
	IGVM_NATIVE,
	IGVM_VSM,
	IGVM_SNP,
	IGVM_TDX,
	IGVM_SEV,
	IGVM_SEV_ES,
	IGVM_CCA,
	IGVM_PLATFORMS
};

/* What the fields of headers mean; a header has some of them. */
enum igvm_field {
	IGVM_MASK, /* compatibility mask */
	IGVM_GPA,
	IGVM_SIZE, /* in bytes, of what is at the address, or of the data */
	IGVM_INDEX, /* of a parameter area, or of a virtual processor */
	IGVM_OFFSET, /* in the file, of the data; 0: none */
	IGVM_FLAGS,
	IGVM_KIND, /* of a platform, or of a page's data */
	IGVM_VTL,
	IGVM_VERSION,
	IGVM_VALUE, /* policy, shared boundary, alignment, byte in a parameter area */
	IGVM_LOW,
	IGVM_HIGH,
	IGVM_REST, /* bytes that other rooms read */
	IGVM_ZERO, /* reserved */
	IGVM_END
};

/* Flags and kinds of IGVM_PAGE_DATA. */
#define IGVM_IS_2M 0x1u
#define IGVM_UNMEASURED 0x2u
#define IGVM_SHARED 0x4u
enum igvm_data_kind { IGVM_DATA_NORMAL, IGVM_DATA_SECRETS, IGVM_DATA_CPUID, IGVM_DATA_CPUID_XF };

struct igvm_layout; /* of the headers of one type */

struct igvm_header {
	const struct igvm_layout *layout;
	uint64_t at; /* of its type in the file */
	struct bytes body; /* without the padding */
};

struct igvm {
	uint32_t version;
	uint32_t architecture; /* 0 x64, 1 aarch64; 0 in version 1 */
	struct igvm_header *header; /* in the file's order */
	size_t n_headers;
	size_t n_platforms; /* headers of platforms, which come first */
	size_t area[IGVM_AREAS], n_areas; /* which headers are parameter areas */
	uint64_t data_at; /* where the data begin, which reach to the end */
	struct bytes data;
	uint32_t platforms; /* compatibility masks of them all */
};

/* Borrows the file. Errors: igvm, crc, truncated, limit. Released by igvm_free(). */
must bool igvm_read(struct igvm *g, struct bytes file, struct err *e);
void igvm_free(struct igvm *g);

/* Into an empty buf: the file of these headers and data; of what was read the same bytes. */
must bool igvm_write(const struct igvm *g, struct buf *out, struct err *e);

/*
 * A header more, behind all others. body: its bytes, borrowed; no data belong to it. Refused (igvm)
 * when it is not as its type demands.
 */
must bool igvm_append(struct igvm *g, enum igvm_type type, struct bytes body, struct err *e);

enum igvm_type igvm_type(const struct igvm_header *h);
const char *igvm_type_name(const struct igvm_header *h); /* "page data" */
const char *igvm_platform_name(enum igvm_platform p); /* "snp" */

/* A number of a header; 0 when it has no such field. */
uint64_t igvm_get(const struct igvm_header *h, enum igvm_field f);
bool igvm_has(const struct igvm_header *h, enum igvm_field f);

/* The bytes of IGVM_REST, and the data that a header refers to; without any, empty. */
struct bytes igvm_rest(const struct igvm_header *h);
struct bytes igvm_data(const struct igvm *g, const struct igvm_header *h);
uint64_t igvm_data_size(const struct igvm *g, const struct igvm_header *h);

/* Compatibility mask of a platform; 0 when the file is not for it. */
uint32_t igvm_mask(const struct igvm *g, enum igvm_platform p);

/* The platform of a header whose mask has its one bit; IGVM_PLATFORMS when there is none. */
enum igvm_platform igvm_platform_of(const struct igvm *g, const struct igvm_header *h);

/* The guest's policy on a platform, the first; false when there is none. */
bool igvm_policy(const struct igvm *g, enum igvm_platform p, uint64_t *policy);

/* Is it for one of these platforms? Headers without a mask are for all. */
bool igvm_is_for(const struct igvm_header *h, uint32_t mask);

/* Bytes of memory that a page, an area or a region takes. */
uint64_t igvm_extent(const struct igvm *g, const struct igvm_header *h);

/* A page: is it for the same platforms, of the same kind, and right behind that of header h - 1? */
bool igvm_joins(const struct igvm *g, const struct igvm_header *h);

/* The parameter area with that index, or NULL. */
const struct igvm_header *igvm_area(const struct igvm *g, uint64_t index);

/*
 * What headers demand of each other, igvm_check.c: platforms, parameter areas, pages that overlap,
 * data that nobody refers to. igvm_read() asks for it.
 */
must bool igvm_check(const struct igvm *g, struct err *e);

#endif
