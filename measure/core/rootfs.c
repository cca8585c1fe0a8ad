#include "measure/core/rootfs.h"

#include <stdlib.h>

#include "measure/base/listing.h"
#include "measure/core/ar.h"
#include "measure/core/proved.h"
#include "measure/core/rootfs_sources.h"

#define DROPPED_MAX 4096u
#define DROPPED_TEXT (TREE_PATH_MAX + TREE_NAME_MAX + 2) /* no file of Linux has longer ones */

static const char *const kinds[] = {"directory", "tar", "oci", "docker"};

const char *rootfs_kind_name(enum rootfs_kind kind)
{
	return kinds[kind];
}

void rootfs_free(struct rootfs *r)
{
	tree_free(&r->tree);
	rootfs_config_free(&r->config);
	for (size_t i = 0; i < r->n_layers; i++)
		free(r->layer[i].name);
	free(r->layer);
	for (size_t i = 0; i < r->n_dropped; i++)
		free(r->dropped[i]);
	free(r->dropped);
	rootfs_sources_free(&r->sources);
	*r = (struct rootfs){0};
}

/* What is being opened, and how. */
struct opening {
	struct rootfs *r;
	const char *path;
	const struct rootfs_options *o;
	uint64_t max; /* bytes unpacked */
};

static bool tell(void *arg, struct bytes path, struct bytes name, struct err *e)
{
	struct rootfs *r = arg;
	owned(buf_free) struct buf text = BUF(DROPPED_TEXT);
	size_t room = 2 * r->n_dropped;
	char **more = r->dropped;

	r->dropped_count++;
	if (r->n_dropped == DROPPED_MAX || path.n + 2 + name.n > DROPPED_TEXT)
		return true;
	/* There is room for a power of two. */
	if ((r->n_dropped & (r->n_dropped - 1)) == 0)
		more = realloc(r->dropped, (room ? room : 1) * sizeof(*more));
	if (!more)
		return err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu names", room);
	r->dropped = more;
	buf_put(&text, path);
	buf_str(&text, name.n ? ": " : "");
	buf_put(&text, name);
	if (!buf_done(&text, "what is left out", e))
		return false;
	r->dropped[r->n_dropped] = own_string(buf_cstr(&text), e);
	return r->dropped[r->n_dropped] && ++r->n_dropped;
}

static struct left_out left_out(const struct opening *w)
{
	return (struct left_out){.xattrs = w->o->drop_xattrs, .tell = tell, .arg = w->r};
}

/* What a limit allows is left of what was asked for. */
static bool hint_limit(const struct opening *w, struct err *e)
{
	uint64_t max = w->o->max_bytes ? w->o->max_bytes : ROOTFS_MAX_BYTES;

	return err_hint(e, "all that is compressed may unpack to %llu MiB; see --max-unpacked",
			(unsigned long long)(max >> 20));
}

static bool put_aside(void *arg, struct bytes x, struct err *e)
{
	return spool_add(arg, x, e);
}

/* The whole input, unpacked or from a stream, at the end of the spool: now that is the archive. */
static bool take_in(struct opening *w, struct stream *in, enum packing packing,
		    struct store_item *archive, struct err *e)
{
	struct rootfs_sources *s = w->r->sources;
	struct unpack_rule rule = {.packing = packing, .max = w->max};
	owned(unpack_free) struct unpack *unpack = NULL;
	struct stream_spooled through;
	uint64_t at;

	if (packing != PACKING_NONE) {
		unpack = unpack_new(in, &rule, e);
		if (!unpack)
			return false;
		in = unpack_stream(unpack);
	}
	if (!rootfs_spool(s, w->o->spool, e))
		return false;
	at = s->spool.file.size;
	through = stream_spooled(in, &s->spool);
	if (!stream_drain(&through.stream, e))
		return unpack && unpack_over(unpack) && hint_limit(w, e);
	if (!spool_flush(&s->spool, e))
		return false;
	if (packing != PACKING_NONE)
		w->max -= in->pos;
	*archive = (struct store_item){.file = s->spool.file, .at = at, .size = in->pos};
	archive->file.name = w->path;
	return true;
}

/* Of a Debian package the archive of its files. */
static bool look_inside(struct store_item *archive, struct err *e)
{
	uint8_t magic[sizeof(AR_MAGIC) - 1];
	size_t got;

	if (!file_pread(&archive->file, archive->at, (struct span){magic, sizeof(magic)}, &got, e))
		return false;
	return !bytes_equal(bytes_of(magic, got), bytes_str(AR_MAGIC)) || archive->at > 0 ||
	       ar_find(&archive->file, "data.tar", &archive->at, &archive->size, e);
}

/* Where an uncompressed archive is that can be read at any place. */
static bool find_archive(struct opening *w, struct store_item *archive, struct err *e)
{
	struct rootfs_sources *s = w->r->sources;
	struct stream_file stream;
	struct stream_range range;
	enum packing packing;

	if (!file_open(&s->input, w->path, e))
		return false;
	stream = stream_file(&s->input);
	*archive = (struct store_item){.file = s->input, .size = s->input.size};
	if (s->input.stream && !take_in(w, &stream.stream, PACKING_NONE, archive, e))
		return false;
	if (!look_inside(archive, e) || !proved_packing(archive, &packing, e))
		return false;
	range = stream_range(&archive->file, archive->at, archive->size);
	return packing == PACKING_NONE || take_in(w, &range.stream, packing, archive, e);
}

static bool add_plain(struct opening *w, struct store_item *archive, struct err *e)
{
	struct stream_range range = stream_range(&archive->file, archive->at, archive->size);
	owned(tar_free) struct tar *tar = tar_new(&range.stream, e);
	struct layer_rule rule = {.number = 1, .plain = true, .start = archive->at};
	struct store_item source = *archive;

	w->r->kind = ROOTFS_TAR;
	rule.left_out = left_out(w);
	return tar && rootfs_range(w->r->sources, &source, &rule.source, e) &&
	       layer_apply(w->r->tree, tar, &rule, e);
}

static bool note_layer(struct rootfs_layer *to, const struct proved *p, struct err *e)
{
	to->diff_id = *p->diff_id;
	if (p->layer->described)
		to->blob = p->layer->blob.digest;
	to->packing = p->packing;
	to->size = p->item->size;
	to->unpacked = p->unpacked;
	to->name = own_string(p->layer->name, e);
	return to->name != NULL;
}

static bool add_layer(struct opening *w, const struct image *image, const struct store *store,
		      size_t i, struct err *e)
{
	struct rootfs_sources *s = w->r->sources;
	struct layer_spool spool = {put_aside, &s->spool, 0};
	struct layer_rule rule = {.number = (uint32_t)i + 1, .spool = &spool};
	struct store_item item, source;
	struct proved p = {&item, &image->layer[i], &image->config.diff_id[i], w->max, 0, 0, false};

	rule.left_out = left_out(w);
	if (!store_open(store, image->layer[i].name, &source, e))
		return false;
	item = source;
	if (!rootfs_range(s, &source, &rule.source, e) || !rootfs_spool(s, w->o->spool, e))
		return false;
	spool.at = s->spool.file.size;
	if (!proved_apply(&p, w->r->tree, &rule, e))
		return p.over && hint_limit(w, e);
	if (p.packing != PACKING_NONE) {
		w->max -= p.unpacked;
		rootfs_range_spooled(s, rule.source);
	}
	return note_layer(&w->r->layer[i], &p, e);
}

static bool add_image(struct opening *w, struct store *store, enum image_kind kind, struct err *e)
{
	owned(image_free) struct image image = {0};
	struct oci_platform platform;
	struct image_wish wish = {.tag = w->o->tag};

	if (w->o->platform) {
		if (!oci_platform_read(w->o->platform, &platform, e))
			return false;
		wish.platform = &platform;
	}
	w->r->kind = kind == IMAGE_OCI ? ROOTFS_OCI : ROOTFS_DOCKER;
	if (!image_choose(store, kind, &wish, &image, e))
		return false;
	w->r->layer = own_new(image.n * sizeof(*w->r->layer) + 1, e);
	for (size_t i = 0; w->r->layer && i < image.n; i++) {
		w->r->n_layers = i + 1;
		if (!add_layer(w, &image, store, i, e))
			return err_in(e, "layer %zu ('%s')", i + 1, image.layer[i].name);
	}
	w->r->manifest = image.manifest;
	w->r->id = image.id;
	w->r->config = take(image.config.run);
	return w->r->layer && spool_flush(&w->r->sources->spool, e);
}

static bool refuse_wishes(const struct opening *w, const char *what, struct err *e)
{
	const char *option = w->o->platform ? "platform" : w->o->tag ? "tag" : NULL;

	return !option ||
	       err_set(e, REASON_USAGE, "--%s chooses among images, and this is %s", option, what);
}

static bool open_folder(struct opening *w, struct err *e)
{
	owned(store_free) struct store *store = store_folder(w->path, e);
	struct rootdir_rule rule = {.owners = w->o->owners_disk, .left_out = left_out(w)};
	enum image_kind kind;

	if (!store || !image_look(store, &kind, e))
		return false;
	if (kind != IMAGE_NONE)
		return add_image(w, store, kind, e);
	w->r->kind = ROOTFS_FOLDER;
	return refuse_wishes(w, "a directory", e) && rootfs_folder(w->r, w->path, &rule, e);
}

static bool open_archive(struct opening *w, struct err *e)
{
	owned(store_free) struct store *store = NULL;
	struct store_item archive = {.file = FILE_NONE};
	enum image_kind kind;

	if (!find_archive(w, &archive, e))
		return false;
	archive.file.name = w->path;
	store = store_tar(&archive.file, archive.at, archive.size, e);
	if (!store || !image_look(store, &kind, e))
		return false;
	if (kind != IMAGE_NONE)
		return add_image(w, store, kind, e);
	return refuse_wishes(w, "a tar archive", e) && add_plain(w, &archive, e);
}

static bool root(struct rootfs *r, struct err *e)
{
	r->tree = tree_new(ROOTFS_MAX_NAMES, e);
	r->sources = r->tree ? rootfs_sources_new(e) : NULL;
	r->image = r->tree ? tree_root(r->tree) : NULL;
	return r->sources != NULL;
}

bool rootfs_empty(struct rootfs *r, struct err *e)
{
	owned(rootfs_free) struct rootfs new = {0};

	if (!root(&new, e))
		return false;
	*r = take(new);
	return true;
}

bool rootfs_open(struct rootfs *r, const char *path, const struct rootfs_options *o, struct err *e)
{
	owned(rootfs_free) struct rootfs new = {0};
	struct opening w = {&new, path, o, o->max_bytes ? o->max_bytes : ROOTFS_MAX_BYTES};

	if (!root(&new, e))
		return false;
	if (!(listing_is_folder(path) ? open_folder(&w, e) : open_archive(&w, e)))
		return err_subject(e, path);
	*r = take(new);
	return true;
}
