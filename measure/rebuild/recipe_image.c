#include "measure/rebuild/recipe_read.h"
#include "reference-db/names.h"

/* What a build writes beside the artefact. */
static const char *const own_files[] = {"build.json", "measurements.json", "logs", NULL};

static bool is_own(const char *name)
{
	size_t i = 0;

	while (own_files[i] && strcmp(own_files[i], name) != 0)
		i++;
	return own_files[i] != NULL;
}

/* Of a file in the folder that a build makes. */
static bool check_output(const struct recipe_reader *r, uint32_t line, const char *name)
{
	if (!recipe_name_check(r, line, "a file", name))
		return false;
	return !is_own(name) ||
	       recipe_wrong(r, line, "'%s' is the name of what each build writes", name);
}

static bool read_application(const struct recipe_reader *r, const struct yaml_node *map)
{
	struct recipe_application *a = &r->r->application;

	a->rootfs = recipe_text(r, map, "rootfs");
	a->workdir = recipe_text(r, map, "workdir");
	a->user = recipe_text(r, map, "user");
	a->init = recipe_text(r, map, "init");
	a->modules_from = recipe_text(r, map, "modules-from");
	a->has_entrypoint = yaml_member(r->y, map, "entrypoint") != NULL;
	a->has_cmd = yaml_member(r->y, map, "cmd") != NULL;
	return recipe_list(r, map, "entrypoint", &a->entrypoint) &&
	       recipe_list(r, map, "cmd", &a->cmd) && recipe_list(r, map, "modules", &a->modules) &&
	       recipe_map(r, map, "environment", &a->environment);
}

static bool read_eif(const struct recipe_reader *r, const struct yaml_node *map)
{
	struct recipe_eif *eif = &r->r->eif;
	const char *arch = recipe_text(r, map, "arch"), *profile = recipe_text(r, map, "profile");

	*eif = (struct recipe_eif){
		.aarch64 = arch && strcmp(arch, "aarch64") == 0,
		.vendor = profile && strcmp(profile, "nitro-cli") == 0,
		.name = recipe_text(r, map, "name"),
		.version = recipe_text(r, map, "version"),
		.img_os = recipe_text(r, map, "img-os"),
		.img_kernel = recipe_text(r, map, "img-kernel"),
		.certificate = recipe_text(r, map, "certificate"),
	};
	return recipe_list(r, map, "ramdisks", &eif->ramdisks);
}

static bool read_snp(const struct recipe_reader *r, const struct yaml_node *map)
{
	struct recipe_snp *snp = &r->r->snp;

	*snp = (struct recipe_snp){
		.ovmf = recipe_text(r, map, "ovmf"),
		.initrd = recipe_text(r, map, "initrd"),
		.vcpus = recipe_text(r, map, "vcpus"),
		.policy = recipe_text(r, map, "policy"),
		.allow_debug = recipe_flag(r, map, "allow-debug", false),
	};
	return recipe_list(r, map, "vcpu-types", &snp->types) &&
	       recipe_list(r, map, "guest-features", &snp->features) &&
	       recipe_list(r, map, "profiles", &snp->profiles);
}

bool recipe_image_read(const struct recipe_reader *r)
{
	const struct yaml_node *top = r->y->nodes;
	const struct yaml_node *eif = yaml_member(r->y, top, "eif");
	const struct yaml_node *snp = yaml_member(r->y, top, "snp");
	const struct yaml_node *map = eif ? eif : snp;

	if (!recipe_map(r, top, "files", &r->r->files) ||
	    !recipe_map(r, top, "expect", &r->r->expect))
		return false;
	if (eif && snp)
		return recipe_wrong(r, snp->line,
				    "a recipe makes one image: 'eif' stands in line %u", eif->line);
	if (!map)
		return r->r->files.n > 0 ||
		       recipe_wrong(r, top->line,
				    "the recipe makes nothing: it needs one of eif, snp, files");
	r->r->image = eif ? IMAGE_IS_EIF : IMAGE_IS_SNP;
	r->r->artefact = recipe_text(r, map, "artefact");
	r->r->kernel = recipe_text(r, map, "kernel");
	r->r->cmdline = recipe_text(r, map, "cmdline");
	r->r->kernel_config = recipe_text(r, map, "kernel-config");
	return read_application(r, map) && (eif ? read_eif(r, eif) : read_snp(r, snp));
}

/* ---- when all inputs and stages are known */

static bool check_refs(const struct recipe_reader *r, const struct yaml_node *map)
{
	static const struct {
		const char *key;
		enum recipe_want want;
	} rows[] = {
		{"kernel", WANT_FILE},	     {"kernel-config", WANT_FILE}, {"init", WANT_FILE},
		{"initrd", WANT_FILE},	     {"ovmf", WANT_FILE},	   {"rootfs", WANT_TREE},
		{"modules-from", WANT_TREE}, {"certificate", WANT_FILE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct yaml_node *node = yaml_member(r->y, map, rows[i].key);

		if (node && !recipe_ref_check(r, node->line, yaml_str(node), rows[i].want))
			return false;
	}
	return true;
}

static bool check_application(const struct recipe_reader *r, const struct yaml_node *map)
{
	static const char *const keys[] = {"entrypoint", "cmd",	    "environment",  "workdir",
					   "user",	 "modules", "modules-from", NULL};
	const struct recipe_application *a = &r->r->application;

	for (size_t i = 0; !a->rootfs && keys[i]; i++) {
		const struct yaml_node *node = yaml_member(r->y, map, keys[i]);

		if (node)
			return recipe_wrong(r, node->line, "'%s' has a meaning with 'rootfs' alone",
					    keys[i]);
	}
	for (size_t i = 0; i < a->environment.n; i++)
		if (!recipe_variable_check(r, a->environment.item[i].line,
					   a->environment.item[i].name))
			return false;
	return true;
}

static bool check_eif(const struct recipe_reader *r, const struct yaml_node *map)
{
	const struct yaml_node *list = yaml_member(r->y, map, "ramdisks"), *node;

	for (node = list ? yaml_first(r->y, list) : NULL; node; node = yaml_after(r->y, list, node))
		if (!recipe_ref_check(r, node->line, yaml_str(node), WANT_FILE))
			return false;
	if (!r->r->application.rootfs && r->r->eif.ramdisks.n == 0)
		return recipe_wrong(r, map->line,
				    "the image has no ramdisk: it needs 'rootfs' or 'ramdisks'");
	if (r->r->eif.vendor && !r->r->application.init)
		return recipe_wrong(r, map->line,
				    "profile nitro-cli is for the vendor's init: 'init' names it");
	return true;
}

static bool check_snp(const struct recipe_reader *r, const struct yaml_node *map)
{
	static const char *const keys[] = {"initrd", "cmdline", "rootfs", "kernel-config", NULL};

	for (size_t i = 0; !r->r->kernel && keys[i]; i++) {
		const struct yaml_node *node = yaml_member(r->y, map, keys[i]);

		if (node)
			return recipe_wrong(r, node->line, "'%s' has a meaning with 'kernel' alone",
					    keys[i]);
	}
	if (r->r->application.rootfs && !r->r->cmdline)
		return recipe_wrong(r, map->line, "'cmdline' is missing: it binds 'rootfs'");
	return true;
}

static bool check_files(const struct recipe_reader *r)
{
	for (size_t i = 0; i < r->r->files.n; i++) {
		const struct recipe_pair *f = &r->r->files.item[i];

		if (!check_output(r, f->line, f->name) ||
		    !recipe_ref_check(r, f->line, f->value, WANT_FILE))
			return false;
		if (r->r->artefact && strcmp(r->r->artefact, f->name) == 0)
			return recipe_wrong(r, f->line, "'%s' is the artefact's name", f->name);
	}
	return true;
}

/* "PCR0", of an EIF. */
static bool is_register(const struct recipe *r, const char *name)
{
	static const char *const names[] = {"PCR0", "PCR1", "PCR2", "PCR8"};

	for (size_t i = 0; r->image == IMAGE_IS_EIF && i < 4; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool check_expect(const struct recipe_reader *r)
{
	for (size_t i = 0; i < r->r->expect.n; i++) {
		const struct recipe_pair *x = &r->r->expect.item[i];
		bool pcr = is_register(r->r, x->name);
		bool artefact = r->r->image == IMAGE_IS_EIF && strcmp(x->name, r->r->artefact) == 0;
		size_t digits = pcr ? 96 : 64;

		if (!pcr && !artefact && !recipe_ref_check(r, x->line, x->name, WANT_FILE))
			return false;
		if (strlen(x->value) != digits || strspn(x->value, "0123456789abcdef") != digits)
			return recipe_wrong(r, x->line,
					    "what is expected of '%.200s' is not %zu hexadecimal "
					    "digits in lower case",
					    x->name, digits);
	}
	return true;
}

bool recipe_image_check(const struct recipe_reader *r)
{
	const char *key = r->r->image == IMAGE_IS_EIF ? "eif" : "snp";
	const struct yaml_node *map = yaml_member(r->y, r->y->nodes, key);
	const struct yaml_node *artefact = map ? yaml_member(r->y, map, "artefact") : NULL;

	if (map && (!check_output(r, artefact->line, r->r->artefact) || !check_refs(r, map) ||
		    !check_application(r, map)))
		return false;
	if (map && !(r->r->image == IMAGE_IS_EIF ? check_eif(r, map) : check_snp(r, map)))
		return false;
	return check_files(r) && check_expect(r);
}
