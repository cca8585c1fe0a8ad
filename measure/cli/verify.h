/*
 * `verify` in its parts: the command line becomes a job, by which each piece of evidence is judged;
 * what it is worth is shown as text or JSON. One or many pieces (--batch) go the same way. Both
 * structs start zeroed; a job is not moved once it was read, since its parts point into each other.
 */
#ifndef MEASURE_CLI_VERIFY_H
#define MEASURE_CLI_VERIFY_H

#include "measure/base/listing.h"
#include "measure/cli/db.h"
#include "measure/core/chain_cache.h"
#include "reference-db/appraise.h"

enum verify_option {
	VERIFY_MANIFEST,
	VERIFY_PROOF,
	VERIFY_PRODUCT,
	VERIFY_VERSION,
	VERIFY_DB,
	VERIFY_TRUST = VERIFY_DB + DB_TRUST,
	VERIFY_CHANNEL = VERIFY_DB + DB_OPTS,
	VERIFY_LATEST,
	VERIFY_KIND,
	VERIFY_PCR,
	VERIFY_MEASUREMENT,
	VERIFY_HOST_DATA,
	VERIFY_REPORT_DATA,
	VERIFY_USER_DATA,
	VERIFY_NONCE,
	VERIFY_INSECURE_NO_NONCE,
	VERIFY_TLS_CERT,
	VERIFY_PUBLIC_KEY,
	VERIFY_BINDING,
	VERIFY_AT,
	VERIFY_ROOT,
	VERIFY_ARK,
	VERIFY_CHAIN,
	VERIFY_VEK,
	VERIFY_CRL,
	VERIFY_VMPL,
	VERIFY_MIN_TCB,
	VERIFY_ALLOW_DEBUG,
	VERIFY_BATCH,
	VERIFY_OPTIONS
};

extern const struct opt verify_opts[];

/* Collateral of one kind that was read. */
struct verify_files {
	struct evidence_files files;
	struct buf bytes[EVIDENCE_FILES];
	struct listing folder[EVIDENCE_FILES];
	size_t n_folders;
};

struct verify_job {
	struct released released; /* its trust also where there is no manifest */
	bool has_manifest; /* with a database: for the piece of evidence judged last */
	struct verdict manifest; /* what its signatures are worth, and what a database says */
	struct err manifest_fault;
	struct policy policy;
	struct mset registers;
	struct buf nonce, host_data, report_data, user_data, key;
	struct verify_files root, ark, chain, vek, crl;
	struct db db; /* or without a database */
	struct listed listed;
	struct chain_cache *cache; /* of many pieces; or NULL */
	struct evidence_request request; /* all but the evidence */
	struct expectation expected;
};

void verify_job_free(struct verify_job *job);

/* Every option but --batch; whatever it names is read. */
must bool verify_read_options(struct cli *c, struct verify_job *job, struct err *e);

/* The database of --db, and what is asked of it. */
must bool verify_read_db(struct cli *c, struct verify_job *job, struct err *e);

/* With a database: what is released of what these claims measure to becomes what is expected. */
must bool verify_expect(struct verify_job *job, const struct claims *claims, struct err *e);

/* Appends the file to the kind, or every certificate of a folder. */
must bool verify_read_file(const char *path, struct verify_files *to, struct err *e);
must bool verify_read_folder(const char *path, struct verify_files *to, struct err *e);
/* The same of bytes that are borrowed. */
must bool verify_add_bytes(const char *name, struct bytes b, struct verify_files *to,
			   struct err *e);
void verify_free_files(struct verify_files *f);

/* What came of one piece of evidence. */
struct verified {
	struct buf evidence;
	const struct evidence_format *format;
	struct claims *claims; /* NULL where it is malformed */
	struct verdict verdict;
	struct appraisal appraisal;
};

void verify_free(struct verified *f);

/*
 * path may be "-". The err is of files, collateral and the machinery, or says that this is no
 * evidence (not-evidence); what the evidence is worth is in f->verdict.
 */
must bool verify_evidence(struct verify_job *job, const char *path, struct verified *f,
			  struct err *e);

/* Refuses (not-evidence) with a hint on what it seems to be instead. */
bool verify_not_evidence(struct bytes found, struct err *e);

/* The whole of it: for people; as members of an object. failure: why it is no yes, or NULL. */
void verify_text(const struct verify_job *job, const struct verified *f, const struct err *failure,
		 struct buf *out);
void verify_json(const struct verify_job *job, const struct verified *f, struct json_out *w);

/* One line of JSON for each; the worst decides. */
must bool verify_batch(struct cli *c, struct verify_job *job, const char *from, struct err *e);

#endif
