/*
 * What the installation of packages leaves in a root file system that says when it was done, or
 * that is drawn by lot, brought to one form (measure-recipe(5) lists it):
 *
 *	left out	logs of dpkg, apt and alternatives; the auxiliary cache of ldconfig; what
 *			dpkg and debconf keep of their last state, and their locks; the machine's
 *			id of D-Bus, the random seed of systemd; all of /run, /tmp and /var/tmp
 *	empty		/etc/machine-id
 *	set		the day of the last change of passwords in /etc/shadow: that of the epoch
 *
 * Times of files are no part of a root file system as it is kept.
 */
#ifndef MEASURE_REBUILD_CONFIGURE_SCRUB_H
#define MEASURE_REBUILD_CONFIGURE_SCRUB_H

#include "measure/core/rootfs.h"

must bool configure_scrub(struct rootfs *r, int64_t epoch, struct err *e);

#endif
