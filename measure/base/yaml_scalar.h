/*
 * Scalars of YAML, for its reader and writer alone: what others take a plain one for, whether it is
 * what the schema needs there, and how texts are spelt.
 */
#ifndef MEASURE_BASE_YAML_SCALAR_H
#define MEASURE_BASE_YAML_SCALAR_H

#include "measure/base/yaml.h"

struct yaml_scalar {
	struct bytes text; /* followed by a NUL */
	bool plain; /* neither in quotes nor a block */
	uint32_t line;
};

/*
 * What some reader, of YAML 1.1 or 1.2, takes a plain scalar for if it is not a text: "a number",
 * "a boolean", "nothing"; NULL when it is a text for all.
 */
const char *yaml_scalar_other(struct bytes plain);

/* "a text", "true or false": what is needed, for messages. */
const char *yaml_type_name(enum yaml_type type);

/* Refuses what is not of the row's type. place: what it is the value of, for messages. */
must bool yaml_scalar_check(const struct yaml_scalar *s, const struct yaml_field *field,
			    const char *place, struct err *e);

/* Foreign text in quotes for a message, cut where it is long. */
#define YAML_QUOTE_ROOM 80
const char *yaml_quote(char room[YAML_QUOTE_ROOM], struct bytes text);

#endif
