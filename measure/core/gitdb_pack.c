#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/core/deflate.h"
#include "measure/core/gitdb_door.h"
#include "measure/core/gitdb_write.h"
#include "measure/core/hash.h"

/*
 * Packs and their indexes as gitformat-pack(5) has them: version 2 of both, objects in the order
 * of their ids, none as a difference to another.
 */
#define HEAD 12u
#define SHA1 20u
#define OBJECT_MAX ((uint64_t)1 << 30)

struct item {
	struct gitdb_id id;
	enum gitdb_kind kind;
	struct bytes bytes;
	bool have; /* it is read when it is written */
	uint32_t crc, at;
};

struct gitdb_pack {
	const struct gitdb *git;
	struct item *item;
	size_t n, room;
};

void gitdb_pack_free(struct gitdb_pack **p)
{
	if (!*p)
		return;
	free((*p)->item);
	free(*p);
	*p = NULL;
}

struct gitdb_pack *gitdb_pack_new(const struct gitdb *g, struct err *e)
{
	struct gitdb_pack *p = own_new(sizeof(*p), e);

	if (p)
		p->git = g;
	return p;
}

const struct gitdb *gitdb_pack_of(const struct gitdb_pack *p)
{
	return p->git;
}

static struct item *grow(struct gitdb_pack *p, struct err *e)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct item *more = realloc(p->item, room * sizeof(*more));

		if (!more) {
			err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu objects", room);
			return NULL;
		}
		p->item = more;
		p->room = room;
	}
	p->item[p->n] = (struct item){0};
	return &p->item[p->n++];
}

static const git_object_t types[] = {GIT_OBJECT_COMMIT, GIT_OBJECT_TREE, GIT_OBJECT_BLOB,
				     GIT_OBJECT_TAG};

bool gitdb_pack_add(struct gitdb_pack *p, enum gitdb_kind kind, struct bytes x, struct gitdb_id *id,
		    struct err *e)
{
	const struct door *d = &p->git->door;
	struct item *new = grow(p, e);
	git_oid oid;

	if (!new)
		return false;
	if (d->hash(&oid, x.n > 0 ? (const void *)x.p : "", x.n, types[kind]) != 0) {
		p->n--;
		return gitdb_fail(d, REASON_LIBRARY, e, "an object has no id");
	}
	memcpy(id->v, oid.id, GITDB_ID);
	*new = (struct item){.id = *id, .kind = kind, .bytes = x};
	return true;
}

bool gitdb_pack_have(struct gitdb_pack *p, const struct gitdb_id *id, struct err *e)
{
	struct item *new = grow(p, e);

	if (!new)
		return false;
	*new = (struct item){.id = *id, .have = true};
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return memcmp(x->id.v, y->id.v, GITDB_ID);
}

static void sort(struct gitdb_pack *p)
{
	size_t n = 0;

	if (p->n > 0)
		qsort(p->item, p->n, sizeof(*p->item), by_id);
	for (size_t i = 0; i < p->n; i++)
		if (n == 0 || by_id(&p->item[n - 1], &p->item[i]) != 0)
			p->item[n++] = p->item[i];
	p->n = n;
}

void gitdb_pack_only_new(struct gitdb_pack *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (!p->item[i].have)
			p->item[n++] = p->item[i];
	p->n = n;
}

/* ---- a file that ends in the SHA-1 of what is before that */

struct sink {
	struct out out;
	struct hash *sha1;
	uint64_t n;
};

static void sink_free(struct sink *s)
{
	out_free(&s->out);
	hash_free(&s->sha1);
}

static bool sink_open(struct sink *s, const struct gitdb *g, struct err *e)
{
	owned(buf_free) struct buf path = BUF(8192);

	buf_fmt(&path, "%sobjects/pack/pack", gitdb_folder(g));
	s->sha1 = hash_new(DIGEST_SHA1, e);
	return s->sha1 && buf_done(&path, "a path", e) &&
	       out_open_ours(&s->out, buf_cstr(&path), e);
}

static bool put(struct sink *s, struct bytes x, struct err *e)
{
	s->n += x.n;
	return hash_add(s->sha1, x, e) && out_write(&s->out, x, e);
}

static bool name_sink(struct sink *s, const char *name, const char *extension, struct err *e)
{
	owned(buf_free) struct buf whole = BUF(256);

	buf_fmt(&whole, "%s%s", name, extension);
	return buf_done(&whole, "a name", e) && out_rename(&s->out, buf_cstr(&whole), e);
}

/* ---- the pack */

/* Type and length, seven bits at a time behind the first four. */
static void put_head(struct buf *b, enum gitdb_kind kind, size_t size)
{
	uint8_t byte = (uint8_t)((unsigned)types[kind] << 4 | (size & 15));

	for (size >>= 4; size > 0; size >>= 7) {
		buf_u8(b, byte | 0x80);
		byte = size & 0x7f;
	}
	buf_u8(b, byte);
}

static bool put_item(struct gitdb_pack *p, struct item *i, struct deflate *d, struct sink *s,
		     struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};
	owned(buf_free) struct buf b = BUF(2 * OBJECT_MAX);
	struct digest crc;

	if (i->have) {
		if (!gitdb_read(p->git, &i->id, OBJECT_MAX, &o, e))
			return false;
		i->kind = o.kind;
	}
	put_head(&b, i->kind, i->have ? o.bytes.n : i->bytes.n);
	if (!deflate_zlib(d, i->have ? o.bytes : i->bytes, &b, e))
		return false;
	if (s->n + b.n > (uint64_t)GITDB_PACK_MAX - SHA1)
		return err_set(e, REASON_LIMIT, "a pack has more than %lld bytes",
			       (long long)GITDB_PACK_MAX);
	if (!hash_of(DIGEST_CRC32, buf_bytes(&b), &crc, e))
		return false;
	i->at = (uint32_t)s->n;
	i->crc = (uint32_t)crc.v[0] << 24 | (uint32_t)crc.v[1] << 16 | (uint32_t)crc.v[2] << 8 |
		 crc.v[3];
	return put(s, buf_bytes(&b), e);
}

static bool write_pack(struct gitdb_pack *p, struct sink *s, struct digest *sha1, struct err *e)
{
	owned(deflate_free) struct deflate *d = deflate_new(e);
	owned(buf_free) struct buf head = BUF(HEAD);

	if (!d)
		return false;
	buf_str(&head, "PACK");
	buf_be32(&head, 2);
	buf_be32(&head, (uint32_t)p->n);
	if (!buf_done(&head, "a pack", e) || !put(s, buf_bytes(&head), e))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (!put_item(p, &p->item[i], d, s, e))
			return false;
	return hash_finish(s->sha1, sha1, e) && out_write(&s->out, digest_bytes(sha1), e);
}

static bool write_index(const struct gitdb_pack *p, const struct digest *pack, struct sink *s,
			struct err *e)
{
	owned(buf_free) struct buf b = BUF(8 + 1024 + p->n * (GITDB_ID + 8) + SHA1);
	struct digest sha1;

	buf_put(&b, bytes_of("\377tOc", 4));
	buf_be32(&b, 2);
	for (size_t i = 0, first = 0; first < 256; first++) {
		while (i < p->n && p->item[i].id.v[0] == first)
			i++;
		buf_be32(&b, (uint32_t)i);
	}
	for (size_t i = 0; i < p->n; i++)
		buf_put(&b, bytes_of(p->item[i].id.v, GITDB_ID));
	for (size_t i = 0; i < p->n; i++)
		buf_be32(&b, p->item[i].crc);
	for (size_t i = 0; i < p->n; i++)
		buf_be32(&b, p->item[i].at);
	buf_put(&b, digest_bytes(pack));
	return buf_done(&b, "the index of a pack", e) && put(s, buf_bytes(&b), e) &&
	       hash_finish(s->sha1, &sha1, e) && out_write(&s->out, digest_bytes(&sha1), e);
}

/*
 * The index comes last: a pack without one is nothing to anybody. Both names are in one folder, so
 * that one fsync of it makes both durable; should a power cut keep the later name alone, an index
 * without its pack is passed over, and nothing points at its objects yet.
 */
bool gitdb_pack_write(struct gitdb_pack *p, struct buf *name, struct err *e)
{
	owned(sink_free) struct sink pack = {.out = OUT_NONE}, index = {.out = OUT_NONE};
	owned(buf_free) struct buf own = BUF(64);
	struct digest sha1;

	sort(p);
	if (!sink_open(&pack, p->git, e) || !write_pack(p, &pack, &sha1, e) ||
	    !sink_open(&index, p->git, e) || !write_index(p, &sha1, &index, e))
		return false;
	buf_str(&own, "pack-");
	hex_put(&own, digest_bytes(&sha1));
	if (!buf_done(&own, "a name", e) || !name_sink(&pack, buf_cstr(&own), ".pack", e) ||
	    !out_precede(&pack.out, e) || !name_sink(&index, buf_cstr(&own), ".idx", e) ||
	    !out_commit(&index.out, e))
		return false;
	if (!name)
		return true;
	buf_put(name, buf_bytes(&own));
	return buf_done(name, "a name", e);
}
