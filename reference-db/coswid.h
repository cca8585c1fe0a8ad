/*
 * The CoSWID (RFC 9393) of a manifest: the artefact and the components that are measured, each with
 * name, size, digest and origin, and where they come from. Written as a whole; read by the reader
 * of CoRIM (corim_reader.h).
 */
#ifndef REFERENCE_DB_COSWID_H
#define REFERENCE_DB_COSWID_H

#include "reference-db/manifest.h"

/* id: of the tag. m has passed manifest_check(). */
void coswid_write(const struct manifest *m, const char *id, struct buf *out);

#endif
