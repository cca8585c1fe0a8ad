#include "measure/core/witness.h"

#include <sys/stat.h>

#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ramdisk.h"

#define ROOM (1u << 16)

/* Two files, and what the one is to the other. */
struct subject {
	const char *published, *built;
	enum witness_state state;
};

static bool judge(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(file_close) struct file theirs = FILE_NONE, mine = FILE_NONE;
	static struct witnesses all;
	struct stream_range a, b;
	struct witness *w;

	all = (struct witnesses){0};
	w = witness_add(&all, "ramdisk1", e);
	if (!w || !file_open(&theirs, s->published, e) || !file_open(&mine, s->built, e))
		return false;
	a = stream_range(&theirs, 0, theirs.size);
	b = stream_range(&mine, 0, mine.size);
	return witness_judge(w, &a, &b, e) && w->state == s->state;
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	buf_put(arg, x);
	return true;
}

static void packed(struct buf *to, enum packing p, const char *text)
{
	static const uint8_t zeros[512];
	const struct forged file = {.fields = {.ino = 1, .mode = S_IFREG | 0755, .nlink = 1},
				    .name = "init",
				    .body = text};
	owned(buf_free) struct buf plain = BUF(ROOM);
	const struct pack_sink sink = {put, to};
	owned(pack_free) struct pack *k = NULL;
	struct err e = {0};

	archive_forge(&plain, &file);
	archive_trailer(&plain);
	buf_put(&plain, bytes_of(zeros, sizeof(zeros) - plain.n % sizeof(zeros)));
	k = pack_new(p, &sink, &e);
	assert_true(k && pack_add(k, buf_bytes(&plain), &e) && pack_end(k, &e));
}

static const char *file_of(struct folder *f, const char *name, enum packing p, const char *text)
{
	owned(buf_free) struct buf b = BUF(ROOM);

	packed(&b, p, text);
	return folder_file(f, name, b.p, b.n);
}

static void a_witness_survives_the_lack_of_memory(void **state)
{
	struct folder f;
	struct subject s = {.state = WITNESS_TAKEN};

	(void)state;
	folder_new(&f);
	s.built = file_of(&f, "built", PACKING_ZSTD, "one");
	s.published = file_of(&f, "published", PACKING_GZIP, "one");
	assert_true(fail_each(judge, &s) > 4);
	s.state = WITNESS_REFUSED;
	s.published = file_of(&f, "other", PACKING_GZIP, "two");
	assert_true(fail_each(judge, &s) > 4);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_witness_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
