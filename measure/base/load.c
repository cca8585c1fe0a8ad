#include "measure/base/load.h"

#include <dlfcn.h>
#include <string.h>

bool load_open(const struct load *l, void **handle, void *functions, struct err *e)
{
	/* Once loaded, always there: a report of leaks at the end can name whose they are. */
	*handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!*handle) {
		const char *why = dlerror();

		/* A static program has no loader, and whatever is installed changes nothing. */
		if (!why)
			return err_set(e, REASON_LIBRARY,
				       "%s is needed, and this program is static: it loads none",
				       l->name);
		err_set(e, REASON_LIBRARY, "%s cannot be loaded: %s", l->name, why);
		return err_hint(e, "install the Debian package %s", l->package);
	}
	for (const struct load_symbol *s = l->symbols; s->name; s++) {
		void *found = dlsym(*handle, s->name);

		if (!found)
			return err_set(e, REASON_LIBRARY, "%s has no function %s", l->file,
				       s->name);
		memcpy((char *)functions + s->at, &found, sizeof(found));
	}
	return true;
}

void load_close(void **handle)
{
	if (*handle)
		dlclose(*handle);
	*handle = NULL;
}
