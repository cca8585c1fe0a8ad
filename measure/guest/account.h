/*
 * Who an image's User is ("NAME", "UID", either with ":GROUP" or ":GID"), by the image's own
 * /etc/passwd and /etc/group, with the rules of container engines: digits are always a number; of a
 * user that passwd knows come its group and, unless a group is named, all those that list it; a
 * number that it does not know has group 0.
 * Source: opencontainers/runc, libcontainer/user (GetExecUser).
 */
#ifndef MEASURE_GUEST_ACCOUNT_H
#define MEASURE_GUEST_ACCOUNT_H

#include "measure/base/buf.h"

#define ACCOUNT_FILE_MAX (1u << 20)

/* Either file may be empty. */
struct account_files {
	struct bytes passwd, group;
};

/*
 * "UID GID GROUP...\n" as the init reads it, appended to out. Refused (user): a name that is not
 * there, a line of it without its numbers, a number over 32 bits, more groups than the init takes.
 */
must bool account_resolve(const struct account_files *f, const char *user, struct buf *out,
			  struct err *e);

#endif
