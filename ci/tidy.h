/*
 * What an analyser that sees one source file at a time cannot know: a refusal returns false.
 * Included by ci/tidy.sh before every source file but the one that defines the functions of err.h;
 * TIDY_NO_CUR is for the one that defines the cursor's.
 */
#ifndef CI_TIDY_H
#define CI_TIDY_H

#include "measure/base/cur.h"

#define err_set(...) ((void)(err_set)(__VA_ARGS__), false)
#define err_at(...) ((void)(err_at)(__VA_ARGS__), false)
#define err_errno(...) ((void)(err_errno)(__VA_ARGS__), false)
#define err_in(...) ((void)(err_in)(__VA_ARGS__), false)
#define err_short(...) ((void)(err_short)(__VA_ARGS__), false)
#define err_subject(...) ((void)(err_subject)(__VA_ARGS__), false)
#define err_hint(...) ((void)(err_hint)(__VA_ARGS__), false)
#ifndef TIDY_NO_CUR
#define cur_fail(...) ((void)(cur_fail)(__VA_ARGS__), false)
#endif

#endif
