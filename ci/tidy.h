/*
 * What an analyser that sees one source file at a time cannot know: a refusal returns false.
 * Included by ci/tidy.sh before every source file but those that define these functions.
 */
#ifndef CI_TIDY_H
#define CI_TIDY_H

#include "measure/base/cur.h"

#define err_set(...) ((void)(err_set)(__VA_ARGS__), false)
#define err_at(...) ((void)(err_at)(__VA_ARGS__), false)
#define err_errno(...) ((void)(err_errno)(__VA_ARGS__), false)
#define err_in(...) ((void)(err_in)(__VA_ARGS__), false)
#define err_subject(...) ((void)(err_subject)(__VA_ARGS__), false)
#define err_hint(...) ((void)(err_hint)(__VA_ARGS__), false)
#define cur_fail(...) ((void)(cur_fail)(__VA_ARGS__), false)

#endif
