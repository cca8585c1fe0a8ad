/*
 * What `measure snp` is asked for, in the words of sev-snp-measure and a few more: which mode,
 * which files, and lists of all that may vary. The lists are short; their product is the table.
 */
#ifndef OVMF_SNP_REQUEST_H
#define OVMF_SNP_REQUEST_H

#include "measure/base/opt.h"
#include "ovmf-snp/guest.h"

#define REQUEST_LIST 64u

enum snp_mode { MODE_SNP, MODE_OVMF_HASH, MODE_SEVES, MODE_SEV, MODE_SVSM };

/* Its name on the command line; what sev-snp-measure calls it in its long answer. */
const char *snp_mode_name(enum snp_mode m);
const char *snp_mode_title(enum snp_mode m);

/* A type of processor; name NULL when only the signature was given. */
struct request_type {
	const char *name;
	uint32_t signature;
};

struct request {
	enum snp_mode mode;
	struct guest_files files;
	struct buf append;
	size_t n_profiles, n_types, n_features, n_counts;
	const struct profile *profile[REQUEST_LIST];
	struct request_type type[REQUEST_LIST];
	uint64_t features[REQUEST_LIST];
	const char *outweighs; /* the option that counted where several name another processor */
	struct {
		uint32_t from, to;
	} count[REQUEST_LIST]; /* ranges of numbers of processors */
	bool resumes;
	uint8_t firmware_ld[GCTX_LD];
	bool base64, csv, trace, dump;
};

/* The options, for the row's table; their indexes are this file's business. */
extern const struct opt request_opts[];

/* usage, with what is missing, wrong, or has no meaning beside what else is given. */
must bool request_read(struct request *r, const struct args *args, struct err *e);
void request_free(struct request *r);

/* Is it one digest that is asked for? How many processors at most? */
bool request_is_one(const struct request *r);
uint32_t request_most(const struct request *r);
bool request_counts(const struct request *r, uint32_t vcpus);

#endif
