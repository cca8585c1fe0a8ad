/*
 * Any bytes as an executable image of firmware: the file that debugging data names lies in it, and
 * so does each word.
 */
#include <stdlib.h>

#include "ovmf-snp/image_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_map map;
	struct bytes name;

	if (!image_map_read(bytes_of(data, size), &map))
		return 0;
	name = image_debug_file(&map);
	must_be(name.n == 0 || (name.p > data && name.n < size - (size_t)(name.p - data)));
	for (size_t at = 0; at <= size && at < 4096; at++)
		must_be(image_word(&map, at) <= size - at);
	return 0;
}
