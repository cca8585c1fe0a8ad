/*
 * Debian's package lists: the signed InRelease of a suite, the Packages files that it names, and
 * which packages a list of names comes to. gpgv checks the signature (--status-fd, a keyring given
 * by path, fingerprints pinned by the recipe); whether it has expired is judged here, at a time
 * that is given. Formats: deb822(5), deb(5), deb-version(7), Debian Policy 4.6 chapter 7.
 *
 * In a store, lists lie as objects like everything; DIR/lists/ARCHIVE/SUITE[/SNAPSHOT]/InRelease is
 * the newest that was fetched.
 */
#ifndef MEASURE_REBUILD_DEBIAN_H
#define MEASURE_REBUILD_DEBIAN_H

#include "measure/base/arena.h"
#include "measure/rebuild/objects.h"

#define DEBIAN_RELEASE_MAX (8u << 20) /* bytes of an InRelease */
#define DEBIAN_INDEX_MAX (UINT64_C(1) << 30) /* bytes of a list, unpacked */

struct debian_release {
	struct arena arena;
	const char *codename, *suite, *signer; /* fingerprint of the primary key */
	int64_t date, valid_until; /* INT64_MAX: not said */
	bool stale; /* valid_until is before the time given */
	bool by_hash; /* files can be had by their digests */
	size_t n;
	struct debian_index {
		const char *path; /* "main/binary-amd64/Packages.xz" */
		struct object object;
	} * index; /* sorted by path */
};

struct debian_keys {
	const char *keyring; /* path */
	const char *const *fingerprints; /* of primary keys; one good signature by any will do */
	size_t n;
};

/*
 * Only what gpgv itself gives out is read; a file with anything outside its signed text is refused,
 * as is one with a signature that is wrong, whoever else has signed. Errors: signature,
 * package-list, missing-tool (gpgv), limit. Released by debian_release_free().
 */
must bool debian_release_read(struct debian_release *r, struct bytes in_release,
			      const struct debian_keys *keys, int64_t now, struct err *e);
void debian_release_free(struct debian_release *r);

/* Is that its Suite or its Codename? package-list otherwise. */
must bool debian_release_is(const struct debian_release *r, const char *suite, struct err *e);
const struct debian_index *debian_release_find(const struct debian_release *r, const char *path);

/* The Packages file of a component, packed best; NULL: there is none. */
const struct debian_index *debian_release_packages(const struct debian_release *r,
						   const char *component, const char *architecture);

struct debian_package {
	const char *name, *version, *architecture, *filename; /* "pool/main/..." */
	const char *depends, *pre_depends, *provides, *conflicts, *breaks;
	const char *source; /* NULL: like name */
	struct object object;
	bool essential, required;
	uint32_t list; /* which call of debian_packages_add() it came with */
};

struct debian_packages;
must struct debian_packages *debian_packages_new(struct err *e);
void debian_packages_free(struct debian_packages **p);

/* A Packages file, unpacked, as a stream; those of an earlier list win against those of a later. */
must bool debian_packages_add(struct debian_packages *p, struct stream *in, uint32_t list,
			      const char *architecture, struct err *e);

/*
 * What the names come to: each package once, with what it needs, by the first alternative that can
 * be had; no Recommends; of an earlier list, the newest version there, unless a version that is
 * asked for is only in another; a virtual package by its only provider, or the only one that every
 * system has (Priority: required). NAME=VERSION pins. What was named is chosen first, then the
 * essential packages, then what they need in the order in which they were chosen; nothing is taken
 * back, so that names decide what would not come by itself. Refused (packages): what cannot be
 * had, several providers, Conflicts and Breaks among the chosen.
 */
struct debian_pin {
	const char *name, *version;
};
struct debian_wish {
	const char *const *names;
	size_t n;
	bool essential; /* the essential packages of the lists too */
	bool alone; /* without what they need */
	const struct debian_pin *pins; /* sorted by name: in no other version, if at all */
	size_t n_pins;
};
struct debian_choice {
	const struct debian_package **item; /* sorted by name; free(); dies with the lists */
	size_t n;
};
must bool debian_resolve(struct debian_packages *p, const struct debian_wish *wish,
			 struct debian_choice *out, struct err *e);

/* <0, 0, >0; deb-version(7). */
int debian_version_compare(const char *a, const char *b);

#endif
