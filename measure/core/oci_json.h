/*
 * Members of JSON documents that readers written in Go take part in: these take a key in other
 * capitals for the key itself, so such a one is refused wherever its like is looked for. Sticky, as
 * struct cur is: the first refusal stays in e, and what is asked for afterwards is not there.
 * null is as good as nothing.
 */
#ifndef MEASURE_CORE_OCI_JSON_H
#define MEASURE_CORE_OCI_JSON_H

#include "measure/base/json.h"

struct oci_json {
	struct json j;
	const char *what; /* the document, for messages: "index" */
	struct err *e;
};

/* The text may go away. Released by oci_json_free() whatever the result. */
must bool oci_json_read(struct oci_json *d, struct bytes text, enum json_type root, struct err *e);
void oci_json_free(struct oci_json *d);

/* The member of that type, or NULL; needed: refused when it is not there. */
const struct json_node *oci_json_get(struct oci_json *d, const struct json_node *in,
				     const char *key, enum json_type type);
const struct json_node *oci_json_need(struct oci_json *d, const struct json_node *in,
				      const char *key, enum json_type type);

/* Refused when there is such a member, of whatever type. */
void oci_json_forbid(struct oci_json *d, const struct json_node *in, const char *key);

/* False, and refused as anything but that type; item: of an array. */
bool oci_json_is(struct oci_json *d, const struct json_node *item, enum json_type type);

/* Members as C strings, which hold no NUL: NULL when there is none. Released by free(). */
char *oci_json_text(struct oci_json *d, const struct json_node *in, const char *key);

/* A list of them as one allocation, which ends with NULL. */
char **oci_json_texts(struct oci_json *d, const struct json_node *in, const char *key);

/* A number that is no negative one and has no fraction. */
uint64_t oci_json_u64(struct oci_json *d, const struct json_node *in, const char *key);

/* Refused, at that node. Returns false. */
bool oci_json_refuse(struct oci_json *d, const struct json_node *at, const char *format, ...)
	ERR_FORMAT(3, 4);

#endif
