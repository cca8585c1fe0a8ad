/*
 * What reading a directory and reading its files have in common: the way to a file, without
 * following symbolic links, and the state by which it is known again.
 */
#ifndef MEASURE_CORE_ROOTDIR_STATE_H
#define MEASURE_CORE_ROOTDIR_STATE_H

#include <fcntl.h>
#include <sys/stat.h>

#include "measure/core/rootdir.h"

#define ROOTDIR_OPEN (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Who a file is and when it was changed last, in 64 bits. */
uint64_t rootdir_state(const struct statx *x);

/* What a name in an open folder is, or, where the name is empty, the open file. errno is set. */
must bool rootdir_look(int fd, const char *name, struct statx *x);

/* Open the folder that a node is; *fd is the caller's. */
must bool rootdir_enter(const struct rootdir *f, const struct tree_node *n, int *fd, struct err *e);

/* Name the file in an err; text from errno, or that it has changed. All return false. */
bool rootdir_subject(const struct rootdir *f, const struct tree_node *n, const char *name,
		     struct err *e);
bool rootdir_errno(const struct rootdir *f, const struct tree_node *n, const char *name,
		   struct err *e);
bool rootdir_changed(const struct rootdir *f, const struct tree_node *n, const char *name,
		     struct err *e);

#endif
