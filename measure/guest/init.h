/*
 * The inits that this program carries (the folder init/ of each format that has one, with
 * measure/guest/init/), as the compiler made them; for each architecture that there was a compiler
 * for.
 */
#ifndef MEASURE_GUEST_INIT_H
#define MEASURE_GUEST_INIT_H

#include "measure/base/bytes.h"

struct guest_init {
	const char *format, *arch; /* "eif", "x86_64"; NULL behind the last one */
	struct bytes image; /* an ELF executable, static */
};
extern const struct guest_init guest_inits[];

#endif
