/*
 * Any bytes as all inputs of a release in one file, and such a file with some of its bytes changed.
 * What is unpacked is packed as the same bytes again; in the store is nothing but whole objects.
 */
#include <stdlib.h>

#include "measure/rebuild/packed.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_lock.h"

#define CHANGE 3u /* bytes: where, and what to */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct folder folder, objects; /* objects: the store's */
static struct objects store = {.fd = -1};
static uint8_t *good;
static size_t good_size;
static const char *const text[] = {"abc", "two", "", "four", "four", "five"};

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void clean_up(void)
{
	objects_close(&store);
	free(objects.path);
	folder_free(&folder);
	free(good);
}

static void write_out(struct packed *p, uint8_t **bytes, size_t *n)
{
	owned(out_free) struct out to = OUT_NONE;
	const char *path = folder_path(&folder, "packed");
	struct err e = {0};

	must_be(out_open(&to, path, &e) && packed_write(p, &store, &to, &e) && out_commit(&to, &e));
	*bytes = folder_read(path, n);
	must_be(*bytes != NULL);
}

static void prepare(void)
{
	owned(packed_free) struct packed p = PACKED_NEW;
	struct lock_sample s;
	struct err e = {0};

	folder_new(&folder);
	atexit(clean_up);
	lock_sample(&s);
	must_be(objects_open(&store, folder_path(&folder, "store"), true, &e));
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		struct stream_bytes in = stream_bytes(bytes_str(text[i]));

		must_be(objects_put(&store, &in.stream, NULL, &s.input[i].object, &e));
	}
	buf_str(&p.recipe, "product: x\n");
	must_be(hash_of(DIGEST_SHA256, buf_bytes(&p.recipe), &s.lock.recipe, &e));
	must_be(lock_write(&s.lock, &p.lock, &e));
	objects.path = strdup(folder_path(&folder, "store/sha256"));
	must_be(objects.path != NULL);
	write_out(&p, &good, &good_size);
}

static void unpack(struct bytes x)
{
	owned(packed_free) struct packed p = PACKED_NEW;
	struct stream_bytes in = stream_bytes(x);
	struct err e = {0};
	uint8_t *again;
	size_t n;

	must_be(packed_read(&p, &in.stream, &store, &e) == !err_is(&e));
	must_be(folder_count(&objects) == 5);
	if (err_is(&e))
		return;
	must_be(p.size == x.n);
	write_out(&p, &again, &n);
	must_be(bytes_equal(bytes_of(again, n), x));
	free(again);
}

static void change(struct bytes x)
{
	uint8_t *bytes = malloc(good_size);

	must_be(bytes != NULL);
	memcpy(bytes, good, good_size);
	for (; x.n >= CHANGE; x = bytes_of(x.p + CHANGE, x.n - CHANGE))
		bytes[((size_t)x.p[0] << 8 | x.p[1]) % good_size] = x.p[2];
	unpack(bytes_of(bytes, good_size));
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!good)
		prepare();
	if (size > 0 && data[0] == 0)
		change(bytes_of(data + 1, size - 1));
	else
		unpack(bytes_of(data, size));
	return 0;
}
