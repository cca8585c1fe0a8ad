/*
 * What differs between two launches, from their records alone: where the launches part, by the
 * owner of the first page that differs, and which files and parameters are not the same.
 */
#ifndef OVMF_SNP_LAUNCH_DIFF_H
#define OVMF_SNP_LAUNCH_DIFF_H

#include "ovmf-snp/launch_record.h"

/* Do these first bytes of a file look like a record? */
bool launch_record_is(struct bytes head);

/* A line for each difference; nothing when there is none. */
void launch_record_diff(const struct launch_record *a, const struct launch_record *b,
			struct buf *out);

#endif
