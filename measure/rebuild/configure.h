/*
 * Debian packages installed by their own scripts: dpkg, which must be among them, runs in a sandbox
 * as root of several ids, on a root file system that holds what it needs to begin with. All the
 * rest is its own work: preinst and postinst in the order of dependencies, triggers, diversions,
 * alternatives, its database. No service is started (policy-rc.d), nothing is asked
 * (DEBIAN_FRONTEND), there is no network.
 *
 * It is done twice, and what comes of it is kept in the cache only when it is the same both times,
 * as an archive with owners and set-id bits; what is left of when it was done is taken out first
 * (configure_scrub.h). The key is of the packages, the epoch and the way in which it is done.
 */
#ifndef MEASURE_REBUILD_CONFIGURE_H
#define MEASURE_REBUILD_CONFIGURE_H

#include "measure/rebuild/works.h"

/*
 * input: packages that are configured. r: zeroed; released by rootfs_free(). Errors: sandbox (also
 * where ids cannot be mapped), missing-tool, stage-failed, unrepeatable, recipe (no dpkg), and what
 * packages are refused for.
 */
must bool configure_root(const struct works *w, const struct recipe_input *input, struct rootfs *r,
			 struct err *e);

#endif
