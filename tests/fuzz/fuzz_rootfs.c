/*
 * Any bytes as whatever may hold a root file system: a tar archive, an image's layout, a docker
 * archive, compressed or not. What is read is a whole tree, whose archive is written to its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/core/rootfs.h"
#include "tests/unit/support_tree.h"

#define UNPACKED_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(arg, n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(arg, to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	(void)arg, (void)x, (void)e;
	return true;
}

/* What an archive cannot carry is all that may be refused by now. */
static void write_out(struct rootfs *r)
{
	const struct cpio_rule rule = {.profile = cpio_profile("native")};
	const struct cpio_io io = {open_file, read_file, put, r};
	struct digest content;
	struct err e = {0};

	must_be(!tree_fault(r->tree));
	must_be(cpio_write(r->tree, &rule, &io, &content, &e) != err_is(&e));
	must_be(!err_is(&e) || e.reason == REASON_NEWC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rootfs_options o = {
		.spool = "/tmp", .drop_xattrs = true, .max_bytes = UNPACKED_MAX};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct rootfs r = {0};
	struct err e = {0};
	char path[64];

	must_be(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (rootfs_open(&r, path, &o, &e)) {
		must_be(!err_is(&e));
		write_out(&r);
	} else {
		must_be(err_is(&e));
	}
	rootfs_free(&r);
	close(fd);
	return 0;
}
