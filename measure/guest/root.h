/*
 * The root of a guest that lies on a disk: a root image (core/rootimage.h) which an init mounts
 * upon, and the words by which the command line binds it (init/root_words.h).
 */
#ifndef MEASURE_GUEST_ROOT_H
#define MEASURE_GUEST_ROOT_H

#include "measure/core/rootimage.h"
#include "measure/guest/init/root_words.h"

#define ROOT_DEVICE "/dev/vda"
#define ROOT_WORDS_MAX 256u

/*
 * The folders that an init mounts upon, and the one in which the image wants to be run, where they
 * are missing: nobody can make them in an image that is only read.
 */
must bool root_complete(struct rootfs *r, struct err *e);

/* Refused (usage): a path that the words cannot hold. NULL is ROOT_DEVICE. */
must bool root_device(const char *given, const char **device, struct err *e);

void root_words_put(struct buf *out, const char *device, const struct rootimage *image);

#endif
