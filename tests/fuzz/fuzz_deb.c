/*
 * What a Debian package says of itself: the first byte says whether the others are the package, the
 * archive with its control file, or that file. What is read of it has no zero byte in its names.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/rebuild/deb.h"
#include "tests/unit/support_deb.h"

#define PACKAGE_MAX (4u << 20)
#define CONTROL_MAX (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void wrap(struct buf *out, uint8_t as, struct bytes x)
{
	if (as % 3 == 0) {
		buf_put(out, x);
	} else if (as % 3 == 1) {
		deb_member(out, "debian-binary", bytes_str("2.0\n"));
		deb_member(out, "control.tar", x);
	} else {
		owned(buf_free) struct buf control = BUF(CONTROL_MAX);

		buf_put(&control, bytes_of(x.p, x.n < CONTROL_MAX ? x.n : CONTROL_MAX - 1));
		deb_bytes(out, buf_cstr(&control), "", PACKING_NONE);
	}
}

static void read_package(struct bytes x)
{
	struct file f = {.fd = memfd_create("fuzz", MFD_CLOEXEC), .size = x.n, .name = "fuzz"};
	struct deb d = {0};
	struct err e = {0};

	must_be(f.fd >= 0 && write(f.fd, x.p, x.n) == (ssize_t)x.n);
	must_be(deb_read(&d, &f, &e) == !err_is(&e));
	if (!err_is(&e))
		must_be(*d.name && *d.version && *d.architecture && d.replaces);
	else
		must_be(!d.name && !d.version && !d.architecture && !d.replaces);
	deb_free(&d);
	close(f.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(buf_free) struct buf package = BUF(PACKAGE_MAX);

	if (size == 0)
		return 0;
	wrap(&package, data[0], bytes_of(data + 1, size - 1));
	if (!package.failed)
		read_package(buf_bytes(&package));
	return 0;
}
