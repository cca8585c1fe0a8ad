/*
 * sparse OUT KERNEL RAMDISK...: writes an EIF of version 4 whose kernel and ramdisks have the given
 * sizes in bytes and hold nothing but zeros, left as holes, so that an image of many GiB takes some
 * KiB of disk. Everything else is as the format wants it, the CRC over the holes included. It
 * shares no code with the program that is measured.
 */
#include <fcntl.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HEADER = 548,
	SECTION = 12,
	MAX_SECTIONS = 32,
	OFFSETS = 0x01c,
	SIZES = 0x11c,
	CRC = 0x220,
	KERNEL = 1,
	CMDLINE = 2,
	RAMDISK = 3,
	METADATA = 5,
};

static const char cmdline[] = "console=ttyS0 panic=1";
static const char metadata[] =
	"{\"ImageName\":\"sparse\",\"ImageVersion\":\"1.0\",\"BuildMetadata\":{\"BuildTime\":"
	"\"1970-01-01T00:00:00+00:00\",\"BuildTool\":\"sparse\",\"BuildToolVersion\":\"1\","
	"\"OperatingSystem\":\"OS\",\"KernelVersion\":\"kernel\"},\"DockerInfo\":null,"
	"\"CustomMetadata\":null}";

struct section {
	unsigned type;
	uint64_t size;
	const char *text; /* NULL: zeros */
};

struct image {
	struct section s[MAX_SECTIONS];
	unsigned n;
	int fd;
	uint64_t at;
	uint32_t crc;
};

static void be(uint8_t *p, unsigned bytes, uint64_t v)
{
	for (; bytes > 0; v >>= 8)
		p[--bytes] = (uint8_t)v;
}

static bool parse(int n, char **sizes, struct image *im)
{
	for (int i = 0; i < n; i++) {
		char *end;
		uint64_t size = strtoull(sizes[i], &end, 10);
		if (size == 0 || *end != '\0')
			return false;
		im->s[im->n++] = (struct section){i ? RAMDISK : KERNEL, size, NULL};
		if (i > 0)
			continue;
		im->s[im->n++] = (struct section){CMDLINE, strlen(cmdline), cmdline};
		im->s[im->n++] = (struct section){METADATA, strlen(metadata), metadata};
	}
	return true;
}

static void header(const struct image *im, uint8_t h[HEADER])
{
	uint64_t at = HEADER;
	memset(h, 0, HEADER);
	memcpy(h, ".eif", 4);
	be(h + 0x004, 2, 4);
	be(h + 0x008, 8, UINT64_C(1) << 30);
	be(h + 0x010, 8, 2);
	be(h + 0x01a, 2, im->n);
	for (unsigned i = 0; i < im->n; i++) {
		be(h + OFFSETS + 8 * i, 8, at);
		be(h + SIZES + 8 * i, 8, im->s[i].size);
		at += SECTION + im->s[i].size;
	}
}

static bool put(struct image *im, const void *p, size_t n)
{
	if (pwrite(im->fd, p, n, (off_t)im->at) != (ssize_t)n)
		return false;
	im->crc = libdeflate_crc32(im->crc, p, n);
	im->at += n;
	return true;
}

static void hole(struct image *im, uint64_t left)
{
	static const uint8_t zeros[1 << 20];
	im->at += left;
	while (left > 0) {
		size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
		im->crc = libdeflate_crc32(im->crc, zeros, n);
		left -= n;
	}
}

static bool section(struct image *im, const struct section *s)
{
	uint8_t h[SECTION] = {0};
	be(h, 2, s->type);
	be(h + 4, 8, s->size);
	if (!put(im, h, sizeof(h)))
		return false;
	if (s->text)
		return put(im, s->text, (size_t)s->size);
	hole(im, s->size);
	return true;
}

/* The CRC covers the header up to its own field, then everything behind it. */
static bool write_image(struct image *im)
{
	uint8_t h[HEADER];
	header(im, h);
	im->crc = libdeflate_crc32(0, h, CRC);
	im->at = HEADER;
	for (unsigned i = 0; i < im->n; i++)
		if (!section(im, &im->s[i]))
			return false;
	be(h + CRC, 4, im->crc);
	return pwrite(im->fd, h, HEADER, 0) == HEADER && ftruncate(im->fd, (off_t)im->at) == 0 &&
	       fsync(im->fd) == 0;
}

int main(int argc, char **argv)
{
	struct image im = {.fd = -1};
	if (argc < 4 || argc - 2 > MAX_SECTIONS - 2 || !parse(argc - 2, argv + 2, &im)) {
		fputs("usage: sparse OUT KERNEL RAMDISK... (sizes in bytes, none 0)\n", stderr);
		return 2;
	}
	im.fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (im.fd < 0 || !write_image(&im)) {
		perror(argv[1]);
		return 5;
	}
	return 0;
}
