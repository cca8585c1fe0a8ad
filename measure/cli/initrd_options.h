/*
 * Values of options that every verb has which makes a ramdisk from a root file system.
 */
#ifndef MEASURE_CLI_INITRD_OPTIONS_H
#define MEASURE_CLI_INITRD_OPTIONS_H

#include "measure/core/cpio.h"

extern const char *const initrd_profiles[]; /* the first one is the default */
extern const char *const initrd_owners[]; /* "0:0", "disk" */

/* "0", "clamp:N" or "keep" into a rule that has its profile; NULL: as the profile has it. */
must bool initrd_time(const char *text, struct cpio_rule *rule, struct err *e);

/* The folder that a file is in, for what is put aside meanwhile. Released by free(). */
must char *initrd_folder(const char *output, struct err *e);

/* Refused (usage): an output that is the root file system, or is going to be a part of it. */
must bool initrd_distinct(const char *output, const char *rootfs, struct err *e);

#endif
