#include "measure/rebuild/debian_lists.h"

#include "measure/base/when.h"
#include "measure/core/archive.h"

#define PATH_BYTES 8192u
#define HEAD 6u /* bytes that tell how a file is packed */

void debian_lists_path(const struct debian_suite *s, struct buf *out)
{
	buf_fmt(out, "%s/lists/%s/%s/", s->store->path, s->suite->archive, s->suite->suite);
	if (s->suite->snapshot)
		buf_fmt(out, "%s/", s->suite->snapshot);
	buf_str(out, "InRelease");
}

void debian_lists_keyring(const struct debian_suite *s, struct buf *out)
{
	if (s->suite->keyring)
		buf_fmt(out, "%s/%s", s->folder, s->suite->keyring);
	else
		buf_str(out, DEBIAN_KEYRING);
}

static bool slurp(const struct debian_suite *s, struct buf *text, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_BYTES);

	debian_lists_path(s, &path);
	if (!buf_done(&path, "the path of a list", e))
		return false;
	if (file_slurp(buf_cstr(&path), DEBIAN_RELEASE_MAX, text, e))
		return true;
	if (e->reason != REASON_NO_SUCH_FILE)
		return false;
	*e = (struct err){0};
	err_set(e, REASON_INPUT_MISSING, "there are no lists of it in the store");
	return err_hint(e, "`measure-fetch lists` brings them");
}

static bool expired(const struct debian_release *r, struct err *e)
{
	owned(buf_free) struct buf until = BUF(32);

	when_put(&until, r->valid_until, "Z");
	err_set(e, REASON_EXPIRED, "its lists were valid until %s", buf_cstr(&until));
	return err_hint(e, "`measure-fetch lists` brings newer ones; --at judges by another time");
}

bool debian_lists_judge(const struct debian_suite *s, struct bytes in_release,
			struct debian_release *r, struct err *e)
{
	owned(debian_release_free) struct debian_release new = {0};
	owned(buf_free) struct buf keyring = BUF(PATH_BYTES);
	struct debian_keys keys = {NULL, s->suite->keys.item, s->suite->keys.n};

	debian_lists_keyring(s, &keyring);
	if (!buf_done(&keyring, "the path of a keyring", e))
		return false;
	keys.keyring = buf_cstr(&keyring);
	if (!debian_release_read(&new, in_release, &keys, s->now, e) ||
	    !debian_release_is(&new, s->suite->suite, e))
		return false;
	*r = take(new);
	return true;
}

bool debian_lists_release(const struct debian_suite *s, struct debian_release *r,
			  struct object *file, struct err *e)
{
	owned(buf_free) struct buf text = BUF(DEBIAN_RELEASE_MAX);
	owned(debian_release_free) struct debian_release new = {0};
	struct object is;

	if (!slurp(s, &text, e) || !hash_of(DIGEST_SHA256, buf_bytes(&text), &is.sha256, e) ||
	    !debian_lists_judge(s, buf_bytes(&text), &new, e))
		return false;
	is.size = text.n;
	if (new.stale && !s->suite->snapshot)
		return expired(&new, e);
	*file = is;
	*r = take(new);
	return true;
}

static bool add(const struct store_item *item, uint32_t list, const char *architecture,
		struct debian_packages *to, struct err *e)
{
	struct stream_range range = stream_range(&item->file, item->at, item->size);
	struct unpack_rule rule = {.members = true, .max = DEBIAN_INDEX_MAX};
	owned(unpack_free) struct unpack *u = NULL;
	uint8_t head[HEAD];
	size_t got;

	if (!file_pread(&item->file, item->at, (struct span){head, sizeof(head)}, &got, e))
		return false;
	rule.packing = archive_packing(bytes_of(head, got));
	if (rule.packing == PACKING_NONE)
		return debian_packages_add(to, &range.stream, list, architecture, e);
	u = unpack_new(&range.stream, &rule, e);
	return u && debian_packages_add(to, unpack_stream(u), list, architecture, e);
}

bool debian_lists_packages(const struct debian_suite *s, const struct debian_release *r,
			   uint32_t list, struct debian_packages *to, struct err *e)
{
	const char *architecture = s->suite->architecture;

	for (size_t i = 0; i < s->suite->components.n; i++) {
		const char *component = s->suite->components.item[i];
		const struct debian_index *index =
			debian_release_packages(r, component, architecture);
		owned(store_item_free) struct store_item item = {.file = FILE_NONE};

		if (!index)
			return err_set(e, REASON_PACKAGE_LIST, "it has no '%s' of %s", component,
				       architecture);
		if (!objects_get(s->store, &index->object, index->path, &item, e)) {
			e->hint[0] = '\0';
			return err_hint(e, "`measure-fetch lists` brings it");
		}
		if (!add(&item, list, architecture, to, e))
			return err_in(e, "%s", index->path);
	}
	return true;
}
