/*
 * Any bytes as a root image: what is taken for one has a hash area that follows from its data, and
 * no other file of its data is.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/core/rootimage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void look(struct bytes x, struct rootimage *found, struct err *fault)
{
	struct file f = {.fd = memfd_create("image", MFD_CLOEXEC), .size = x.n, .name = "image"};
	struct err e = {0};

	must_be(f.fd >= 0 && write(f.fd, x.p, x.n) == (ssize_t)x.n);
	must_be(rootimage_look(&f, found, fault, &e) && !err_is(&e));
	close(f.fd);
}

static void changed_is_refused(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);
	struct rootimage found;
	struct err fault = {0};

	must_be(copy != NULL);
	memcpy(copy, data, size);
	copy[size - 1] ^= 1;
	look(bytes_of(copy, size), &found, &fault);
	must_be(err_is(&fault));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rootimage found;
	struct err fault = {0};

	look(bytes_of(data, size), &found, &fault);
	must_be(found.size == size && found.sha256.len == 32);
	if (err_is(&fault))
		return 0;
	must_be(found.blocks > 0 && found.root.len == 32 &&
		found.blocks * ROOTIMAGE_BLOCK + verity_size(found.blocks) == size);
	changed_is_refused(data, size);
	return 0;
}
