#include "measure/core/image.h"

#include <stdlib.h>

#include "measure/core/docker.h"
#include "measure/core/image_oci.h"

/* Does manifest.json hold what docker means by it? */
static bool is_docker(const struct store *s, bool *yes, struct err *e)
{
	owned(docker_list_free) struct docker_list list = {0};
	owned(buf_free) struct buf text = BUF(DOCKER_JSON_MAX);
	struct err no = {0};

	*yes = store_slurp(s, "manifest.json", DOCKER_JSON_MAX, &text, &no) &&
	       docker_manifest_read(buf_bytes(&text), &list, &no);
	if (!*yes && reason_class(no.reason) == EXIT_CLASS_ENVIRONMENT)
		*e = no;
	return !err_is(e);
}

/* A folder that root file systems have, and images do not. */
static const char *rooted(const struct store *s)
{
	static const char *const folders[] = {"etc", "usr", "bin", "sbin", "lib", "dev", "proc"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (store_has(s, folders[i]))
			return folders[i];
	return NULL;
}

bool image_look(const struct store *s, enum image_kind *kind, struct err *e)
{
	bool blobs = store_has(s, "index.json") && store_has(s, "blobs");
	bool oci = store_has(s, "oci-layout"), docker = store_has(s, "manifest.json");
	const char *folder = oci || docker || blobs ? rooted(s) : NULL;

	/* Blobs without their layout are a broken image, and no root file system. */
	*kind = oci || (blobs && !docker) ? IMAGE_OCI : docker ? IMAGE_DOCKER : IMAGE_NONE;
	if (!folder)
		return true;
	*kind = IMAGE_NONE;
	if (!oci && !is_docker(s, &docker, e))
		return false;
	return (!oci && !docker) ||
	       err_set(e, REASON_CHOICE,
		       "is an image by its '%s' and a root file system by its '%s'",
		       oci ? "oci-layout" : "manifest.json", folder);
}

static bool read_list(const struct store *s, struct docker_list *out, struct err *e)
{
	owned(buf_free) struct buf text = BUF(DOCKER_JSON_MAX);

	return store_slurp(s, "manifest.json", DOCKER_JSON_MAX, &text, e) &&
	       docker_manifest_read(buf_bytes(&text), out, e);
}

static bool docker_config(const struct store *s, const char *name, struct image *out, struct err *e)
{
	owned(buf_free) struct buf text = BUF(OCI_JSON_MAX);
	struct digest said;

	if (!store_slurp(s, name, OCI_JSON_MAX, &text, e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&text), &out->id, e))
		return false;
	if (docker_name_digest(name, &said) && !digest_equal(&said, &out->id))
		return err_set(e, REASON_BLOB, "'%s' holds bytes of another digest", name);
	return oci_config_read(buf_bytes(&text), &out->config, e) || err_in(e, "'%s'", name);
}

static bool docker_layers(const struct docker_image *i, struct image *out, struct err *e)
{
	size_t n = 0;

	while (i->layers[n])
		n++;
	if (n > IMAGE_LAYERS_MAX)
		return err_set(e, REASON_LIMIT, "%zu layers, and %u are the limit", n,
			       IMAGE_LAYERS_MAX);
	out->layer = own_new(n * sizeof(*out->layer) + 1, e);
	for (; out->layer && out->n < n; out->n++) {
		out->layer[out->n].name = own_string(i->layers[out->n], e);
		if (!out->layer[out->n].name)
			return false;
	}
	return out->layer != NULL;
}

static bool fits(const struct docker_image *d, const struct image *i, const struct image_wish *wish)
{
	return docker_tagged(d, wish->tag) &&
	       (!wish->platform || oci_platform_is(&i->config.platform, wish->platform));
}

static bool refuse_choice(size_t n, const struct image_wish *wish, struct buf *there, struct err *e)
{
	if (n == 0 && wish->tag)
		return err_set(e, REASON_CHOICE, "holds no image of the name '%s'%s", wish->tag,
			       wish->platform ? " for that platform" : "");
	if (n == 0)
		return err_set(e, REASON_CHOICE, "holds no image for that platform, but for %s",
			       buf_cstr(there));
	err_set(e, REASON_CHOICE, "holds %zu images, for %s", n, buf_cstr(there));
	return err_hint(e, "choose with --platform or --tag");
}

/* The same image under two names is one. */
static bool image_docker(const struct store *s, const struct image_wish *wish, struct image *out,
			 struct err *e)
{
	owned(docker_list_free) struct docker_list list = {0};
	owned(image_free) struct image new = {0};
	owned(buf_free) struct buf there = BUF(512);
	size_t n = 0;

	if (!read_list(s, &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		owned(image_free) struct image one = {0};

		if (!docker_config(s, list.item[i].config, &one, e) ||
		    !docker_layers(&list.item[i], &one, e) ||
		    !image_say(&there, &one.config.platform, e))
			return false;
		if (!fits(&list.item[i], &one, wish) || (n > 0 && digest_equal(&one.id, &new.id)))
			continue;
		image_free(&new);
		new = take(one);
		n++;
	}
	if (n != 1)
		return refuse_choice(n, wish, &there, e);
	*out = take(new);
	return true;
}

/* Whoever reads manifest.json must not get another image than whoever reads index.json. */
static bool agree(const struct store *s, const struct image_wish *wish, const struct image *chosen,
		  struct err *e)
{
	owned(docker_list_free) struct docker_list list = {0};
	bool other = false;

	if (!read_list(s, &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		owned(image_free) struct image one = {0};

		if (!docker_config(s, list.item[i].config, &one, e))
			return false;
		if (digest_equal(&one.id, &chosen->id))
			return true;
		other |= fits(&list.item[i], &one, wish);
	}
	return !other ||
	       err_set(e, REASON_CHOICE, "index.json and manifest.json lead to different images");
}

static bool check_layers(const struct image *i, struct err *e)
{
	if (strcmp(i->config.platform.os, "linux") != 0)
		return err_set(e, REASON_IMAGE, "the image is for %s, not for linux",
			       i->config.platform.os);
	return i->n == i->config.n ||
	       err_set(e, REASON_IMAGE,
		       "the image has %zu layers, and its configuration names %zu in 'diff_ids'",
		       i->n, i->config.n);
}

/* "oci-layout" says by which rules index.json is to be read. */
static bool check_layout(const struct store *s, struct err *e)
{
	owned(buf_free) struct buf text = BUF(OCI_JSON_MAX);

	return store_slurp(s, "oci-layout", OCI_JSON_MAX, &text, e) &&
	       oci_layout_read(buf_bytes(&text), e);
}

bool image_choose(const struct store *s, enum image_kind kind, const struct image_wish *wish,
		  struct image *out, struct err *e)
{
	owned(image_free) struct image new = {0};

	if (kind == IMAGE_DOCKER) {
		if (!image_docker(s, wish, &new, e))
			return false;
	} else if (!check_layout(s, e) || !image_oci(s, wish, &new, e) ||
		   (store_has(s, "manifest.json") && !agree(s, wish, &new, e))) {
		return false;
	}
	if (!check_layers(&new, e))
		return false;
	*out = take(new);
	return true;
}
