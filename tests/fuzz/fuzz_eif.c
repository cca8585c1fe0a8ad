/*
 * Any bytes as a whole EIF through the strict reader, as file and as stream: as they are, with
 * their checksum made right, and with tables and header sizes made right where a walk through
 * them comes to the end. File and stream agree, and what is accepted has the registers of the
 * second opinion.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "eif/image.h"
#include "tests/unit/support_eif.h"

#define PIPE_ROOM 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

/* Accepted or refused, and why: left in *e. */
static bool read_one(struct file *f, const uint8_t *p, size_t n, struct err *e)
{
	struct eif_image img;
	bool done = eif_image_read(f, n % 2, &img, e);
	uint8_t pcr[3][48];
	struct forge again;

	must_be(done == !err_is(e));
	if (done) {
		must_be(forge_read(&again, p, n) && again.n == img.n && img.size == n);
		forge_registers(&again, pcr);
		for (size_t i = 0; i < 3; i++)
			must_be(memcmp(pcr[i], img.pcr[i].v, 48) == 0);
	} else {
		must_be(reason_class(e->reason) == EXIT_CLASS_MALFORMED ||
			e->reason == REASON_SIGNATURE);
	}
	eif_image_free(&img);
	return done;
}

static bool as_file(const uint8_t *p, size_t n, struct err *e)
{
	struct file f = {.fd = memfd_create("fuzz", MFD_CLOEXEC), .size = n, .name = "fuzz"};
	bool done;

	must_be(f.fd >= 0 && write(f.fd, p, n) == (ssize_t)n);
	done = read_one(&f, p, n, e);
	close(f.fd);
	return done;
}

static bool as_stream(const uint8_t *p, size_t n, struct err *e)
{
	struct file f = {.stream = true, .name = "fuzz"};
	int ends[2];
	bool done;

	must_be(pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], p, n) == (ssize_t)n);
	close(ends[1]);
	f.fd = ends[0];
	done = read_one(&f, p, n, e);
	close(ends[0]);
	return done;
}

static void both_ways(const uint8_t *p, size_t n)
{
	struct err e = {0}, e2 = {0};
	bool done = as_file(p, n, &e);

	if (n <= PIPE_ROOM)
		must_be(as_stream(p, n, &e2) == done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	struct forge f;
	struct forged x;

	both_ways(data, size);
	if (copy && size >= FORGE_HEADER) {
		memcpy(copy, data, size);
		forge_repair(copy, size);
		both_ways(copy, size);
	}
	free(copy);
	if (forge_read(&f, data, size)) {
		x = forge_write(&f);
		both_ways(x.p, x.n);
		free(x.p);
	}
	return 0;
}
