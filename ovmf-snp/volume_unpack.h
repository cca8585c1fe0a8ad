/*
 * The compressed sections of firmware volumes: LZMA as edk2 writes it, a stream whose header tells
 * how many bytes come out.
 */
#ifndef OVMF_SNP_VOLUME_UNPACK_H
#define OVMF_SNP_VOLUME_UNPACK_H

#include "measure/base/buf.h"

/*
 * out: a fresh buffer, which gets exactly what the stream tells. Errors: of measure/core/archive.h;
 * firmware, when the header tells no size; limit, when it is more than max.
 */
must bool volume_unpack(struct buf *out, struct bytes packed, uint64_t max, struct err *e);

#endif
