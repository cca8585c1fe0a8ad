/*
 * The reference manifest as a model, apart from its encoding: which product, which artefact, which
 * components, which reference values. It holds what is a pure function of source and recipe and
 * nothing else: no time, host, path, signer or version of a tool. CoRIM is its encoding (corim.h),
 * which also reads the manifests of others into it.
 *
 * Texts live in `strings`, whose room manifest_init() makes once, so that they never move; they
 * hold no NUL and end with one. NULL is what is not known. Bytes of values lie in `payload`, a copy
 * of what was read. Released by manifest_free().
 */
#ifndef REFERENCE_DB_MANIFEST_H
#define REFERENCE_DB_MANIFEST_H

#include "measure/core/mset.h"

#define MANIFEST_COMPONENTS 64u
#define MANIFEST_ENTITIES 16u
#define MANIFEST_ROWS 32768u
#define MANIFEST_VALUES 262144u
#define MANIFEST_NAME 256u /* bytes of a product, version, vendor or file name of ours */
#define MANIFEST_NITRO "aws.amazon.com/nitro-enclaves" /* class vendor of a Nitro enclave */
#define MANIFEST_IGVM "igvm" /* the component that a guest's whole image is */
#define MANIFEST_ID_BLOCK "id-block" /* the component that its ID block is, as a file of its own */
#define MANIFEST_SNP_CLASS "1.3.6.1.4.1.3704.3.1" /* class-id of a chip of AMD's profile */
#define MANIFEST_SNP_2024 "tag:amd.com,2024:snp-corim-profile"
#define MANIFEST_SNP_2025 "tag:amd.com,2025:snp-corim-profile"

/* How far somebody vouches for the bytes of a component; ORIGIN_NONE where nothing is said. */
enum origin {
	ORIGIN_NONE,
	ORIGIN_ASSERTED, /* taken as it is, by hand */
	ORIGIN_SOURCE, /* built from source by the recipe */
	ORIGIN_ENDORSED, /* signed by its maker */
	ORIGIN_PINNED, /* its digest is known, nobody rebuilt it */
	ORIGINS
};

/* A file or a section. */
struct component {
	const char *name;
	bool sized;
	uint64_t size;
	struct digest digest; /* sha256 in what we write; len 0 where none is given */
	enum origin origin;
};

enum value_kind {
	VALUE_DIGEST, /* alg, bytes */
	VALUE_SVN, /* low: exactly this */
	VALUE_MIN_SVN, /* low: at least this */
	VALUE_RAW, /* bytes; mask, or empty for all bits */
	VALUE_VERSION, /* bytes: a text */
	VALUE_RANGE, /* low to high, each unless open */
	VALUE_FLAGS, /* bits of low: given as true; of high: given at all */
};

struct value {
	const char *key; /* "PCR0", "MEASUREMENT"; "" for the environment as a whole */
	enum value_kind kind;
	int alg; /* number of RFC 6920's registry: 1 sha-256, 7 sha-384, 8 sha-512 */
	bool open_low, open_high;
	struct bytes bytes, mask;
	uint64_t low, high; /* of a VALUE_RANGE: the bits of an int64_t */
};

enum row_kind {
	ROW_REFERENCE, /* one state of an environment, all its values together */
	ROW_ENDORSED, /* what its maker says of an environment, not to be compared */
	ROW_CONDITION, /* when these match ... */
	ROW_ADDITION, /* ... these are so */
};

struct manifest_row {
	enum row_kind kind;
	struct bytes environment; /* its encoding: equal bytes, equal environment */
	const char *class_id, *vendor, *model, *instance, *label;
	size_t first, n; /* in `value` */
};

struct entity {
	const char *name, *role;
};

struct manifest {
	struct buf payload, strings;
	const char *id, *profile; /* "PRODUCT/VERSION"; NULL for base CoRIM */
	const char *product, *version, *vendor, *arch;
	struct component artefact; /* the unsigned image; name NULL when there is none */
	struct component component[MANIFEST_COMPONENTS];
	size_t n_components;
	const char *source_commit, *source_digest, *recipe_digest, *inputs_digest;
	struct manifest_row *row;
	size_t n_rows;
	struct value *value;
	size_t n_values;
	struct entity entity[MANIFEST_ENTITIES];
	size_t n_entities;
	bool has_validity, has_begin;
	int64_t not_before, not_after;
	bool allow_debug; /* a policy under which a guest can be debugged may be written */
	bool foreign; /* read, but not what we would write: shown and compared, never written */
};

/* text_room: bytes of all texts together, each with its NUL. */
must bool manifest_init(struct manifest *m, size_t text_room, struct err *e);
void manifest_free(struct manifest *m);

/* A copy among the strings; "" when there is no room, which buf_done(&m->strings) then tells. */
const char *manifest_text(struct manifest *m, struct bytes text);

/* A new row; a new value of the last row. NULL with e set (limit, out-of-memory). */
struct manifest_row *manifest_row(struct manifest *m, enum row_kind kind, struct err *e);
struct value *manifest_value(struct manifest *m, const char *key, enum value_kind kind,
			     struct err *e);

/* What a manifest is of, which its form tells. */
enum manifest_kind {
	MANIFEST_OF_OTHERS, /* whatever is read and not written */
	MANIFEST_OF_NITRO,
	MANIFEST_OF_GUEST, /* of AMD SEV-SNP */
	MANIFEST_OF_FILES, /* files alone, and nothing that evidence could be held against */
};
enum manifest_kind manifest_kind(const struct manifest *m);

/* Is the row of the class of Nitro enclaves? The first one that is a reference, or NULL. */
bool manifest_is_nitro(const struct manifest_row *row);
const struct manifest_row *manifest_nitro(const struct manifest *m);

/* Is the manifest of guests of AMD SEV-SNP, by its profile? The row's launch digest, or NULL. */
bool manifest_is_snp(const struct manifest *m);
const struct value *manifest_launch(const struct manifest *m, const struct manifest_row *row);

/* Of the artefact; where there is none, of the component that is vouched for least. */
enum origin manifest_origin(const struct manifest *m);

/* The row's digests by their keys, SHA-2 only (limit when they are too many). */
must bool manifest_registers(const struct manifest *m, const struct manifest_row *row,
			     struct mset *out, struct err *e);

/* "asserted"; NULL for ORIGIN_NONE. False when no origin has that name. */
const char *origin_name(enum origin o);
bool origin_find(struct bytes name, enum origin *o);

/* Numbers of RFC 6920's registry; 0 and false for what digest.h has no name for. */
int manifest_alg(enum digest_alg alg);
bool manifest_alg_find(int alg, enum digest_alg *out);

/*
 * What may be written, whatever the encoding: names that no reader could take for something else,
 * components, and the reference values. Those are one Nitro row with PCR0, PCR1, PCR2 and perhaps
 * PCR8, and an artefact; or, with AMD's profile, a row with a label for each launch digest, no
 * artefact, and as the first component the firmware, or the IGVM file that holds everything; or
 * none, without architecture and artefact, and the components are files in bytewise order of their
 * names. A guest's row holds GUEST_SVN (at least), POLICY, FAMILY_ID, IMAGE_ID, MEASUREMENT,
 * ID_KEY_DIGEST and AUTHOR_KEY_DIGEST in that order, POLICY and MEASUREMENT always; POLICY has a
 * mask by the URI of 2025 and none by that of 2024.
 * Errors: usage, zero-measurement, debug-mode, naming what is wrong.
 */
must bool manifest_check(const struct manifest *m, struct err *e);

#endif
