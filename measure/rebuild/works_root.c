#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/base/json.h"
#include "measure/core/rootfs_newc.h"
#include "measure/rebuild/configure.h"
#include "measure/rebuild/crates.h"
#include "measure/rebuild/debian_root.h"
#include "measure/rebuild/works.h"

#define PATH_ROOM 8192u
#define MANIFEST_MAX (4u << 20)

static struct rootfs_options options(const struct works *w)
{
	return (struct rootfs_options){.spool = w->scratch.path};
}

/* ---- roots of each kind */

/* By its descriptor: the name could be another file's by now. */
static bool open_item(const struct works *w, struct store_item *item, struct rootfs *r,
		      struct err *e)
{
	const struct rootfs_options o = options(w);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", item->file.fd);
	return rootfs_open(r, path, &o, e);
}

static bool open_object(const struct works *w, const struct lock_input *x, struct rootfs *r,
			struct err *e)
{
	struct store_item item;
	bool ok;

	if (!objects_get(&w->plan->store, &x->object, x->input, &item, e))
		return false;
	if (x->kind == LOCK_GIT)
		return rootfs_newc(r, &item, e);
	ok = open_item(w, &item, r, e);
	store_item_free(&item);
	return ok;
}

static bool open_imported(const struct works *w, const struct lock_input *x, size_t n,
			  struct rootfs *r, struct err *e)
{
	const struct crates_locked crates = {&w->plan->store, x, n};
	const struct rootfs_options o = options(w);

	return crates_root(r, &crates, &o, e);
}

/* ---- an image: its blobs as the layout that readers of images know */

static bool put_text(int folder, const char *name, const char *text, struct err *e)
{
	owned(own_close) int fd =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return (fd >= 0 && file_put(fd, bytes_str(text))) || err_errno(e, errno, name);
}

/* What the manifest says that it is: there are two that mean the same. */
static bool read_type(const struct works *w, const struct lock_input *manifest, struct buf *out,
		      struct err *e)
{
	owned(buf_free) struct buf text = BUF(MANIFEST_MAX);
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	owned(json_free) struct json j = {0};
	const struct json_node *type;
	uint8_t *to;
	size_t got;

	if (!objects_get(&w->plan->store, &manifest->object, manifest->input, &item, e))
		return false;
	if (item.size > MANIFEST_MAX)
		return err_set(e, REASON_LIMIT, "a manifest of %llu bytes, %u are the limit",
			       (unsigned long long)item.size, MANIFEST_MAX);
	to = buf_room(&text, (size_t)item.size);
	if (!to)
		return buf_done(&text, "a manifest", e);
	if (!file_pread(&item.file, item.at, (struct span){to, text.n}, &got, e) ||
	    !json_read(&j, buf_bytes(&text), 0, e))
		return false;
	type = j.nodes[0].type == JSON_OBJECT ? json_member(&j, &j.nodes[0], "mediaType") : NULL;
	if (type && type->type == JSON_STRING)
		buf_put(out, type->text);
	else
		buf_str(out, "application/vnd.oci.image.manifest.v1+json");
	return buf_done(out, "a media type", e);
}

static bool put_index(const struct works *w, int folder, const struct lock_input *manifest,
		      struct err *e)
{
	owned(buf_free) struct buf text = BUF(4096), type = BUF(1024), digest = BUF(128);
	struct json_out j = json_out(&text, false);

	if (!read_type(w, manifest, &type, e))
		return false;
	buf_str(&digest, "sha256:");
	hex_put(&digest, digest_bytes(&manifest->object.sha256));
	json_open(&j, '{');
	json_key(&j, "schemaVersion");
	json_u64(&j, 2);
	json_key(&j, "manifests");
	json_open(&j, '[');
	json_open(&j, '{');
	json_text(&j, "mediaType", buf_cstr(&type));
	json_text(&j, "digest", buf_cstr(&digest));
	json_key(&j, "size");
	json_u64(&j, manifest->object.size);
	json_close(&j, '}');
	json_close(&j, ']');
	json_close(&j, '}');
	return buf_done(&text, "an index", e) &&
	       put_text(folder, "index.json", buf_cstr(&text), e) &&
	       put_text(folder, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", e);
}

/* A copy: another link would change the object's time, by which its readers know it unchanged. */
static bool put_blob(const struct works *w, int folder, const struct lock_input *x, struct err *e)
{
	owned(buf_free) struct buf to = BUF(256);
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};

	buf_str(&to, "blobs/sha256/");
	hex_put(&to, digest_bytes(&x->object.sha256));
	if (!buf_done(&to, "a path", e))
		return false;
	if (faccessat(folder, buf_cstr(&to), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return objects_get(&w->plan->store, &x->object, x->input, &item, e) &&
	       works_copy(&item, folder, buf_cstr(&to), NULL, e);
}

static bool put_image(const struct works *w, const char *name, const struct lock_input *x, size_t n,
		      struct err *e)
{
	owned(own_close) int folder = scratch_folder(&w->scratch, name, e);
	const struct lock_input *manifest = NULL;

	if (folder < 0)
		return false;
	if (mkdirat(folder, "blobs", 0755) != 0 || mkdirat(folder, "blobs/sha256", 0755) != 0)
		return err_errno(e, errno, "blobs");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(x[i].name, "manifest") == 0)
			manifest = &x[i];
		if (!put_blob(w, folder, &x[i], e))
			return false;
	}
	if (!manifest)
		return err_set(e, REASON_LOCK, "the image '%s' has no manifest", x->input);
	return put_index(w, folder, manifest, e);
}

/* It stays while the tree is read, and for who reads it next. */
static bool open_image(const struct works *w, const struct lock_input *x, size_t n,
		       struct rootfs *r, struct err *e)
{
	owned(buf_free) struct buf name = BUF(PATH_ROOM), path = BUF(PATH_ROOM);
	const struct rootfs_options o = options(w);

	buf_fmt(&name, "image-%s", x->input);
	if (!buf_done(&name, "a name", e))
		return false;
	if (faccessat(w->scratch.fd, buf_cstr(&name), F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
	    !put_image(w, buf_cstr(&name), x, n, e))
		return false;
	return scratch_path(&w->scratch, buf_cstr(&name), &path, e) &&
	       rootfs_open(r, buf_cstr(&path), &o, e);
}

/* ---- links of the recipe's */

static bool add_link(struct rootfs *r, const struct recipe_pair *link, struct err *e)
{
	const struct tree_inode i = {.mode = S_IFLNK | 0777, .target = link->value};
	struct bytes name;
	struct tree_node *folder = tree_parent(r->tree, bytes_str(link->name), true, &name, e);

	if (folder && tree_find(r->tree, folder, name))
		return err_set(e, REASON_RECIPE, "line %u: the link '%.200s' is there already",
			       link->line, link->name);
	return folder && tree_add(r->tree, folder, name, &i, e);
}

static bool open_input(const struct works *w, const struct recipe_input *input, struct rootfs *r,
		       struct err *e)
{
	const struct rootfs_options o = options(w);
	size_t n = 0;
	const struct lock_input *x = plan_locked(w->plan, input, &n);
	const struct debian_locked packages = {&w->plan->store, x, n};

	if (input->configure)
		return configure_root(w, input, r, e);
	if (input->kind == INPUT_PACKAGES)
		return debian_root(r, &packages, &o, e);
	if (input->kind == INPUT_IMAGE)
		return open_image(w, x, n, r, e);
	return input->import ? open_imported(w, x, n, r, e) : open_object(w, x, r, e);
}

bool works_root(const struct works *w, const struct recipe_input *input, struct rootfs *r,
		struct err *e)
{
	owned(rootfs_free) struct rootfs new = {0};

	if (!open_input(w, input, &new, e))
		return err_in(e, "input '%s'", input->name);
	for (size_t i = 0; i < input->links.n; i++)
		if (!add_link(&new, &input->links.item[i], e))
			return false;
	*r = take(new);
	return true;
}
