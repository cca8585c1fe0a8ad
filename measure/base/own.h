/*
 * Ownership marks. A local that owns something is declared with owned(free_function), where the
 * function takes a pointer to the variable and tolerates a zeroed one; it is handed over with
 * take(), which leaves the zero behind. must() marks results that may not be dropped.
 */
#ifndef MEASURE_BASE_OWN_H
#define MEASURE_BASE_OWN_H

#include <stddef.h>

#define must __attribute__((warn_unused_result))
#define owned(free_function) __attribute__((cleanup(free_function)))

#define take(variable)                                    \
	__extension__({                                   \
		__typeof__(variable) taken_ = (variable); \
		(variable) = (__typeof__(variable)){0};   \
		taken_;                                   \
	})

struct err;

/* Zeroed memory, or NULL with e set (out-of-memory). Released by free(). */
must void *own_new(size_t size, struct err *e);

/* A copy of a C string, or NULL with e set. */
must char *own_string(const char *s, struct err *e);

/* Cleanup functions for plain pointers and file descriptors (-1 owns nothing). */
void own_free(void *pointer_to_pointer);
void own_close(int *fd);

#endif
