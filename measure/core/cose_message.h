/*
 * The COSE_Sign1 message itself (RFC 9052 §4.2): headers, payload and signature as they stand in
 * it, borrowed from what was read. What the headers say is their reader's business; external data
 * is never used. What is verified are the received bytes, never ones encoded again.
 */
#ifndef MEASURE_CORE_COSE_MESSAGE_H
#define MEASURE_CORE_COSE_MESSAGE_H

#include "measure/core/cbor.h"

struct cose_message {
	bool tagged; /* tag 18 */
	bool detached; /* payload nil: it comes from elsewhere */
	struct bytes protected_header, payload, signature;
	size_t unprotected; /* members of the unprotected header, which was passed over */
	uint64_t protected_at, payload_at, signature_at; /* offsets in the file */
};

/*
 * COSE_BARE: neither tag nor detached payload. COSE_TAGGED: tag 18, and the payload may be nil.
 * Both have an empty unprotected header. COSE_FOREIGN: with the tag or without it, the payload
 * inside; the unprotected header may hold anything that is well-formed.
 */
enum cose_form { COSE_BARE, COSE_TAGGED, COSE_FOREIGN };

/* The whole of `in`, heads in their shortest form. base: its offset in the file. */
must bool cose_message_read(struct bytes in, uint64_t base, enum cose_form form,
			    struct cose_message *out, struct err *e);
void cose_message_write(struct buf *out, const struct cose_message *m);

/* The bytes that are signed: Sig_structure "Signature1" (RFC 9052 §4.4). */
void cose_message_tbs(struct buf *out, struct bytes protected_header, struct bytes payload);

#endif
