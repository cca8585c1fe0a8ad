/*
 * Any bytes as the small files of a database, and as a path: the first byte says as which. What is
 * read is written with the same bytes again, and paths stay where statements are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "reference-db/database_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void same(struct buf *b, struct bytes x)
{
	must_be(bytes_equal(buf_bytes(b), x));
	buf_free(b);
}

static bool read_format(struct bytes x, struct err *e)
{
	struct buf b = BUF(DATABASE_FORM_MAX);
	char name[DATABASE_NAME + 1];

	if (!database_format_read(x, name, e))
		return false;
	must_be(database_format_write(name, &b, e) && !strchr(name, '/') && name[0] != '.');
	same(&b, x);
	return true;
}

static bool read_head(struct bytes x, struct err *e)
{
	struct buf b = BUF(DATABASE_FORM_MAX);
	struct signed_upon head;

	if (!database_head_read(x, &head, e))
		return false;
	must_be(head.height <= DATABASE_ENTRIES);
	database_head_write(&head, &b);
	same(&b, x);
	return true;
}

static bool read_line(struct bytes x, struct err *e)
{
	struct buf b = BUF(DATABASE_FORM_MAX);
	struct database_entry entry;
	uint64_t n;

	if (!database_line_read(x, 0x2a, &entry, e))
		return false;
	must_be(database_path_entry(bytes_str(entry.path), &n) && n == 0x2a);
	must_be(!strstr(entry.path, "//") && !strstr(entry.path, "/.") && *entry.path != '/');
	must_be(strncmp(entry.path, "keys/", 5) == 0 || strncmp(entry.path, "products/", 9) == 0);
	database_line_write(&entry, &b);
	same(&b, x);
	return true;
}

/* Names that anybody may give to a product and a version. */
static bool make_path(struct bytes x, struct err *e)
{
	char product[512], version[512], path[DATABASE_PATH];
	struct database_place p = {product, version, 1, 1, 1, 0x2a, "manifest", "corim"};
	size_t n = x.n / 2 < 500 ? x.n / 2 : 500;

	snprintf(product, sizeof(product), "p%.*s", (int)n, (const char *)x.p);
	snprintf(version, sizeof(version), "%.*s1", (int)n, (const char *)x.p + n);
	if (!database_path(&p, path, e))
		return false;
	must_be(database_path_check(bytes_str(path), 0x2a, e));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct bytes x;
	bool ok;

	if (size == 0)
		return 0;
	x = bytes_of(data + 1, size - 1);
	switch (data[0]) {
	case 'f':
		ok = read_format(x, &e);
		break;
	case 'h':
		ok = read_head(x, &e);
		break;
	case 'l':
		ok = read_line(x, &e);
		break;
	default:
		ok = make_path(x, &e);
	}
	must_be(ok == !err_is(&e));
	return 0;
}
