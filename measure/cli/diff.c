#include "measure/cli/diff.h"

#include <unistd.h>

#include "measure/base/listing.h"
#include "measure/base/num.h"
#include "measure/base/text.h"
#include "measure/cli/guess.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"
#include "measure/core/bytes_diff.h"
#include "measure/core/folder_diff.h"
#include "measure/core/kernel.h"
#include "measure/core/part_diff.h"
#include "measure/rebuild/lock_diff.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/bundle_diff.h"
#include "ovmf-snp/launch_diff.h"
#include "reference-db/record.h"

#define LINE_BYTES 4096u
#define PATH_BYTES 4097u

enum { O_LIMIT };

/* What a file is compared as. */
enum kind { IMAGE, RECORD, LOCK, KERNEL_FILE };

static const struct opt opts[] = {
	[O_LIMIT] = {"limit", 0, OPT_VALUE, "N", NULL,
		     "list at most N files of a part (100), 0 for all"},
	{0},
};

/* Where differences go: lines, and a list of objects. */
struct sink {
	struct buf names, lines; /* the parts right below the root; all of them */
	struct json_out *w;
	const char *limit; /* --limit, or NULL */
};

static void sink_free(struct sink *s)
{
	buf_free(&s->names);
	buf_free(&s->lines);
}

static void tamed(struct buf *out, const char *text)
{
	text_tame(out, bytes_str(text));
}

/* ---- one difference of two trees */

static void put_bytes(struct buf *out, const struct part_difference *d)
{
	unsigned long long at;

	if (d->a->size != d->b->size)
		buf_fmt(out, "  %llu and %llu bytes", (unsigned long long)d->a->size,
			(unsigned long long)d->b->size);
	if (d->bytes == 0)
		return;
	if (d->a->size == d->b->size)
		buf_fmt(out, "  %llu byte%s, in %llu page%s", (unsigned long long)d->bytes,
			d->bytes == 1 ? " differs" : "s differ", (unsigned long long)d->pages,
			d->pages == 1 ? "" : "s");
	at = d->a->offset + d->first;
	buf_fmt(out, ", first at %llu: 0x%02x and 0x%02x", at, (unsigned)d->byte_a,
		(unsigned)d->byte_b);
}

static void put_details(struct buf *out, const struct part_difference *d)
{
	const char *a = d->a->detail ? d->a->detail : "-", *b = d->b->detail ? d->b->detail : "-";

	if (strcmp(a, b) == 0)
		return;
	buf_str(out, "  ");
	tamed(out, a);
	buf_str(out, " | ");
	tamed(out, b);
}

static void put_line(struct buf *out, const struct part_difference *d)
{
	const struct part *p = d->a ? d->a : d->b;

	buf_fmt(out, "%*s", (int)(2 * d->depth), "");
	tamed(out, p->name);
	if (!d->a || !d->b)
		buf_fmt(out, "  only in %s", d->a ? "the first" : "the second");
	else
		put_details(out, d);
	if (d->a && d->b && d->last)
		put_bytes(out, d);
	buf_str(out, "\n");
}

static void put_side(struct json_out *w, const char *key, const struct part *p)
{
	json_key(w, key);
	if (!p) {
		json_null(w);
		return;
	}
	json_open(w, '{');
	json_key(w, "offset");
	json_u64(w, p->offset);
	json_key(w, "size");
	json_u64(w, p->size);
	if (p->detail)
		print_foreign(w, "detail", p->detail);
	json_close(w, '}');
}

static void put_object(struct json_out *w, const struct part_difference *d)
{
	json_open(w, '{');
	print_foreign(w, "name", (d->a ? d->a : d->b)->name);
	json_key(w, "depth");
	json_u64(w, d->depth);
	put_side(w, "first", d->a);
	put_side(w, "second", d->b);
	if (d->last && d->bytes > 0) {
		json_key(w, "bytes");
		json_u64(w, d->bytes);
		json_key(w, "at");
		json_u64(w, d->a->offset + d->first);
	}
	json_close(w, '}');
}

static bool put_difference(void *arg, const struct part_difference *d, struct err *e)
{
	struct sink *s = arg;

	put_line(&s->lines, d);
	put_object(s->w, d);
	if (d->depth == 1) {
		buf_str(&s->names, s->names.n ? ", " : "");
		tamed(&s->names, (d->a ? d->a : d->b)->name);
	}
	return buf_done(&s->lines, "the differences", e) &&
	       buf_done(&s->names, "the differences", e);
}

/* ---- files */

/* Two files and the row that both are of. */
struct two {
	struct file file[2];
	const struct tee *row;
};

static void two_close(struct two *t)
{
	file_close(&t->file[0]);
	file_close(&t->file[1]);
}

static bool two_open(struct two *t, struct cli *c, const char *const path[2], struct err *e)
{
	const struct tee *row[2];

	for (unsigned s = 0; s < 2; s++) {
		if (!file_open(&t->file[s], path[s], e) || !guess_file(&t->file[s], &row[s], e))
			return false;
		t->file[s].watch = cli_watch(c);
		cli_expect_file(c, path[s]);
	}
	t->row = row[0];
	return row[0] == row[1] || err_set(e, REASON_USAGE, "'%s' is of type %s, '%s' of type %s",
					   path[0], row[0]->name, path[1], row[1]->name);
}

static bool describe(struct two *t, unsigned s, struct part **root, struct err *e)
{
	return t->row->describe(&t->file[s], root, e) || err_subject(e, t->file[s].name);
}

/* By their parts. */
static bool parts(struct cli *c, struct two *t, struct sink *s, struct err *e)
{
	owned(part_free) struct part *left = NULL, *right = NULL;
	const struct part_sink sink = {put_difference, s};
	struct differences f = {.text = &c->text, .w = s->w};

	if (!describe(t, 0, &left, e) || !describe(t, 1, &right, e))
		return false;
	json_key(s->w, "differences");
	json_open(s->w, '[');
	if (!part_diff(&(struct part_side){left, &t->file[0]},
		       &(struct part_side){right, &t->file[1]}, &sink, e))
		return false;
	json_close(s->w, ']');
	if (s->lines.n == 0)
		return true;
	if (t->row->cause)
		f.count[t->row->cause(left, right, &s->lines)] = 1;
	buf_fmt(&c->text, "differ: %s", s->names.n ? buf_cstr(&s->names) : "bytes in no part");
	if (t->row->difference)
		buf_fmt(&c->text, " (%s)", t->row->difference);
	buf_str(&c->text, "\n");
	buf_put(&c->text, buf_bytes(&s->lines));
	differences_causes(&f);
	return true;
}

static bool read_limit(const char *text, struct differences *f, struct err *e)
{
	uint64_t n;

	if (!text)
		return true;
	if (!num_parse(text, &n))
		return err_set(e, REASON_USAGE, "--limit is a number, not '%s'", text);
	f->limit = f->brief = n == 0 || n > SIZE_MAX ? SIZE_MAX : (size_t)n;
	return true;
}

static bool told(struct cli *c, struct two *t, struct sink *s, struct err *e)
{
	struct differences f = {.text = &c->text,
				.w = s->w,
				.limit = DIFFERENCES_LIMIT,
				.brief = DIFFERENCES_BRIEF};

	return read_limit(s->limit, &f, e) && t->row->diff(&t->file[0], &t->file[1], &f, e);
}

static bool images(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	owned(two_close) struct two t = {.file = {FILE_NONE, FILE_NONE}};

	if (!two_open(&t, c, path, e))
		return false;
	json_text(s->w, "type", t.row->name);
	return (t.row->diff ? told : parts)(c, &t, s, e);
}

/* Their texts are foreign. */
static void put_lines(struct cli *c, struct sink *s, const char *key)
{
	struct bytes text = buf_bytes(&s->lines);
	size_t n;

	json_key(s->w, key);
	json_open(s->w, '[');
	while (text.n > 0) {
		n = c->text.n;
		text_tame(&c->text, bytes_line(&text));
		json_string(s->w, bytes_of(c->text.p + n, c->text.n - n));
		buf_str(&c->text, "\n");
	}
	json_close(s->w, ']');
}

static bool record(const char *path, struct launch_record *r, struct err *e)
{
	owned(buf_free) struct buf text = BUF(LAUNCH_RECORD_MAX);

	return file_slurp(path, LAUNCH_RECORD_MAX, &text, e) &&
	       (launch_record_read(r, buf_bytes(&text), e) || err_subject(e, path));
}

static bool records(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	owned(launch_record_free) struct launch_record a = {0}, b = {0};

	if (!record(path[0], &a, e) || !record(path[1], &b, e))
		return false;
	json_text(s->w, "type", "launch");
	launch_record_diff(&a, &b, &s->lines);
	if (!buf_done(&s->lines, "the differences", e))
		return false;
	put_lines(c, s, "differences");
	return true;
}

static bool kind_of(const char *path, enum kind *kind, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	uint8_t head[KERNEL_HEAD];
	size_t got;

	if (!file_open(&f, path, e) ||
	    !file_pread(&f, 0, (struct span){head, sizeof(head)}, &got, e))
		return false;
	*kind = launch_record_is(bytes_of(head, got)) ? RECORD
		: lock_is(bytes_of(head, got))	      ? LOCK
		: kernel_is(bytes_of(head, got))      ? KERNEL_FILE
						      : IMAGE;
	return true;
}

/* ---- locks */

static bool lock_slurp(const char *path, struct lock *l, struct err *e)
{
	owned(buf_free) struct buf text = BUF(LOCK_MAX_BYTES);

	return file_slurp(path, LOCK_MAX_BYTES, &text, e) &&
	       (lock_read(l, buf_bytes(&text), e) || err_subject(e, path));
}

static bool locks_differ(const char *const path[2], struct buf *out, struct err *e)
{
	owned(lock_free) struct lock a = {0}, b = {0};

	return lock_slurp(path[0], &a, e) && lock_slurp(path[1], &b, e) &&
	       lock_diff(&a, &b, out, e) && buf_done(out, "the differences", e);
}

static bool locks(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	if (!locks_differ(path, &s->lines, e))
		return false;
	json_text(s->w, "type", "lock");
	put_lines(c, s, "differences");
	return true;
}

/* ---- kernels */

static bool kernels(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	owned(two_close) struct two t = {.file = {FILE_NONE, FILE_NONE}};
	struct differences f = {.text = &c->text, .w = s->w};
	enum kind other;

	if (!kind_of(path[1], &other, e))
		return false;
	if (other != KERNEL_FILE)
		return err_set(e, REASON_USAGE, "'%s' is a kernel, '%s' is none", path[0], path[1]);
	if (!file_open(&t.file[0], path[0], e) || !file_open(&t.file[1], path[1], e))
		return false;
	json_text(s->w, "type", "kernel");
	return kernel_diff(&t.file[0], &t.file[1], &f, e);
}

/* ---- directories */

/* Of two folders of recipes the locks are read, too; one that is none is a file like others. */
static bool folder_locks(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	owned(buf_free) struct buf a = BUF(PATH_BYTES), b = BUF(PATH_BYTES);
	struct err fault = {0};

	buf_fmt(&a, "%s/" LOCK_FILE, path[0]);
	buf_fmt(&b, "%s/" LOCK_FILE, path[1]);
	if (!buf_done(&a, "a path", e) || !buf_done(&b, "a path", e))
		return false;
	if (access(buf_cstr(&a), F_OK) != 0 || access(buf_cstr(&b), F_OK) != 0)
		return true;
	if (!locks_differ((const char *const[]){buf_cstr(&a), buf_cstr(&b)}, &s->lines, &fault)) {
		*e = fault.reason == REASON_OUT_OF_MEMORY ? fault : *e;
		return fault.reason != REASON_OUT_OF_MEMORY;
	}
	put_lines(c, s, "locks");
	return true;
}

/* What the record of a build says of its inputs. */
static bool record_inputs(const char *folder, struct record *r, bool *is, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_BYTES), text = BUF(RECORD_MAX);
	struct err fault = {0};

	buf_fmt(&path, "%s/build.json", folder);
	if (!buf_done(&path, "a path", e))
		return false;
	*is = file_slurp(buf_cstr(&path), RECORD_MAX, &text, &fault) &&
	      record_read(r, buf_bytes(&text), &fault) && r->inputs;
	*e = fault.reason == REASON_OUT_OF_MEMORY ? fault : *e;
	return fault.reason != REASON_OUT_OF_MEMORY;
}

/* Of two folders that builds left: were other inputs locked? */
static bool folder_inputs(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	owned(record_free) struct record a = {0}, b = {0};
	bool is[2];

	if (!record_inputs(path[0], &a, &is[0], e) || !record_inputs(path[1], &b, &is[1], e))
		return false;
	if (!is[0] || !is[1] || strcmp(a.inputs, b.inputs) == 0)
		return true;
	json_key(s->w, "inputs");
	json_open(s->w, '[');
	json_str(s->w, a.inputs);
	json_str(s->w, b.inputs);
	json_close(s->w, ']');
	buf_fmt(&c->text,
		"inputs: %s and %s\n  fix: build both from one measure.lock; `measure diff` of the "
		"two locks names the packages and versions\n",
		a.inputs, b.inputs);
	return true;
}

static bool folders(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	struct differences f = {.text = &c->text,
				.w = s->w,
				.limit = DIFFERENCES_LIMIT,
				.brief = DIFFERENCES_BRIEF};

	if (!listing_is_folder(path[0]) || !listing_is_folder(path[1]))
		return err_set(e, REASON_USAGE, "'%s' is a directory, '%s' is none",
			       path[listing_is_folder(path[1])], path[listing_is_folder(path[0])]);
	if (!read_limit(s->limit, &f, e))
		return false;
	if (snp_bundle_is(path[0]) && snp_bundle_is(path[1])) {
		json_text(s->w, "type", "bundle");
		return snp_bundle_diff(path, cli_watch(c), &f, e) && folder_inputs(c, path, s, e);
	}
	json_text(s->w, "type", "directory");
	return folder_diff(path[0], path[1], &f, e) && folder_inputs(c, path, s, e) &&
	       folder_locks(c, path, s, e);
}

static bool compare(struct cli *c, const char *const path[2], struct sink *s, struct err *e)
{
	static bool (*const of[])(struct cli * c, const char *const path[2], struct sink *s,
				  struct err *e) = {images, records, locks, kernels};
	enum kind kind;

	if (listing_is_folder(path[0]) || listing_is_folder(path[1]))
		return folders(c, path, s, e);
	return kind_of(path[0], &kind, e) && of[kind](c, path, s, e);
}

bool diff_tell(struct cli *c, const char *const path[2], const char *limit, struct json_out *w,
	       struct err *e)
{
	owned(sink_free) struct sink s = {BUF(CLI_TEXT_MAX), BUF(CLI_TEXT_MAX), w, limit};

	return compare(c, path, &s, e);
}

static bool diff_run(struct cli *c, struct answer *a, struct err *e)
{
	const char *const *path = c->args.operands;

	a->members.max = CLI_TEXT_MAX;
	if (c->args.n_operands != 2)
		return err_set(e, REASON_USAGE, "two files are needed, %zu are given",
			       c->args.n_operands);
	if (!diff_tell(c, path, args_value(&c->args, O_LIMIT), &a->json, e))
		return false;
	if (c->text.n == 0)
		return true;
	if (!c->json)
		buf_put(&a->verbatim, buf_bytes(&c->text));
	return err_set(e, REASON_DIFFERS, "differs from '%s'", path[1]);
}

const struct verb verb_diff = {
	.name = "diff",
	.summary = "why two images, ramdisks, directories or launches differ",
	.group = GROUP_MEASURE,
	.usage = "FILE|DIR FILE|DIR",
	.opts = opts,
	.run = diff_run,
};
