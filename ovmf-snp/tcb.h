/*
 * TCB_VERSION: eight bytes whose meaning depends on the product, taken apart into struct tcb, and
 * the floors that AMD's bulletins name. Plain memory.
 */
#ifndef OVMF_SNP_TCB_H
#define OVMF_SNP_TCB_H

#include "measure/base/buf.h"
#include "ovmf-snp/product.h"

#define SNP_TCB_PARTS 5u

/* One part: its name on the command line and in reports, and its place in struct tcb. */
struct snp_tcb_part {
	const char *name; /* "bl", "tee", "snp", "ucode", "fmc" */
	size_t at;
};

extern const struct snp_tcb_part snp_tcb_parts[SNP_TCB_PARTS];

int16_t snp_tcb_get(const struct tcb *t, size_t part);
void snp_tcb_set(struct tcb *t, size_t part, int16_t value);

/*
 * By the product's layout (Turin has FMC, and each of the others one byte further); p may be NULL:
 * as Milan. False when a byte that is reserved is not zero; *out is set all the same.
 */
bool snp_tcb_decode(const struct snp_product *p, uint64_t raw, struct tcb *out);
uint64_t snp_tcb_encode(const struct snp_product *p, const struct tcb *t);

/* "bl 4, tee 0, snp 24, ucode 219", what is not there left out; fmc comes first. */
void snp_tcb_text(const struct tcb *t, struct buf *out);

/*
 * What a bulletin demands of one kind of silicon: -1 where it names no value for a part. Microcode
 * is counted for each stepping apart, so floors are by CPUID, not by product.
 */
struct snp_floor {
	enum snp_product_id product;
	uint8_t family, model_from, model_to, stepping;
	struct tcb tcb;
	const char *source; /* the bulletin and its date */
};

/* The floors for this silicon, one after the other: the first with i = 0; NULL behind the last. */
const struct snp_floor *snp_floor_next(const uint8_t cpuid[3], size_t *i);

#endif
