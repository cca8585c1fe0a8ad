/*
 * What differs between the configurations of two kernels: each option by its name, with both
 * values; "# CONFIG_X is not set", and a line that is not there, are "n".
 */
#ifndef MEASURE_CORE_CONFIG_DIFF_H
#define MEASURE_CORE_CONFIG_DIFF_H

#include "measure/core/remark.h"

#define CONFIG_LISTED 40u /* of more, the number is told */

must bool config_diff(struct bytes a, struct bytes b, const struct remarks *r, struct err *e);

#endif
