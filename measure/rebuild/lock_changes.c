#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/rebuild/locking.h"

void lock_changes_free(struct lock_changes *c)
{
	free(c->item);
	*c = (struct lock_changes){0};
}

static int order(const struct lock_input *a, const struct lock_input *b)
{
	int by_input = strcmp(a->input, b->input);

	return by_input ? by_input : strcmp(a->name, b->name);
}

const char *lock_input_version(const struct lock_input *i, char room[2 * DIGEST_MAX + 1])
{
	if (!i)
		return "none";
	if (i->version)
		return i->version;
	if (i->commit)
		return i->commit;
	hex_string(room, digest_bytes(&i->object.sha256));
	return room;
}

static bool same(const struct lock_input *a, const struct lock_input *b)
{
	return digest_equal(&a->object.sha256, &b->object.sha256);
}

bool lock_compare(const struct lock *old, const struct lock *new, struct lock_changes *out,
		  struct err *e)
{
	struct lock_changes c = {0};
	size_t i = 0, j = 0;

	c.item = own_new((old->n_inputs + new->n_inputs + 1) * sizeof(*c.item), e);
	if (!c.item)
		return false;
	while (i < old->n_inputs || j < new->n_inputs) {
		const struct lock_input *a = i < old->n_inputs ? &old->inputs[i] : NULL;
		const struct lock_input *b = j < new->n_inputs ? &new->inputs[j] : NULL;
		int way = !a ? 1 : !b ? -1 : order(a, b);

		i += way <= 0;
		j += way >= 0;
		if (way == 0 && same(a, b))
			continue;
		c.item[c.n++] = (struct lock_change){way <= 0 ? a : NULL, way >= 0 ? b : NULL};
	}
	*out = c;
	return true;
}
