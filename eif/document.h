/*
 * The attestation document of the Nitro Security Module as bytes (nitro-enclaves-nsm-api of AWS,
 * docs/attestation_process.md §3.2): a COSE_Sign1 message, with tag 18 or without it, its payload
 * a map of nine members. Hardware writes that map with a definite length until early 2025 and
 * with an indefinite one since; everything else has its one shortest spelling, and other spellings
 * are refused, as are members that are unknown, repeated or beyond their limits. Everything is
 * borrowed from what was read. Nothing here is authentic: what a document says counts after
 * eif_evidence has judged its signature.
 */
#ifndef MEASURE_EIF_DOCUMENT_H
#define MEASURE_EIF_DOCUMENT_H

#include "measure/core/cose_message.h"

#define EIF_DOCUMENT_MAX (20u * 1024)
#define EIF_DOCUMENT_PAYLOAD_MAX 16384u
#define EIF_DOCUMENT_SIGNATURE 96u /* r||s of ES384 */
#define EIF_DOCUMENT_PCRS 32u
#define EIF_DOCUMENT_PCR 48u /* bytes of SHA-384 */
#define EIF_DOCUMENT_MODULE_ID_MAX 256u
#define EIF_DOCUMENT_CERTIFICATE_MAX 1024u
#define EIF_DOCUMENT_BUNDLE 8u /* certificates; four are seen */
#define EIF_DOCUMENT_PUBLIC_KEY_MAX 1024u
#define EIF_DOCUMENT_DATA_MAX 512u /* of user_data and nonce */
#define EIF_DOCUMENT_TIME_MAX UINT64_C(253402300799999) /* the last millisecond of year 9999 */

/* A member that may be left out, or null. */
struct eif_document_data {
	bool present;
	struct bytes v;
};

struct eif_document {
	struct cose_message message;
	bool es384; /* the headers say ES384 and nothing else */
	bool endless; /* the payload's map has no length */
	struct bytes module_id; /* UTF-8 */
	uint64_t timestamp; /* milliseconds since the epoch */
	struct bytes pcr[EIF_DOCUMENT_PCRS]; /* n is 0 where there is none */
	struct bytes certificate; /* the leaf's DER */
	size_t n_cabundle;
	struct bytes cabundle[EIF_DOCUMENT_BUNDLE]; /* DER, the root first */
	struct eif_document_data public_key, user_data, nonce;
};

/* The whole of `in`. Every refusal is `format`, but for want of memory. */
must bool eif_document_read(struct bytes in, struct eif_document *d, struct err *e);

/*
 * 0..100: how surely the bytes are meant as such a document, well-formed or not. 0 for images,
 * manifests and all else that is published.
 */
int eif_document_bid(struct bytes whole);

#endif
