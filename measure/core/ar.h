/*
 * Archives of the "ar" format, as far as Debian packages are ones (deb(5)): members one behind the
 * other, each with a header of 60 characters, at even offsets.
 */
#ifndef MEASURE_CORE_AR_H
#define MEASURE_CORE_AR_H

#include "measure/base/file.h"

#define AR_MAGIC "!<arch>\n"
#define AR_MEMBERS_MAX 4096u

/*
 * Where the bytes are of the member whose name begins with `head`. All headers are read; refused
 * (package): none or several members of that name, a header that is none, bytes that are no member.
 */
must bool ar_find(const struct file *f, const char *head, uint64_t *at, uint64_t *size,
		  struct err *e);

#endif
