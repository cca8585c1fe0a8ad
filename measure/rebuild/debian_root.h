/*
 * Debian packages as one root file system, unpacked by us as dpkg would where nothing else is: no
 * maintainer script is run and no diversion made. The layout is the merged one of debootstrap: bin,
 * sbin, lib (of amd64 lib32, lib64, libx32) are symbolic links to the same names in usr. Two
 * packages with one file are refused unless one Replaces the other, whose file then is not there.
 */
#ifndef MEASURE_REBUILD_DEBIAN_ROOT_H
#define MEASURE_REBUILD_DEBIAN_ROOT_H

#include "measure/core/rootfs.h"
#include "measure/rebuild/lock.h"

struct debian_locked {
	const struct objects *from;
	const struct lock_input *package; /* in any order: that of their names counts */
	size_t n;
};

/*
 * Each package is proved to be the object that the lock names, and to say of itself what the lock
 * says: name, version, architecture. r: zeroed; released by rootfs_free(). Errors: input-missing,
 * input-digest, package, packages, limit.
 */
must bool debian_root(struct rootfs *r, const struct debian_locked *l,
		      const struct rootfs_options *o, struct err *e);

#endif
