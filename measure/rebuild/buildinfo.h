/*
 * What a Debian builder says of a build (deb-buildinfo(5), Format 1.0): which packages were
 * installed, in which version, where it was built, with which environment, and what came of
 * it. It pins what names of packages come to, and is held against a recipe and its lock; it
 * says nothing of any package's bytes, which the archive's signed lists do. Of a clear-signed
 * one the text is taken and the signature is not judged: `is_signed` is for whoever reads it
 * to say so.
 */
#ifndef MEASURE_REBUILD_BUILDINFO_H
#define MEASURE_REBUILD_BUILDINFO_H

#include "measure/core/answer.h"
#include "measure/rebuild/debian.h"
#include "measure/rebuild/lock.h"
#include "measure/rebuild/recipe.h"

#define BUILDINFO_MAX (4u << 20) /* bytes of a file */
#define BUILDINFO_PACKAGES_MAX 8192u
#define BUILDINFO_VARIABLES_MAX 256u
#define BUILDINFO_FILES_MAX 1024u

struct buildinfo_variable {
	const char *name, *value;
};

struct buildinfo_file {
	const char *name;
	struct object object;
};

struct buildinfo {
	struct arena arena; /* all of it */
	const char *source, *version, *architecture; /* that it was built on: "amd64" */
	const char *path; /* NULL: not said */
	bool is_signed;
	struct debian_pin *packages; /* sorted by name; of that architecture, or of all */
	size_t n_packages;
	struct buildinfo_variable *environment; /* in the file's order, each once */
	size_t n_environment;
	struct buildinfo_file *files; /* in the file's order, each once */
	size_t n_files;
};

/* Released by buildinfo_free(). Errors: buildinfo, limit, out-of-memory. */
must bool buildinfo_read(struct buildinfo *b, struct bytes file, struct err *e);
void buildinfo_free(struct buildinfo *b);

/*
 * Does a recipe build the same, as far as its lock can say: on that architecture, below that
 * path in one of its stages, with that SOURCE_DATE_EPOCH? buildinfo otherwise. Warnings go to
 * a: packages that are not pinned, variables that no stage has so, files whose digest the
 * recipe does not expect, a signature.
 */
must bool buildinfo_fits(const struct buildinfo *b, const struct recipe *r, const struct lock *l,
			 struct answer *a, struct err *e);

#endif
