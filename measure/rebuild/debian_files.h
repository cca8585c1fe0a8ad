/*
 * Files as Debian's lists name them: "SHA256 SIZE PATH".
 */
#ifndef MEASURE_REBUILD_DEBIAN_FILES_H
#define MEASURE_REBUILD_DEBIAN_FILES_H

#include "measure/rebuild/objects.h"

/* 64 hexadecimal digits and a decimal number. Errors: package-list. */
must bool debian_object_read(struct bytes sha256, struct bytes size, struct object *out,
			     struct err *e);

/* A path below some base that can be part of an address as it stands, and leads nowhere else. */
bool debian_path_valid(struct bytes path);

/* One line. Errors: package-list. */
must bool debian_file_read(struct bytes line, struct object *out, struct bytes *path,
			   struct err *e);

#endif
