/*
 * The content digest of a file system: the same for two that differ only in times, in how their
 * archives are laid out, or in the layers they were made of. It is SHA-256 over a listing, whose
 * first bytes are "measure-content/1" and a NUL. Behind them stands a record for the root, whose
 * path is empty and which is "d 0755 0 0" unless an archive says otherwise, and one for each name
 * below it, in bytewise order of paths that are compared component by component, so that a folder
 * stands in front of what it holds:
 *
 *	TYPE MODE UID GID VALUE NUL PATH NUL
 *
 * with one blank between the first five. MODE: the permissions, four octal digits; of a symbolic
 * link always 0777. UID, GID: decimal. TYPE and VALUE are
 *
 *	d, p, s		folder, fifo, socket: nothing
 *	f		file: its size in decimal, a blank, the SHA-256 of its bytes in hexadecimal
 *	l		symbolic link: its target
 *	c, b		device: MAJOR:MINOR
 *	h		one more name of a file, device or fifo: the path of the last of its names,
 *			whose record is the one that says what it is
 *
 * PATH has no leading, doubled or trailing slash.
 */
#ifndef MEASURE_CORE_CONTENT_H
#define MEASURE_CORE_CONTENT_H

#include "measure/core/hash.h"

struct content_entry {
	struct bytes path;
	uint32_t mode; /* S_IFMT and permissions */
	uint32_t uid, gid;
	uint32_t major, minor; /* of a device */
	uint64_t size; /* of a file */
	const struct digest *sha256; /* of a file's bytes */
	struct bytes target; /* of a symbolic link */
	struct bytes last; /* not empty: one more name of what this path is */
};

struct content;

/* Released by content_free(). */
must struct content *content_new(struct err *e);
void content_free(struct content **c);

/* The next record, the root's first; order is the caller's to keep. */
must bool content_add(struct content *c, const struct content_entry *x, struct err *e);
must bool content_end(struct content *c, struct digest *out, struct err *e);

#endif
