/*
 * The init that this program carries for enclaves (eif/init/), as the compiler made it; one for
 * each architecture that there was a compiler for.
 */
#ifndef EIF_INIT_H
#define EIF_INIT_H

#include "measure/base/bytes.h"

struct eif_init {
	const char *arch; /* NULL behind the last one */
	struct bytes image; /* an ELF executable, static */
};
extern const struct eif_init eif_inits[];

#endif
