#include <stddef.h>

/* What a compiler calls of its own accord by these names, even where no C library is. */
void *memory_copy(void *restrict to, const void *restrict from, size_t n) __asm__("memcpy");
void *memory_set(void *to, int value, size_t n) __asm__("memset");

void *memory_copy(void *restrict to, const void *restrict from, size_t n)
{
	unsigned char *p = to;
	const unsigned char *q = from;

	for (size_t i = 0; i < n; i++)
		p[i] = q[i];
	return to;
}

void *memory_set(void *to, int value, size_t n)
{
	unsigned char *p = to;

	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)value;
	return to;
}
