/*
 * The verbs of measure-fetch, the only program with a network, one file each.
 */
#ifndef MEASURE_FETCH_VERBS_H
#define MEASURE_FETCH_VERBS_H

#include "measure/cli/verb.h"

extern const struct verb verb_copy_db, verb_git, verb_inputs, verb_kds, verb_lists;

#endif
