/*
 * Attestation documents for tests and for the demo, as a Nitro Security Module writes them, but
 * under roots of their own, made anew in each process: a whole chain of five certificates, valid
 * around the time that is asked for. A defect by name (support_document_defect.c) breaks one thing
 * before what comes later is signed, so that the signature alone does not give it away. Uses
 * OpenSSL directly. What cannot be done ends the program.
 */
#ifndef TESTS_UNIT_SUPPORT_DOCUMENT_H
#define TESTS_UNIT_SUPPORT_DOCUMENT_H

#include <openssl/evp.h>

#include "eif/document.h"

#define DOCUMENT_MODULE "i-0123456789abcdef0-enc0123456789abcdef"
#define DOCUMENT_INSTANCE "i-0123456789abcdef0"
#define DOCUMENT_REGION "eu-west-1"
#define DOCUMENT_TIME INT64_C(1768478400) /* 2026-01-15T12:00:00Z */

/* What several documents have in common, if they are to: what stands above an instance. */
#define DOCUMENT_UPPER 3u
struct document_upper {
	EVP_PKEY *key[DOCUMENT_UPPER];
	struct bytes der[DOCUMENT_UPPER];
};

void document_upper_free(struct document_upper *u);

struct document_order {
	struct document_upper *upper; /* NULL: all anew; zeroed: to be filled by the first */
	int64_t time;
	const char *module_id, *region;
	bool tagged, endless;
	uint32_t pcrs; /* bit i: PCR i is there */
	uint8_t pcr[EIF_DOCUMENT_PCRS][EIF_DOCUMENT_PCR];
	struct eif_document_data public_key, user_data, nonce;
};

/* PCR0-2 set, PCR4 that of the module, 16 in all; no public key, user data or nonce. */
struct document_order document_order(void);

/* Another module, and the PCR4 of its instance. */
void document_module(struct document_order *o, const char *module_id);

struct document_made {
	struct bytes document, root; /* root: DER; both malloc'd */
};

/* defect: NULL or "none" for a good one. */
struct document_made document_make(const struct document_order *o, const char *defect);
void document_made_free(struct document_made *m);

/* What eif_document_read() read, written again. */
void document_write(struct buf *out, const struct eif_document *d);

/* ---- for the defects */

enum document_level { ROOT, REGIONAL, ZONAL, INSTANCE, LEAF, LEVELS };

struct document_level_plan {
	EVP_PKEY *key;
	const char *digest; /* "SHA384" */
	char subject[160], issuer[160]; /* common names */
	const char *constraints, *usage; /* as OpenSSL spells extensions, or NULL */
	const char *critical; /* OID of one that nobody knows, or NULL */
	int64_t from, to;
	const char *tail; /* hexadecimal, behind the certificate */
	bool self; /* signed by its own key */
};

enum document_member {
	MODULE_ID,
	DIGEST,
	TIMESTAMP,
	PCRS,
	CERTIFICATE,
	CABUNDLE,
	PUBLIC_KEY,
	USER_DATA,
	NONCE,
	MEMBERS
};

enum document_piece { HEAD, PROTECTED, UNPROTECTED, PAYLOAD, SIGNATURE, TAIL, PIECES };

#define DOCUMENT_EXTRA 8u

struct document_work {
	struct document_order order;
	struct document_level_plan plan[LEVELS];
	struct bytes der[LEVELS]; /* malloc'd */
	struct bytes spare; /* malloc'd: a root that others stand in the place of */
	size_t n_bundle;
	struct bytes bundle[DOCUMENT_EXTRA]; /* of der, or from elsewhere */
	struct bytes certificate;
	struct buf key[MEMBERS], value[MEMBERS]; /* encoded; both empty: left out */
	struct buf extra; /* encoded pairs behind the others */
	size_t extras;
	struct buf piece[PIECES]; /* encoded */
	EVP_PKEY *signer;
};

/* When the defect is put in: when what the stage is named for stands, and is not used yet. */
enum document_stage { AT_ORDER, AT_PLAN, AT_BUNDLE, AT_MEMBERS, AT_PAYLOAD, AT_SIGNATURE };

struct document_defect {
	const char *name;
	enum document_stage stage;
	void (*put)(struct document_work *w, const struct document_defect *d);
	int which; /* member, piece or level */
	const char *text;
	int64_t number;
};

/* Ends with a NULL name. */
extern const struct document_defect document_defects[];

/* Of the plans: certificates, into der. Of a piece: what its hexadecimal says. */
void document_certify(struct document_work *w);
void document_hex(struct buf *b, const char *hex);
void document_sign(struct document_work *w);

#endif
