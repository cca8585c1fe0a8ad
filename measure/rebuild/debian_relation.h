/*
 * What one Debian package says of others (Debian Policy 4.6, 7.1): names with versions, read from
 * a field's value where it stands. Lists of architectures and build profiles have no place in
 * binary packages and are refused.
 */
#ifndef MEASURE_REBUILD_DEBIAN_RELATION_H
#define MEASURE_REBUILD_DEBIAN_RELATION_H

#include "measure/rebuild/debian.h"

#define DEBIAN_NAME_MAX 255u
#define DEBIAN_VERSION_MAX 255u

enum debian_op { DEBIAN_ANY, DEBIAN_LT, DEBIAN_LE, DEBIAN_EQ, DEBIAN_GE, DEBIAN_GT };

/* "NAME[:QUALIFIER] [(OP VERSION)]", borrowed from the field. */
struct debian_relation {
	struct bytes text; /* all of it, for messages */
	struct bytes name, qualifier, version;
	enum debian_op op; /* DEBIAN_ANY: no version */
	bool first; /* of its group; what follows up to the next first are its alternatives */
};

/* Starts as {value}. */
struct debian_relations {
	struct bytes left;
	bool alternative;
};

/* The next relation; *end. Errors: package-list. */
must bool debian_relation_next(struct debian_relations *r, struct debian_relation *out, bool *end,
			       struct err *e);

/* Does a version satisfy it? The name is not looked at. */
bool debian_relation_holds(const struct debian_relation *r, struct bytes version);

/* Policy 5.6.1, and deb-version(7). */
bool debian_name_valid(struct bytes name);
bool debian_version_valid(struct bytes version);

int debian_version_order(struct bytes a, struct bytes b);

#endif
