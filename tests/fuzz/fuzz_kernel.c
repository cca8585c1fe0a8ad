/*
 * Any bytes as a kernel image: what it says of itself fits its limits and holds no NUL, and nothing
 * is refused, because what cannot be understood is unknown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/guest/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct kernel k = KERNEL;
	struct err e = {0};
	char path[64];

	must_be(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must_be(kernel_read(&k, path, &e) && !err_is(&e));
	must_be(k.version.n <= KERNEL_VERSION_MAX && k.config.n <= KERNEL_CONFIG_MAX);
	must_be(k.version.n == 0 || !memchr(k.version.p, 0, k.version.n));
	kernel_free(&k);
	close(fd);
	return 0;
}
