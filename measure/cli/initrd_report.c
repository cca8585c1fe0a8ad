#include "measure/cli/initrd_report.h"

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/cli/print.h"

#define LISTED_MAX 1000u

static void put_row(struct buf *text, const char *name, const struct digest *d)
{
	buf_fmt(text, "%-15s  ", name);
	hex_put(text, digest_bytes(d));
	buf_str(text, "\n");
}

void initrd_report_dropped(const struct rootfs *r, struct buf *text)
{
	for (size_t k = 0; k < r->n_dropped; k++) {
		buf_fmt(text, "%-15s  ", "dropped");
		text_tame(text, bytes_str(r->dropped[k]));
		buf_str(text, "\n");
	}
	if (r->dropped_count > r->n_dropped)
		buf_fmt(text, "%-15s  and %llu more\n", "dropped",
			(unsigned long long)(r->dropped_count - r->n_dropped));
}

static void put_text(const struct initrd *i, const struct initrd_request *q, struct buf *text)
{
	put_row(text, "sha256", &i->file.sha256);
	put_row(text, "sha384", &i->file.sha384);
	if (q->packing != PACKING_NONE) {
		put_row(text, "unpacked-sha256", &i->archive.sha256);
		put_row(text, "unpacked-sha384", &i->archive.sha384);
	}
	put_row(text, "content", &i->content);
	initrd_report_dropped(&i->rootfs, text);
}

static void json_digest(struct json_out *w, const char *key, const struct digest *d)
{
	json_key(w, key);
	json_hex(w, digest_bytes(d));
}

void initrd_report_rootimage(const struct rootimage *made, struct json_out *w)
{
	json_key(w, "root");
	json_open(w, '{');
	json_key(w, "size");
	json_u64(w, made->size);
	json_digest(w, "sha256", &made->sha256);
	json_digest(w, "root_hash", &made->root);
	json_key(w, "blocks");
	json_u64(w, made->blocks);
	json_key(w, "hash_offset");
	json_u64(w, made->blocks * ROOTIMAGE_BLOCK);
	json_close(w, '}');
}

/* "sha256:HEX", as images write them. */
static void json_named(struct json_out *w, const char *key, const struct digest *d)
{
	owned(buf_free) struct buf text = BUF(16 + 2 * DIGEST_MAX);

	if (d->len == 0)
		return;
	buf_fmt(&text, "%s:", digest_name(d->alg));
	hex_put(&text, digest_bytes(d));
	json_text(w, key, buf_cstr(&text));
}

static void json_digests(struct json_out *w, const char *key, const struct initrd_digests *d)
{
	json_key(w, key);
	json_open(w, '{');
	json_key(w, "size");
	json_u64(w, d->size);
	json_digest(w, "sha256", &d->sha256);
	json_digest(w, "sha384", &d->sha384);
	json_close(w, '}');
}

static void json_tame(struct json_out *w, const char *foreign)
{
	owned(buf_free) struct buf text = BUF(CLI_TEXT_MAX);

	text_tame(&text, bytes_str(foreign));
	json_string(w, buf_bytes(&text));
}

static void json_list(struct json_out *w, const char *key, char *const *list)
{
	if (!list)
		return;
	json_key(w, key);
	json_open(w, '[');
	for (; *list; list++)
		json_tame(w, *list);
	json_close(w, ']');
}

static void json_config(struct json_out *w, const struct rootfs_config *c)
{
	json_key(w, "config");
	json_open(w, '{');
	print_foreign(w, "os", c->os);
	print_foreign(w, "architecture", c->architecture);
	json_list(w, "entrypoint", c->entrypoint);
	json_list(w, "cmd", c->cmd);
	json_list(w, "env", c->env);
	if (c->working_dir)
		print_foreign(w, "working_dir", c->working_dir);
	if (c->user)
		print_foreign(w, "user", c->user);
	json_close(w, '}');
}

static void json_layer(struct json_out *w, const struct rootfs_layer *l)
{
	json_open(w, '{');
	print_foreign(w, "name", l->name);
	json_named(w, "digest", &l->blob);
	json_key(w, "size");
	json_u64(w, l->size);
	json_text(w, "compression", archive_packing_name(l->packing));
	json_named(w, "diff_id", &l->diff_id);
	json_key(w, "unpacked_size");
	json_u64(w, l->unpacked);
	json_close(w, '}');
}

static void json_rootfs(struct json_out *w, const struct rootfs *r)
{
	json_key(w, "rootfs");
	json_open(w, '{');
	json_text(w, "type", rootfs_kind_name(r->kind));
	if (r->id.len) {
		json_named(w, "manifest", &r->manifest);
		json_named(w, "image", &r->id);
		json_config(w, &r->config);
		json_key(w, "layers");
		json_open(w, '[');
		for (size_t k = 0; k < r->n_layers; k++)
			json_layer(w, &r->layer[k]);
		json_close(w, ']');
	}
	json_close(w, '}');
}

static void json_dropped(struct json_out *w, const struct rootfs *r)
{
	json_key(w, "dropped_count");
	json_u64(w, r->dropped_count);
	json_key(w, "dropped");
	json_open(w, '[');
	for (size_t k = 0; k < r->n_dropped; k++)
		json_tame(w, r->dropped[k]);
	json_close(w, ']');
}

static void note_dropped(struct answer *a, const struct rootfs *r)
{
	if (r->n_dropped)
		answer_note(a, REASON_LEFT_OUT,
			    "%llu things that a ramdisk cannot hold are left out",
			    (unsigned long long)r->dropped_count);
}

/* Folders that nothing spoke of; the first of very many. */
static bool json_made(struct json_out *w, const struct initrd *i, struct err *e)
{
	owned(buf_free) struct buf path = BUF(1u << 17);
	const struct tree_node *n = tree_root(i->rootfs.tree);
	size_t listed = 0;

	json_key(w, "made");
	json_open(w, '[');
	while ((n = tree_next(n)) && listed < LISTED_MAX) {
		if (!n->inode->implied)
			continue;
		if (!tree_path_to(n, &path, e))
			return false;
		json_tame(w, buf_cstr(&path));
		listed++;
	}
	json_close(w, ']');
	return true;
}

static bool put_json(const struct initrd *i, const struct initrd_request *q, struct json_out *w,
		     struct err *e)
{
	json_digests(w, "file", &i->file);
	json_digests(w, "unpacked", &i->archive);
	json_digest(w, "content", &i->content);
	json_text(w, "profile", q->profile->name);
	json_key(w, "entries");
	json_u64(w, i->names);
	json_key(w, "files_size");
	json_u64(w, i->files_size);
	if (q->rootfs)
		json_rootfs(w, &i->rootfs);
	json_key(w, "made_count");
	json_u64(w, i->implied);
	if (!json_made(w, i, e))
		return false;
	json_dropped(w, &i->rootfs);
	return true;
}

bool initrd_report(const struct initrd *i, const struct initrd_request *q, struct cli *c,
		   struct answer *a, struct err *e)
{
	char room[PACK_LIBRARY_ROOM];
	const char *library = pack_library(q->packing, room);

	if (q->packing != PACKING_NONE)
		answer_note(a, REASON_COMPRESSED,
			    "the file's bytes are those of %s: another version may write others",
			    library ? library : "a library");
	note_dropped(a, &i->rootfs);
	if (!c->json) {
		put_text(i, q, &c->text);
		return true;
	}
	a->members.max = CLI_TEXT_MAX;
	if (library)
		json_text(&a->json, "compressor", library);
	return put_json(i, q, &a->json, e);
}

void initrd_report_rootfs(const struct rootfs *r, struct answer *a)
{
	note_dropped(a, r);
	a->members.max = CLI_TEXT_MAX;
	json_rootfs(&a->json, r);
	json_dropped(&a->json, r);
}

static void json_modules(struct json_out *w, const struct modules *m)
{
	json_key(w, "modules");
	json_open(w, '[');
	for (size_t i = 0; i < m->n; i++) {
		json_open(w, '{');
		json_text(w, "name", m->v[i].name);
		json_key(w, "size");
		json_u64(w, m->v[i].bytes.n);
		json_digest(w, "sha256", &m->v[i].sha256);
		json_close(w, '}');
	}
	json_close(w, ']');
}

void initrd_report_start(const struct start *s, bool own, struct json_out *w)
{
	json_key(w, "init");
	json_open(w, '{');
	json_key(w, "own");
	json_bool(w, own);
	json_digest(w, "sha256", &s->sha256);
	json_close(w, '}');
	json_modules(w, &s->modules);
}
