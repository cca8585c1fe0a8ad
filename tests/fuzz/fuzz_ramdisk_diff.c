/*
 * Two hostile ramdisks compared: the first four bytes say how long the first one is. Whatever they
 * are, the first with all that was told undone is the second, byte for byte, or, where one of them
 * is compressed, either of the two; the text is tame and within bounds.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/base/cur.h"
#include "measure/base/text.h"
#include "measure/core/ramdisk_diff.h"

#define OUT_MAX (64u << 20)
#define TEXT_MAX (16u << 20)

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

static bool keep(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "what was undone", e);
}

/* One line each, nothing that moves a cursor. */
static void is_tame(const struct buf *text)
{
	must_be(text_utf8_bad(buf_bytes(text)) == text->n);
	for (size_t i = 0; i < text->n; i++)
		must_be(text->p[i] == '\n' || (text->p[i] >= 0x20 && text->p[i] != 0x7f));
}

static void compare(struct file f[2], const struct bytes x[2])
{
	owned(buf_free) struct buf undone = BUF(OUT_MAX), text = BUF(TEXT_MAX),
				   json = BUF(TEXT_MAX);
	struct json_out w = json_out(&json, true);
	struct differences told = {.text = &text, .w = &w, .limit = 5, .brief = 2};
	struct series conditions = SERIES;
	const struct difference_part part = {.name = "ramdisk", .size = {x[0].n, x[1].n}};
	const struct ramdisk_pair p = {.x = {{&f[0], 0, x[0].n}, {&f[1], 0, x[1].n}},
				       .f = &told,
				       .conditions = &conditions,
				       .where = "it",
				       .sink = {keep, &undone}};
	struct err e = {0};
	bool is;

	json_open(&w, '{');
	differences_part(&told, &part);
	if (ramdisk_tell(&p, &is, &e) && is)
		must_be(bytes_equal(buf_bytes(&undone), x[1]) ||
			(strstr(buf_cstr(&conditions.text), "compressors") &&
			 bytes_equal(buf_bytes(&undone), x[0])));
	else
		must_be(err_is(&e) || undone.n == 0);
	is_tame(&text);
	buf_free(&conditions.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err none = {0};
	struct cur c = cur_new(bytes_of(data, size), 0, &none);
	uint32_t first = cur_le32(&c, "length");
	struct bytes x[2];
	struct file f[2];

	if (!cur_ok(&c) || first > cur_left(&c))
		return 0;
	x[0] = cur_take(&c, first, "the first");
	x[1] = cur_take(&c, cur_left(&c), "the second");
	f[0] = in_memory(x[0]);
	f[1] = in_memory(x[1]);
	compare(f, x);
	close(f[0].fd);
	close(f[1].fd);
	return 0;
}
