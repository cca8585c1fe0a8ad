#include "measure/rebuild/recipe_schema.h"

static const char *const imports[] = {"cargo", NULL};
static const char *const archs[] = {"x86_64", "aarch64", NULL};
static const char *const layouts[] = {"native", "nitro-cli", NULL};

static const struct yaml_field text_item = {.type = YAML_TEXT};
static const struct yaml_field hex_item = {.type = YAML_HEX};

static const struct yaml_field source_fields[] = {
	{.key = "git", .type = YAML_TEXT},	  {.key = "commit", .type = YAML_TEXT},
	{.key = "submodules", .type = YAML_BOOL}, {.key = "signers", .type = YAML_TEXT},
	{.key = "file", .type = YAML_TEXT},	  {.key = "sha256", .type = YAML_HEX},
	{.key = "unpack", .type = YAML_BOOL},	  {0},
};

static const struct yaml_field suite_fields[] = {
	{.key = "archive", .type = YAML_TEXT, .required = true},
	{.key = "suite", .type = YAML_TEXT, .required = true},
	{.key = "snapshot", .type = YAML_TEXT},
	{.key = "architecture", .type = YAML_TEXT},
	{.key = "components", .type = YAML_LIST, .item = &text_item},
	{.key = "keys", .type = YAML_LIST, .required = true, .item = &hex_item},
	{.key = "keyring", .type = YAML_TEXT},
	{0},
};
static const struct yaml_field suite_item = {.type = YAML_MAP, .fields = suite_fields};

static const struct yaml_field limit_fields[] = {
	{.key = "seconds", .type = YAML_UINT},
	{.key = "memory", .type = YAML_UINT},
	{.key = "disk", .type = YAML_UINT},
	{.key = "processes", .type = YAML_UINT},
	{0},
};
static const struct yaml_field input_fields[] = {
	{.key = "packages", .type = YAML_LIST, .item = &text_item},
	{.key = "from", .type = YAML_LIST, .item = &text_item},
	{.key = "dependencies", .type = YAML_BOOL},
	{.key = "essential", .type = YAML_BOOL},
	{.key = "configure", .type = YAML_BOOL},
	{.key = "limits", .type = YAML_MAP, .fields = limit_fields},
	{.key = "links", .type = YAML_NAMES, .item = &text_item},
	{.key = "file", .type = YAML_TEXT},
	{.key = "unpack", .type = YAML_BOOL},
	{.key = "import", .type = YAML_TEXT, .choices = imports},
	{.key = "image", .type = YAML_TEXT},
	{.key = "platform", .type = YAML_TEXT},
	{.key = "sha256", .type = YAML_HEX},
	{.key = "git", .type = YAML_TEXT},
	{.key = "commit", .type = YAML_TEXT},
	{.key = "submodules", .type = YAML_BOOL},
	{.key = "signers", .type = YAML_TEXT},
	{0},
};
static const struct yaml_field input_item = {.type = YAML_MAP, .fields = input_fields};

static const struct yaml_field stage_fields[] = {
	{.key = "root", .type = YAML_TEXT, .required = true},
	{.key = "path", .type = YAML_TEXT},
	{.key = "use", .type = YAML_NAMES, .item = &text_item},
	{.key = "environment", .type = YAML_NAMES, .item = &text_item},
	{.key = "jobs", .type = YAML_UINT},
	{.key = "limits", .type = YAML_MAP, .fields = limit_fields},
	{.key = "run", .type = YAML_TEXT, .required = true},
	{.key = "outputs", .type = YAML_NAMES, .required = true, .item = &text_item},
	{0},
};
static const struct yaml_field stage_item = {.type = YAML_MAP, .fields = stage_fields};

/* What runs in an image, of whichever kind. */
#define APPLICATION                                                                        \
	{.key = "rootfs", .type = YAML_TEXT},                                              \
		{.key = "entrypoint", .type = YAML_LIST, .item = &text_item},              \
		{.key = "cmd", .type = YAML_LIST, .item = &text_item},                     \
		{.key = "environment", .type = YAML_NAMES, .item = &text_item},            \
		{.key = "workdir", .type = YAML_TEXT}, {.key = "user", .type = YAML_TEXT}, \
		{.key = "init", .type = YAML_TEXT},                                        \
		{.key = "modules", .type = YAML_LIST, .item = &text_item},                 \
	{                                                                                  \
		.key = "modules-from", .type = YAML_TEXT                                   \
	}

static const struct yaml_field eif_fields[] = {
	{.key = "artefact", .type = YAML_TEXT, .required = true},
	{.key = "kernel", .type = YAML_TEXT, .required = true},
	{.key = "kernel-config", .type = YAML_TEXT},
	{.key = "cmdline", .type = YAML_TEXT, .required = true},
	APPLICATION,
	{.key = "ramdisks", .type = YAML_LIST, .item = &text_item},
	{.key = "arch", .type = YAML_TEXT, .choices = archs},
	{.key = "profile", .type = YAML_TEXT, .choices = layouts},
	{.key = "name", .type = YAML_TEXT},
	{.key = "version", .type = YAML_TEXT},
	{.key = "img-os", .type = YAML_TEXT},
	{.key = "img-kernel", .type = YAML_TEXT},
	{.key = "certificate", .type = YAML_TEXT},
	{0},
};
static const struct yaml_field snp_fields[] = {
	{.key = "artefact", .type = YAML_TEXT, .required = true},
	{.key = "ovmf", .type = YAML_TEXT, .required = true},
	{.key = "kernel", .type = YAML_TEXT},
	{.key = "kernel-config", .type = YAML_TEXT},
	{.key = "initrd", .type = YAML_TEXT},
	{.key = "cmdline", .type = YAML_TEXT},
	APPLICATION,
	{.key = "vcpus", .type = YAML_TEXT, .required = true},
	{.key = "vcpu-types", .type = YAML_LIST, .item = &text_item},
	{.key = "guest-features", .type = YAML_LIST, .item = &text_item},
	{.key = "profiles", .type = YAML_LIST, .item = &text_item},
	{.key = "policy", .type = YAML_TEXT},
	{.key = "allow-debug", .type = YAML_BOOL},
	{0},
};

static const struct yaml_field fields[] = {
	{.key = "recipe", .type = YAML_UINT, .required = true},
	{.key = "product", .type = YAML_TEXT, .required = true},
	{.key = "version", .type = YAML_TEXT, .required = true},
	{.key = "vendor", .type = YAML_TEXT, .required = true},
	{.key = "epoch", .type = YAML_TIME},
	{.key = "source", .type = YAML_MAP, .fields = source_fields},
	{.key = "suites", .type = YAML_NAMES, .item = &suite_item},
	{.key = "inputs", .type = YAML_NAMES, .item = &input_item},
	{.key = "stages", .type = YAML_NAMES, .item = &stage_item},
	{.key = "eif", .type = YAML_MAP, .fields = eif_fields},
	{.key = "snp", .type = YAML_MAP, .fields = snp_fields},
	{.key = "files", .type = YAML_NAMES, .item = &text_item},
	{.key = "expect", .type = YAML_NAMES, .item = &hex_item},
	{0},
};
const struct yaml_field recipe_schema = {.type = YAML_MAP, .fields = fields};
