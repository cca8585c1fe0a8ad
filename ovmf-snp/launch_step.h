/*
 * Where two launches part: the first step whose digest differs, by its number, its address and its
 * owner, found by following both of them page by page.
 */
#ifndef OVMF_SNP_LAUNCH_STEP_H
#define OVMF_SNP_LAUNCH_STEP_H

#include "ovmf-snp/guest.h"
#include "ovmf-snp/launch_record.h"

#define LAUNCH_STEPS_MAX (1u << 20)

/*
 * "step 1029, KERNEL_HASHES: NORMAL page at 0x810000", the step of the second behind " and " where
 * it is another one; nothing when no step differs. The profile of each guest becomes the row's.
 */
must bool launch_step_differs(struct guest *const g[2], const struct launch_row *const row[2],
			      struct buf *out, struct err *e);

#endif
