/*
 * GUIDs as firmware stores them: the first three groups little-endian, the others as they are
 * written. Source: UEFI Specification 2.10, appendix A.
 */
#ifndef OVMF_SNP_GUID_H
#define OVMF_SNP_GUID_H

#include <stdint.h>

#define GUID_TEXT 37u /* bytes of the text, with its NUL */

/* "96b582de-1fb2-45f7-baea-a366c55a082d" */
void guid_text(char out[GUID_TEXT], const uint8_t g[16]);

#endif
