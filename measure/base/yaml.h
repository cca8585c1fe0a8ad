/*
 * YAML files of ours (trust.yml, measure.yml), read through libyaml's events against a schema: a
 * table of the keys that may stand there, and of their types. Read so that no other reader of YAML
 * could mean something else: refused, with the line, are unknown keys (with the nearest), keys that
 * stand twice, merge keys, aliases, anchors, tags, directives, a second document, an empty file,
 * control characters and line breaks that not every version of YAML knows, and scalars that are not
 * exactly of their type. Texts that others take for a boolean, a number or nothing stand in quotes.
 *
 * The tree is flat, as in json.h: nodes in the order met, a container followed by what it holds. It
 * owns its texts and borrows the schema; released by yaml_drop() (libyaml has a yaml_free).
 *
 * The only door to libyaml, which is loaded when it is needed: a program that reads no YAML does
 * not pay for it, and one that does says which package is missing.
 */
#ifndef MEASURE_BASE_YAML_H
#define MEASURE_BASE_YAML_H

#include "measure/base/buf.h"

#define YAML_MAX_BYTES (1u << 20)
#define YAML_MAX_DEPTH 16u
#define YAML_MAX_NODES 65536u
#define YAML_MAX_KEYS 64u /* rows of a `fields` */

enum yaml_type {
	YAML_TEXT, /* a scalar, not empty */
	YAML_BOOL, /* true or false, not in quotes */
	YAML_UINT, /* decimal digits that fit 64 bits, not in quotes */
	YAML_HEX, /* hexadecimal digits, two for each byte */
	YAML_TIME, /* RFC 3339 */
	YAML_LIST, /* of what `item` says, maybe empty */
	YAML_MAP, /* with the keys of `fields` */
	YAML_NAMES, /* a map whose keys are free names, each holding what `item` says */
};

/* One row of a schema; tables end with a zeroed row. */
struct yaml_field {
	const char *key; /* NULL in an `item` and in the root */
	enum yaml_type type;
	bool required;
	const char *const *choices; /* of a text: NULL-terminated list, or NULL */
	const struct yaml_field *fields; /* of a YAML_MAP */
	const struct yaml_field *item; /* of a YAML_LIST or YAML_NAMES: one row */
};

/* Texts hold no NUL and are followed by one, so that text.p of a scalar is a C string. */
struct yaml_node {
	const struct yaml_field *field;
	uint32_t next; /* index of the node behind this one and all that it holds */
	uint32_t count; /* members of a map, items of a list */
	uint32_t line; /* from 1; a member begins with its key */
	struct bytes key, text;
};

/* Node 0 is the root. */
struct yaml {
	struct yaml_node *nodes;
	size_t n;
	struct buf strings;
};

/*
 * root: a row of type YAML_MAP. The text may go away afterwards. Errors: yaml ("line N: ..."),
 * limit, library (libyaml cannot be loaded), out-of-memory. Memory: below 3 * text.n + 4 MiB
 * besides what libyaml takes while it reads.
 */
must bool yaml_read(struct yaml *y, struct bytes text, const struct yaml_field *root,
		    struct err *e);
void yaml_drop(struct yaml *y);

/* The member with that key, or NULL; map must be a map of y. */
const struct yaml_node *yaml_member(const struct yaml *y, const struct yaml_node *map,
				    const char *key);

/* First thing in a container, and the one after `node` inside it; NULL at the end. */
const struct yaml_node *yaml_first(const struct yaml *y, const struct yaml_node *container);
const struct yaml_node *yaml_after(const struct yaml *y, const struct yaml_node *container,
				   const struct yaml_node *node);

/* Values of nodes whose type the schema has settled. */
const char *yaml_str(const struct yaml_node *node);
bool yaml_bool(const struct yaml_node *node);
uint64_t yaml_u64(const struct yaml_node *node);
int64_t yaml_time(const struct yaml_node *node); /* as in when.h */

/* A refusal of the reader's own, reason yaml: "line N: ...". Returns false. */
bool yaml_wrong(uint32_t line, struct err *e, const char *format, ...) ERR_FORMAT(3, 4);

/*
 * A text as a scalar in one line that every reader takes for the same text: as it stands where that
 * is certain, otherwise in double quotes with escapes. What is not UTF-8 fails the buf (yaml).
 */
void yaml_put_text(struct buf *out, struct bytes text);

/* libyaml's version, "0.2.5"; NULL when it cannot be loaded. room: its memory. */
#define YAML_VERSION_ROOM 16
const char *yaml_library_version(char room[YAML_VERSION_ROOM]);

#endif
