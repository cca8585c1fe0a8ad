#include "measure/rebuild/objects.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_memory.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABD "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"

static struct object object_of(const char *text)
{
	struct object x = {.size = strlen(text)};
	struct err e = {0};

	assert_true(hash_of(DIGEST_SHA256, bytes_str(text), &x.sha256, &e));
	return x;
}

static bool put_text(const struct objects *o, const char *text, const struct object *want,
		     struct err *e)
{
	struct memory m = memory_stream(bytes_str(text), 2);
	struct object x;

	*e = (struct err){0};
	return objects_put(o, &m.stream, want, &x, e);
}

static bool get_text(const struct objects *o, const struct object *x, struct err *e)
{
	owned(store_item_free) struct store_item i = {.file = FILE_NONE};
	bool ok;

	*e = (struct err){0};
	ok = objects_get(o, x, "an input", &i, e);
	assert_true(ok == (i.name != NULL) && ok == (i.file.fd >= 0) && ok == !err_is(e));
	assert_ptr_equal(i.file.name, i.name);
	return ok;
}

static struct objects store_in(struct folder *f)
{
	struct objects o = OBJECTS_NONE;
	struct err e = {0};

	assert_true(objects_open(&o, folder_path(f, "a/store"), true, &e));
	return o;
}

static const char *in_store(struct folder *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "a/store/sha256/%s", name);
	return folder_path(f, path);
}

static void what_is_put_is_there_under_its_digest(void **state)
{
	owned(objects_close) struct objects o = store_in(*state);
	struct object abc = object_of("abc"), got = {0};
	struct memory m = memory_stream(bytes_str("abc"), 1);
	owned(buf_free) struct buf path = BUF(4096);
	struct err e = {0};
	struct stat st;

	assert_false(objects_has(&o, &abc));
	assert_true(objects_put(&o, &m.stream, NULL, &got, &e));
	assert_true(digest_equal(&got.sha256, &abc.sha256) && got.size == 3);
	assert_true(objects_has(&o, &abc) && get_text(&o, &abc, &e));
	objects_path(&o, &abc, &path);
	assert_string_equal(buf_cstr(&path), in_store(*state, ABC));
	assert_int_equal(stat(buf_cstr(&path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_true(put_text(&o, "abc", &abc, &e));
	abc.size = UINT64_MAX;
	assert_true(put_text(&o, "abc", &abc, &e));
	assert_true(put_text(&o, "", NULL, &e));
	close(open(in_store(*state, "x"), O_CREAT | O_WRONLY, 0600));
	assert_false(objects_has(&o, &abc));
}

static void a_file_is_read_from_its_beginning_after_it_was_proved(void **state)
{
	owned(objects_close) struct objects o = store_in(*state);
	struct object abc = object_of("abc");
	owned(store_item_free) struct store_item i = {.file = FILE_NONE};
	struct err e = {0};
	uint8_t bytes[8];
	size_t got;

	assert_true(put_text(&o, "abc", NULL, &e));
	assert_true(objects_get(&o, &abc, "x", &i, &e));
	assert_true(i.at == 0 && i.size == 3);
	assert_true(file_read(&i.file, (struct span){bytes, sizeof(bytes)}, &got, &e) && got == 3);
}

static void what_is_not_what_was_wanted_gets_no_name(void **state)
{
	owned(objects_close) struct objects o = store_in(*state);
	struct object abc = object_of("abc");
	struct folder sub = {.path = (char *)(uintptr_t)in_store(*state, "")};
	struct err e;

	assert_false(put_text(&o, "abd", &abc, &e));
	check_err(&e, REASON_INPUT_DIGEST, "its SHA-256 is " ABD " and must be " ABC);
	assert_false(put_text(&o, "ab", &abc, &e));
	check_err(&e, REASON_INPUT_DIGEST, "it has 2 bytes and must have 3");
	assert_false(put_text(&o, "abcd", &abc, &e));
	check_err(&e, REASON_INPUT_DIGEST, "it has more than the 3 bytes that it must have");
	assert_int_equal(folder_count(&sub), 0);
}

static void what_is_missing_or_another_file_is_not_read(void **state)
{
	owned(objects_close) struct objects o = store_in(*state);
	struct object abc = object_of("abc");
	char *at = strdup(in_store(*state, ABC));
	struct err e;

	assert_false(get_text(&o, &abc, &e));
	check_err(&e, REASON_INPUT_MISSING, "'an input' is not in the store");
	assert_string_equal(e.subject, at);
	assert_string_equal(e.hint, "`measure-fetch inputs` brings what recipe and lock name");
	folder_file(*state, "a/store/sha256/" ABC, "abd", 3);
	assert_false(get_text(&o, &abc, &e));
	check_err(&e, REASON_INPUT_DIGEST,
		  "'an input' in the store is another file: its SHA-256 is " ABD
		  " and must be " ABC);
	assert_string_equal(e.hint, "`measure-fetch inputs` replaces what is wrong in a store");
	folder_file(*state, "a/store/sha256/" ABC, "ab", 2);
	assert_false(get_text(&o, &abc, &e));
	check_err(&e, REASON_INPUT_DIGEST,
		  "'an input' in the store is another file: it has 2 bytes and must have 3");
	free(at);
}

static void check_foreign(const struct objects *o, const char *text)
{
	struct object abc = object_of("abc");
	struct err e;

	alarm(10);
	assert_false(objects_has(o, &abc));
	assert_false(get_text(o, &abc, &e));
	check_err(&e, REASON_INPUT_DIGEST, text);
	alarm(0);
}

static void make_socket(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char here[4096];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && getcwd(here, sizeof(here)));
	/* an address has room for little more than a name */
	strcpy(a.sun_path, ABC);
	assert_int_equal(chdir(path), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(chdir(here), 0);
	close(fd);
}

static void what_is_no_regular_file_is_not_read_even_if_it_leads_to_one(void **state)
{
	owned(objects_close) struct objects o = store_in(*state);
	const char *real = folder_file(*state, "real", "abc", 3), *at = in_store(*state, ABC);

	assert_int_equal(symlink(real, at), 0);
	check_foreign(&o, "'an input' is a symbolic link in the store, not a regular file");
	assert_true(unlink(at) == 0 && mkdir(at, 0700) == 0);
	check_foreign(&o, "'an input' is a directory in the store, not a regular file");
	assert_true(rmdir(at) == 0 && mkfifo(at, 0600) == 0);
	check_foreign(&o, "'an input' is a pipe in the store, not a regular file");
	assert_true(unlink(at) == 0);
	make_socket(in_store(*state, ""));
	check_foreign(&o, "'an input' is a socket or a device in the store, not a regular file");
}

static void what_is_wrong_in_a_store_is_replaced(void **state)
{
	owned(objects_close) struct objects o = store_in(*state);
	const char *real = folder_file(*state, "real", "abd", 3), *at = in_store(*state, ABC);
	struct folder sub = {.path = (char *)(uintptr_t)in_store(*state, "")};
	struct object abc = object_of("abc");
	struct err e;
	size_t n;
	char *still;

	folder_file(*state, "a/store/sha256/" ABC, "abd", 3);
	assert_true(put_text(&o, "abc", NULL, &e) && get_text(&o, &abc, &e));
	unlink(at);
	assert_int_equal(symlink(real, at), 0);
	assert_true(put_text(&o, "abc", NULL, &e) && get_text(&o, &abc, &e));
	assert_int_equal(folder_count(&sub), 1);
	still = folder_read(real, &n);
	assert_true(n == 3 && memcmp(still, "abd", 3) == 0);
	free(still);
}

static void two_that_put_the_same_at_once_both_succeed(void **state)
{
	enum { CHILDREN = 4, ROUNDS = 25 };
	owned(objects_close) struct objects o = store_in(*state);
	struct folder sub = {.path = (char *)(uintptr_t)in_store(*state, "")};
	int status, bad = 0;

	for (int i = 0; i < CHILDREN; i++) {
		struct err e = {0};
		bool ok = true;
		char text[8];

		if (fork() != 0)
			continue;
		for (int round = 0; ok && round < ROUNDS; round++) {
			snprintf(text, sizeof(text), "%d", round);
			ok = put_text(&o, text, NULL, &e);
		}
		_exit(ok ? 0 : 1);
	}
	while (wait(&status) > 0)
		bad += status != 0;
	assert_int_equal(bad, 0);
	assert_int_equal(folder_count(&sub), ROUNDS);
}

static void check_not_opened(const char *path, enum reason r, const char *text)
{
	struct objects o = OBJECTS_NONE;
	struct err e = {0};

	assert_false(objects_open(&o, path, false, &e));
	check_err(&e, r, text);
	assert_true(o.fd == -1 && !o.path);
}

static void a_store_that_is_not_there_or_is_none_is_refused(void **state)
{
	struct folder *f = *state;

	check_not_opened("", REASON_USAGE, "the name of the store is empty");
	check_not_opened(folder_path(f, "no"), REASON_NO_SUCH_FILE, "there is no store of inputs");
	assert_int_equal(mkdir(folder_path(f, "s"), 0700), 0);
	check_not_opened(folder_path(f, "s"), REASON_NO_SUCH_FILE, "there is no store of inputs");
	assert_int_equal(symlink(f->path, folder_path(f, "s/sha256")), 0);
	check_not_opened(folder_path(f, "s"), REASON_NO_SUCH_FILE,
			 "cannot be opened: Not a directory");
}

static void without_a_path_it_is_in_the_cache(void **state)
{
	owned(objects_close) struct objects o = OBJECTS_NONE;
	struct folder *f = *state;
	struct err e = {0};

	setenv("XDG_CACHE_HOME", folder_path(f, "cache"), 1);
	assert_true(objects_open(&o, NULL, true, &e));
	assert_string_equal(o.path, folder_path(f, "cache/measure/store"));
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	objects_close(&o);
	assert_false(objects_open(&o, NULL, true, &e));
	check_err(&e, REASON_USAGE, "neither XDG_CACHE_HOME nor HOME says where the store is");
}

static int set_up(void **state)
{
	static struct folder f;

	folder_new(&f);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	folder_free(*state);
	return 0;
}

static void a_file_becomes_an_object_when_it_is_what_it_has_to_be(void **state)
{
	struct folder *f = *state;
	owned(objects_close) struct objects o = store_in(f);
	const struct object abc = object_of("abc"), abd = object_of("abd"),
			    abcd = object_of("abcd");
	const char *path = folder_file(f, "part", "abc", 3);
	struct err e = {0};

	assert_false(objects_adopt(&o, path, &abd, &e));
	check_err(&e, REASON_INPUT_DIGEST, "its SHA-256 is " ABC " and must be " ABD);
	assert_string_equal(e.subject, path);
	e = (struct err){0};
	assert_false(objects_adopt(&o, path, &abcd, &e));
	check_err(&e, REASON_INPUT_DIGEST, "it has 3 bytes and must have 4");
	e = (struct err){0};
	assert_true(objects_adopt(&o, path, &abc, &e));
	assert_true(get_text(&o, &abc, &e));
	assert_int_equal(access(path, F_OK), -1);
	assert_false(objects_adopt(&o, path, &abc, &e));
	assert_int_equal(e.reason, REASON_INPUT_MISSING);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_becomes_an_object_when_it_is_what_it_has_to_be),
		TEST(what_is_put_is_there_under_its_digest),
		TEST(a_file_is_read_from_its_beginning_after_it_was_proved),
		TEST(what_is_not_what_was_wanted_gets_no_name),
		TEST(what_is_missing_or_another_file_is_not_read),
		TEST(what_is_no_regular_file_is_not_read_even_if_it_leads_to_one),
		TEST(what_is_wrong_in_a_store_is_replaced),
		TEST(two_that_put_the_same_at_once_both_succeed),
		TEST(a_store_that_is_not_there_or_is_none_is_refused),
		TEST(without_a_path_it_is_in_the_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
