/*
 * The files that a guest is launched from, read and digested: firmware, kernel, initial ramdisk,
 * command line, an SVSM. Owns the images; `launch` points into it, so it is not moved. Starts
 * zeroed; released by guest_free(). Kernel and ramdisk may be larger than memory.
 */
#ifndef OVMF_SNP_GUEST_H
#define OVMF_SNP_GUEST_H

#include "measure/base/file.h"
#include "measure/core/answer.h"
#include "ovmf-snp/launch.h"

/* Paths; NULL is what is not given. */
struct guest_files {
	const char *ovmf, *kernel, *initrd, *svsm;
	struct bytes append;
	bool flat; /* of the firmware only its pages are launched, so its sections do not matter */
	uint64_t vars_size; /* bytes between the SVSM and the firmware: the variable store */
	struct watch watch;
};

struct guest {
	struct buf ovmf_file, svsm_file;
	struct ovmf ovmf, svsm;
	bool has_kernel, has_initrd;
	struct digest kernel, initrd; /* SHA-256 */
	struct bytes append;
	struct kernelhash hashes;
	struct launch launch;
};

/* profile: of g->launch; a caller may exchange it afterwards. */
must bool guest_load(struct guest *g, const struct guest_files *f, const struct profile *profile,
		     struct err *e);
void guest_free(struct guest *g);

/* What a digest says of each thing that a guest runs. */
enum binding { BOUND_NOT, BOUND_DIRECT, BOUND_HASH, BOUND_VERITY };

struct coverage {
	enum binding firmware, kernel, initrd, cmdline, disk;
};

struct coverage guest_coverage(const struct guest *g);

/* "firmware" and so on, to "disk", with how it is bound; the same as members of an object. */
void coverage_text(const struct coverage *c, struct buf *out);
void coverage_json(const struct coverage *c, struct json_out *w);

/* Warnings: what is not bound, firmware that no SNP guest starts from. */
void guest_notes(const struct guest *g, bool snp, struct answer *a);

#endif
