/*
 * Any bytes as a tar archive. What is accepted keeps the contract of names, sizes and places, and
 * reads the same in one piece and byte by byte, with and without its files' bytes. Headers are read
 * as they are and with their checksums made good.
 */
#include <stdlib.h>

#include "measure/core/tar.h"
#include "tests/unit/support_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_name(struct bytes x)
{
	for (size_t at = 0, n = 0; at <= x.n && x.n > 0; at += n + 1) {
		const uint8_t *slash = memchr(x.p + at, '/', x.n - at);

		n = (slash ? (size_t)(slash - x.p) : x.n) - at;
		must_be(n > 0 && !memchr(x.p + at, 0, n));
		must_be(!bytes_equal(bytes_of(x.p + at, n), bytes_str(".")));
		must_be(!bytes_equal(bytes_of(x.p + at, n), bytes_str("..")));
	}
}

static void check_entry(const struct tar_entry *x, uint64_t end)
{
	must_be(x->type <= TAR_FIFO && x->mode <= 07777);
	must_be(x->name.n > 0 || x->type == TAR_FOLDER);
	must_be(x->size == 0 || x->type == TAR_FILE);
	must_be(x->header + 512 <= x->data && x->data <= end);
	must_be((x->link.n > 0) == (x->type == TAR_HARD_LINK || x->type == TAR_SYMLINK));
	check_name(x->name);
	if (x->type == TAR_HARD_LINK)
		check_name(x->link);
	for (size_t i = 0; i < x->n_xattrs; i++)
		must_be(x->xattrs[i].name.n > 0);
}

static void put(struct buf *out, const struct tar_entry *x)
{
	buf_fmt(out, "%d %o %u %u %lld %llu %llu ", (int)x->type, x->mode, x->uid, x->gid,
		(long long)x->mtime, (unsigned long long)x->size, (unsigned long long)x->data);
	buf_put(out, x->name);
	buf_put(out, x->link);
	for (size_t i = 0; i < x->n_xattrs; i++) {
		buf_put(out, x->xattrs[i].name);
		buf_put(out, x->xattrs[i].value);
	}
}

static bool read_bytes(struct tar *t, const struct tar_entry *x, struct err *e)
{
	static uint8_t room[512];
	uint64_t sum = 0;
	size_t got;

	do {
		if (!tar_read(t, (struct span){room, sizeof(room)}, &got, e))
			return false;
		sum += got;
	} while (got > 0);
	must_be(sum == x->size);
	return true;
}

/* What it says, appended to out; the reason why not. */
static enum reason read_all(struct memory in, bool bytes, struct buf *out, uint64_t end)
{
	struct err e = {0};
	struct tar *t = tar_new(&in.stream, &e);
	const struct tar_entry *x = NULL;

	must_be(t != NULL);
	while (tar_next(t, &x, &e) && x) {
		check_entry(x, end);
		put(out, x);
		if (bytes && !read_bytes(t, x, &e))
			break;
	}
	must_be(err_is(&e) || in.left.n == 0);
	must_be(!err_is(&e) || e.reason == REASON_TAR || e.reason == REASON_AMBIGUOUS ||
		e.reason == REASON_TRUNCATED || e.reason == REASON_TRAILING ||
		e.reason == REASON_LIMIT);
	must_be(!err_is(&e) || (e.at && e.offset <= end));
	tar_free(&t);
	return e.reason;
}

static void read_twice(struct bytes x)
{
	struct buf once = BUF(1u << 24), again = BUF(1u << 24);
	enum reason reason = read_all(memory_stream(x, x.n ? x.n : 1), false, &once, x.n);

	must_be(read_all(memory_stream(x, 1), true, &again, x.n) == reason);
	must_be(bytes_equal(buf_bytes(&once), buf_bytes(&again)));
	buf_free(&once);
	buf_free(&again);
}

/* Every block that looks like a header gets the checksum that it needs. */
static void make_good(uint8_t *p, size_t n)
{
	for (; n >= 512; p += 512, n -= 512) {
		unsigned sum = 0;

		if (memcmp(p + 257, "ustar", 5) != 0)
			continue;
		memset(p + 148, ' ', 8);
		for (size_t i = 0; i < 512; i++)
			sum += p[i];
		for (size_t i = 0; i < 6; i++)
			p[148 + i] = (uint8_t)('0' + (sum >> (15 - 3 * i) & 7));
		p[154] = 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	must_be(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	read_twice(bytes_of(copy, size));
	make_good(copy, size);
	read_twice(bytes_of(copy, size));
	free(copy);
	return 0;
}
