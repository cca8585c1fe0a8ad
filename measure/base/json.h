/*
 * JSON (RFC 8259), both ways. Reading is strict: one value, UTF-8, no key twice (compared after
 * unescaping), nesting and node count bounded, nothing behind the end. The tree is flat: nodes in
 * the order met, a container followed by what it holds. Numbers keep their spelling; nobody
 * rounds them. Writing is a sticky writer into a buf, compact or indented by two blanks, with the
 * escapes that serde_json uses (\" \\ \b \f \n \r \t and \u00xx in lower case; all else raw).
 *
 * Our own, because metadata in EIFs needs exact numbers and serde_json's spelling, which no
 * library in C offers; one JSON reader in the program is enough.
 */
#ifndef MEASURE_BASE_JSON_H
#define MEASURE_BASE_JSON_H

#include "measure/base/buf.h"

#define JSON_MAX_DEPTH 127u /* as serde_json, whose documents EIFs carry */
#define JSON_MAX_NODES 65536u

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* Strings and keys may hold a NUL (\u0000): they are bytes, never C strings. */
struct json_node {
	enum json_type type;
	uint32_t next; /* index of the node behind this one and all that it holds */
	uint32_t count; /* members of an object, items of an array */
	struct bytes key; /* unescaped, when the parent is an object */
	struct bytes text; /* a string unescaped; a number as spelt */
	uint64_t offset; /* of its first byte, absolute; a member begins with its key */
};

/* Owns its nodes and all strings in them; released by json_free(). Node 0 is the root. */
struct json {
	struct json_node *nodes;
	size_t n;
	struct buf strings;
};

/*
 * The text may go away afterwards. Errors: json, trailing, limit, out-of-memory; offsets count from
 * base. Memory: below text.n + 4.5 MiB whatever the text holds.
 */
must bool json_read(struct json *j, struct bytes text, uint64_t base, struct err *e);
void json_free(struct json *j);

/* The member with that key, or NULL; object must be an object of j. */
const struct json_node *json_member(const struct json *j, const struct json_node *object,
				    const char *key);

/* First thing in a container, and the one after `node` inside it; NULL at the end. */
const struct json_node *json_first(const struct json *j, const struct json_node *container);
const struct json_node *json_after(const struct json *j, const struct json_node *container,
				   const struct json_node *node);

/*
 * What a container holds as a list of `count` nodes: an object's members sorted bytewise by key, an
 * array's items in order. The list is the caller's to free(); NULL with e set (out-of-memory).
 */
must const struct json_node **json_sorted(const struct json *j, const struct json_node *container,
					  struct err *e);

/* "null", "a boolean", "a number", "a string", "an array", "an object": for messages. */
const char *json_type_name(enum json_type type);

/*
 * The writer. Keys are given before values inside objects; commas and blanks are its business, but
 * not the balance of brackets. Faults stick in the buf. A string that is not UTF-8 fails it (json):
 * text from strangers goes through text_tame() first.
 */
struct json_out {
	struct buf *out;
	bool pretty; /* two blanks per level, "key": value, as serde_json's pretty printer */
	bool tame; /* \u escapes, too, for DEL and whatever text_hidden() names: for terminals */
	unsigned depth;
	bool first; /* nothing written yet at this level */
	bool keyed; /* a key was just written */
};

struct json_out json_out(struct buf *out, bool pretty);
void json_open(struct json_out *w, char bracket); /* '{' or '[' */
void json_close(struct json_out *w, char bracket); /* '}' or ']' */
void json_key(struct json_out *w, const char *key);
void json_key_bytes(struct json_out *w, struct bytes key);
void json_string(struct json_out *w, struct bytes utf8);
void json_str(struct json_out *w, const char *s);
void json_u64(struct json_out *w, uint64_t x);
void json_bool(struct json_out *w, bool x);
void json_null(struct json_out *w);
void json_hex(struct json_out *w, struct bytes x); /* as a string of lower-case hex */
void json_base64(struct json_out *w, struct bytes x); /* as a string, base64.h */
void json_raw(struct json_out *w, struct bytes text); /* a finished value */

/* Members of an object: a string, nothing at all when it is NULL; a number; true or false. */
void json_text(struct json_out *w, const char *key, const char *text);
void json_count(struct json_out *w, const char *key, uint64_t x);
void json_flag(struct json_out *w, const char *key, bool x);

/* A node of j with all that it holds, numbers as spelt, keys in the order met. */
void json_node_out(struct json_out *w, const struct json *j, const struct json_node *node);

#endif
