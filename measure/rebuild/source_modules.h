/*
 * .gitmodules (gitmodules(5)): which submodule stands at which path. Read without libgit2, whose
 * reader follows `include`, and more strictly than git does: what git would only pass over, and
 * what it refuses since it could be taken for an option or lead elsewhere, is refused (source, with
 * the line). URLs are not used, only judged. Of the values' syntax plain text and text that is
 * wholly in quotes.
 */
#ifndef MEASURE_REBUILD_SOURCE_MODULES_H
#define MEASURE_REBUILD_SOURCE_MODULES_H

#include "measure/base/arena.h"

#define SOURCE_MODULES 1024u

struct source_module {
	const char *name, *path; /* path: relative, without "." and ".." */
	const char *url; /* NULL: none is said */
	uint32_t line; /* of its section */
};

struct source_module_list {
	struct arena arena;
	struct source_module item[SOURCE_MODULES];
	size_t n;
};

/* Released by arena_free(&list->arena). */
must bool source_modules_read(struct source_module_list *list, struct bytes text, struct err *e);

#endif
