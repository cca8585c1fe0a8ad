/*
 * A bundle: the folder of the files that a guest of SEV-SNP is started from, with the record of the
 * launch (launch_record.h) beside them. What counts are the files: digests are computed from them
 * with the record's parameters, and may then be held against the record.
 */
#ifndef OVMF_SNP_BUNDLE_H
#define OVMF_SNP_BUNDLE_H

#include "ovmf-snp/guest.h"
#include "ovmf-snp/launch_record.h"

#define BUNDLE_RECORD "launch.json"
#define BUNDLE_COMMAND "qemu.sh"

struct bundle_paths {
	char *folder, *record, *command, *part[LAUNCH_PARTS];
};

struct snp_bundle {
	struct bundle_paths path;
	struct buf cmdline;
	struct guest guest;
	struct launch_record told; /* what launch.json says */
	struct launch_record found; /* the same, computed from the files */
};

/* A folder with a launch.json in it, or the path of a file of that name? */
bool snp_bundle_is(const char *path);

/* The folder of a path that snp_bundle_is(), for free(); NULL with e set. */
must char *snp_bundle_folder(const char *path, struct err *e);

/*
 * path: such a folder or file. *b is the caller's to snp_bundle_free() in either case, and is not
 * moved. Errors: launch-record, firmware, whatever reading the files gives.
 */
must bool snp_bundle_read(struct snp_bundle *b, const char *path, struct watch watch,
			  struct err *e);
void snp_bundle_free(struct snp_bundle *b);

/*
 * Are the files, and their launch digests, those that the record tells of, and is a root image the
 * one that the command line names? launch-record.
 */
must bool snp_bundle_agrees(const struct snp_bundle *b, struct err *e);

/* Is the root image, where there is one, the one that the command line names? */
bool snp_bundle_rooted(const struct snp_bundle *b);

/*
 * What is made of the launch and lies beside it: is it there, and what the files give? And is there
 * nothing else? Each fault is told by the name of its file, in no folder.
 */
enum bundle_fault { BUNDLE_DIFFERS, BUNDLE_MISSING, BUNDLE_SURPLUS };
struct bundle_told {
	void (*fault)(void *arg, const char *name, enum bundle_fault what);
	void *arg;
};
must bool snp_bundle_look(const struct snp_bundle *b, const struct bundle_told *to, struct err *e);

/*
 * Of a guest that is loaded: digests and sizes of its files, the digest of the firmware's pages,
 * and the launch digest of each of the record's rows, whose parameters are there already. size: of
 * kernel and initrd.
 */
must bool snp_bundle_compute(struct launch_record *r, struct guest *g,
			     const uint64_t size[LAUNCH_PARTS], struct err *e);

#endif
