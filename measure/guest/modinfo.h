/*
 * What a kernel module says of itself: the section ".modinfo" of an ELF file of 64 bits, least byte
 * first, strings "key=value" with a NUL behind each. Modules are known by name, in which '-' and
 * '_' are the same.
 */
#ifndef MEASURE_GUEST_MODINFO_H
#define MEASURE_GUEST_MODINFO_H

#include "measure/base/cur.h"

#define MODINFO_NAME_MAX 64u /* MODULE_NAME_LEN and less */

struct modinfo {
	struct bytes depends; /* "a,b": modules to be loaded before; empty when there are none */
	struct bytes
		vermagic; /* "6.1.0-56-amd64 SMP ..."; its first word is the kernel's version */
};

/* Borrows from the file's bytes. Refused (module): what is no such file, or has no .modinfo. */
must bool modinfo_read(struct bytes file, struct modinfo *m, struct err *e);

/*
 * The name of a module by that of its file, or as somebody wrote it: without folders, without
 * ".ko", ".ko.xz" and the like, '-' as '_'. False when none is left or it is too long.
 */
must bool modinfo_name(struct bytes file, char name[MODINFO_NAME_MAX]);

/* The word of a text that begins at *p, up to a byte of `ends`; false when nothing is left. */
bool modinfo_word(struct bytes *text, const char *ends, struct bytes *word);

#endif
