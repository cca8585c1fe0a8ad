/*
 * The formats that remark.c knows; not for others. A reader gets two files whose first bytes are of
 * its format.
 */
#ifndef MEASURE_CORE_REMARK_FORMAT_H
#define MEASURE_CORE_REMARK_FORMAT_H

#include "measure/core/remark.h"

#define REMARK_HEAD 2048u

struct remark_format {
	bool (*is)(struct bytes head);
	bool (*tell)(const struct extent x[2], const struct remarks *r, struct err *e);
};

extern const struct remark_format remark_kernel, remark_root;

#endif
