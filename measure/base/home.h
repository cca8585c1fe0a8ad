/*
 * Where a user's own files are (XDG Base Directory Specification 0.8), under a folder `measure`.
 * Folders that the environment names relatively do not count: they could be beside foreign files.
 */
#ifndef MEASURE_BASE_HOME_H
#define MEASURE_BASE_HOME_H

#include "measure/base/buf.h"

enum home {
	HOME_CONFIG, /* $XDG_CONFIG_HOME, or ~/.config */
	HOME_CACHE, /* $XDG_CACHE_HOME, or ~/.cache */
	HOME_STATE /* $XDG_STATE_HOME, or ~/.local/state */
};

/* Appends "FOLDER/measure/NAME". False when the environment does not say where that is. */
must bool home_path(enum home home, const char *name, struct buf *out);

/* The variable that names the folder, for messages. */
const char *home_variable(enum home home);

/* Makes every folder on the way to path that is not there yet, of that mode but for the umask. */
#define HOME_PRIVATE 0700u
must bool home_make_folders(const char *path, unsigned mode, struct err *e);

#endif
