/*
 * Which row of the TEE table a file belongs to.
 */
#ifndef MEASURE_CLI_GUESS_H
#define MEASURE_CLI_GUESS_H

#include "measure/core/tee.h"

#define GUESS_ENDS (256u * 1024) /* a ramdisk's first block may be as large */

/* The row that bids most for the first and last bytes; none, or two alike, is unknown-type. */
must bool guess_row(const char *path, const struct tee **row, struct err *e);

/* The same for a file that is open; its position is 0 again afterwards. Streams are refused. */
must bool guess_file(struct file *f, const struct tee **row, struct err *e);

#endif
