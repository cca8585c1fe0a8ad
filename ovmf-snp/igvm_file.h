/*
 * An IGVM file as a whole: its bytes, what they say, and the launch digests of SEV-SNP that it has,
 * which are several, since who starts a guest from it is not written there (igvm_measure.h). Starts
 * zeroed; released by igvm_file_free().
 */
#ifndef OVMF_SNP_IGVM_FILE_H
#define OVMF_SNP_IGVM_FILE_H

#include "measure/base/file.h"
#include "ovmf-snp/igvm_measure.h"

struct igvm_file {
	struct buf bytes;
	struct igvm igvm; /* borrows them */
};

/* A regular file whose first bytes are those of one? */
bool igvm_file_is(const char *path);

/* f may be a stream; its watch is told of the progress. Errors: of reading, and of igvm_read(). */
must bool igvm_file_read(struct igvm_file *x, struct file *f, struct err *e);
void igvm_file_free(struct igvm_file *x);

/* One way of starting the guest, and the digest that it gives. */
struct igvm_way {
	struct igvm_guest guest;
	struct digest digest;
};

/* All profiles, and those that know native_zero with and without; fewer when some give none. */
#define IGVM_WAYS 8u
struct igvm_ways {
	size_t n;
	struct igvm_way way[IGVM_WAYS];
};

/* Errors: igvm, when no profile gives a digest; what fails whatever the file. */
must bool igvm_ways(struct igvm_ways *w, const struct igvm *g, struct err *e);

/* "IGVM, qemu"; "IGVM, igvmmeasure, native zero" */
void igvm_guest_put(struct buf *out, const struct igvm_guest *guest);

#endif
