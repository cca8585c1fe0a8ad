#include "ovmf-snp/guid.h"

#include <stdio.h>

void guid_text(char out[GUID_TEXT], const uint8_t g[16])
{
	snprintf(out, GUID_TEXT,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", g[3], g[2],
		 g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14],
		 g[15]);
}
