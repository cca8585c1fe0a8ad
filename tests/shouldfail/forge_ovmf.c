/*
 * forge_ovmf OUT [plain|volumes] [AT=VALUE ...]: a small firmware image (support_ovmf.h), without a
 * place for kernel hashes when `plain`, behind volumes when `volumes` (support_volume.h); then
 * 32-bit numbers are put over it, little-endian, at offsets counted from the image's end when
 * negative. It fails when a number was there already.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_volume.h"

static void need(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "forge_ovmf: %s\n", what);
	exit(1);
}

static void put(struct buf *image, const char *word)
{
	char *end;
	long at = strtol(word, &end, 0);
	unsigned long value;
	uint8_t before[4];

	need(*end == '=', "AT=VALUE is needed");
	value = strtoul(end + 1, &end, 0);
	need(*end == '\0' && value <= 0xffffffff, "the value is no 32-bit number");
	if (at < 0)
		at += (long)image->n;
	need(at >= 0 && (size_t)at + 4 <= image->n, "the place is outside");
	memcpy(before, image->p + at, 4);
	forge_ovmf_put(image, (size_t)at, (uint32_t)value);
	need(memcmp(before, image->p + at, 4) != 0, "that was there already");
}

int main(int argc, char **argv)
{
	struct buf image = BUF(1u << 20);
	int plain = argc > 2 && strcmp(argv[2], "plain") == 0;
	int volumes = argc > 2 && strcmp(argv[2], "volumes") == 0;
	FILE *out;

	need(argc > 1, "usage: forge_ovmf OUT [plain|volumes] [AT=VALUE ...]");
	if (volumes)
		forge_volume(&image);
	else
		forge_ovmf(&image, !plain);
	need(image.failed == REASON_NONE, "no memory");
	for (int i = 2 + plain + volumes; i < argc; i++)
		put(&image, argv[i]);
	out = fopen(argv[1], "wb");
	need(out && fwrite(image.p, 1, image.n, out) == image.n && fclose(out) == 0, argv[1]);
	buf_free(&image);
	return 0;
}
