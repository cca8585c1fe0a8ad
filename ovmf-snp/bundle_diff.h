/*
 * What differs between two bundles (bundle.h): which launch digests, through which files and
 * parameters, the step at which the launches part, and what of each file does. At the end what was
 * told of the files is undone in the first, and the launch digests are computed once more.
 */
#ifndef OVMF_SNP_BUNDLE_DIFF_H
#define OVMF_SNP_BUNDLE_DIFF_H

#include "measure/base/file.h"
#include "measure/core/differences.h"

must bool snp_bundle_diff(const char *const path[2], struct watch watch, struct differences *f,
			  struct err *e);

#endif
