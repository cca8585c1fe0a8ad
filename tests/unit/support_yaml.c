#include "tests/unit/support_yaml.h"

#include "tests/unit/support_check.h"

static const char *const roles[] = {"publisher", "rebuilder", NULL};
static const struct yaml_field role = {.type = YAML_TEXT, .choices = roles};
static const struct yaml_field number = {.type = YAML_UINT};
static const struct yaml_field numbers = {.type = YAML_LIST, .item = &number};
static const struct yaml_field key_fields[] = {
	{.key = "name", .type = YAML_TEXT, .required = true},
	{.key = "id", .type = YAML_HEX},
	{.key = "roles", .type = YAML_LIST, .item = &role},
	{.key = "since", .type = YAML_TIME},
	{.key = "active", .type = YAML_BOOL},
	{0},
};
static const struct yaml_field key = {.type = YAML_MAP, .fields = key_fields};
static const struct yaml_field no_fields[] = {{0}};
static const struct yaml_field root_fields[] = {
	{.key = "version", .type = YAML_UINT, .required = true},
	{.key = "keys", .type = YAML_LIST, .item = &key},
	{.key = "names", .type = YAML_NAMES, .item = &number},
	{.key = "tables", .type = YAML_LIST, .item = &numbers},
	{.key = "text", .type = YAML_TEXT},
	{.key = "none", .type = YAML_MAP, .fields = no_fields},
	{0},
};
const struct yaml_field yaml_schema = {.type = YAML_MAP, .fields = root_fields};

void yaml_taken(struct yaml *y, struct bytes text)
{
	struct err e = {0};
	bool ok = yaml_read(y, text, &yaml_schema, &e);

	check_no_err(&e);
	assert_true(ok);
}

void yaml_refused(struct bytes text, enum reason r, const char *why, const char *hint)
{
	struct yaml untouched = {.n = 77}, y = untouched;
	struct err e = {0};

	assert_false(yaml_read(&y, text, &yaml_schema, &e));
	check_err(&e, r, why);
	assert_string_equal(e.hint, hint);
	assert_memory_equal(&y, &untouched, sizeof(y));
}
