/*
 * What a plain look at the bytes of an EIF tells about its shape: the walk through the file beside
 * the tables of the header. Any bytes may be looked at. For generators that prove their defects.
 */
#ifndef TESTS_UNIT_SUPPORT_EIF_LOOK_H
#define TESTS_UNIT_SUPPORT_EIF_LOOK_H

#include "tests/unit/support_eif.h"

struct forge_look {
	unsigned num_sections;
	size_t walked; /* sections that a walk from 548 meets */
	uint16_t type[64]; /* their types */
	bool ends; /* the last one ends where the file does */
	bool gap, overlap, disorder; /* between neighbours in the tables */
	bool empty; /* a section without data */
	bool crc_whole, crc_tables; /* right over the file; over what the tables name */
};

struct forge_look forge_look(const uint8_t *p, size_t n);

#endif
