/*
 * A kernel module of a test: an ELF file with the sections .modinfo and .shstrtab and nothing else.
 */
#ifndef TESTS_UNIT_SUPPORT_MODULE_H
#define TESTS_UNIT_SUPPORT_MODULE_H

#include "measure/base/buf.h"

/* Appended to out; info: the strings with a NUL behind each. Where its parts are: */
#define MODULE_SECTIONS_AT 40u /* e_shoff */
#define MODULE_COUNT_AT 60u /* e_shnum */
#define MODULE_INFO_AT 64u
void module_make(struct buf *out, struct bytes info);

#endif
