#include "measure/core/mset.h"

#include <stdio.h>

bool mset_put(struct mset *m, const char *name, const struct digest *d, struct err *e)
{
	if (strlen(name) >= MSET_NAME)
		return err_set(e, REASON_LIMIT, "register name \"%s\" is longer than %d characters",
			       name, MSET_NAME - 1);
	if (mset_get(m, name))
		return err_set(e, REASON_LIMIT, "register %s is given twice", name);
	if (m->n == MSET_MAX)
		return err_set(e, REASON_LIMIT,
			       "register %s is one more than the %d there is room for", name,
			       MSET_MAX);
	snprintf(m->entry[m->n].name, MSET_NAME, "%s", name);
	m->entry[m->n++].digest = *d;
	return true;
}

const struct digest *mset_get(const struct mset *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->entry[i].name, name) == 0)
			return &m->entry[i].digest;
	return NULL;
}
