/*
 * Which logs count, and whose signatures under a log's tree are enough, as C2SP tlog-policy writes
 * it, a line each:
 *
 *   log KEY [URL]
 *   witness NAME KEY [URL]
 *   group NAME K|all|any NAME...     of those named above, each in one group at most
 *   quorum NAME|none                 once
 *
 * Keys are written NAME+ID+BASE64 (note.h), those of logs of type 0x01, those of witnesses 0x04.
 * No key stands twice, in whatever part: who runs a log is no witness of it. At least one log is
 * named. Owns its text, into which names and addresses point; released by log_policy_free().
 */
#ifndef REFERENCE_DB_LOG_POLICY_H
#define REFERENCE_DB_LOG_POLICY_H

#include "reference-db/note.h"

#define LOG_POLICY_MAX (256u * 1024) /* bytes of its text */
#define LOG_POLICY_LOGS 64u
#define LOG_POLICY_NODES 128u /* witnesses and groups */
#define LOG_POLICY_NONE LOG_POLICY_NODES /* no node */

struct log_entity {
	struct note_key key;
	struct bytes url; /* empty: none */
};

/* A witness, or a group. */
struct log_node {
	struct bytes name;
	struct log_entity witness; /* its key is NULL in a group */
	size_t threshold, members; /* of a group */
	size_t group; /* that it is in, or LOG_POLICY_NONE */
};

struct log_policy {
	struct buf text;
	size_t n_logs;
	struct log_entity log[LOG_POLICY_LOGS];
	size_t n; /* members stand in front of their group */
	struct log_node node[LOG_POLICY_NODES];
	bool has_quorum;
	size_t quorum; /* LOG_POLICY_NONE: no witness is needed */
};

/* Errors: trust ("line N: ..."), limit. */
must bool log_policy_read(struct log_policy *p, struct bytes text, struct err *e);
void log_policy_free(struct log_policy *p);

/* In one form, without comments, each line behind the indent; reads as the same policy. */
void log_policy_write(const struct log_policy *p, const char *indent, struct buf *out);

/* Are the witnesses that signed (true at their place among the nodes) enough? */
bool log_policy_enough(const struct log_policy *p, const bool signed_by[LOG_POLICY_NODES]);

#endif
