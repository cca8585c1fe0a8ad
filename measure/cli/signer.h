/*
 * How a signature comes about, the same for every verb that signs: by a private key, by a command,
 * by a file that holds it, or not at all, when the bytes to sign are written out. A verb takes the
 * rows of these options into its table; which of them were given, and whether that makes sense,
 * is judged here. Starts as SIGNER(); released by signer_free().
 */
#ifndef MEASURE_CLI_SIGNER_H
#define MEASURE_CLI_SIGNER_H

#include "measure/cli/cli.h"
#include "measure/core/pubkey.h"
#include "reference-db/signing.h"

/* Places in the table, counted from where the rows begin; the ways to sign come first. */
enum signer_opt {
	SIGNER_KEY,
	SIGNER_COMMAND,
	SIGNER_ATTACH,
	SIGNER_TBS_OUT,
	SIGNER_WAYS,
	SIGNER_PASSPHRASE = SIGNER_WAYS,
	SIGNER_PUBLIC_KEY,
	SIGNER_OPTS
};

#define SIGNER_ROW(name, arg, help) {name, 0, OPT_VALUE, arg, NULL, help}
#define SIGNER_WAY_ROWS(at)                                                                        \
	[(at) + SIGNER_KEY] = SIGNER_ROW("key", "FILE", "sign with this private key (PEM)"),       \
	SIGNER_OTHER_ROWS(at)

/* For verbs that have their own row of SIGNER_KEY. */
#define SIGNER_OTHER_ROWS(at)                                                                      \
	[(at) + SIGNER_COMMAND] =                                                                  \
		SIGNER_ROW("sign-with", "COMMAND",                                                 \
			   "sign with this command, which reads the bytes and writes the "         \
			   "signature"),                                                           \
	[(at) + SIGNER_ATTACH] =                                                                   \
		SIGNER_ROW("attach", "FILE",                                                       \
			   "attach a signature that was made elsewhere (DER or raw)"),             \
	[(at) + SIGNER_TBS_OUT] = SIGNER_ROW("tbs-out", "FILE",                                    \
					     "write the bytes to be signed, and nothing else")

/* Of statements: their keys may be Ed25519 and encrypted, and no certificate is at hand. */
#define SIGNER_STATEMENT_ROWS(at)                                                                  \
	[(at) + SIGNER_PASSPHRASE] = SIGNER_ROW("passphrase-file", "FILE",                         \
						"a file whose first line opens an encrypted key"), \
	[(at) + SIGNER_PUBLIC_KEY] =                                                               \
		SIGNER_ROW("public-key", "FILE",                                                   \
			   "the signer's public key or certificate (PEM), without --key")

struct signer {
	const struct args *args; /* borrowed */
	unsigned first, n_opts;
	const char *key_option; /* what --key is called here; NULL: that */
	enum signer_opt way;
	struct key *secret; /* with SIGNER_KEY, once it is read */
	struct pubkey *key; /* of statements */
};

/* n: SIGNER_WAYS or SIGNER_OPTS, by the rows that the table has. */
#define SIGNER(c, at, n) ((struct signer){.args = &(c)->args, .first = (at), .n_opts = (n)})

void signer_free(struct signer *s);

/* Exactly one way (usage otherwise). Any of the options at all: its place in the table, or -1. */
must bool signer_choose(struct signer *s, struct err *e);
int signer_given(const struct signer *s);

/*
 * What is to be written: the value of --tbs-out, or of the option `output`, NULL when that is not
 * given. It may be none of the signer's own files, nor, of --tbs-out, the operand. `what` the other
 * is, which --tbs-out does not write: "image".
 */
must bool signer_target(const struct signer *s, unsigned output, const char *what,
			const char **path, struct err *e);

/* The keys of a statement, which its header names: both halves, or the public one. */
must bool signer_read_keys(struct signer *s, struct err *e);

/* The value of the chosen way's option. */
const char *signer_with(const struct signer *s);

/* The signature by any way but --tbs-out, raw (key.h), not verified yet. */
must bool signer_sign(const struct signer *s, enum cose_alg alg, struct bytes tbs, struct buf *raw,
		      struct err *e);

/* The name of who signs a statement, when none is given: his key's. Appended; t points to it. */
must bool signer_name(const struct signer *s, struct buf *name, struct signing_terms *t,
		      struct err *e);

/* Signs what is prepared and writes it, or writes the bytes to sign. */
must bool signer_write(const struct signer *s, const struct signing *what, const char *path,
		       struct err *e);

/* "alg" and "key_id" of the statement's key. */
void signer_json(const struct signer *s, struct json_out *w);

#endif
