#include "measure/core/oci.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/core/oci_json.h"

#define REF_NAME "org.opencontainers.image.ref.name"

static const struct media {
	const char *name;
	enum oci_kind kind;
	enum packing packing;
} medias[] = {
	{"application/vnd.oci.image.index.v1+json", OCI_INDEX, PACKING_NONE},
	{"application/vnd.docker.distribution.manifest.list.v2+json", OCI_INDEX, PACKING_NONE},
	{"application/vnd.oci.image.manifest.v1+json", OCI_MANIFEST, PACKING_NONE},
	{"application/vnd.docker.distribution.manifest.v2+json", OCI_MANIFEST, PACKING_NONE},
	{"application/vnd.oci.image.config.v1+json", OCI_CONFIG, PACKING_NONE},
	{"application/vnd.docker.container.image.v1+json", OCI_CONFIG, PACKING_NONE},
	{"application/vnd.oci.image.layer.v1.tar", OCI_LAYER, PACKING_NONE},
	{"application/vnd.oci.image.layer.v1.tar+gzip", OCI_LAYER, PACKING_GZIP},
	{"application/vnd.oci.image.layer.v1.tar+zstd", OCI_LAYER, PACKING_ZSTD},
	{"application/vnd.docker.image.rootfs.diff.tar", OCI_LAYER, PACKING_NONE},
	{"application/vnd.docker.image.rootfs.diff.tar.gzip", OCI_LAYER, PACKING_GZIP},
	{"application/vnd.docker.image.rootfs.diff.tar.zstd", OCI_LAYER, PACKING_ZSTD},
};

/* Types that say more than that they are unknown. */
static const struct {
	const char *part, *is;
} strangers[] = {
	{"+encrypted", "is encrypted"},
	{"nondistributable", "is no part of the image, but lies elsewhere"},
	{".foreign.", "is no part of the image, but lies elsewhere"},
	{"artifact", "is an artifact, no image"},
	{"docker.distribution.manifest.v1",
	 "is of Docker's schema 1, whose contents nothing proves"},
};

static const struct media *media_find(struct bytes name)
{
	for (size_t i = 0; i < sizeof(medias) / sizeof(medias[0]); i++)
		if (bytes_equal(name, bytes_str(medias[i].name)))
			return &medias[i];
	return NULL;
}

/* "is encrypted (TYPE)" */
static void media_say(char *to, size_t n, struct bytes name)
{
	const char *is = "is of a media type that is not known here";

	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (name.n &&
		    memmem(name.p, name.n, strangers[i].part, strlen(strangers[i].part))) {
			is = strangers[i].is;
			break;
		}
	snprintf(to, n, "%s ('%.*s')", is, name.n < 80 ? (int)name.n : 80, (const char *)name.p);
}

void oci_list_free(struct oci_list *l)
{
	free(l->item);
	*l = (struct oci_list){0};
}

void rootfs_config_free(struct rootfs_config *c)
{
	free(c->entrypoint);
	free(c->cmd);
	free(c->env);
	free(c->working_dir);
	free(c->user);
	free(c->os);
	free(c->architecture);
	*c = (struct rootfs_config){0};
}

void oci_config_free(struct oci_config *c)
{
	rootfs_config_free(&c->run);
	free(c->diff_id);
	*c = (struct oci_config){0};
}

/* Hexadecimal digits in lower case, the only form there is of a digest. */
static bool lower_hex(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if (!memchr("0123456789abcdef", x.p[i], 16))
			return false;
	return true;
}

bool oci_digest_read(struct bytes text, const char *what, struct digest *out, struct err *e)
{
	static const enum digest_alg algs[] = {DIGEST_SHA256, DIGEST_SHA512};
	struct digest d = {0};
	char head[16];

	for (size_t i = 0; i < 2; i++) {
		snprintf(head, sizeof(head), "%s:", digest_name(algs[i]));
		if (!bytes_start(text, bytes_str(head)))
			continue;
		d = (struct digest){.alg = algs[i], .len = digest_len(algs[i])};
		text = bytes_of(text.p + strlen(head), text.n - strlen(head));
		if (text.n != 2 * d.len || !lower_hex(text))
			return err_set(e, REASON_IMAGE,
				       "%s: no %zu lower-case hex digits behind %s", what,
				       2 * d.len, head);
		for (size_t k = 0; k < d.len; k++)
			d.v[k] = (uint8_t)(hex_value(text.p[2 * k]) << 4 |
					   hex_value(text.p[2 * k + 1]));
		*out = d;
		return true;
	}
	return err_set(e, REASON_IMAGE, "%s: '%.*s' is no digest by sha256 or sha512", what,
		       text.n < 80 ? (int)text.n : 80, (const char *)text.p);
}

static struct digest digest_of(struct oci_json *d, const struct json_node *node, const char *what)
{
	struct digest out = {0};
	struct err e = {0};

	if (node && !oci_digest_read(node->text, what, &out, &e))
		oci_json_refuse(d, node, "%s", e.text);
	return out;
}

static void platform_part(struct oci_json *d, const struct json_node *in, const char *key, char *to)
{
	const size_t size = sizeof(((struct oci_platform *)0)->os);
	const struct json_node *m = oci_json_get(d, in, key, JSON_STRING);

	if (!m)
		return;
	if (m->text.n >= size || memchr(m->text.n ? (const char *)m->text.p : "", 0, m->text.n))
		oci_json_refuse(d, m, "'%s' has a NUL inside or more than %zu bytes", key,
				size - 1);
	else if (m->text.n)
		memcpy(to, m->text.p, m->text.n);
}

static void platform_of(struct oci_json *d, const struct json_node *in, struct oci_platform *p)
{
	if (!in)
		return;
	platform_part(d, in, "os", p->os);
	platform_part(d, in, "architecture", p->architecture);
	platform_part(d, in, "variant", p->variant);
}

bool oci_platform_read(const char *text, struct oci_platform *out, struct err *e)
{
	char *const part[] = {out->os, out->architecture, out->variant};
	const char *at = text;
	size_t n = 0;

	*out = (struct oci_platform){0};
	for (; n < 3 && at; n++) {
		const char *slash = strchr(at, '/');
		size_t len = slash ? (size_t)(slash - at) : strlen(at);

		if (len == 0 || len >= sizeof(out->os))
			break;
		memcpy(part[n], at, len);
		at = slash ? slash + 1 : NULL;
	}
	return (n >= 2 && !at) ||
	       err_set(e, REASON_USAGE, "--platform: '%s' is no OS/ARCHITECTURE[/VARIANT]", text);
}

void oci_platform_put(struct buf *out, const struct oci_platform *p)
{
	buf_fmt(out, "%s/%s", p->os, p->architecture);
	if (*p->variant)
		buf_fmt(out, "/%s", p->variant);
}

static const char *variant_of(const struct oci_platform *p)
{
	return strcmp(p->architecture, "arm64") == 0 && !*p->variant ? "v8" : p->variant;
}

bool oci_platform_is(const struct oci_platform *p, const struct oci_platform *asked)
{
	return strcmp(p->os, asked->os) == 0 && strcmp(p->architecture, asked->architecture) == 0 &&
	       (!*asked->variant || strcmp(variant_of(p), asked->variant) == 0);
}

bool oci_layout_read(struct bytes text, struct err *e)
{
	owned(oci_json_free) struct oci_json d = {.what = "oci-layout"};
	const struct json_node *version;

	if (!oci_json_read(&d, text, JSON_OBJECT, e))
		return false;
	version = oci_json_need(&d, d.j.nodes, "imageLayoutVersion", JSON_STRING);
	if (version && !bytes_equal(version->text, bytes_str("1.0.0")))
		oci_json_refuse(&d, version, "of version '%.*s', and 1.0.0 is known here",
				(int)version->text.n, (const char *)version->text.p);
	return !err_is(e);
}

/* What a manifest and an index have in common. */
static const struct json_node *document(struct oci_json *d, enum oci_kind kind)
{
	const struct json_node *root = d->j.nodes;
	const struct json_node *name = oci_json_get(d, root, "mediaType", JSON_STRING);
	const struct media *media = name ? media_find(name->text) : NULL;

	if (oci_json_u64(d, root, "schemaVersion") != 2)
		oci_json_refuse(d, root, "'schemaVersion' is not 2");
	if (name && (!media || media->kind != kind))
		oci_json_refuse(d, name, "says of itself that it is '%.*s'", (int)name->text.n,
				(const char *)name->text.p);
	oci_json_forbid(d, root, "fsLayers");
	return root;
}

/* What is said of a blob of a known type. */
static bool descriptor(struct oci_json *d, const struct json_node *in, const struct media *media,
		       struct oci_descriptor *out)
{
	const struct json_node *digest = oci_json_need(d, in, "digest", JSON_STRING);

	out->kind = media->kind;
	out->packing = media->packing;
	out->digest = digest_of(d, digest, "'digest'");
	out->size = oci_json_u64(d, in, "size");
	return !err_is(d->e);
}

static bool annotated(struct oci_json *d, const struct json_node *in, const char *key,
		      const char *value)
{
	const struct json_node *all = oci_json_get(d, in, "annotations", JSON_OBJECT);
	const struct json_node *one = all ? json_member(&d->j, all, key) : NULL;

	return one && one->type == JSON_STRING && bytes_equal(one->text, bytes_str(value));
}

static bool is_attestation(struct oci_json *d, const struct json_node *in,
			   const struct oci_platform *p)
{
	return annotated(d, in, "vnd.docker.reference.type", "attestation-manifest") ||
	       (strcmp(p->os, "unknown") == 0 && strcmp(p->architecture, "unknown") == 0);
}

static bool index_entry(struct oci_json *d, const struct json_node *in, struct oci_list *out)
{
	const struct json_node *name = oci_json_need(d, in, "mediaType", JSON_STRING);
	const struct json_node *artifact = oci_json_get(d, in, "artifactType", JSON_STRING);
	const struct media *media = name ? media_find(name->text) : NULL;
	struct oci_descriptor new = {0};
	char passed[sizeof(out->passed)];

	platform_of(d, oci_json_get(d, in, "platform", JSON_OBJECT), &new.platform);
	if (!name || err_is(d->e))
		return false;
	if (!artifact && media && media->kind <= OCI_MANIFEST &&
	    !is_attestation(d, in, &new.platform)) {
		if (!descriptor(d, in, media, &new))
			return false;
		out->item[out->n++] = new;
		return true;
	}
	if (artifact)
		snprintf(passed, sizeof(passed), "is an artifact, no image");
	else if (media && media->kind <= OCI_MANIFEST)
		snprintf(passed, sizeof(passed), "is an attestation, no image");
	else
		media_say(passed, sizeof(passed), name->text);
	if (!*out->passed)
		memcpy(out->passed, passed, sizeof(passed));
	return !err_is(d->e);
}

/* A list with room for what stands in the array. */
static bool list_new(struct oci_json *d, const struct json_node *array, size_t more,
		     struct oci_list *out)
{
	if (array && array->count > OCI_LIST_MAX)
		return err_at(d->e, REASON_LIMIT, array->offset,
			      "%s: %u entries, and %u are the limit", d->what, array->count,
			      OCI_LIST_MAX);
	out->item = own_new(((array ? array->count : 0) + more) * sizeof(*out->item) + 1, d->e);
	return out->item != NULL;
}

/* Docker's daemon writes names in full, and people use its short forms. */
static bool tagged(struct oci_json *d, const struct json_node *in, const char *tag)
{
	static const char *const heads[] = {"", "docker.io/", "docker.io/library/"};
	bool found = !tag || annotated(d, in, REF_NAME, tag);

	for (size_t i = 0; !found && i < sizeof(heads) / sizeof(heads[0]); i++) {
		owned(buf_free) struct buf name = BUF(1u << 16);

		buf_fmt(&name, "%s%s", heads[i], tag);
		if (!buf_done(&name, "a name", d->e))
			return false;
		found = annotated(d, in, "io.containerd.image.name", buf_cstr(&name));
	}
	return found;
}

bool oci_index_read(struct bytes text, const char *tag, struct oci_list *out, struct err *e)
{
	owned(oci_json_free) struct oci_json d = {.what = "index"};
	owned(oci_list_free) struct oci_list new = {0};
	const struct json_node *root, *list;

	if (!oci_json_read(&d, text, JSON_OBJECT, e))
		return false;
	root = document(&d, OCI_INDEX);
	oci_json_forbid(&d, root, "layers");
	oci_json_forbid(&d, root, "config");
	list = oci_json_get(&d, root, "manifests", JSON_ARRAY);
	if (err_is(e) || !list_new(&d, list, 0, &new))
		return false;
	for (const struct json_node *m = list ? json_first(&d.j, list) : NULL; m;
	     m = json_after(&d.j, list, m))
		if (!oci_json_is(&d, m, JSON_OBJECT) ||
		    (tagged(&d, m, tag) && !index_entry(&d, m, &new)) || err_is(e))
			return false;
	*out = take(new);
	return true;
}

/* One blob of a manifest; what: "layer 3". */
static bool manifest_entry(struct oci_json *d, const struct json_node *in, enum oci_kind kind,
			   const char *what, struct oci_descriptor *out)
{
	const struct json_node *name = oci_json_need(d, in, "mediaType", JSON_STRING);
	const struct media *media = name ? media_find(name->text) : NULL;
	char says[128];

	if (!name)
		return false;
	if (media && media->kind == kind)
		return descriptor(d, in, media, out);
	media_say(says, sizeof(says), name->text);
	return oci_json_refuse(d, name, "%s %s", what, says);
}

bool oci_manifest_read(struct bytes text, struct oci_list *out, struct err *e)
{
	owned(oci_json_free) struct oci_json d = {.what = "manifest"};
	owned(oci_list_free) struct oci_list new = {0};
	const struct json_node *root, *list, *config;
	char what[32] = "the configuration";

	if (!oci_json_read(&d, text, JSON_OBJECT, e))
		return false;
	root = document(&d, OCI_MANIFEST);
	oci_json_forbid(&d, root, "manifests");
	config = oci_json_need(&d, root, "config", JSON_OBJECT);
	list = oci_json_get(&d, root, "layers", JSON_ARRAY);
	if (err_is(e) || !list_new(&d, list, 1, &new) ||
	    !manifest_entry(&d, config, OCI_CONFIG, what, &new.item[0]))
		return false;
	new.n = 1;
	for (const struct json_node *m = list ? json_first(&d.j, list) : NULL; m;
	     m = json_after(&d.j, list, m), new.n++) {
		snprintf(what, sizeof(what), "layer %zu", new.n);
		if (!oci_json_is(&d, m, JSON_OBJECT) ||
		    !manifest_entry(&d, m, OCI_LAYER, what, &new.item[new.n]))
			return false;
	}
	*out = take(new);
	return true;
}

static bool read_diff_ids(struct oci_json *d, const struct json_node *rootfs,
			  struct oci_config *out)
{
	const struct json_node *type = oci_json_need(d, rootfs, "type", JSON_STRING);
	const struct json_node *list = oci_json_get(d, rootfs, "diff_ids", JSON_ARRAY);

	if (type && !bytes_equal(type->text, bytes_str("layers")))
		oci_json_refuse(d, type, "a root file system of type '%.*s', not 'layers'",
				(int)type->text.n, (const char *)type->text.p);
	if (err_is(d->e))
		return false;
	out->diff_id = own_new((list ? list->count : 0) * sizeof(*out->diff_id) + 1, d->e);
	if (!out->diff_id)
		return false;
	for (const struct json_node *m = list ? json_first(&d->j, list) : NULL; m;
	     m = json_after(&d->j, list, m)) {
		if (!oci_json_is(d, m, JSON_STRING))
			return false;
		out->diff_id[out->n++] = digest_of(d, m, "'diff_ids'");
	}
	return !err_is(d->e);
}

static void read_run(struct oci_json *d, const struct json_node *in, struct rootfs_config *out)
{
	out->entrypoint = oci_json_texts(d, in, "Entrypoint");
	out->cmd = oci_json_texts(d, in, "Cmd");
	out->env = oci_json_texts(d, in, "Env");
	out->working_dir = oci_json_text(d, in, "WorkingDir");
	out->user = oci_json_text(d, in, "User");
}

bool oci_config_read(struct bytes text, struct oci_config *out, struct err *e)
{
	owned(oci_json_free) struct oci_json d = {.what = "configuration"};
	owned(oci_config_free) struct oci_config new = {0};
	const struct json_node *root, *rootfs, *run;

	if (!oci_json_read(&d, text, JSON_OBJECT, e))
		return false;
	root = d.j.nodes;
	if (oci_json_need(&d, root, "os", JSON_STRING) &&
	    oci_json_need(&d, root, "architecture", JSON_STRING))
		platform_of(&d, root, &new.platform);
	new.run.os = oci_json_text(&d, root, "os");
	new.run.architecture = oci_json_text(&d, root, "architecture");
	run = oci_json_get(&d, root, "config", JSON_OBJECT);
	if (run)
		read_run(&d, run, &new.run);
	rootfs = oci_json_need(&d, root, "rootfs", JSON_OBJECT);
	if (err_is(e) || !rootfs || !read_diff_ids(&d, rootfs, &new))
		return false;
	*out = take(new);
	return true;
}
