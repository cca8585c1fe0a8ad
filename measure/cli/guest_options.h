/*
 * Options of every verb that makes a ramdisk with an application: lists of words, each with NULL
 * behind it, and what is read of a root file system. A verb says where in its table they are.
 */
#ifndef MEASURE_CLI_GUEST_OPTIONS_H
#define MEASURE_CLI_GUEST_OPTIONS_H

#include "measure/cli/cli.h"
#include "measure/core/rootfs.h"

struct guest_list_rows {
	unsigned entrypoint, cmd, env, module;
};

/* NULL is what was not given; a single empty word of a command is an empty list. */
struct guest_lists {
	const char **entrypoint, **cmd, **env, **module;
};

must bool guest_lists_read(const struct cli *c, const struct guest_list_rows *rows,
			   struct guest_lists *l, struct err *e);
void guest_lists_free(struct guest_lists *l);

struct guest_rootfs_rows {
	unsigned owners, platform, tag, drop_xattrs;
};
struct rootfs_options guest_rootfs(struct cli *c, const struct guest_rootfs_rows *rows,
				   const char *spool);

#endif
