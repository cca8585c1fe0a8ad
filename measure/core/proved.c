#include "measure/core/proved.h"

#include <stdlib.h>

#define HEAD 6u

/* Both sides of the decompressor, each with its digest; an unpacked layer has one side. */
struct sides {
	struct stream_range range;
	struct stream_hashed blob, layer;
	struct hash *blob_hash, *layer_hash;
	struct unpack *unpack;
	struct stream *out;
};

static void sides_free(struct sides *s)
{
	unpack_free(&s->unpack);
	hash_free(&s->blob_hash);
	hash_free(&s->layer_hash);
}

bool proved_packing(const struct store_item *i, enum packing *out, struct err *e)
{
	uint8_t head[HEAD];
	size_t n = i->size < HEAD ? (size_t)i->size : HEAD, got;

	if (!file_pread(&i->file, i->at, (struct span){head, n}, &got, e))
		return false;
	*out = archive_packing(bytes_of(head, got));
	return true;
}

static bool sides_new(struct sides *s, const struct proved *p, struct err *e)
{
	struct unpack_rule rule = {.packing = p->packing, .members = true, .max = p->max};
	struct stream *in;

	s->range = stream_range(&p->item->file, p->item->at, p->item->size);
	in = &s->range.stream;
	if (p->packing != PACKING_NONE && p->layer->described) {
		s->blob_hash = hash_new(p->layer->blob.digest.alg, e);
		if (!s->blob_hash)
			return false;
		s->blob = stream_hashed(in, s->blob_hash);
		in = &s->blob.stream;
	}
	if (p->packing != PACKING_NONE) {
		s->unpack = unpack_new(in, &rule, e);
		if (!s->unpack)
			return false;
		in = unpack_stream(s->unpack);
	}
	s->layer_hash = hash_new(p->diff_id->alg, e);
	if (!s->layer_hash)
		return false;
	s->layer = stream_hashed(in, s->layer_hash);
	s->out = &s->layer.stream;
	return true;
}

static bool check(struct hash *h, const struct digest *wanted, const char *what, struct err *e)
{
	struct digest found;

	return hash_finish(h, &found, e) &&
	       (digest_equal(&found, wanted) ||
		err_set(e, REASON_BLOB, "%s are not those that its digest names", what));
}

static bool check_both(struct sides *s, const struct proved *p, struct err *e)
{
	return (!s->blob_hash ||
		check(s->blob_hash, &p->layer->blob.digest, "its packed bytes", e)) &&
	       check(s->layer_hash, p->diff_id, "its bytes", e);
}

/* What is declared must be so before a byte is read. */
static bool check_declared(const struct proved *p, struct err *e)
{
	const struct oci_descriptor *d = &p->layer->blob;

	if (!p->layer->described)
		return true;
	if (p->item->size != d->size)
		return err_set(e, REASON_BLOB, "has %llu bytes, and %llu are declared",
			       (unsigned long long)p->item->size, (unsigned long long)d->size);
	return p->packing != PACKING_NONE || digest_equal(&d->digest, p->diff_id) ||
	       err_set(e, REASON_BLOB,
		       "is not packed, and its digest is not the one that 'diff_ids' names");
}

/*
 * Why an entry is refused matters less than that the bytes are not the image's at all: then that is
 * what is told.
 */
static void blame(struct sides *s, const struct proved *p, struct err *e)
{
	struct stream *raw = s->blob_hash ? &s->blob.stream : &s->layer.stream;
	struct err instead = {0};

	if (e->reason == REASON_BLOB || reason_class(e->reason) != EXIT_CLASS_MALFORMED ||
	    (p->packing != PACKING_NONE && !s->blob_hash))
		return;
	if (!stream_drain(raw, &instead) ||
	    !(s->blob_hash
		      ? check(s->blob_hash, &p->layer->blob.digest, "its packed bytes", &instead)
		      : check(s->layer_hash, p->diff_id, "its bytes", &instead)))
		*e = instead;
}

bool proved_apply(struct proved *p, struct tree *t, struct layer_rule *rule, struct err *e)
{
	owned(sides_free) struct sides s = {0};
	owned(tar_free) struct tar *tar = NULL;

	p->packing = p->layer->blob.packing;
	if (!p->layer->described && !proved_packing(p->item, &p->packing, e))
		return false;
	if (!check_declared(p, e) || !sides_new(&s, p, e))
		return false;
	if (p->packing == PACKING_NONE) {
		rule->spool = NULL;
		rule->start = p->item->at;
	}
	tar = tar_new(s.out, e);
	if (!tar || !layer_apply(t, tar, rule, e) || !stream_drain(s.out, e)) {
		blame(&s, p, e);
		p->over = e->reason == REASON_LIMIT && s.unpack && unpack_over(s.unpack);
		return false;
	}
	p->unpacked = s.out->pos;
	return check_both(&s, p, e);
}
