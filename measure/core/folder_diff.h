/*
 * What differs between two directories: names, modes, owners, links, devices, contents. The times
 * of files are not looked at, since they tell when a directory was written or copied.
 */
#ifndef MEASURE_CORE_FOLDER_DIFF_H
#define MEASURE_CORE_FOLDER_DIFF_H

#include "measure/core/catalog_diff.h"

must bool folder_diff(const char *a, const char *b, struct differences *f, struct err *e);

#endif
