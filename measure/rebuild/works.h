/*
 * A build that is under way: what was planned, what stages have made so far, and where there is
 * room to work. What references of the recipe name is taken from here.
 */
#ifndef MEASURE_REBUILD_WORKS_H
#define MEASURE_REBUILD_WORKS_H

#include "measure/core/rootfs.h"
#include "measure/rebuild/cache.h"
#include "measure/rebuild/plan.h"
#include "measure/rebuild/vary.h"

#define WORKS_PARTS 64u

struct stage_watch;

struct works {
	const struct plan *plan;
	struct cache cache;
	struct scratch scratch;
	struct vary_effect vary; /* what its stages run under; none asked for: nothing */
	bool reversed; /* folders are laid out with their last names first, which can be seen */
	bool loose; /* what the recipe expects is not compared */
	const char *failed; /* folder for logs of stages that fail; NULL: that of the cache */
	const struct stage_watch *watch; /* or NULL */
	struct made made[RECIPE_STAGES_MAX]; /* as the recipe's stages; those that are there */
	struct rootfs kept; /* the input that was read last, since several things may be of one */
	const struct recipe_input *kept_of;
	unsigned parts; /* files that were put aside: for their names */
	const char *part[WORKS_PARTS]; /* references that the first of them are of */
};

/* The stage's, or NULL while it has not been made. */
const struct made *works_made(const struct works *w, const struct recipe_stage *s);

/*
 * An input that is a root file system, with the links that the recipe adds. r: zeroed; released by
 * rootfs_free(). Its bytes are proved again. Errors: those of its kind; recipe, for a link whose
 * name is taken; stage-failed and sandbox, for packages whose scripts are run (configure.h).
 */
must bool works_root(const struct works *w, const struct recipe_input *input, struct rootfs *r,
		     struct err *e);

/* The same of any reference to a tree; what is below its path is all of it. */
must bool works_tree(const struct works *w, const char *ref, struct rootfs *r, struct err *e);

/* The same to be read from alone, and the file or folder in it that is meant. */
struct works_seen {
	struct rootfs *r; /* until the next call */
	struct tree_node *meant;
	struct rootfs own; /* of an output of a stage */
};
must bool works_look(struct works *w, const char *ref, struct works_seen *seen, struct err *e);
void works_seen_free(struct works_seen *seen);

/* A file out of whatever has it. */
struct works_file {
	char *path; /* in the scratch folder, for readers that want one */
	bool program; /* it can be executed */
	uint64_t size;
	struct digest sha256;
};
must bool works_file(struct works *w, const char *ref, struct works_file *out, struct err *e);
void works_file_free(struct works_file *f);

/* A refusal of such a file, as one of what the reference names. Returns false. */
bool works_blame(const struct works *w, struct err *e);

/*
 * The bytes of an item as a new file in a folder, as they were when it was opened (file-changed).
 * f: its size and digest; may be NULL.
 */
must bool works_copy(const struct store_item *item, int folder, const char *name,
		     struct works_file *f, struct err *e);

/* Is it a file or a folder that the reference names? */
must bool works_is_tree(struct works *w, const char *ref, bool *tree, struct err *e);

/* Who gives the bytes of r. */
struct cpio_io works_io(struct rootfs *r);

#endif
