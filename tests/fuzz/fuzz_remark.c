/*
 * Two hostile files and what is known of them beyond their bytes: the first four bytes say how long
 * the first one is. Nothing is refused, and the text is tame and within bounds.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/base/cur.h"
#include "measure/base/text.h"
#include "measure/core/remark.h"

#define TEXT_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static struct file in_memory(struct bytes x)
{
	struct file f = {.fd = memfd_create("fuzz", MFD_CLOEXEC), .size = x.n, .name = "fuzz"};

	must_be(f.fd >= 0 && (x.n == 0 || write(f.fd, x.p, x.n) == (ssize_t)x.n));
	return f;
}

/* One line each, nothing that moves a cursor. */
static void is_tame(const struct buf *text)
{
	must_be(text->failed == REASON_NONE && text_utf8_bad(buf_bytes(text)) == text->n);
	for (size_t i = 0; i < text->n; i++)
		must_be(text->p[i] == '\n' || (text->p[i] >= 0x20 && text->p[i] != 0x7f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct cur c = cur_new(bytes_of(data, size), 0, &e);
	uint32_t first = cur_le32(&c, "length");
	owned(buf_free) struct buf text = BUF(TEXT_MAX), json = BUF(TEXT_MAX);
	struct json_out w = json_out(&json, true);
	struct differences told = {.text = &text, .w = &w, .limit = 5, .brief = 2};
	struct bytes x[2];
	struct file f[2];

	if (!cur_ok(&c) || first > cur_left(&c))
		return 0;
	x[0] = cur_take(&c, first, "the first");
	x[1] = cur_take(&c, cur_left(&c), "the second");
	f[0] = in_memory(x[0]);
	f[1] = in_memory(x[1]);
	json_open(&w, '{');
	differences_part(&told, &(struct difference_part){.name = "it"});
	must_be(remarks_tell((const struct extent[2]){{&f[0], 0, x[0].n}, {&f[1], 0, x[1].n}},
			     &(struct remarks){&told, true}, &e) &&
		!err_is(&e));
	is_tame(&text);
	close(f[0].fd);
	close(f[1].fd);
	return 0;
}
