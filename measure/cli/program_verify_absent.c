/*
 * What static libcrypto would ask the C library for and this program never does: loading code, and
 * the addresses of hosts. The linker puts these in its place, so that it cannot happen.
 */
#include <stddef.h>

#define NO_ADDRESS (-4) /* EAI_FAIL */

void *__wrap_dlopen(const char *path, int mode);
int __wrap_getaddrinfo(const char *node, const char *service, const void *hints, void **found);
void *__wrap_gethostbyname(const char *name);

void *__wrap_dlopen(const char *path, int mode)
{
	(void)path;
	(void)mode;
	return NULL;
}

int __wrap_getaddrinfo(const char *node, const char *service, const void *hints, void **found)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)found;
	return NO_ADDRESS;
}

void *__wrap_gethostbyname(const char *name)
{
	(void)name;
	return NULL;
}
