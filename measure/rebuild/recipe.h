/*
 * The recipe, measure.yml (measure-recipe(5)): what an image is made of and how, in the words of
 * those who make it. Nothing in it is resolved: names of packages, paths, commits. What they are
 * exactly stands in the lock (lock.h). Strict: unknown keys, wrong types, names used twice, names
 * of nothing, cycles, paths that are absolute or lead out are refused with their line.
 *
 * A reference ("ref") names bytes: "INPUT", "INPUT:PATH" for a file in an input that is a root
 * file system (packages, image, git), "STAGE/OUTPUT" for what a stage makes.
 */
#ifndef MEASURE_REBUILD_RECIPE_H
#define MEASURE_REBUILD_RECIPE_H

#include "measure/base/yaml.h"

#define RECIPE_FILE "measure.yml"
#define RECIPE_SOURCE "source" /* the input that `source:` is */
#define RECIPE_INPUTS_MAX 256u
#define RECIPE_STAGES_MAX 64u

/* A list of texts; ends with NULL, too. */
struct recipe_texts {
	const char **item;
	size_t n;
};

struct recipe_pair {
	const char *name, *value;
};
struct recipe_pairs {
	struct recipe_pair *item;
	size_t n;
};

/* Where packages come from. */
struct recipe_suite {
	const char *name; /* in the recipe */
	const char *archive; /* "debian", "debian-security": the first word of origins */
	const char *suite; /* "bookworm" */
	const char *snapshot; /* "20261101T000000Z", or NULL */
	const char *architecture; /* "amd64" */
	struct recipe_texts components; /* "main" */
	struct recipe_texts keys; /* fingerprints, 40 upper-case hexadecimal digits each */
	const char *keyring; /* path; NULL: that of the machine, /usr/share/keyrings/... */
};

enum recipe_kind { INPUT_PACKAGES, INPUT_FILE, INPUT_IMAGE, INPUT_GIT };

struct recipe_input {
	const char *name;
	enum recipe_kind kind;
	uint32_t line;
	struct recipe_texts packages; /* of INPUT_PACKAGES */
	struct recipe_texts from; /* suites, names in the recipe; the first that has a package */
	struct recipe_pairs links; /* symbolic links in the root that scripts would have made */
	bool configure; /* maintainer scripts are run */
	const char *path; /* file, image, git: relative to the recipe; NULL: origin alone says */
	const char *origin; /* "debian:pool/...", "https://..." in the recipe alone; or NULL */
	const char *sha256; /* 64 digits; of a file, or an image's manifest; NULL: the lock says */
	const char *commit; /* of git; NULL: HEAD when locked */
	bool submodules;
	const char *signers; /* allowed-signers file, relative to the recipe; or NULL */
	const char *import; /* of a file: "cargo": it lists packages that are inputs too; or NULL */
};

struct recipe_stage {
	const char *name;
	uint32_t line;
	const char *root; /* an input: packages or image */
	const char *path; /* absolute: where it builds; "/build/NAME" unless said */
	struct recipe_pairs
		use; /* name: path below `path`; value: ref, unpacked when it is a tree */
	struct recipe_pairs environment;
	uint64_t jobs; /* the processors that it sees; 1 unless said */
	uint64_t seconds, memory, processes, disk; /* limits; bytes */
	const char *run; /* a script for /bin/sh -eu */
	struct recipe_pairs outputs; /* name; path below `path` */
};

enum recipe_image { IMAGE_IS_EIF, IMAGE_IS_SNP };

struct recipe {
	struct yaml yaml;
	struct arena *arena; /* what is not in yaml */
	const char *product, *version, *vendor; /* vendor: NULL: not said */
	const char *epoch; /* RFC 3339, or NULL: the time of the source's commit */
	struct recipe_suite *suites;
	size_t n_suites;
	struct recipe_input *inputs; /* the source first, when there is one */
	size_t n_inputs;
	struct recipe_stage *stages; /* in an order in which they can be run */
	size_t n_stages;
	enum recipe_image image;
	const char *artefact; /* file name of the image, or of the bundle's folder */
	const char *kernel, *cmdline, *ovmf; /* refs, but the command line, which is itself */
	struct recipe_texts ramdisks; /* refs, in the order they are loaded; of SNP at most one */
	const char *rootfs; /* ref of a root file system; or NULL */
	struct recipe_texts cmd, env; /* of the root file system */
	struct recipe_pairs options; /* others of `measure build eif|snp`, by name */
	const char *certificate; /* path, when PCR8 is part of the release; or NULL */
	struct recipe_pairs expect; /* ref; SHA-256 that somebody published */
};

/* Errors: yaml, recipe ("line N: ..."), limit. Released by recipe_free(). */
must bool recipe_read(struct recipe *r, struct bytes text, struct err *e);
void recipe_free(struct recipe *r);

const struct recipe_input *recipe_input(const struct recipe *r, const char *name);
const struct recipe_stage *recipe_stage(const struct recipe *r, const char *name);

#endif
