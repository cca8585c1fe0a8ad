/*
 * The record of a launch (launch.json): the parameters with which a guest is started from the files
 * beside it, the digests of these files, and the launch digest of each row: a number of processors
 * of one type under one profile. One JSON object of the schema "measure-launch/1", written in one
 * form, a function of the files and the parameters alone; read strictly.
 */
#ifndef OVMF_SNP_LAUNCH_RECORD_H
#define OVMF_SNP_LAUNCH_RECORD_H

#include "measure/base/json.h"
#include "measure/core/digest.h"
#include "ovmf-snp/vmsa.h"

#define LAUNCH_SCHEMA "measure-launch/1"
#define LAUNCH_RECORD_MAX (4u << 20)
#define LAUNCH_CMDLINE_MAX (1u << 20)
#define LAUNCH_ROWS 8192u
#define LAUNCH_POLICY 0x30000ull /* when none is given: SMT, and the bit that is always one */

enum launch_part {
	LAUNCH_FIRMWARE,
	LAUNCH_KERNEL,
	LAUNCH_INITRD,
	LAUNCH_CMDLINE,
	LAUNCH_ROOT, /* a root image, which the command line binds (core/rootimage.h) */
	LAUNCH_HASHES
};
#define LAUNCH_PARTS 6u

struct launch_file {
	bool present;
	uint64_t size;
	struct digest sha256;
};

/* type: NULL where the profile does not measure it and none was given, or it has no name. */
struct launch_row {
	const struct profile *profile;
	const char *type; /* of vcpu_types */
	uint32_t signature;
	uint64_t features;
	uint32_t vcpus;
	struct digest digest;
};

/* Of a root image that is present. */
struct launch_root {
	struct digest hash; /* of the root of its hash tree */
	uint64_t blocks; /* of data */
};

struct launch_record {
	uint64_t policy;
	struct launch_file file[LAUNCH_PARTS];
	struct launch_root root;
	struct digest firmware_ld; /* of the firmware's pages alone */
	size_t n;
	struct launch_row *row;
};

/* Both there, with one size and digest, or neither. */
bool launch_file_same(const struct launch_file *a, const struct launch_file *b);

void launch_record_free(struct launch_record *r);

/* A copy of the row behind the others (limit, out-of-memory). */
must bool launch_record_add(struct launch_record *r, const struct launch_row *row, struct err *e);

/* "firmware": what a file is; "firmware.fd": its name in a bundle, which is always the same. */
const char *launch_part_name(enum launch_part part);
const char *launch_file_name(enum launch_part part);

/* "EPYC-v4 x4, qemu"; the same with another name in the type's place, unless that is NULL. */
void launch_row_put(struct buf *out, const struct launch_row *row);
void launch_row_put_as(struct buf *out, const char *type, const struct launch_row *row);

void launch_record_write(const struct launch_record *r, struct buf *out);

/* Errors: launch-record, json, trailing, limit, out-of-memory. */
must bool launch_record_read(struct launch_record *r, struct bytes json, struct err *e);

#endif
