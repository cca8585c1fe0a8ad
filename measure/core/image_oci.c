#include "measure/core/image_oci.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"

#define BLOB_NAME (32 + 2 * DIGEST_MAX)

void image_free(struct image *i)
{
	oci_config_free(&i->config);
	for (size_t k = 0; k < i->n; k++)
		free(i->layer[k].name);
	free(i->layer);
	*i = (struct image){0};
}

static void blob_name(char name[BLOB_NAME], const struct digest *d)
{
	char hex[2 * DIGEST_MAX + 1];

	hex_string(hex, digest_bytes(d));
	snprintf(name, BLOB_NAME, "blobs/%s/%s", digest_name(d->alg), hex);
}

/* The document that digest and size lead to, appended to out. */
static bool read_blob(const struct store *s, const struct oci_descriptor *d, struct buf *out,
		      struct err *e)
{
	char name[BLOB_NAME];
	struct digest found;
	size_t had = out->n;

	blob_name(name, &d->digest);
	if (!store_slurp(s, name, OCI_JSON_MAX, out, e))
		return false;
	if (out->n - had != d->size)
		return err_set(e, REASON_BLOB, "'%s' has %zu bytes, and %llu are declared", name,
			       out->n - had, (unsigned long long)d->size);
	if (!hash_of(d->digest.alg, bytes_of(out->p + had, out->n - had), &found, e))
		return false;
	return digest_equal(&found, &d->digest) ||
	       err_set(e, REASON_BLOB, "'%s' holds bytes of another digest", name);
}

bool image_say(struct buf *out, const struct oci_platform *p, struct err *e)
{
	owned(buf_free) struct buf one = BUF(sizeof(*p) + 32);

	if (*p->os)
		oci_platform_put(&one, p);
	else
		buf_str(&one, "an unknown platform");
	if (!buf_done(&one, "a platform", e))
		return false;
	if (strstr(buf_cstr(out), buf_cstr(&one)) || out->n > 200)
		return true;
	buf_str(out, out->n ? ", " : "");
	buf_put(out, buf_bytes(&one));
	return buf_done(out, "a list of platforms", e);
}

static bool known(const struct oci_list *l, const struct oci_descriptor *d)
{
	for (size_t i = 0; i < l->n; i++)
		if (digest_equal(&l->item[i].digest, &d->digest))
			return true;
	return false;
}

/* A list of so many has room for OCI_LIST_MAX. */
static bool add_each(struct oci_list *to, const struct oci_list *from, struct err *e)
{
	for (size_t i = 0; i < from->n; i++) {
		if (known(to, &from->item[i]))
			continue;
		if (to->n == OCI_LIST_MAX)
			return err_set(e, REASON_LIMIT, "indexes lead to more than %u documents",
				       OCI_LIST_MAX);
		to->item[to->n++] = from->item[i];
	}
	if (!*to->passed)
		memcpy(to->passed, from->passed, sizeof(to->passed));
	return true;
}

static bool add_index(const struct store *s, const struct oci_descriptor *d, const char *tag,
		      struct oci_list *to, struct err *e)
{
	owned(oci_list_free) struct oci_list list = {0};
	owned(buf_free) struct buf text = BUF(OCI_JSON_MAX);
	char name[BLOB_NAME] = "index.json";

	if (d)
		blob_name(name, &d->digest);
	if (!(d ? read_blob(s, d, &text, e) : store_slurp(s, name, OCI_JSON_MAX, &text, e)))
		return false;
	if (!oci_index_read(buf_bytes(&text), tag, &list, e))
		return err_in(e, "'%s'", name);
	return add_each(to, &list, e);
}

/* The manifests that index.json leads to; indexes stay among them, and are done. */
static bool gather(const struct store *s, const char *tag, struct oci_list *all, struct err *e)
{
	all->item = own_new(OCI_LIST_MAX * sizeof(*all->item), e);
	if (!all->item || !add_index(s, NULL, tag, all, e))
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (all->item[i].kind == OCI_INDEX && !add_index(s, &all->item[i], NULL, all, e))
			return false;
	return true;
}

static bool add_layers(const struct oci_list *blobs, struct image *out, struct err *e)
{
	char name[BLOB_NAME];

	if (blobs->n - 1 > IMAGE_LAYERS_MAX)
		return err_set(e, REASON_LIMIT, "%zu layers, and %u are the limit", blobs->n - 1,
			       IMAGE_LAYERS_MAX);
	out->layer = own_new(blobs->n * sizeof(*out->layer), e);
	for (size_t i = 1; out->layer && i < blobs->n; i++) {
		blob_name(name, &blobs->item[i].digest);
		out->layer[out->n].blob = blobs->item[i];
		out->layer[out->n].described = true;
		out->layer[out->n].name = own_string(name, e);
		if (!out->layer[out->n++].name)
			return false;
	}
	return out->layer != NULL;
}

static bool read_config(const struct store *s, const struct oci_descriptor *d, struct image *out,
			struct err *e)
{
	owned(buf_free) struct buf text = BUF(OCI_JSON_MAX);
	char name[BLOB_NAME];

	blob_name(name, &d->digest);
	out->id = d->digest;
	return read_blob(s, d, &text, e) &&
	       (oci_config_read(buf_bytes(&text), &out->config, e) || err_in(e, "'%s'", name));
}

static bool load(const struct store *s, const struct oci_descriptor *d, struct image *out,
		 struct err *e)
{
	owned(oci_list_free) struct oci_list blobs = {0};
	owned(buf_free) struct buf text = BUF(OCI_JSON_MAX);
	char name[BLOB_NAME];

	blob_name(name, &d->digest);
	out->manifest = d->digest;
	if (!read_blob(s, d, &text, e))
		return false;
	if (!oci_manifest_read(buf_bytes(&text), &blobs, e))
		return err_in(e, "'%s'", name);
	return read_config(s, &blobs.item[0], out, e) && add_layers(&blobs, out, e);
}

/* What the index says of a manifest, or else its configuration. */
static bool platform_of(const struct store *s, struct oci_descriptor *d, struct err *e)
{
	owned(image_free) struct image i = {0};

	if (*d->platform.os)
		return true;
	if (!load(s, d, &i, e))
		return false;
	d->platform = i.config.platform;
	return true;
}

static bool refuse_none(const struct oci_list *all, const struct image_wish *wish, struct err *e)
{
	if (wish->tag)
		return err_set(e, REASON_CHOICE, "holds no image of the name '%s'", wish->tag);
	if (*all->passed)
		return err_set(e, REASON_CHOICE, "holds no image: what it lists %s", all->passed);
	return err_set(e, REASON_CHOICE, "holds no image");
}

static bool refuse_choice(struct buf *there, size_t n, const struct image_wish *wish, struct err *e)
{
	owned(buf_free) struct buf asked = BUF(sizeof(struct oci_platform) + 8);

	if (wish->platform)
		oci_platform_put(&asked, wish->platform);
	if (n == 0)
		return err_set(e, REASON_CHOICE, "holds no image for %s, but for %s",
			       buf_cstr(&asked), buf_cstr(there));
	err_set(e, REASON_CHOICE, "holds %zu images, for %s", n, buf_cstr(there));
	return err_hint(e, "choose with --platform or --tag");
}

/* The one manifest that is wished for. */
static bool choose(const struct store *s, struct oci_list *all, const struct image_wish *wish,
		   const struct oci_descriptor **out, struct err *e)
{
	owned(buf_free) struct buf there = BUF(512);
	size_t manifests = 0, fit = 0;

	for (size_t i = 0; i < all->n; i++)
		manifests += all->item[i].kind == OCI_MANIFEST;
	for (size_t i = 0; i < all->n; i++) {
		struct oci_descriptor *d = &all->item[i];

		if (d->kind != OCI_MANIFEST)
			continue;
		if (((manifests > 1 || wish->platform) && !platform_of(s, d, e)) ||
		    !image_say(&there, &d->platform, e))
			return false;
		if (wish->platform && !oci_platform_is(&d->platform, wish->platform))
			continue;
		*out = d;
		fit++;
	}
	if (manifests == 0)
		return refuse_none(all, wish, e);
	return fit == 1 || refuse_choice(&there, fit, wish, e);
}

static bool agree(const struct oci_platform *index, const struct oci_platform *config,
		  struct err *e)
{
	owned(buf_free) struct buf said = BUF(sizeof(*index) + 8), is = BUF(sizeof(*index) + 8);
	struct oci_platform asked = *index;

	if (!*config->variant)
		*asked.variant = '\0';
	if (!*index->os || oci_platform_is(config, &asked))
		return true;
	oci_platform_put(&said, index);
	oci_platform_put(&is, config);
	return err_set(e, REASON_IMAGE, "the index speaks of an image for %s, which is one for %s",
		       buf_cstr(&said), buf_cstr(&is));
}

bool image_oci(const struct store *s, const struct image_wish *wish, struct image *out,
	       struct err *e)
{
	owned(oci_list_free) struct oci_list all = {0};
	owned(image_free) struct image new = {0};
	const struct oci_descriptor *d = NULL;

	if (!gather(s, wish->tag, &all, e) || !choose(s, &all, wish, &d, e) ||
	    !load(s, d, &new, e) || !agree(&d->platform, &new.config.platform, e))
		return false;
	*out = take(new);
	return true;
}
