/*
 * Diagnostic notation (RFC 8949 §8) of one CBOR item, for people: a line for each member of what
 * does not fit into a short one, two blanks for each level, encoding indicators where a head is not
 * the shortest. Byte strings that hold CBOR by their place are shown as <<...>> when they do: the
 * content of tags 24, 505, 506 and 508; protected header, payload and header parameter 8 of a
 * COSE_Sign1 (tag 18). Text is printable: what text_tame() would change is escaped as JSON does it.
 */
#ifndef MEASURE_CORE_CBOR_DIAG_H
#define MEASURE_CORE_CBOR_DIAG_H

#include "measure/core/cbor.h"

/*
 * Appends the text, with a newline. The item is scanned first, as foreign, with that many items at
 * most; what does not pass is refused as the scan says. out's ceiling bounds the text (limit).
 */
must bool cbor_diag(struct bytes in, size_t items, struct buf *out, struct err *e);

#endif
