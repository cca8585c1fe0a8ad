/*
 * A Debian package as a file (deb(5)): what its control file says. Its files are for core/rootfs.h.
 */
#ifndef MEASURE_REBUILD_DEB_H
#define MEASURE_REBUILD_DEB_H

#include "measure/base/file.h"

#define DEB_CONTROL_MAX (64u << 20) /* bytes of the archive that the control file is in */

struct deb {
	char *name, *version, *architecture;
	char *replaces, *depends, *pre_depends, *provides; /* "" when it says nothing */
	bool essential;
};

/* Released by deb_free(). Errors: package, and what its archives are refused for. */
must bool deb_read(struct deb *d, const struct file *f, struct err *e);
void deb_free(struct deb *d);

#endif
