/*
 * One pass over a file that feeds several digests at once, on as many threads as help.
 *
 * The caller reads forward with pass_take() and pass_skip(); every byte goes to the lanes that
 * are open at that moment (a bit mask). A lane is one running digest. pass_mark() asks for a
 * lane's digest at the current position, so that a prefix's digest is free; pass_restart() makes
 * a lane begin anew there. The caller runs ahead of the digests: marks are filled in when
 * pass_end() returns true, and not before.
 *
 * Bytes live in a ring of PASS_WINDOWS windows of PASS_WINDOW bytes: memory does not depend on the
 * file. The calling thread reads and, when the ring is full, hashes; the others only hash. A free
 * thread takes the lane that is furthest behind. Writing a copy is a lane like the others. A pass
 * that has failed, by a lane or by the caller's own reading or asking, stays failed; every later
 * call gives the same err.
 */
#ifndef MEASURE_CORE_PASS_H
#define MEASURE_CORE_PASS_H

#include "measure/base/file.h"
#include "measure/core/hash.h"

#define PASS_WINDOW (512u * 1024)
#define PASS_WINDOWS 8
#define PASS_LANES 16

struct pass;

/*
 * threads: 0 = as many as the process may use, at most 4. Released by pass_free(), at any time.
 * The input may be exchanged between reads (images built of several files).
 */
must struct pass *pass_new(unsigned threads, struct err *e);
void pass_free(struct pass **p);
void pass_input(struct pass *p, struct file *in);

/* A new lane, made before the first byte is read (limit otherwise); its number in *lane. */
must bool pass_lane(struct pass *p, enum digest_alg alg, unsigned *lane, struct err *e);

/* A lane that writes what it is fed to `out`, one behind the other. */
must bool pass_writer(struct pass *p, struct out *out, unsigned *lane, struct err *e);

/* Which lanes the bytes read from now on go to: a mask of 1u << lane. */
void pass_open(struct pass *p, uint32_t lanes);

/*
 * Digest of what the lane has been fed up to here, into *out once pass_end() is true; the digest
 * begun anew. A lane that writes has none (limit).
 */
must bool pass_mark(struct pass *p, unsigned lane, struct digest *out, struct err *e);
must bool pass_restart(struct pass *p, unsigned lane, struct err *e);

/* Read exactly n bytes (truncated otherwise): through the lanes only, or also into dest. */
must bool pass_skip(struct pass *p, uint64_t n, struct err *e);
must bool pass_take(struct pass *p, size_t n, struct buf *dest, struct err *e);

/* Feed bytes that stand in no file (they are copied). */
must bool pass_feed(struct pass *p, struct bytes x, struct err *e);

/* True at the end of the input; reads ahead by nothing. */
must bool pass_at_end(struct pass *p, bool *end, struct err *e);

/* Bytes read or fed so far. */
uint64_t pass_position(const struct pass *p);

/* Wait for all lanes; then the marks hold. */
must bool pass_end(struct pass *p, struct err *e);

/* Called from the reading thread after each window, for progress. */
void pass_watch(struct pass *p, struct watch watch);

#endif
