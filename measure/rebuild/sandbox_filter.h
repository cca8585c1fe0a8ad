/*
 * The system calls that a sandbox refuses: name spaces and what changes mounts, keyrings, looking
 * into other processes, programs in the kernel, asynchronous rings, faults handled by users,
 * counters, modules, other kernels, the clock, accounting and swap; typing into a terminal; giving
 * files extended attributes, as where a file system has none; sockets of any family but local ones,
 * since some (vsock) know no network name spaces. They fail, so that programs can go on; a call of
 * a foreign architecture kills.
 */
#ifndef MEASURE_REBUILD_SANDBOX_FILTER_H
#define MEASURE_REBUILD_SANDBOX_FILTER_H

#include "measure/base/err.h"

/* A descriptor of the filter's program, as bubblewrap's --seccomp reads it; the caller's. */
must bool sandbox_filter(int *fd, struct err *e);

#endif
