#include "measure/guest/start.h"

#include "measure/core/kernel.h"
#include "measure/guest/init.h"

#define INIT_MAX (64u << 20)

void start_free(struct start *s)
{
	modules_free(&s->modules);
	buf_free(&s->file);
}

static bool find_init(struct start *s, const struct start_ask *ask, struct err *e)
{
	const struct guest_init *i = guest_inits;

	s->file = BUF(INIT_MAX);
	if (ask->init) {
		if (!file_slurp(ask->init, INIT_MAX, &s->file, e))
			return false;
		s->init = buf_bytes(&s->file);
	} else {
		while (i->arch &&
		       (strcmp(i->format, ask->format) != 0 || strcmp(i->arch, ask->arch) != 0))
			i++;
		if (!i->arch)
			return err_set(e, REASON_USAGE,
				       "this program was built without an init for %s: give one by "
				       "--init",
				       ask->arch);
		s->init = i->image;
	}
	return hash_of(DIGEST_SHA256, s->init, &s->sha256, e);
}

static void check_kernel(const struct start *s, const struct start_ask *ask, struct bytes own,
			 struct answer *a)
{
	struct bytes config = ask->config.n > 0 ? ask->config : own;
	const char *names[MODULES_MAX + 1] = {NULL};
	struct kconfig_use use = {ask->needs, names, ask->packings};

	for (size_t i = 0; i < s->modules.n; i++)
		names[i] = s->modules.v[i].name;
	if (config.n > 0)
		kconfig_check(config, &use, a);
	else
		answer_note(a, REASON_KERNEL_CONFIG,
			    "the kernel's configuration is not known, so it was not looked at: "
			    "--kernel-config, or kernel-config in a recipe, gives it");
}

bool start_read(struct start *s, const struct start_ask *ask, struct answer *a, struct err *e)
{
	owned(kernel_free) struct kernel kernel = KERNEL;
	struct modules_ask modules = ask->modules;

	if (!find_init(s, ask, e) || !kernel_read(&kernel, ask->kernel, e))
		return false;
	modules.kernel = buf_cstr(&kernel.version);
	if (!buf_done(&kernel.version, "the kernel's version", e) ||
	    !modules_read(&s->modules, &modules, e))
		return false;
	check_kernel(s, ask, buf_bytes(&kernel.config), a);
	return true;
}
