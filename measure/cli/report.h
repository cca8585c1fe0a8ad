/*
 * Parts of the answers of verbs that compare: checks and signers.
 */
#ifndef MEASURE_CLI_REPORT_H
#define MEASURE_CLI_REPORT_H

#include "measure/core/verdict.h"
#include "reference-db/judge.h"

/* "fail  code        PCR0 differs", of a failure also what was expected and found. */
void report_check(struct buf *out, const struct check *c);

/* Whose signatures counted, by which key, until when, and who rebuilt it; "signers", and
 * "rebuilders" where there are any. */
void report_signers(struct buf *out, const struct judged *j);
void report_signers_json(struct json_out *w, const struct judged *j);

/* PASS, or by what fails: FAIL, or UNDECIDED. */
const char *report_end(const struct err *failure);

#endif
