/*
 * Shared libraries that are loaded when they are first needed, so that a verb which does without
 * pays nothing for them. A table names the functions; each is stored where the caller keeps it.
 */
#ifndef MEASURE_BASE_LOAD_H
#define MEASURE_BASE_LOAD_H

#include "measure/base/err.h"

struct load_symbol {
	const char *name;
	size_t at; /* of the pointer to the function, in the caller's structure */
};

struct load {
	const char *name, *file, *package; /* "libyaml", "libyaml-0.so.2", "libyaml-0-2" */
	const struct load_symbol *symbols; /* ends with a zeroed row */
};

/* Fills `functions`; *handle is released by load_close(), also after a refusal (library). */
must bool load_open(const struct load *l, void **handle, void *functions, struct err *e);
void load_close(void **handle);

#endif
