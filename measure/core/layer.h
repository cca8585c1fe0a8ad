/*
 * An archive applied to a tree: a whole root file system, or a layer of an image by the rules of
 * the OCI image specification (v1.1, layer.md). In a layer, .wh.NAME hides NAME and .wh..wh..opq
 * all of its folder, but only what lower layers brought, wherever in the layer it stands; a folder
 * takes the metadata of a later one and keeps what is in it; anything else replaces what was there.
 * Paths and targets of hard links lead through symbolic links, inside the root. Folders that are
 * missing are `implied`.
 *
 * What those who unpack layers differ on is refused: one name that is a folder and something else
 * in one layer, a layer that hides a folder and puts things into one in it that has no entry, hard
 * links whose target comes later or has another mode or owner, .wh..wh..opq where symbolic links
 * lead to the folder or to anything that the layer brought before, reserved names of AUFS, the
 * device 0,0. The last of several files with one name counts, as for all of them.
 */
#ifndef MEASURE_CORE_LAYER_H
#define MEASURE_CORE_LAYER_H

#include "measure/core/left_out.h"
#include "measure/core/tar.h"
#include "measure/core/tree.h"

/* Takes bytes that would be gone with the stream. */
struct layer_spool {
	bool (*put)(void *arg, struct bytes x, struct err *e);
	void *arg;
	uint64_t at; /* where the next one goes; moved on by layer_apply() */
};

/*
 * Of Debian packages on one tree, as dpkg has it: folders are shared, with the metadata of the
 * first, and a folder's name may be a symbolic link that leads to one; any other name belongs to
 * one package. Names of layer 0 give way to none but a link like themselves.
 */
struct layer_owners {
	const char *(*name)(void *arg, uint32_t layer);
	/* Does what `over` brings stand in the place of what `under` brought? */
	bool (*replaces)(void *arg, uint32_t over, uint32_t under);
	void *arg;
};

struct layer_rule {
	uint32_t number; /* not 0, and not that of a layer applied before */
	bool plain; /* a whole file system: no name has a meaning */
	uint32_t source; /* in which the bytes of files are */
	uint64_t
		start; /* where in it the archive begins; without a meaning when they are spooled */
	struct layer_spool *spool; /* NULL: they stay where they are */
	struct left_out left_out;
	const struct layer_owners *owners; /* NULL: no packages */
};

/* Everything up to the end of the archive. Errors name the entry and where its header is. */
must bool layer_apply(struct tree *t, struct tar *in, const struct layer_rule *rule, struct err *e);

#endif
