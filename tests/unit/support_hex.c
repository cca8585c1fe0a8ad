#include "tests/unit/support_hex.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	if (!at) {
		fprintf(stderr, "support_hex: '%c' is no digit\n", c);
		exit(99);
	}
	return (unsigned)(at - digits);
}

struct bytes hexed(const char *hex)
{
	size_t n = 0;
	uint8_t *p = malloc(strlen(hex) / 2 + 1);

	if (!p)
		exit(99);
	while (*hex) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		p[n++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	p = realloc(p, n ? n : 1);
	if (!p)
		exit(99);
	return bytes_of(p, n);
}

void hexed_free(struct bytes *b)
{
	free((void *)(uintptr_t)b->p);
	*b = bytes_of(NULL, 0);
}
