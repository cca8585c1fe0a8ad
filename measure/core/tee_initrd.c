#include "measure/core/pass.h"
#include "measure/core/ramdisk_diff.h"
#include "measure/core/ramdisk_extract.h"
#include "measure/core/ramdisk_parts.h"
#include "measure/core/tee.h"

static const struct opt opts[] = {{0}};

static int bid(struct bytes head, struct bytes tail)
{
	(void)tail;
	return ramdisk_begins(head) ? 90 : 0;
}

/* ---- digests */

struct sums {
	struct pass *pass;
	unsigned sha256, sha384;
	struct digest d256, d384;
	struct watch watch;
	uint64_t size, fed;
};

static void sums_free(struct sums *s)
{
	pass_free(&s->pass);
}

static bool sums_open(struct sums *s, struct err *e)
{
	s->pass = pass_new(0, e);
	if (!s->pass || !pass_lane(s->pass, DIGEST_SHA256, &s->sha256, e) ||
	    !pass_lane(s->pass, DIGEST_SHA384, &s->sha384, e))
		return false;
	pass_open(s->pass, 1u << s->sha256 | 1u << s->sha384);
	return true;
}

static bool sums_end(struct sums *s, struct err *e)
{
	return pass_mark(s->pass, s->sha256, &s->d256, e) &&
	       pass_mark(s->pass, s->sha384, &s->d384, e) && pass_end(s->pass, e);
}

static bool feed(void *arg, struct bytes x, struct err *e)
{
	struct sums *s = arg;

	s->fed += x.n;
	if (s->watch.tick)
		s->watch.tick(s->watch.arg, s->fed < s->size ? s->fed : s->size);
	return pass_feed(s->pass, x, e);
}

static bool sums_of_file(struct sums *s, struct file *f, struct err *e)
{
	if (!sums_open(s, e))
		return false;
	f->pos = 0;
	pass_input(s->pass, f);
	return pass_skip(s->pass, f->size, e) && sums_end(s, e);
}

/* ---- the verb */

static void put_notes(const struct initramfs *r, struct answer *a)
{
	if (r->dropped > 0)
		answer_note(a, REASON_RAMDISK_DROPPED,
			    "entries that the kernel passes over, since their folder is not there: "
			    "%u, the first '%s'",
			    r->dropped, r->first_dropped);
	if (r->repeated > 0)
		answer_note(a, REASON_RAMDISK_REPEATED,
			    "entries that replace one of the same name: %u, the first '%s'",
			    r->repeated, r->first_repeated);
	if (r->absolute > 0)
		answer_note(a, REASON_RAMDISK_ABSOLUTE,
			    "names that begin with a slash, which the kernel does not mind: %u, "
			    "the first '%s'",
			    r->absolute, r->first_absolute);
}

static void put_u64(struct json_out *w, const char *key, uint64_t x)
{
	json_key(w, key);
	json_u64(w, x);
}

static void put_json(const struct ramdisk *r, uint64_t size, uint64_t unpacked, struct json_out *w)
{
	put_u64(w, "size", size);
	put_u64(w, "unpacked", unpacked);
	put_u64(w, "entries", r->made.entries);
	put_u64(w, "names", tree_count(r->made.tree) - 1);
	json_key(w, "parts");
	json_open(w, '[');
	for (size_t i = 0; i < r->n; i++) {
		const struct ramdisk_part *p = &r->part[i];

		json_open(w, '{');
		json_key(w, "compression");
		json_str(w, archive_packing_name(p->packing));
		put_u64(w, "offset", p->at);
		put_u64(w, "size", p->size);
		put_u64(w, "unpacked", p->unpacked);
		put_u64(w, "archives", p->archives);
		put_u64(w, "entries", p->entries);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static bool is_packed(const struct ramdisk *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->part[i].packing != PACKING_NONE)
			return true;
	return false;
}

static bool put_registers(struct ramdisk *r, const struct sums *s, struct file *f, struct answer *a,
			  struct err *e)
{
	owned(sums_free) struct sums whole = {0};
	struct digest content;

	if (!initramfs_content(&r->made, &content, e) ||
	    !mset_put(&a->registers, "sha256", &s->d256, e) ||
	    !mset_put(&a->registers, "sha384", &s->d384, e) ||
	    !mset_put(&a->registers, "content", &content, e))
		return false;
	return !is_packed(r) || (sums_of_file(&whole, f, e) &&
				 mset_put(&a->registers, "file-sha256", &whole.d256, e) &&
				 mset_put(&a->registers, "file-sha384", &whole.d384, e));
}

static bool measure_file(struct file *f, struct watch watch, struct answer *a, struct err *e)
{
	owned(ramdisk_free) struct ramdisk r = {0};
	owned(sums_free) struct sums s = {.watch = watch, .size = f->size};
	const struct stream_range where = stream_range(f, 0, f->size);
	const struct ramdisk_visit visit = {.bytes = feed, .arg = &s};

	if (f->stream)
		return err_set(
			e, REASON_USAGE,
			"a ramdisk is read at several places at once; a stream it cannot be");
	if (!sums_open(&s, e) || !ramdisk_read(&r, &where, &visit, e) || !sums_end(&s, e) ||
	    !put_registers(&r, &s, f, a, e))
		return false;
	put_json(&r, f->size, s.fed, &a->json);
	put_notes(&r.made, a);
	return true;
}

static bool measure(const struct tee_request *q, struct answer *a, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (q->args->n_operands != 1)
		return err_set(e, REASON_USAGE, "one FILE is needed, %zu %s given",
			       q->args->n_operands, q->args->n_operands == 1 ? "is" : "are");
	if (!file_open(&f, q->args->operands[0], e))
		return false;
	return measure_file(&f, q->watch, a, e) || err_subject(e, f.name);
}

/* ---- its parts */

static bool describe(struct file *f, struct part **root, struct err *e)
{
	owned(part_free) struct part *top = part_new(NULL, "initrd", 0, f->size, e);
	const struct stream_range where = stream_range(f, 0, f->size);
	owned(sums_free) struct sums s = {0};

	if (!top || !sums_of_file(&s, f, e))
		return false;
	top->digest[top->n_digests++] = s.d256;
	top->digest[top->n_digests++] = s.d384;
	if (!ramdisk_describe(&where, top, e))
		return err_subject(e, f->name);
	*root = take(top);
	return true;
}

static bool extract(struct file *f, const char *folder, struct err *e)
{
	const struct stream_range where = stream_range(f, 0, f->size);

	return ramdisk_extract(&where, folder, e) || err_subject(e, f->name);
}

extern const struct tee measure_core_tee_initrd;

const struct tee measure_core_tee_initrd = {
	.name = "initrd",
	.summary = "Linux ramdisk (cpio): digests of its bytes and its content",
	.operands = "FILE",
	.opts = opts,
	.bid = bid,
	.measure = measure,
	.describe = describe,
	.extract = extract,
	.diff = ramdisk_diff,
};
