/*
 * All the digests that a request asks for, in one pass over each chain: profiles, types of
 * processors, features and numbers of processors, in the order given, the last one fastest.
 */
#ifndef OVMF_SNP_TABLE_H
#define OVMF_SNP_TABLE_H

#include "ovmf-snp/request.h"

struct table_row {
	const struct profile *profile;
	const struct request_type *type;
	uint64_t features;
	uint32_t vcpus; /* 0: none, in modes without them */
	struct digest digest;
};

/* Where rows go, and the steps of the chain when there is only one row. */
struct table_sink {
	bool (*row)(void *arg, const struct table_row *row, struct err *e);
	void (*step)(void *arg, const struct gctx_step *step); /* or NULL */
	void *arg;
};

must bool table_make(const struct request *r, struct guest *g, const struct table_sink *sink,
		     struct err *e);

#endif
