#include "measure/rebuild/locking_parts.h"

bool locking_packages(struct lock_made *m, struct err *e)
{
	size_t n;
	const struct lock_input *old = locking_old(m, &n);

	if (old)
		return locking_keep(m, old, n, e);
	return err_set(e, REASON_UNLOCKED, "packages cannot be resolved yet");
}
