/*
 * A directory as a tree: what is below it, with modes, devices and hard links, and owners 0:0
 * unless those of the disk are asked for. No symbolic link is followed. The directory's own mode
 * and owner say nothing, since they come from wherever it happens to lie. Refused: sockets,
 * extended attributes (see left_out.h), and places where another file system is mounted, since
 * what is there is not in the directory. The order of directories reaches nothing.
 *
 * Files are read when their bytes are needed; each is proven to be the one, unchanged, that was
 * seen (file-changed otherwise): in the tree, `at` is what is remembered of its state.
 */
#ifndef MEASURE_CORE_ROOTDIR_H
#define MEASURE_CORE_ROOTDIR_H

#include "measure/base/file.h"
#include "measure/core/left_out.h"
#include "measure/core/tree.h"

struct rootdir {
	int fd;
	char *path; /* as given, without slashes at its end */
	const struct tree_node *top; /* what the directory is in the tree */
	const struct tree_node *here; /* the folder that here_fd is, of the file read last */
	int here_fd;
	const struct tree_node *file;
	int file_fd;
	uint64_t left; /* bytes of it that were not read */
};

#define ROOTDIR_NONE ((struct rootdir){.fd = -1, .here_fd = -1, .file_fd = -1})

struct rootdir_rule {
	bool owners; /* of the disk */
	uint32_t source; /* that its files are of */
	struct left_out left_out;
};

/*
 * Released by rootdir_close(). Refused (rootfs): what lies in a file system whose files the kernel
 * makes up (proc, sysfs, cgroup...). None of them is entered from outside, being mounted.
 */
must bool rootdir_open(struct rootdir *f, const char *path, struct err *e);
void rootdir_close(struct rootdir *f);

/* What is in the directory, into a folder of the tree that is empty; renumbers the tree. */
must bool rootdir_read(struct rootdir *f, struct tree *t, struct tree_node *top,
		       const struct rootdir_rule *rule, struct err *e);

/*
 * The bytes of a regular file below top, from its beginning, up to *got 0. Whether they are those
 * of the file that was seen is known with the last of them.
 */
must bool rootdir_file(struct rootdir *f, const struct tree_node *n, struct err *e);
must bool rootdir_bytes(struct rootdir *f, struct span to, size_t *got, struct err *e);

#endif
