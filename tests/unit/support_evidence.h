/*
 * A format of evidence for tests, which no hardware signs: lines of text say what authentication
 * finds and which claims there are. "kind nitro" begins it; "genuine", "vendor-signature" and
 * "production" say "pass", "warn SLUG" or "fail SLUG"; a register is its name and hexadecimal, as
 * are nonce, user_data, public_key, report_data, host_data and fields, whose line begins with a dot
 * (".POLICY 0000030000000000"); time, judged, product, region are as they read. What has no line
 * passes or is absent. Malformed is whatever has no line "kind".
 */
#ifndef TESTS_UNIT_SUPPORT_EVIDENCE_H
#define TESTS_UNIT_SUPPORT_EVIDENCE_H

#include "measure/core/evidence.h"

extern const struct evidence_format fake_nitro, fake_snp;

/* The one of the two that the text's kind names; where there is none, the first. */
must bool fake_authenticate(const char *text, struct claims **c, struct verdict *v, struct err *e);

#endif
