/*
 * What a ramdisk cannot hold. Extended attributes (capabilities, access lists) change what a file
 * does, so they are refused unless whoever asked may have them left out. Those that a host gives
 * to its files for itself (labels of SELinux, notes of overlay file systems) mean nothing elsewhere
 * and are always left out. Whatever is left out is told, each by its path and name.
 */
#ifndef MEASURE_CORE_LEFT_OUT_H
#define MEASURE_CORE_LEFT_OUT_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

struct left_out {
	bool xattrs; /* may be left out */
	/* name: of the attribute; empty: the file itself is left out. NULL: nobody wants to know */
	bool (*tell)(void *arg, struct bytes path, struct bytes name, struct err *e);
	void *arg;
};

/* False with reason `xattr`, or what tell() set. */
must bool left_out_xattr(const struct left_out *l, struct bytes path, struct bytes name,
			 struct err *e);
must bool left_out_file(const struct left_out *l, struct bytes path, struct err *e);

#endif
