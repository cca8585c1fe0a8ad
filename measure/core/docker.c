#include "measure/core/docker.h"

#include <stdlib.h>

#include "measure/core/oci.h"
#include "measure/core/oci_json.h"

#define HEX_DIGITS 64u /* of SHA-256 */

void docker_list_free(struct docker_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].config);
		free(l->item[i].layers);
		free(l->item[i].tags);
	}
	free(l->item);
	*l = (struct docker_list){0};
}

static bool read_image(struct oci_json *d, const struct json_node *in, struct docker_image *out)
{
	if (!oci_json_is(d, in, JSON_OBJECT))
		return false;
	if (oci_json_need(d, in, "Config", JSON_STRING))
		out->config = oci_json_text(d, in, "Config");
	if (oci_json_need(d, in, "Layers", JSON_ARRAY))
		out->layers = oci_json_texts(d, in, "Layers");
	out->tags = oci_json_texts(d, in, "RepoTags");
	return !err_is(d->e);
}

bool docker_manifest_read(struct bytes text, struct docker_list *out, struct err *e)
{
	owned(oci_json_free) struct oci_json d = {.what = "manifest.json"};
	owned(docker_list_free) struct docker_list new = {0};
	const struct json_node *root;

	if (!oci_json_read(&d, text, JSON_ARRAY, e))
		return false;
	root = d.j.nodes;
	if (root->count == 0)
		return oci_json_refuse(&d, root, "lists no image");
	if (root->count > DOCKER_IMAGES_MAX)
		return err_at(e, REASON_LIMIT, root->offset, "%s: %u images, and %u are the limit",
			      d.what, root->count, DOCKER_IMAGES_MAX);
	new.item = own_new(root->count * sizeof(*new.item), e);
	if (!new.item)
		return false;
	for (const struct json_node *m = json_first(&d.j, root); m; m = json_after(&d.j, root, m)) {
		new.n++;
		if (!read_image(&d, m, &new.item[new.n - 1]))
			return false;
	}
	*out = take(new);
	return true;
}

bool docker_tagged(const struct docker_image *i, const char *tag)
{
	for (char **t = i->tags; tag && t && *t; t++)
		if (strcmp(*t, tag) == 0)
			return true;
	return !tag;
}

bool docker_name_digest(const char *name, struct digest *out)
{
	static const char *const heads[] = {"blobs/sha256/", "sha256:", ""};
	static const char *const tails[] = {"", "", ".json"};

	for (size_t i = 0; i < 3; i++) {
		char text[8 + HEX_DIGITS] = "sha256:";
		size_t head = strlen(heads[i]), n = strlen(name);
		struct err e = {0};

		if (n != head + HEX_DIGITS + strlen(tails[i]) ||
		    memcmp(name, heads[i], head) != 0 ||
		    strcmp(name + head + HEX_DIGITS, tails[i]) != 0)
			continue;
		memcpy(text + 7, name + head, HEX_DIGITS);
		if (oci_digest_read(bytes_of(text, 7 + HEX_DIGITS), "name", out, &e))
			return true;
	}
	return false;
}

/* Up one folder; false from the top. */
static bool up(struct buf *path)
{
	if (path->n == 0)
		return false;
	while (path->n > 0 && path->p[path->n - 1] != '/')
		path->n--;
	if (path->n > 0)
		path->n--;
	return true;
}

static bool step(struct buf *path, struct bytes part)
{
	if (part.n == 0 || bytes_equal(part, bytes_str(".")))
		return true;
	if (bytes_equal(part, bytes_str("..")))
		return up(path);
	if (path->n > 0)
		buf_str(path, "/");
	buf_put(path, part);
	return true;
}

bool docker_link(const char *name, struct bytes target, struct buf *out, struct err *e)
{
	const struct bytes whole = target;
	bool inside = target.n == 0 || target.p[0] != '/';

	buf_reset(out);
	buf_str(out, name);
	if (out->n > 0)
		(void)up(out);
	while (inside && target.n > 0) {
		const uint8_t *slash = memchr(target.p, '/', target.n);
		size_t n = slash ? (size_t)(slash - target.p) : target.n;

		inside = step(out, bytes_of(target.p, n));
		n += slash ? 1 : 0;
		target = bytes_of(target.p + n, target.n - n);
	}
	return buf_done(out, "the target of a link", e) &&
	       (inside ||
		err_set(e, REASON_IMAGE, "'%s' is a link to '%.*s', outside of the archive", name,
			(int)whole.n, (const char *)whole.p));
}
