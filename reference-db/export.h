/*
 * A manifest in the forms that other programs read, as a table. Each is a pure function of the
 * payload: signed or not, in a bundle or alone, today or later, the bytes are the same, but for the
 * envelope of those that are signed on the way. Nobody's signature is checked here. A format that
 * cannot carry what the manifest expects refuses it (export), and no format carries a register or
 * digest that is all zero (zero-measurement).
 */
#ifndef REFERENCE_DB_EXPORT_H
#define REFERENCE_DB_EXPORT_H

#include "reference-db/dsse.h"
#include "reference-db/manifest.h"

#define EXPORT_MAX (64u << 20)
#define EXPORT_SCHEMA "measure-manifest/1"

/* Borrowed. */
struct export_source {
	const struct manifest *manifest;
	struct bytes payload; /* the unsigned CoRIM as it was received */
};

/*
 * carries: has it a place for that value of that set? NULL where it has one for every value. wrap:
 * what write() wrote is a statement of type DSSE_IN_TOTO, and this puts its envelope around it,
 * with or without a signature, or refuses that (usage); NULL where what write() wrote is all.
 */
struct export_format {
	const char *name, *summary;
	bool (*carries)(const struct manifest_row *row, const struct value *v);
	bool (*write)(const struct export_source *s, struct buf *out, struct err *e);
	bool (*wrap)(const struct dsse *d, const struct pubkey *signer, struct buf *out,
		     struct err *e);
};

/* Their names, ended by NULL; the format of that name, or NULL. */
extern const char *const export_names[];
const struct export_format *export_find(const char *name);

/* Errors: export, zero-measurement, limit, out-of-memory. All but statements end with a newline. */
must bool export_write(const struct export_format *f, const struct export_source *s,
		       struct buf *out, struct err *e);

/* How many reference values it leaves out, and the first of them. */
size_t export_left_out(const struct export_format *f, const struct manifest *m,
		       const struct value **first);

/* "aws.amazon.com/nitro-enclaves, example.org/blindbox": what a set of values is of, tamed. */
void export_put_environment(struct buf *out, const struct manifest_row *row);

/* How many sets of reference values there are. */
size_t export_references(const struct manifest *m);

/*
 * One set of reference values, and that of a Nitro enclave: its registers by their numbers, PCR0 to
 * PCR2 among them. carried: bit N for each PCRN that `format` has a place for; others are refused.
 */
must bool export_registers(const struct manifest *m, const char *format, uint32_t carried,
			   struct mset *out, struct err *e);

bool export_text_carries(const struct manifest_row *row, const struct value *v);
bool export_rvps_carries(const struct manifest_row *row, const struct value *v);

/* signer: whose the only signature in the envelope is; NULL: there is none. */
must bool export_envelope(const struct dsse *d, const struct pubkey *signer, struct buf *out,
			  struct err *e);
must bool export_sigstore(const struct dsse *d, const struct pubkey *signer, struct buf *out,
			  struct err *e);

#define EXPORT(name, summary, carries, write, wrap) \
	must bool write(const struct export_source *s, struct buf *out, struct err *e);
#include "reference-db/export.def"
#undef EXPORT

#endif
