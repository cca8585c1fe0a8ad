/*
 * What stages made before: a folder for each key (stage_key.h), with the outputs, a listing of
 * their digests and the log of the run. What is there is believed only when its bytes are those of
 * the listing. An entry appears whole or not at all; one that is damaged is removed.
 *
 *	DIR/sha256/KEY/listing		"KIND NAME SIZE SHA256\n" for each output, "." for the log
 *	DIR/sha256/KEY/log
 *	DIR/sha256/KEY/file/NAME	a file
 *	DIR/sha256/KEY/program/NAME	one that can be executed
 *	DIR/sha256/KEY/tree/NAME	a folder, as a ramdisk archive (core/rootfs_newc.h)
 */
#ifndef MEASURE_REBUILD_CACHE_H
#define MEASURE_REBUILD_CACHE_H

#include "measure/core/store.h"
#include "measure/rebuild/recipe.h"
#include "measure/rebuild/scratch.h"

#define CACHE_KEY 65u /* 64 digits and a NUL */

enum made_kind { MADE_FILE, MADE_PROGRAM, MADE_TREE, MADE_KINDS };

struct made_output {
	const char *name; /* of the recipe's */
	enum made_kind kind;
	uint64_t size; /* of the file, or of the archive */
	struct digest sha256;
};

struct made {
	char key[CACHE_KEY];
	char *path; /* of the entry's folder */
	struct made_output *output; /* in the recipe's order */
	size_t n;
};
void made_free(struct made *m);
const struct made_output *made_output(const struct made *m, const char *name);

struct cache {
	int fd; /* of DIR/sha256 */
	char *path; /* DIR */
};

#define CACHE_LOG "log" /* the file of an entry with what the commands printed */
#define CACHE_NONE ((struct cache){.fd = -1})

/*
 * path NULL: $XDG_CACHE_HOME/measure/build. It is made. Released by cache_close(). Refused
 * (permission): one that is somebody else's, or that others may write to.
 */
must bool cache_open(struct cache *c, const char *path, struct err *e);
void cache_close(struct cache *c);

/* A folder of a cache is of who runs this, and nobody else may write there (permission). */
must bool cache_private(int fd, const char *path, struct err *e);

/*
 * Is there an entry with these outputs? One that is damaged is none, and is removed; the folder is
 * locked then, as while an entry is put there. m: zeroed; released by made_free(), it borrows the
 * stage.
 */
bool cache_find(const struct cache *c, const char *key, const struct recipe_stage *s,
		struct made *m);

/* The name of a folder in an entry. */
const char *cache_kind_name(enum made_kind kind);

/* An entry whose log and outputs are all there gets its listing, and is durable then. */
must bool cache_list(int entry, const struct recipe_stage *s, struct err *e);

/* A folder `name` of a scratch folder becomes the entry; where one is already, that is kept. */
must bool cache_keep(const struct cache *c, const struct scratch *from, const char *name,
		     const char *key, struct err *e);

/*
 * An output, opened and proved once more (file-changed), to be read by file_pread(); released by
 * store_item_free().
 */
must bool cache_open_output(const struct made *m, const struct made_output *o,
			    struct store_item *out, struct err *e);

#endif
