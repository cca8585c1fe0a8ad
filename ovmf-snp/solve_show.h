/*
 * What a search has found, in words: the command that yields the digest, as a line for a POSIX
 * shell; what differs from what was believed; what was tried.
 */
#ifndef OVMF_SNP_SOLVE_SHOW_H
#define OVMF_SNP_SOLVE_SHOW_H

#include "ovmf-snp/solve.h"

/* "measure snp --ovmf ...", no newline. The solution is found. */
void solution_command(struct buf *out, const struct solve *s, const struct solution *x);

/* "--vcpus 8 instead of 4, ..."; nothing when nothing differs. */
void solution_differs(struct buf *out, const struct solve *s, const struct solution *x);

/* "1 firmware, ...: 1193000 combinations" */
void solution_tried(struct buf *out, const struct solve *s, const struct solution *x);

/* The parameters as members of an object, and all of the above. */
void solution_json(struct json_out *w, const struct solve *s, const struct solution *x);

#endif
