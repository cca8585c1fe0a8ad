#include "measure/base/base64.h"
#include "reference-db/log_proof.h"

#define FIRST "c2sp.org/tlog-proof@v1"

struct reader {
	struct log_proof *p;
	struct bytes all, rest;
	uint64_t base;
	struct err *e;
};

static uint64_t at(const struct reader *r)
{
	return r->base + (uint64_t)(r->rest.p - r->all.p);
}

/* Is it the next line? If so, it is taken. */
static bool take_line(struct reader *r, const char *begins, struct bytes *value)
{
	struct bytes rest = r->rest, line = bytes_line(&rest);
	size_t n = strlen(begins);

	if (!bytes_start(line, bytes_str(begins)))
		return false;
	*value = bytes_of(line.p + n, line.n - n);
	r->rest = rest;
	return true;
}

/* The extra data is nobody's word: its form is looked at, and it is passed over. */
static bool read_extra(struct reader *r)
{
	uint64_t where = at(r);
	struct bytes value;
	size_t bad = 0;

	if (!take_line(r, "extra ", &value))
		return true;
	if (!base64_read(value, &r->p->room, &bad))
		return err_at(r->e, REASON_PROOF_FORM, where + strlen("extra ") + bad,
			      "the extra data is no base64 here");
	r->p->room.n = 0;
	return true;
}

static bool read_index(struct reader *r)
{
	uint64_t where = at(r);
	struct bytes value;

	if (!take_line(r, "index ", &value))
		return err_at(r->e, REASON_PROOF_FORM, where,
			      "the proof does not say \"index\" and a number here");
	return note_number(value, &r->p->index) ||
	       err_at(r->e, REASON_PROOF_FORM, where, "the index is no decimal number");
}

/* To the empty line. */
static bool read_path(struct reader *r)
{
	while (r->rest.n > 0) {
		uint64_t where = at(r);
		struct bytes line = bytes_line(&r->rest);

		if (line.n == 0) {
			r->p->path = buf_bytes(&r->p->room);
			return true;
		}
		if (!note_hash(line, &r->p->room))
			return err_at(r->e, REASON_PROOF_FORM, where,
				      "the path has no hash of %u bytes in base64 here", TLOG_HASH);
	}
	return err_at(r->e, REASON_PROOF_FORM, at(r), "no empty line ends the path");
}

static bool read_checkpoint(struct reader *r)
{
	struct log_proof *p = r->p;
	struct checkpoint c = {0};

	if (!note_read(&p->note, r->rest, at(r), r->e) ||
	    !checkpoint_read(&c, p->note.text, at(r), r->e))
		return false;
	p->head = c.head;
	p->origin = c.origin;
	p->text = p->note.text;
	p->n = p->note.n;
	for (size_t i = 0; i < p->n; i++) {
		p->mark[i] = (struct log_proof_mark){
			.name = p->note.line[i].name,
			.signature = p->note.line[i].signature,
		};
		memcpy(p->mark[i].id, p->note.line[i].id, NOTE_ID);
	}
	return true;
}

bool log_proof_tlog(struct log_proof *p, struct bytes in, uint64_t base, struct err *e)
{
	struct reader r = {.p = p, .all = in, .rest = in, .base = base, .e = e};
	struct bytes nothing;

	p->form = LOG_PROOF_TLOG;
	if (take_line(&r, FIRST, &nothing) && !read_extra(&r))
		return false;
	return read_index(&r) && read_path(&r) && read_checkpoint(&r);
}
