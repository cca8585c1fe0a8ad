/*
 * Arithmetic that cannot wrap. Each returns false, and leaves *out alone, when the exact result
 * does not fit. Parsers of numbers take the whole string or nothing.
 */
#ifndef MEASURE_BASE_NUM_H
#define MEASURE_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/base/own.h"

must bool num_add(uint64_t a, uint64_t b, uint64_t *out);
must bool num_mul(uint64_t a, uint64_t b, uint64_t *out);
must bool num_add_size(size_t a, size_t b, size_t *out);
must bool num_mul_size(size_t a, size_t b, size_t *out);

/* Narrowing. */
must bool num_size(uint64_t a, size_t *out);
must bool num_off(uint64_t a, int64_t *out);

/* Decimal digits only, no sign, no blank, no leading zero unless it is "0". */
must bool num_parse(const char *s, uint64_t *out);

/* The same, or hexadecimal digits of either case behind 0x. */
must bool num_parse_any(const char *s, uint64_t *out);

#endif
