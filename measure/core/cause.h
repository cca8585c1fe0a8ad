/*
 * Causes: why two builds of one thing differ, known by the field that differs, by the path of a
 * file, or by what stands in it (meaning.h). One constant row each, with a line that says what to
 * do about it.
 */
#ifndef MEASURE_CORE_CAUSE_H
#define MEASURE_CORE_CAUSE_H

#include "measure/base/bytes.h"

enum cause {
	CAUSE_NONE,
	/* of fields */
	CAUSE_BUILD_TIME,
	CAUSE_MTIME,
	CAUSE_OWNER,
	CAUSE_MODE,
	CAUSE_ORDER,
	CAUSE_INODE,
	CAUSE_DEVICE,
	CAUSE_NODE,
	CAUSE_HARD_LINK,
	CAUSE_WRITER,
	CAUSE_PADDING,
	CAUSE_COMPRESSOR,
	/* of paths */
	CAUSE_SSH_HOST_KEY,
	CAUSE_GENERATED_KEY,
	CAUSE_MACHINE_ID,
	CAUSE_RANDOM_SEED,
	CAUSE_HOST,
	CAUSE_LDCONFIG,
	CAUSE_FONTCONFIG,
	CAUSE_PYCACHE,
	CAUSE_LOG,
	CAUSE_PACKAGE_LISTS,
	CAUSE_BACKUP,
	CAUSE_CACHE,
	CAUSE_LEFTOVER,
	/* of contents */
	CAUSE_SHADOW_DATE,
	CAUSE_BUILD_ID,
	CAUSE_GZIP_TIME,
	CAUSE_PYC_TIME,
	CAUSE_AR_MEMBER,
	CAUSE_PE_TIME,
	CAUSE_ZIP_TIME,
	CAUSE_SQUASHFS_TIME,
	CAUSE_KERNEL_BUILD,
	CAUSE_PATH_LENGTH,
	CAUSE_KERNEL_CONFIG,
	CAUSE_SIGNING_KEY,
	CAUSE_TOOLCHAIN,
	CAUSE_BUILD_PATH,
	CAUSE_STACK_COOKIE,
	CAUSE_RANDOM_ID,
	CAUSES
};

/* "mtime": stable, also in JSON. */
const char *cause_name(enum cause c);

/* "the times of last change": what is to be the same, as the subject of a sentence in plural. */
const char *cause_what(enum cause c);

/* Where it comes from; what to do. One line each. */
const char *cause_why(enum cause c);
const char *cause_fix(enum cause c);

/* The cause of that name, or CAUSE_NONE. */
enum cause cause_find(const char *name);

/* What the path alone says of a difference, whatever stands in front of it ("rootfs/"). */
enum cause cause_of_path(struct bytes path);

#endif
