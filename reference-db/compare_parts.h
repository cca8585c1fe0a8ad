/*
 * What the comparisons share, and nobody else needs: rows of a manifest of guests of SEV-SNP by
 * launch digest and policy; the components of any by name.
 */
#ifndef REFERENCE_DB_COMPARE_PARTS_H
#define REFERENCE_DB_COMPARE_PARTS_H

#include "reference-db/compare.h"

/* wrong-manifest, when no row is one of such a guest. */
must bool compare_wants_guest(const struct manifest *m, struct err *e);

/* The row with that launch digest, or NULL. */
const struct manifest_row *compare_row_of(const struct manifest *m, const struct digest *d);

/* Under the row's mask; a row without a policy has none that could differ. */
bool compare_policy(const struct manifest *m, const struct manifest_row *row, uint64_t policy);

/* The detail of a row: which it is (NULL: none), and whether policies are the same. */
void compare_tell(struct check *c, const struct manifest *m, const struct manifest_row *row,
		  const char *name, bool same);

const struct component *compare_component_of(const struct manifest *m, const char *name);

#endif
