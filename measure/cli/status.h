/*
 * The exit statuses in words.
 */
#ifndef MEASURE_CLI_STATUS_H
#define MEASURE_CLI_STATUS_H

#include "measure/base/reason.h"

#define STATUS_COUNT 6

/* One sentence, no full stop. WARNING stands for 0. */
const char *status_text(enum exit_class class);

#endif
