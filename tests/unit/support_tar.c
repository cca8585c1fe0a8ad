#include "tests/unit/support_tar.h"

#include <stdio.h>

#define UNIT 512u

static void make_good(uint8_t *block)
{
	char text[8];
	unsigned sum = 0;

	memset(block + TAR_AT_SUM, ' ', 8);
	for (size_t i = 0; i < UNIT; i++)
		sum += block[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(block + TAR_AT_SUM, text, 7);
}

void tar_set(struct buf *out, enum tar_field at, const void *p, size_t n)
{
	uint8_t *block = out->p + out->n - UNIT;

	memcpy(block + at, p, n);
	make_good(block);
}

void tar_set_text(struct buf *out, enum tar_field at, const char *text)
{
	tar_set(out, at, text, strlen(text));
}

void tar_put_header(struct buf *out, char type, const char *name, uint64_t size)
{
	char text[13];

	buf_zero(out, UNIT);
	tar_set_text(out, TAR_AT_NAME, name);
	tar_set_text(out, TAR_AT_MODE, "0000644");
	tar_set_text(out, TAR_AT_UID, "0000000");
	tar_set_text(out, TAR_AT_GID, "0000000");
	snprintf(text, sizeof(text), "%011llo", (unsigned long long)size);
	tar_set_text(out, TAR_AT_SIZE, text);
	tar_set_text(out, TAR_AT_MTIME, "00000000000");
	tar_set(out, TAR_AT_TYPE, &type, 1);
	tar_set(out, TAR_AT_MAGIC, "ustar\00000", 8);
}

void tar_put_data(struct buf *out, struct bytes x)
{
	buf_put(out, x);
	buf_zero(out, (UNIT - x.n % UNIT) % UNIT);
}

void tar_put_file(struct buf *out, const char *name, const char *text)
{
	tar_put_header(out, '0', name, strlen(text));
	tar_put_data(out, bytes_str(text));
}

void tar_put_pax(struct buf *out, char type, const char *key, struct bytes value)
{
	size_t body = strlen(key) + value.n + 3, length = body + 1;
	char text[24];
	struct buf record = BUF(1u << 22);

	while (length != body + (size_t)snprintf(text, sizeof(text), "%zu", length))
		length++;
	if (key[0]) {
		buf_fmt(&record, "%zu %s=", length, key);
		buf_put(&record, value);
		buf_str(&record, "\n");
	}
	tar_put_header(out, type, "pax", record.n);
	tar_put_data(out, buf_bytes(&record));
	buf_free(&record);
}

void tar_put_end(struct buf *out)
{
	buf_zero(out, 2 * (size_t)UNIT);
}
