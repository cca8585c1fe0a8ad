#include "measure/guest/kconfig.h"

static const struct kconfig_need modules_need = {"MODULES", NULL, "module can be loaded"};

static const struct kconfig_need packing_needs[] = {
	[PACKING_GZIP] = {"RD_GZIP", NULL, "ramdisk compressed by gzip can be read"},
	[PACKING_ZSTD] = {"RD_ZSTD", NULL, "ramdisk compressed by zstd can be read"},
	[PACKING_XZ] = {"RD_XZ", NULL, "ramdisk compressed by xz can be read"},
	[PACKING_LZMA] = {"RD_LZMA", NULL, "ramdisk compressed by lzma can be read"},
};

enum kconfig_value kconfig_get(struct bytes config, const char *option)
{
	static const char head[] = "CONFIG_";
	size_t prefix = sizeof(head) - 1, name = strlen(option), n;
	struct bytes left = config;
	const uint8_t *end;

	for (; left.n > 0; left = bytes_of(left.p + n, left.n - n)) {
		end = memchr(left.p, '\n', left.n);
		n = end ? (size_t)(end - left.p) + 1 : left.n;
		if (n < prefix + name + 2 || memcmp(left.p, head, prefix) != 0 ||
		    memcmp(left.p + prefix, option, name) != 0 || left.p[prefix + name] != '=')
			continue;
		if (left.p[prefix + name + 1] == 'n')
			return KCONFIG_NO;
		return left.p[prefix + name + 1] == 'm' ? KCONFIG_MODULE : KCONFIG_YES;
	}
	return KCONFIG_NO;
}

static bool listed(const char *const *modules, const char *name)
{
	for (; *modules; modules++)
		if (strcmp(*modules, name) == 0)
			return true;
	return false;
}

static void check(struct bytes config, const struct kconfig_need *n, const struct kconfig_use *use,
		  struct answer *a)
{
	enum kconfig_value value = kconfig_get(config, n->option);

	/* a module of another making has no option (nsm before Linux 6.8) */
	if (value == KCONFIG_YES || (n->module && listed(use->modules, n->module)))
		return;
	if (value == KCONFIG_MODULE && n->module)
		answer_note(a, REASON_KERNEL_OPTION,
			    "CONFIG_%s=m, and its module %s is not in the ramdisk: no %s",
			    n->option, n->module, n->what);
	else
		answer_note(a, REASON_KERNEL_OPTION, "CONFIG_%s is %s: no %s", n->option,
			    value == KCONFIG_MODULE ? "m" : "not set", n->what);
}

void kconfig_check(struct bytes config, const struct kconfig_use *use, struct answer *a)
{
	for (const struct kconfig_need *n = use->needs; n->option; n++)
		check(config, n, use, a);
	if (use->modules[0])
		check(config, &modules_need, use, a);
	for (unsigned p = PACKING_GZIP; p <= PACKING_LZMA; p++)
		if (use->packings & 1u << p)
			check(config, &packing_needs[p], use, a);
}
