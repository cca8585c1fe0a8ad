/*
 * The words of a command line that say which image is a guest's root (core/rootimage.h), pure
 * functions of memory as words.h has them:
 *
 *	measure.root=/dev/vda measure.verity=HEX measure.blocks=N
 *
 * the device with the image, its root hash in 64 lower-case digits, the blocks of its data. Words
 * stand between blanks, as the kernel cuts them: a blank between double quotes is none.
 */
#ifndef MEASURE_GUEST_INIT_ROOT_WORDS_H
#define MEASURE_GUEST_INIT_ROOT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOT_WORDS_DEVICE 64u /* bytes of a device's path, its NUL among them */
#define ROOT_WORDS_HASH 64u
#define ROOT_WORDS_BLOCKS UINT32_MAX

struct root_words {
	char device[ROOT_WORDS_DEVICE];
	char hash[ROOT_WORDS_HASH + 1];
	uint64_t blocks; /* 1 to ROOT_WORDS_BLOCKS */
};

enum root_words_found { ROOT_WORDS_NONE, ROOT_WORDS_ALL, ROOT_WORDS_WRONG };

/* Wrong: one of the three without the others, twice, or with a value that is none. */
enum root_words_found root_words_read(const char *text, size_t n, struct root_words *out);

/* "/dev/" and letters, digits, '/', '-', '_', '.' behind it. */
bool root_words_device(const char *text, size_t n);

#endif
