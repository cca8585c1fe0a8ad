/*
 * A release of an enclave and a build of it, for tests of what compares the two: a folder with
 * box.eif and build.json, as a build leaves it, and the manifest that was published of one.
 */
#ifndef TESTS_UNIT_SUPPORT_REPRODUCE_H
#define TESTS_UNIT_SUPPORT_REPRODUCE_H

#include "measure/core/verdict.h"
#include "reference-db/manifest.h"
#include "tests/unit/support_eif.h"
#include "tests/unit/support_folder.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define TOOLCHAIN "reproduced (toolchain pinned, not rebuilt)"

/* A build's folder, and the manifest that was published of one. */
struct world {
	struct folder folder;
	struct manifest manifest;
	struct buf payload;
	char certificate[192]; /* of the record, a member */
	bool third; /* the record names a third ramdisk */
};

/* Of cmocka: *state is a world in which what was built is what was published. */
int world_setup(void **state);
int world_teardown(void **state);

/* The record, and the image, that a build leaves; a manifest is published of them. */
void world_record(struct world *w, const char *commit, const char *inputs, const char *origin);
void world_image(struct world *w, struct forge *f);
void world_publish(struct world *w, const char *certificate);

/* `"certificate": "sha256:..."` of that PEM, as a member of the record. */
void world_certificate(const char *pem, char member[192]);

/* The check of that id and part, which must be there; and be a no of that detail. */
const struct check *world_check(const struct verdict *v, const char *id, const char *part);
void world_check_no(const struct verdict *v, const char *id, const char *part, const char *detail);

#endif
