#include "tests/alloc/library.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);

struct library library;

static bool refused(void)
{
	return library.on && ++library.made == library.refuse;
}

static void *library_malloc(size_t n, const char *file, int line)
{
	void *p = refused() ? NULL : __real_malloc(n);

	(void)file;
	(void)line;
	library.live += p != NULL;
	return p;
}

/*
 * To begin a block by realloc() is, with the library's own functions, to call its malloc(), which
 * tells of the failure itself from 3.2 on; who takes their place must do so too.
 */
static void *library_realloc(void *old, size_t n, const char *file, int line)
{
	void *p = refused() ? NULL : __real_realloc(old, n);

	(void)file;
	(void)line;
	if (!p && !old)
		ERR_raise(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
	library.live += p && !old;
	return p;
}

static void library_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	library.live -= p != NULL;
	__real_free(p);
}

bool library_take_over(void)
{
	return CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) == 1;
}

bool library_run(bool (*run)(void *arg, struct err *e), void *arg, struct err *e)
{
	bool ok;

	library.made = 0;
	library.on = true;
	ok = run(arg, e);
	library.on = false;
	return ok;
}
