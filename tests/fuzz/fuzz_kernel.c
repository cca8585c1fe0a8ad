/*
 * Any bytes as a kernel image: what it says of itself fits its limits and holds no NUL, and nothing
 * is refused, because what cannot be understood is unknown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/core/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void look(const char *path)
{
	owned(kernel_free) struct kernel k = KERNEL;
	struct file f = FILE_NONE;
	struct err e = {0};

	must_be(file_open(&f, path, &e));
	must_be(kernel_look(&k, &(struct extent){&f, 0, f.size}, &e) && !err_is(&e));
	must_be((k.packing != NULL) == (k.unpacked.len > 0));
	must_be(k.banner.n <= KERNEL_BANNER_MAX && !memchr(buf_cstr(&k.banner), 0, k.banner.n));
	must_be(k.n_ids <= KERNEL_IDS && k.n_keys <= KERNEL_KEYS);
	for (size_t i = 0; i < k.n_keys; i++)
		must_be(strlen(k.key[i].name) < KERNEL_KEY_NAME && k.key[i].sha256.len == 32);
	file_close(&f);
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
	look(path);
	close(fd);
	return 0;
}
