#include <stdio.h>

#include "measure/rebuild/crates.h"
#include "measure/rebuild/locking_parts.h"

#define NAME_ROOM 256u

static bool slurp(const struct objects *o, const struct object *x, struct buf *text, struct err *e)
{
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	size_t got;
	uint8_t *p;

	if (!objects_get(o, x, "Cargo.lock", &item, e))
		return false;
	if (item.size > CRATES_FILE_MAX)
		return err_set(e, REASON_LIMIT, "%llu bytes, %u are the limit of a Cargo.lock",
			       (unsigned long long)item.size, CRATES_FILE_MAX);
	p = buf_room(text, (size_t)item.size);
	return buf_done(text, "a Cargo.lock", e) &&
	       (item.size == 0 ||
		file_pread(&item.file, item.at, (struct span){p, (size_t)item.size}, &got, e));
}

static bool add(struct lock_made *m, const struct crate *c, struct err *e)
{
	char name[NAME_ROOM], place[NAME_ROOM];
	struct lock_input *i;

	snprintf(name, sizeof(name), "%s-%s.crate", c->name, c->version);
	snprintf(place, sizeof(place), "%s/%s", c->name, c->version);
	i = locking_add(m, LOCK_FILE_INPUT, name, e);
	if (!i)
		return false;
	i->object.sha256 = c->sha256;
	return objects_size(m->q->store, &i->object, name, e) &&
	       locking_origin(m, i, CRATES_ARCHIVE, place, e);
}

bool locking_crates(struct lock_made *m, const struct object *file, struct err *e)
{
	owned(buf_free) struct buf text = BUF(CRATES_FILE_MAX);
	owned(crates_free) struct crates c = {0};

	if (!slurp(m->q->store, file, &text, e) || !crates_read(&c, buf_bytes(&text), e))
		return false;
	for (size_t i = 0; i < c.n; i++)
		if (!add(m, &c.item[i], e))
			return false;
	return true;
}
