/*
 * The files of a ramdisk on disk, as the kernel would unpack it, and what a disk cannot be given
 * without being root, or should not be: in a listing.
 */
#ifndef MEASURE_CORE_RAMDISK_EXTRACT_H
#define MEASURE_CORE_RAMDISK_EXTRACT_H

#include "measure/core/ramdisk.h"

/*
 * Into an empty folder (usage otherwise) go "root", with folders, files, their hard links and the
 * symbolic links, and "root.mtree", which tells of every name type, mode, owner, device numbers,
 * time, size and digest (mtree(5)). What is written belongs to whoever writes it, without setuid,
 * setgid and sticky bits; devices, fifos and sockets are in the listing alone. Nothing is created
 * through a symbolic link, and these come last. After a refusal the folder is empty again.
 */
must bool ramdisk_extract(const struct stream_range *where, const char *folder, struct err *e);

#endif
