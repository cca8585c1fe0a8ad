#include "measure/cli/guess.h"

#include "measure/cli/program.h"
#include "measure/core/evidence.h"

/* NULL when nobody bids, or when the best bid is not one row's alone. */
static const struct tee *best_of(struct bytes head, struct bytes tail)
{
	const struct tee *best = NULL;
	int highest = 0;

	for (size_t i = 0; program.images[i]; i++) {
		int bid = program.images[i]->bid(head, tail);

		if (bid > highest) {
			highest = bid;
			best = program.images[i];
		} else if (bid == highest) {
			best = NULL;
		}
	}
	return best;
}

/* Evidence is short: of what may be such, the head is the whole. */
static bool hint_evidence(const struct file *f, struct bytes head, struct err *e)
{
	const struct evidence_format *format =
		f->size <= EVIDENCE_MAX ? evidence_find(evidence_table, head) : NULL;

	err_subject(e, f->name);
	return format ? err_hint(e, "it looks like an %s: see `measure help verify`",
				 format->summary)
		      : false;
}

bool guess_file(struct file *f, const struct tee **row, struct err *e)
{
	owned(buf_free) struct buf ends = BUF(2 * GUESS_ENDS);
	uint64_t at = f->size > GUESS_ENDS ? f->size - GUESS_ENDS : 0;
	uint8_t *head = buf_room(&ends, 2 * GUESS_ENDS), *tail = head ? head + GUESS_ENDS : NULL;
	size_t got, end;
	const struct tee *best;

	if (!buf_done(&ends, "the ends of a file", e) ||
	    !file_pread(f, 0, (struct span){head, GUESS_ENDS}, &got, e) ||
	    !file_pread(f, at, (struct span){tail, GUESS_ENDS}, &end, e))
		return false;
	best = best_of(bytes_of(head, got), bytes_of(tail, end));
	if (!best) {
		err_set(e, REASON_UNKNOWN_TYPE, "the first %zu bytes are those of no known image",
			got);
		return hint_evidence(f, bytes_of(head, got), e);
	}
	*row = best;
	return true;
}

bool guess_row(const char *path, const struct tee **row, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	return file_open(&f, path, e) && guess_file(&f, row, e);
}
