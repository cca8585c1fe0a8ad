/*
 * A table to appraise evidence on: claims of the fake format, what they are held against, and what
 * came of it. Everything expected is added by the test; at first there is the strict policy alone,
 * and an archive to judge from.
 */
#ifndef TESTS_UNIT_SUPPORT_APPRAISE_H
#define TESTS_UNIT_SUPPORT_APPRAISE_H

#include "reference-db/appraise.h"

#define B16(b) b b b b b b b b b b b b b b b b
#define D(b) B16(b) B16(b) B16(b) /* 48 bytes */
#define NITRO "kind nitro\n"
#define PCRS "PCR0 " D("10") "\nPCR1 " D("11") "\nPCR2 " D("12") "\nPCR8 " D("18") "\n"
#define SNP "kind snp\n"
#define MEASUREMENT "MEASUREMENT " D("aa") "\n"
#define ZEROS32 B16("00") B16("00")

struct bench {
	struct expectation x;
	struct policy policy;
	struct mset given;
	struct manifest manifest;
	struct claims *claims;
	struct appraisal out;
	struct verdict v;
};

void bench_init(struct bench *b);
void bench_free(struct bench *b);

/* sample_manifest(); one more register that is expected, each byte of it the same. */
void with_manifest(struct bench *b);
void give(struct bench *b, const char *name, uint8_t byte);

/* Evidence of the fake format into claims and a settled verdict. */
void judge(struct bench *b, const char *evidence);

/* What decides, "none" of a yes; the checks of one id, "RESULT SLUG: DETAIL" a line each. */
void check_reason(const struct bench *b, const char *slug);
void check_said(const struct bench *b, const char *id, const char *expected);

#endif
