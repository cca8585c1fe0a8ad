/*
 * Functions that nobody may call: their use does not compile. Included by the build for every
 * source file, after the system headers have had their say.
 */
#ifndef MEASURE_BASE_BANNED_H
#define MEASURE_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* libc has some of them as macros, which must be gone before the name is poisoned */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef alloca

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok alloca
#pragma GCC poison atoi atol atoll system popen tmpnam tempnam mktemp setlocale srand
#pragma GCC poison gmtime localtime ctime asctime

#endif
