#include "measure/base/own.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/err.h"

void *own_new(size_t size, struct err *e)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		err_set(e, REASON_OUT_OF_MEMORY, "%zu bytes of memory could not be had", size);
	return p;
}

char *own_string(const char *s, struct err *e)
{
	size_t n = strlen(s) + 1;
	char *copy = own_new(n, e);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

void own_free(void *pointer_to_pointer)
{
	void *p;

	memcpy(&p, pointer_to_pointer, sizeof(p));
	free(p);
}

void own_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
