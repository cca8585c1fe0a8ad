/*
 * CBOR (RFC 8949). Foreign CBOR is decoded here, on the cursor: cbor_scan() checks a whole item
 * once, in one linear strict pass without recursion (bounds, depth, item budget, shortest heads,
 * floats too, definite lengths, UTF-8, map keys sorted bytewise and unique, exact end); the getters
 * then take items in order, one typed call each. CBOR_FOREIGN accepts the order, head lengths and
 * indefinite lengths of others, but still refuses duplicate keys, in whatever way they are spelt,
 * and bounds everything. Map keys are integers or strings (of definite length): on when others are
 * equal readers differ. Where keys are not sorted, n bytes cost O(n log n) time and 32 bytes of
 * memory per key. Writing goes through libcbor's encoders into a buf, shortest heads, definite
 * lengths.
 */
#ifndef MEASURE_CORE_CBOR_H
#define MEASURE_CORE_CBOR_H

#include "measure/base/buf.h"
#include "measure/base/cur.h"

#define CBOR_MAX_DEPTH 16

enum cbor_rules { CBOR_STRICT, CBOR_UNSORTED /* strict but for the order of keys */, CBOR_FOREIGN };

/* items: at most so many data items in all. Offsets in messages count from base. */
must bool cbor_scan(struct bytes in, uint64_t base, enum cbor_rules rules, size_t items,
		    struct err *e);

/*
 * Getters, on a cursor: definite lengths and shortest heads only. On another type or a value out
 * of range: reason cbor, message naming the field, its offset, what was found and what is needed.
 * The cursor's failure is sticky, results are 0 then.
 */
uint64_t cbor_get_uint(struct cur *c, uint64_t max, const char *field);
int64_t cbor_get_int(struct cur *c, const char *field);
struct bytes cbor_get_bytes(struct cur *c, size_t max, const char *field);
struct bytes cbor_get_text(struct cur *c, size_t max, const char *field);
size_t cbor_get_array(struct cur *c, size_t max, const char *field);
size_t cbor_get_map(struct cur *c, size_t max, const char *field);
uint64_t cbor_get_tag(struct cur *c, const char *field);
void cbor_get_key(struct cur *c, const char *key, const char *field); /* exactly this text */

/* An array of small unsigned integers 0..255, as serde writes a Vec<u8>, into out. */
void cbor_get_byte_array(struct cur *c, struct buf *out, const char *field);

void cbor_put_uint(struct buf *b, uint64_t x);
void cbor_put_int(struct buf *b, int64_t x);
void cbor_put_bytes(struct buf *b, struct bytes x);
void cbor_put_text(struct buf *b, const char *s);
void cbor_put_array(struct buf *b, size_t n);
void cbor_put_map(struct buf *b, size_t n);
void cbor_put_tag(struct buf *b, uint64_t tag);
void cbor_put_byte_array(struct buf *b, struct bytes x);

/* Of libcbor, as compiled against; it cannot be asked at run time. */
const char *cbor_library_version(void);

#endif
