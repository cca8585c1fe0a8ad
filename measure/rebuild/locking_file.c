#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/core/image.h"
#include "measure/rebuild/lock_text.h"
#include "measure/rebuild/locking_parts.h"

#define PROJECT "project"
#define DOCUMENT_MAX OCI_JSON_MAX

/* The recipe says what an origin is: an address has no place in a lock. */
static bool add_origin(struct lock_made *m, struct lock_input *i, struct err *e)
{
	const char *origin = m->input->origin;
	owned(own_free) char *archive = NULL;
	size_t n;

	if (!lock_text_is(LOCK_TEXT_ORIGIN, origin))
		return true;
	archive = own_string(origin, e);
	if (!archive)
		return false;
	n = strcspn(archive, ":");
	archive[n] = '\0';
	return locking_origin(m, i, archive, archive + n + 1, e);
}

/* A stream into the store; sha256: what the recipe demands, or NULL. */
static bool store_stream(struct lock_made *m, struct stream *in, const char *sha256,
			 struct object *out, struct err *e)
{
	struct object want = {.size = UINT64_MAX};

	if (sha256)
		want.sha256 = lock_text_sha256(sha256);
	return objects_put(m->q->store, in, sha256 ? &want : NULL, out, e);
}

/* A file of the project: links that lead to it are not followed, or it could be any file. */
static bool store_file(struct lock_made *m, struct object *out, struct err *e)
{
	owned(store_free) struct store *folder = store_folder(m->q->folder, e);
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	struct stream_range range;

	if (!folder)
		return false;
	if (!store_open(folder, m->input->path, &item, e)) {
		e->reason = e->reason == REASON_BLOB ? REASON_INPUT_MISSING : e->reason;
		return false;
	}
	range = stream_range(&item.file, item.at, item.size);
	return store_stream(m, &range.stream, m->input->sha256, out, e) &&
	       file_unchanged(&item.file, e);
}

/* What lies elsewhere is known by its digest: from the recipe, or from the lock that was. */
static bool known_object(struct lock_made *m, struct object *out, struct err *e)
{
	owned(store_item_free) struct store_item proved = {.file = FILE_NONE};
	size_t n;
	const struct lock_input *old = locking_old(m, &n);

	if (m->input->sha256) {
		out->sha256 = lock_text_sha256(m->input->sha256);
		return objects_size(m->q->store, out, m->input->origin, e) &&
		       objects_get(m->q->store, out, m->input->origin, &proved, e);
	}
	if (!old) {
		err_set(e, REASON_UNLOCKED, "nothing says what '%.200s' is", m->input->origin);
		return err_hint(e, "give its SHA-256 in the recipe: 'sha256: ...'");
	}
	*out = old[0].object;
	return true;
}

bool locking_file(struct lock_made *m, struct err *e)
{
	struct lock_input *i = locking_add(m, LOCK_FILE_INPUT, "", e);
	struct object x;

	if (!i || (m->input->path ? !store_file(m, &x, e) : !known_object(m, &x, e)))
		return false;
	i->object = x;
	if (m->input->path ? !locking_origin(m, i, PROJECT, m->input->path, e)
			   : !add_origin(m, i, e))
		return false;
	return !m->input->import || locking_crates(m, &x, e);
}

/* ---- images */

/* Where the blobs of an image are: in a layout of the project, or in the store. */
struct blobs {
	struct lock_made *m;
	struct store *store; /* NULL: objects */
	bool folder;
};

static bool add_blob(struct blobs *b, const char *name, const struct object *x, struct err *e)
{
	struct lock_input *i = locking_add(b->m, LOCK_BLOB, name, e);
	owned(buf_free) struct buf path = BUF(2 * RECIPE_PATH_MAX);

	if (!i)
		return false;
	i->object = *x;
	if (!b->folder)
		return true;
	buf_fmt(&path, "%s/blobs/sha256/", b->m->input->path);
	hex_put(&path, digest_bytes(&x->sha256));
	return buf_done(&path, "an origin", e) &&
	       locking_origin(b->m, i, PROJECT, buf_cstr(&path), e);
}

/* Into the store, where it is not yet. */
static bool take_blob(struct blobs *b, const char *name, const struct object *x, struct err *e)
{
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	owned(buf_free) struct buf path = BUF(128);
	struct stream_range range;
	struct object is;

	if (x->sha256.alg != DIGEST_SHA256)
		return err_set(e, REASON_IMAGE, "the %s is named by another digest than SHA-256",
			       name);
	buf_str(&path, "blobs/sha256/");
	hex_put(&path, digest_bytes(&x->sha256));
	if (!store_open(b->store, buf_cstr(&path), &item, e))
		return false;
	range = stream_range(&item.file, item.at, item.size);
	return (objects_put(b->m->q->store, &range.stream, x, &is, e) || err_in(e, "%s", name)) &&
	       file_unchanged(&item.file, e);
}

static bool there(struct blobs *b, const char *name, const struct object *x, struct err *e)
{
	struct object is = *x;

	if (!objects_size(b->m->q->store, &is, name, e))
		return false;
	return is.size == x->size ||
	       err_set(e, REASON_INPUT_DIGEST,
		       "the %s has %llu bytes in the store and must have %llu", name,
		       (unsigned long long)is.size, (unsigned long long)x->size);
}

static bool one_blob(struct blobs *b, const char *name, const struct object *x, struct err *e)
{
	return (b->store ? take_blob(b, name, x, e) : there(b, name, x, e)) &&
	       add_blob(b, name, x, e);
}

static bool read_object(struct lock_made *m, const struct object *x, struct buf *text,
			struct err *e)
{
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	size_t got;
	uint8_t *p;

	if (!objects_get(m->q->store, x, "manifest", &item, e))
		return false;
	if (item.size > DOCUMENT_MAX)
		return err_set(e, REASON_LIMIT, "a manifest of %llu bytes, and %u are the limit",
			       (unsigned long long)item.size, DOCUMENT_MAX);
	p = buf_room(text, (size_t)item.size);
	return buf_done(text, "a manifest", e) &&
	       file_pread(&item.file, item.at, (struct span){p, (size_t)item.size}, &got, e);
}

/* The manifest is in the store by now, and says what else there is. */
static bool add_rest(struct blobs *b, const struct object *manifest, struct err *e)
{
	owned(buf_free) struct buf text = BUF(DOCUMENT_MAX);
	owned(oci_list_free) struct oci_list list = {0};
	char name[32];

	if (!read_object(b->m, manifest, &text, e) ||
	    !oci_manifest_read(buf_bytes(&text), &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		struct object x = {list.item[i].digest, list.item[i].size};

		snprintf(name, sizeof(name), i ? "layer%zu" : "config", i - 1);
		if (!one_blob(b, name, &x, e))
			return false;
	}
	return true;
}

static bool choose(struct blobs *b, struct object *manifest, struct err *e)
{
	struct oci_platform platform;
	struct image_wish wish = {0};
	struct image image = {0};
	enum image_kind kind;
	bool ok;

	if (b->m->input->platform) {
		if (!oci_platform_read(b->m->input->platform, &platform, e))
			return false;
		wish.platform = &platform;
	}
	if (!image_look(b->store, &kind, e))
		return false;
	if (kind != IMAGE_OCI) {
		err_set(e, REASON_IMAGE, "it is no OCI image layout, so its parts have no digests");
		return err_hint(e, "skopeo copy docker-archive:%s oci:FOLDER", b->m->input->path);
	}
	ok = image_choose(b->store, kind, &wish, &image, e);
	*manifest = (struct object){.sha256 = image.manifest, .size = UINT64_MAX};
	image_free(&image);
	return ok;
}

static bool lock_layout(struct blobs *b, struct err *e)
{
	const char *sha256 = b->m->input->sha256;
	struct object manifest, said;

	if (!choose(b, &manifest, e))
		return false;
	if (sha256) {
		said = (struct object){.sha256 = lock_text_sha256(sha256)};
		if (!digest_equal(&said.sha256, &manifest.sha256))
			return err_set(e, REASON_INPUT_DIGEST,
				       "the SHA-256 of its manifest is not %s", sha256);
	}
	return take_blob(b, "manifest", &manifest, e) &&
	       objects_size(b->m->q->store, &manifest, "manifest", e) &&
	       add_blob(b, "manifest", &manifest, e) && add_rest(b, &manifest, e);
}

static bool open_layout(struct blobs *b, const char *path, struct file *f, struct err *e)
{
	struct stat st;

	b->folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (b->folder)
		b->store = store_folder(path, e);
	else if (file_open(f, path, e))
		b->store = store_tar(f, 0, f->size, e);
	return b->store != NULL;
}

static bool lock_path(struct blobs *b, struct err *e)
{
	owned(buf_free) struct buf path = BUF(4096);
	owned(file_close) struct file f = FILE_NONE;
	bool ok;

	buf_fmt(&path, "%s/%s", b->m->q->folder, b->m->input->path);
	if (!buf_done(&path, "a path", e))
		return false;
	ok = open_layout(b, buf_cstr(&path), &f, e) && lock_layout(b, e);
	store_free(&b->store);
	return ok;
}

bool locking_image(struct lock_made *m, struct err *e)
{
	struct blobs b = {.m = m};
	struct object manifest;

	if (m->input->path)
		return lock_path(&b, e);
	if (!known_object(m, &manifest, e))
		return false;
	return add_blob(&b, "manifest", &manifest, e) && add_rest(&b, &manifest, e);
}
