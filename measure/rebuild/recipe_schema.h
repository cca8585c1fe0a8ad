/*
 * The schema of a recipe: which keys stand where, and what they hold. Constant.
 */
#ifndef MEASURE_REBUILD_RECIPE_SCHEMA_H
#define MEASURE_REBUILD_RECIPE_SCHEMA_H

#include "measure/base/yaml.h"

extern const struct yaml_field recipe_schema;

#endif
