/*
 * Where archives are, by name: "debian", "debian-security", "debian-snapshot", "crates", "project".
 * Recipes and locks name no host. An archive's addresses are, the first of these that says any:
 * --base NAME=URL; `bases:` in $XDG_CONFIG_HOME/measure/bases.yml; what this machine's own apt is
 * told in sources.list and sources.list.d, of addresses whose last component is the name.
 */
#ifndef MEASURE_FETCH_BASES_H
#define MEASURE_FETCH_BASES_H

#include "measure/base/arena.h"
#include "measure/base/buf.h"

#define BASES_FILE "bases.yml"
#define BASES_APT "/etc/apt"
#define BASES_MAX 1024u
#define BASES_LAST 9u /* when nothing else says any */

struct base {
	const char *name, *url; /* without slashes at its end */
	unsigned from; /* the lower counts */
};

struct bases {
	struct arena arena;
	struct base *item;
	size_t n;
};

/* Starts as BASES; released by bases_free(). */
#define BASES ((struct bases){.arena = ARENA(4u << 20)})
void bases_free(struct bases *b);

/* "NAME=URL", of --base. usage otherwise. */
must bool bases_add_option(struct bases *b, const char *text, struct err *e);

/* The file of that path, none at all being none. Errors: yaml, usage. */
must bool bases_add_file(struct bases *b, const char *path, struct err *e);

/* What apt is told in a folder; what cannot be read, or is of another kind, says nothing. */
must bool bases_add_apt(struct bases *b, const char *folder, struct err *e);

/* One more, if no better source says any. */
must bool bases_add(struct bases *b, const char *name, struct bytes url, unsigned from,
		    struct err *e);

/* A path in an address: what has a meaning there of its own is escaped. Appended. */
void bases_path(struct buf *out, const char *path);

/*
 * The i-th address of "NAME:PATH", appended; nothing is, when there are no more. A name without any
 * is refused (no-base) when i is 0. Of "crates:NAME/VERSION" it is where a registry has that file.
 */
must bool bases_url(const struct bases *b, const char *origin, size_t i, struct buf *out,
		    struct err *e);

#endif
