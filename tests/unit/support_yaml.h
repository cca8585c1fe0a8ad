/*
 * A schema with every type in it, and what every test of the YAML reader asks.
 */
#ifndef TESTS_UNIT_SUPPORT_YAML_H
#define TESTS_UNIT_SUPPORT_YAML_H

#include "measure/base/yaml.h"

/*
 * version (required), keys [{name (required), id, roles, since, active}], names, tables, text, none
 */
extern const struct yaml_field yaml_schema;

/* Reads, or fails the test; yaml_drop(). */
void yaml_taken(struct yaml *y, struct bytes text);

/* Does not read, says this, and leaves its result alone. */
void yaml_refused(struct bytes text, enum reason r, const char *why, const char *hint);

#endif
