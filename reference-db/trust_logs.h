/*
 * `logs:` of the trust file: which logs a manifest may be published in, and whose signatures under
 * a log's tree are enough.
 *
 *   logs:
 *     policy: |                  C2SP tlog-policy (log_policy.h)
 *       log ...
 *       quorum ...
 *     submitters: [...]          keys NAME+ID+BASE64 of type 0x01 whose entries in Sigsum logs
 *                                count, optional
 *
 * `require: {logs: require}` refuses a manifest without a proof. Starts zeroed; owns everything;
 * released by trust_logs_free().
 */
#ifndef REFERENCE_DB_TRUST_LOGS_H
#define REFERENCE_DB_TRUST_LOGS_H

#include "measure/base/json.h"
#include "measure/base/yaml.h"
#include "reference-db/log_policy.h"

#define TRUST_SUBMITTERS 64u

struct trust_logs {
	bool named;
	struct log_policy policy;
	size_t n;
	struct {
		struct buf text;
		struct note_key key;
	} submitter[TRUST_SUBMITTERS];
};

/* The schema of the map. */
extern const struct yaml_field trust_logs_fields[];

/* map: of a tree read by that schema. Errors: trust ("line N: ..."), limit. */
must bool trust_logs_read(const struct yaml *y, const struct yaml_node *map, struct trust_logs *l,
			  struct err *e);
void trust_logs_free(struct trust_logs *l);

/* "logs:" and what it holds, or nothing where the file has none. */
void trust_logs_write(const struct trust_logs *l, struct buf *out);

/* As one value: {"policy": "...", "submitters": [...]} or null. */
void trust_logs_json(const struct trust_logs *l, struct json_out *w);

#endif
