/*
 * Any bytes as a list of things to be added to a ramdisk: taken, each with its place in a whole
 * tree, or refused with a reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/core/added.h"
#include "tests/unit/support_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct rootfs r = {0};
	struct err e = {0};
	char spec[64];

	must_be(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(spec, sizeof(spec), "@/proc/self/fd/%d", fd);
	must_be(rootfs_empty(&r, &e));
	must_be(added_read(&r, spec, &e) != err_is(&e));
	must_be(!tree_fault(r.tree));
	rootfs_free(&r);
	close(fd);
	return 0;
}
