/*
 * `require:` of the trust file: what a verifier demands of evidence, measure-trust(5). It begins as
 * policy_strict(), of which each key changes one thing; debugging cannot be allowed here. Written
 * are the keys that differ from the strict policy, in one form that reads as the same policy.
 */
#ifndef REFERENCE_DB_REQUIRE_H
#define REFERENCE_DB_REQUIRE_H

#include "measure/base/json.h"
#include "measure/base/yaml.h"
#include "measure/core/policy.h"

/* The schema of the map. */
extern const struct yaml_field require_fields[];

/*
 * map: of a tree read by that schema. Texts of the policy go to *texts, which is given room once,
 * so that they never move, and which has to live as long. Errors: trust ("line N: ..."), limit,
 * out-of-memory.
 */
must bool require_read(const struct yaml *y, const struct yaml_node *map, struct policy *p,
		       struct buf *texts, struct err *e);

/* "require:" and its keys, or nothing when the policy is the strict one. */
void require_write(const struct policy *p, struct buf *out);

/* The whole policy as one value, {"fresh": "require", ...}. */
void require_json(const struct policy *p, struct json_out *w);

#endif
