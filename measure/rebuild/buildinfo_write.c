#include "measure/rebuild/buildinfo_write.h"

#include "measure/base/hex.h"
#include "measure/base/listing.h"
#include "measure/core/stream.h"
#include "measure/rebuild/debian_relation.h"

void buildinfo_text_free(struct buildinfo_text *t)
{
	buf_free(&t->head);
	buf_free(&t->tail);
}

/* ---- which stage, and its packages */

static const struct recipe_stage *stage_of(const struct recipe *r, const char *name, struct err *e)
{
	const struct recipe_stage *s = name		 ? recipe_stage(r, name)
				       : r->n_stages > 0 ? &r->stages[r->n_stages - 1]
							 : NULL;

	if (!s)
		err_set(e, REASON_USAGE,
			"a .buildinfo is of a stage, and the recipe has no %s%.70s",
			name ? "stage " : "stages", name ? name : "");
	return s;
}

static const struct lock_input *packages_of(const struct recipe *r, const struct lock *l,
					    const struct recipe_stage *s, size_t *n, struct err *e)
{
	const struct recipe_input *input = recipe_input(r, s->root);

	if (!input || input->kind != INPUT_PACKAGES) {
		err_set(e, REASON_USAGE,
			"a .buildinfo is of packages, and the root of stage '%.70s' is none of them",
			s->name);
		return NULL;
	}
	return lock_find(l, input->name, n);
}

static const char *architecture_of(const struct lock_input *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(x[i].architecture, "all") != 0)
			return x[i].architecture;
	return "all";
}

/* ---- texts */

static bool put_head(struct buildinfo_text *t, const struct recipe *r, const char *architecture,
		     struct err *e)
{
	const char *slash = strrchr(r->product, '/'), *name = slash ? slash + 1 : r->product;

	if (!debian_name_valid(bytes_str(name)))
		return err_set(e, REASON_USAGE, "'%.70s' is no name of a Debian source", name);
	if (!debian_version_valid(bytes_str(r->version)))
		return err_set(e, REASON_USAGE, "'%.70s' is no version of a Debian source",
			       r->version);
	buf_fmt(&t->head, "Format: 1.0\nSource: %s\nArchitecture: %s\nVersion: %s\n", name,
		architecture, r->version);
	return buf_done(&t->head, "a .buildinfo", e);
}

static void put_quoted(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"')
			buf_u8(out, '\\');
		buf_u8(out, (uint8_t)*text);
	}
}

static bool put_environment(struct buf *out, const struct lock_stage *s, struct err *e)
{
	buf_str(out, "Environment:\n");
	for (size_t i = 0; i < s->environment.n; i++) {
		const char *x = s->environment.item[i];
		size_t n = strcspn(x, "=");

		if (strchr(x, '\n'))
			return err_set(e, REASON_USAGE,
				       "a .buildinfo has no place for the lines of '%.*s'",
				       n < 70 ? (int)n : 70, x);
		buf_fmt(out, " %.*s=\"", (int)n, x);
		put_quoted(out, x + n + 1);
		buf_str(out, "\"\n");
	}
	return true;
}

bool buildinfo_tell(struct buildinfo_text *t, const struct recipe *r, const struct lock *l,
		    const char *stage, struct err *e)
{
	const struct recipe_stage *s = stage_of(r, stage, e);
	const struct lock_stage *locked = s ? lock_stage(l, s->name) : NULL;
	size_t n = 0;
	const struct lock_input *x = s ? packages_of(r, l, s, &n, e) : NULL;

	if (!x || !locked || !put_head(t, r, architecture_of(x, n), e))
		return err_is(e) ? false
				 : err_set(e, REASON_UNLOCKED, "the lock has no such stage");
	buf_fmt(&t->tail, "Build-Architecture: %s\nBuild-Path: %s\nInstalled-Build-Depends:\n",
		architecture_of(x, n), locked->path);
	for (size_t i = 0; i < n; i++)
		buf_fmt(&t->tail, " %s (= %s)%s\n", x[i].name, x[i].version, i + 1 < n ? "," : "");
	return put_environment(&t->tail, locked, e) && buf_done(&t->tail, "a .buildinfo", e);
}

/* ---- files */

static bool put_file(struct buf *out, const char *path, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	struct stream_file from;
	struct stream_hashed in;
	struct digest d;

	if (!h || !file_open(&f, path, e))
		return false;
	from = stream_file(&f);
	in = stream_hashed(&from.stream, h);
	if (!stream_drain(&in.stream, e) || !hash_finish(h, &d, e))
		return false;
	buf_str(out, " ");
	hex_put(out, digest_bytes(&d));
	buf_fmt(out, " %llu %s\n", (unsigned long long)f.size, strrchr(path, '/') + 1);
	return true;
}

bool buildinfo_write(const struct buildinfo_text *t, const char *folder, struct buf *out,
		     struct err *e)
{
	owned(listing_free) struct listing files = {0};

	if (!listing_read(&files, folder, e))
		return false;
	buf_put(out, buf_bytes(&t->head));
	buf_str(out, "Checksums-Sha256:\n");
	for (size_t i = 0; i < files.n; i++)
		if (!put_file(out, files.path[i], e))
			return false;
	buf_put(out, buf_bytes(&t->tail));
	return buf_done(out, "a .buildinfo", e);
}
