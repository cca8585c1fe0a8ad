/*
 * The recipe, measure.yml (measure-recipe(5)): what an image is made of and how, in the words of
 * those who make it. Nothing in it is resolved: names of packages, paths, commits. What they are
 * exactly stands in the lock (lock.h). Strict: unknown keys, wrong types, names used twice, names
 * of nothing, cycles, paths that are absolute or lead out are refused with their line.
 *
 * A reference names bytes: "INPUT" for a file, or for a root file system (packages, image, git, or
 * a file that is unpacked); "INPUT:PATH" for a file or folder in such a root; "STAGE/OUTPUT" for
 * what a stage makes, "STAGE/OUTPUT:PATH" for what lies in it when it is a folder.
 */
#ifndef MEASURE_REBUILD_RECIPE_H
#define MEASURE_REBUILD_RECIPE_H

#include "measure/base/arena.h"
#include "measure/base/yaml.h"

#define RECIPE_FILE "measure.yml"
#define RECIPE_SOURCE "source" /* the input that `source:` is */
#define RECIPE_INPUTS_MAX 256u
#define RECIPE_STAGES_MAX 64u
#define RECIPE_NAME_MAX 64u
#define RECIPE_PATH_MAX 1023u
#define RECIPE_SECONDS 3600u /* limits of a stage, unless others are said */
#define RECIPE_MEMORY (UINT64_C(4) << 30)
#define RECIPE_PROCESSES 1024u
#define RECIPE_DISK (UINT64_C(16) << 30)

/* A list of texts; ends with NULL, too. */
struct recipe_texts {
	const char **item;
	size_t n;
};

/* In the order in which they stand there. */
struct recipe_pair {
	const char *name, *value;
	uint32_t line;
};
struct recipe_pairs {
	struct recipe_pair *item;
	size_t n;
};

/* Where packages come from. */
struct recipe_suite {
	const char *name; /* in the recipe */
	uint32_t line;
	const char *archive; /* "debian", "debian-security": the first word of origins */
	const char *suite; /* "bookworm" */
	const char *snapshot; /* "20261101T000000Z", or NULL */
	const char *architecture; /* "amd64" unless said */
	struct recipe_texts components; /* "main" unless said */
	struct recipe_texts keys; /* fingerprints, 40 upper-case hexadecimal digits each */
	const char *keyring; /* relative to the recipe; NULL: that of the machine */
};

enum recipe_kind { INPUT_PACKAGES, INPUT_FILE, INPUT_IMAGE, INPUT_GIT };

struct recipe_limits {
	uint64_t seconds, memory, processes, disk; /* bytes, of two of them */
};

struct recipe_input {
	const char *name;
	enum recipe_kind kind;
	uint32_t line;
	struct recipe_texts packages; /* of INPUT_PACKAGES: NAME or NAME=VERSION */
	struct recipe_texts from; /* suites, names in the recipe; the first that has a package */
	bool dependencies; /* and what they depend on */
	bool essential; /* and what every system has */
	bool configure; /* maintainer scripts are run */
	struct recipe_limits limits; /* of those */
	struct recipe_pairs links; /* path in the root; target: symbolic links of its own */
	const char *path; /* file, image, git: relative to the recipe ("." of git: its own) */
	const char *origin; /* or "ARCHIVE:PATH", "https://...": one of the two, of these kinds */
	const char *sha256; /* 64 digits; of a file, or an image's manifest; NULL: the lock says */
	const char *platform; /* of an image, or NULL */
	const char *commit; /* of git; NULL: HEAD when locked */
	bool submodules;
	const char *signers; /* allowed-signers file, relative to the recipe; or NULL */
	const char *import; /* of a file: "cargo": it lists files that are inputs too; or NULL */
	bool unpack; /* of a file: a tar archive or a Debian package that is used as a tree */
};

struct recipe_stage {
	const char *name;
	uint32_t line;
	const char *root; /* an input that is a root file system, but no git */
	const char *path; /* absolute: where it builds; "/build/NAME" unless said */
	struct recipe_pairs use; /* path below `path`, "." for itself; reference; sorted by path */
	struct recipe_pairs environment;
	uint64_t jobs; /* the processors that it sees; 1 unless said */
	struct recipe_limits limits;
	const char *run; /* a script for /bin/sh -eu */
	struct recipe_pairs outputs; /* name; path below `path` */
};

enum recipe_image { IMAGE_IS_NONE, IMAGE_IS_EIF, IMAGE_IS_SNP };

/* What runs in the image; NULL or empty: as the image says that `rootfs` is. */
struct recipe_application {
	const char *rootfs; /* reference; NULL: none */
	struct recipe_texts entrypoint, cmd;
	bool has_entrypoint, has_cmd; /* an empty list is one, too */
	struct recipe_pairs environment;
	const char *workdir, *user;
	const char *init; /* reference; NULL: that of this program */
	struct recipe_texts modules;
	const char *modules_from; /* reference of a tree */
};

struct recipe_eif {
	bool aarch64, vendor; /* vendor: laid out for the vendor's init */
	const char *name, *version; /* of the metadata; NULL: the product's */
	const char *img_os, *img_kernel; /* or NULL */
	struct recipe_texts ramdisks; /* references: behind those of the application */
	const char *certificate; /* reference, when PCR8 is part of the release; or NULL */
};

struct recipe_snp {
	const char *ovmf; /* reference */
	const char *initrd; /* reference; NULL: made here, or none */
	const char *vcpus; /* "1-64" */
	struct recipe_texts types, features, profiles;
	const char *policy; /* or NULL */
	bool allow_debug;
};

struct recipe {
	struct yaml yaml;
	struct arena arena; /* what is not in yaml */
	const char *product, *version, *vendor;
	bool has_epoch;
	int64_t epoch; /* otherwise the time of the source's commit */
	struct recipe_suite *suites;
	size_t n_suites;
	struct recipe_input *inputs; /* the source first, when there is one */
	size_t n_inputs;
	struct recipe_stage *stages; /* in an order in which they can be run */
	size_t n_stages;
	enum recipe_image image;
	const char *artefact; /* file name of the image, or of the bundle's folder; NULL: none */
	const char *kernel, *kernel_config, *cmdline; /* of both: references; itself */
	struct recipe_application application;
	struct recipe_eif eif;
	struct recipe_snp snp;
	struct recipe_pairs files; /* name; reference: published as they are */
	struct recipe_pairs expect; /* reference, or register; digest that somebody published */
};

/* Errors: yaml, recipe ("line N: ..."), limit, library. Released by recipe_free(). */
must bool recipe_read(struct recipe *r, struct bytes text, struct err *e);

/* Of a file: *text its bytes, *folder what its paths start from. Errors: of reading it, too. */
must bool recipe_load(struct recipe *r, const char *path, struct buf *folder, struct buf *text,
		      struct err *e);
void recipe_free(struct recipe *r);

const struct recipe_input *recipe_input(const struct recipe *r, const char *name);
const struct recipe_stage *recipe_stage(const struct recipe *r, const char *name);
const struct recipe_suite *recipe_suite(const struct recipe *r, const char *name);

/* Is it a root file system, whatever is in it? */
bool recipe_is_tree(const struct recipe_input *input);

/* A reference that recipe_read() has checked, taken apart. */
struct recipe_ref {
	const struct recipe_input *input; /* or else */
	const struct recipe_stage *stage;
	const char *output; /* of the stage: a name of its outputs */
	const char *path; /* in either; NULL: all of it */
};
struct recipe_ref recipe_ref(const struct recipe *r, const char *text);

/* Complete recipes with comments, "eif" and "snp"; the last one has no name; generated. */
struct recipe_template {
	const char *name;
	struct bytes text;
};
extern const struct recipe_template recipe_templates[];

#endif
