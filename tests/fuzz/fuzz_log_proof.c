/*
 * Any bytes as a proof of publication: what is read has a place in its tree, and is compared with
 * an entry without reading elsewhere; a refusal names its place.
 */
#include <stdlib.h>

#include "reference-db/log_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check(const struct log_proof *p)
{
	struct log_entry x = {0};
	struct err e = {0};

	must_be(p->n > 0 && p->n <= NOTE_LINES && p->index < p->head.size);
	must_be(p->path.n == TLOG_HASH * tlog_path_length(p->index, p->head.size));
	must_be(p->origin.n > 0 && p->text.n > p->origin.n && p->text.p == p->origin.p);
	must_be(p->form == LOG_PROOF_TLOG ||
		(p->submitter.n == LOG_PROOF_KEY && p->leaf.n == LOG_PROOF_SIGNATURE));
	must_be(log_entry_of(bytes_str("x"), &x, &e));
	if (!log_proof_finds(p, &x, &e))
		must_be(e.reason == REASON_LOG_PROOF);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct log_proof p = {0};
	struct err e = {0};

	if (log_proof_read(&p, in, 0, &e))
		check(&p);
	else
		must_be(err_is(&e) && e.at && e.offset <= size && !p.room.p);
	log_proof_free(&p);
	return 0;
}
