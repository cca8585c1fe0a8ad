/*
 * The file systems that an application expects, and its root made the root of everything.
 */
#ifndef MEASURE_GUEST_INIT_MOUNTS_H
#define MEASURE_GUEST_INIT_MOUNTS_H

/* /dev, and the console in the place of all three standard streams. */
void mounts_console(void);

/* /rootfs becomes the root; there being none is the end. */
void mounts_root(void);

/* The same of a file system on a device, only read. */
void mounts_disk(const char *device, const char *type);

/* proc, sys, dev, pts, shm, run, tmp, cgroup2, and the links in /dev. What fails is said. */
void mounts_all(void);

#endif
