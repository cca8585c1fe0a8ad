/*
 * What the parts of the sandbox say to each other: what is prepared before anything is started, how
 * it is started, what is looked at while it runs.
 */
#ifndef MEASURE_REBUILD_SANDBOX_PART_H
#define MEASURE_REBUILD_SANDBOX_PART_H

#include <sys/types.h>

#include "measure/rebuild/sandbox.h"

#define SANDBOX_VIEWS 4u

/* All descriptors are the setup's own; -1: there is none. */
struct sandbox_setup {
	const struct sandbox *s;
	struct sandbox_limits limits; /* no 0 among them */
	uint32_t owner; /* whom root becomes; 0: this is not root */
	bool staged; /* root mounts everything at SANDBOX_STAGE first, for who could not go there */
	unsigned processors; /* 0: as they are */
	int filter, ids;
	int view[SANDBOX_VIEWS]; /* /proc/cpuinfo, and what /sys says of processors */
	int status_read, status_write, block_read, block_write, in_read, in_write;
	int out_read, out_write, fault_read, fault_write;
	int guard_write; /* shut when this program ends, however */
	pid_t guard; /* who then ends bubblewrap, too; 0: nobody yet */
};

#define SANDBOX_STAGE "/tmp" /* as bubblewrap itself does, in a mount name space of its own */

/* A descriptor of a file in memory with that content, to be read from its beginning. */
must bool sandbox_memory_file(struct bytes x, int *fd, struct err *e);

/* Everything but what is started. */
must bool sandbox_prepare(struct sandbox_setup *u, const struct sandbox *s, struct err *e);
void sandbox_setup_free(struct sandbox_setup *u);

/* Folders of the root, or of an earlier mount, on which something will be mounted. */
must bool sandbox_points(const struct sandbox *s, uint32_t owner, struct err *e);

/* Text of bubblewrap's command line, each word with its NUL; n words. */
must bool sandbox_words(const struct sandbox_setup *u, struct buf *text, size_t *n, struct err *e);

/* A user name space of many ids whose root is who runs this, or owner. */
must bool sandbox_ids(uint32_t owner, int *fd, struct err *e);

/* In a process that is root of these ids; false with e set is its own. */
must bool sandbox_as_root(const struct sandbox_setup *u, bool (*f)(void *arg, struct err *e),
			  void *arg, struct err *e);

/* After a run with many ids: all that could be written belongs to who runs this, or owner. */
must bool sandbox_reclaim(const struct sandbox_setup *u, struct err *e);

/* bubblewrap as a child, which waits for a byte before the command is run. */
must bool sandbox_start(struct sandbox_setup *u, pid_t *pid, struct err *e);

/* Shut what only the child needs. */
void sandbox_started(struct sandbox_setup *u);

/* What the kernel or the distribution forbid, in the hint of e, whose text is bubblewrap's. */
bool sandbox_why(struct err *e);

struct sandbox_watch;

must struct sandbox_watch *sandbox_watch_new(const struct sandbox_setup *u, struct err *e);
void sandbox_watch_free(struct sandbox_watch **w);

/* The first process of the sandbox, by its number here: it and its children get their limit. */
must bool sandbox_watch_first(struct sandbox_watch *w, pid_t pid);

/* How it is over a limit: SANDBOX_MEMORY_FULL, SANDBOX_DISK_FULL; SANDBOX_EXIT when it is not. */
enum sandbox_end sandbox_watch_look(struct sandbox_watch *w);

/* Could memory be summed up? */
bool sandbox_watch_summed(const struct sandbox_watch *w);

#endif
