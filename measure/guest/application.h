/*
 * The ramdisk of an application, as a tree: /cmd, /env, /workdir and /user beside /rootfs, which is
 * the image. What to run comes from the image's configuration, or from whoever asks, with the rules
 * of container engines: the entry point with the command behind it, another entry point drops the
 * image's command, variables replace those of their name. The init of another maker reads /cmd and
 * /env, one item on each line.
 */
#ifndef MEASURE_GUEST_APPLICATION_H
#define MEASURE_GUEST_APPLICATION_H

#include "measure/core/answer.h"
#include "measure/core/rootfs.h"

#define APPLICATION_FOLDER "rootfs"
#define APPLICATION_TEXT_MAX (4u << 20) /* of /cmd, and of /env */

/* Lists end with NULL; NULL is what was not given. */
struct application {
	const char *const *entrypoint, *const *cmd, *const *env;
	const char *working_dir, *user;
	bool lines; /* another init: a newline inside an item is refused */
	bool vendor; /* as the vendor's builder: the command or the entry point, never both */
};

/* What an init mounts upon, where the image has nothing of that name. */
must bool application_folders(struct rootfs *r, struct err *e);

/* The folder to run in, made where it is missing. Refused (rootfs): something else of that name. */
must bool application_folder(struct rootfs *r, const char *path, struct err *e);

/*
 * The tree of an opened image becomes that of the ramdisk; given a ramdisk to stand beside it, the
 * files go there, into its root, and the image stays by itself. What an image says and this does
 * not carry is noted, and so is a command that is no program of the image. Refused: no command, an
 * item that is none (usage), a user that is none (user), a working directory that is a file
 * (rootfs).
 */
must bool application_make(struct rootfs *r, struct rootfs *beside, const struct application *ask,
			   struct answer *a, struct err *e);

#endif
