/*
 * Fields that the payloads of several kinds of statements have (formats/statements.md): members by
 * number in their order, digests, names. What a reader takes is checked by the same rules that a
 * writer holds to. Refusals are `statement`, those of encoding `cbor`.
 */
#ifndef REFERENCE_DB_STATEMENT_FIELD_H
#define REFERENCE_DB_STATEMENT_FIELD_H

#include "measure/core/cbor.h"
#include "measure/core/digest.h"

#define FIELD_FORM 1u
#define FIELD_TEXT 1024u /* bytes of the longest text that is put */

/* A map of exactly so many members, the first of which is the form. */
void field_get_form(struct cur *c, unsigned members);
void field_put_form(struct buf *out, unsigned members);

struct digest field_get_bare_digest(struct cur *c, const char *field); /* an element of a map */

/* The member's number; the getters below take it first. */
void field_get_key(struct cur *c, unsigned number, const char *field);
void field_get_digest(struct cur *c, unsigned number, const char *field, struct digest *out);
struct bytes field_get_text(struct cur *c, unsigned number, size_t max, const char *field);

void field_put_digest(struct buf *out, unsigned number, const struct digest *d);
void field_put_text(struct buf *out, unsigned number, struct bytes x);
void field_put_bare_text(struct buf *out, struct bytes x); /* an element of a list */

/* One line of 1 to max bytes that shows as it is. */
bool field_is_text(struct bytes x, size_t max);
bool field_is_sha256(const struct digest *d); /* and not all zero */

/* As in names.h: of a product, of a version; both with a slash between them. */
bool field_is_product(struct bytes x);
bool field_is_version(struct bytes x);
bool field_is_id(struct bytes x);

#endif
