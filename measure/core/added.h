/*
 * Things put into a tree beside what a root file system brings, by lines as gen_init_cpio of the
 * Linux kernel reads them (usr/gen_init_cpio.c), words between blanks:
 *
 *	file NAME SOURCE MODE UID GID [NAME...]		the names behind are hard links
 *	dir NAME MODE UID GID
 *	slink NAME TARGET MODE UID GID
 *	nod NAME MODE UID GID b|c MAJOR MINOR
 *	pipe NAME MODE UID GID
 *
 * Modes are octal. SOURCE is a path of this machine, and nothing in it is replaced. Folders that a
 * name needs are made. Nothing that is there already is changed: such a name is refused, but for
 * folders that nothing spoke of so far. Times are 0.
 */
#ifndef MEASURE_CORE_ADDED_H
#define MEASURE_CORE_ADDED_H

#include "measure/core/rootfs.h"

/* One line, or with "@FILE" all lines of a file but empty ones and those that begin with "#". */
must bool added_read(struct rootfs *r, const char *spec, struct err *e);

#endif
