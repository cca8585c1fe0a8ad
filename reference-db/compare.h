/*
 * An image held against a manifest: every register that the manifest names, recomputed; the
 * sections, which show where bytes differ and whether they moved from one part to another under
 * the same registers; the unsigned file as a whole, which also covers what is not measured. Or, of
 * a release of files alone, files.
 */
#ifndef REFERENCE_DB_COMPARE_H
#define REFERENCE_DB_COMPARE_H

#include "measure/base/file.h"
#include "measure/core/verdict.h"
#include "reference-db/manifest.h"

/*
 * Adds the checks "code" (one for each register), "section" (one for each part that differs or that
 * one of the two has not, or one that all agree) and "file" to *v. The err is of reading the image;
 * f's watch is told of the progress. A manifest of no Nitro image is `wrong-manifest`.
 */
must bool compare_image(const struct manifest *m, struct file *f, struct verdict *v, struct err *e);

/*
 * The same of a bundle of a guest of SEV-SNP (ovmf-snp/bundle.h): of each of its rows, computed
 * from the files, which row of the manifest has the launch digest, and under the bundle's policy
 * ("code", one for each, or one that all agree); its files, what was made of them, and that there
 * are no others ("section"). When nothing failed, a record that does not agree with the files
 * beside it is launch-record.
 */
must bool compare_bundle(const struct manifest *m, const char *path, struct watch watch,
			 struct verdict *v, struct err *e);

/*
 * The same of an IGVM file (ovmf-snp/igvm_file.h): does a row of the manifest have a launch digest
 * that it gives, by whichever profile, under its policy ("code", one for each that does, or for
 * each when none does)? And is it the file that the manifest names ("section")?
 */
must bool compare_igvm(const struct manifest *m, struct file *f, struct verdict *v, struct err *e);

struct files_given {
	const char *const *path;
	size_t n; /* at most MANIFEST_COMPONENTS, so that a verdict has room for all */
	struct watch watch;
};

/*
 * Files held against a manifest of files alone (manifest_kind()): each must be one of those by its
 * name, which is the last part of its path, and by size and digest. Adds the check "file" for each;
 * a warning for each that the manifest lists and nobody gave. A list of another form than ours is
 * wrong-manifest.
 */
must bool compare_files(const struct manifest *m, const struct files_given *g, struct verdict *v,
			struct err *e);

#endif
