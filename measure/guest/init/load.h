/*
 * Files into memory, for a program whose memory is never given back: it ends with the machine.
 */
#ifndef MEASURE_GUEST_INIT_LOAD_H
#define MEASURE_GUEST_INIT_LOAD_H

#include <stddef.h>

struct load {
	char *text; /* one byte more than n can be written */
	size_t n;
};

/* n bytes of memory, zeroed; there being none is the end. */
void *load_room(size_t n);

/* What a file that has no size gives, up to `room` bytes; how many, or a negative error. */
long load_text(const char *path, char *to, size_t room);

/* The file, which is removed; 0 or a negative error, among them that there is none. */
long load_file(const char *path, struct load *out);

/* Its items with NULL behind them, and how many; a file that cannot be read is the end. */
char **load_items(const char *path, size_t *n);

#endif
