#include "measure/guest/account.h"

#include "tests/unit/support_check.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "daemon:x:1:1::/:\n"
			     "\n"
			     "web:x:33:33:web server:/var/www:/bin/false\n"
			     "5:x:1005:50::/:\n"
			     "bad:x:many:0::/:\n"
			     "worse:x:7:some::/:\n"
			     "last:x:9:10";
static const char group[] = "root:x:0:\nadm:x:4:daemon,web\nweb:x:33:\nssl:x:110:webmaster,web\n"
			    "broken:x::last\n";

/* What a User becomes, or the text of the refusal. */
static const char *resolve(const char *user)
{
	struct account_files f = {bytes_str(passwd), bytes_str(group)};
	static char text[256];
	struct buf out = BUF(4096);
	struct err e = {0};
	bool done = account_resolve(&f, user, &out, &e);
	const char *s = done ? buf_cstr(&out) : e.text;

	assert_true(done || e.reason == REASON_USER);
	assert_true(strlen(s) < sizeof(text));
	memcpy(text, s, strlen(s) + 1);
	buf_free(&out);
	return text;
}

static void a_name_becomes_numbers_with_all_its_groups(void **state)
{
	(void)state;
	assert_string_equal(resolve("root"), "0 0\n");
	assert_string_equal(resolve("web"), "33 33 4 110\n");
	assert_string_equal(resolve("daemon"), "1 1 4\n");
	assert_string_equal(resolve(""), "0 0\n");
}

static void a_number_is_looked_up_as_one(void **state)
{
	(void)state;
	assert_string_equal(resolve("33"), "33 33 4 110\n");
	assert_string_equal(resolve("5"), "5 0\n");
	assert_string_equal(resolve("1005"), "1005 50\n");
	assert_string_equal(resolve("4294967295"), "4294967295 0\n");
}

static void a_group_that_is_named_is_the_only_one(void **state)
{
	(void)state;
	assert_string_equal(resolve("web:adm"), "33 4\n");
	assert_string_equal(resolve("web:33"), "33 33\n");
	assert_string_equal(resolve("web:77"), "33 77\n");
	assert_string_equal(resolve("1:2"), "1 2\n");
	assert_string_equal(resolve(":adm"), "0 4\n");
	assert_string_equal(resolve("worse:7"), "7 7\n");
	assert_string_equal(resolve("web:"), "33 33 4 110\n");
}

static void who_is_not_there_is_nobody(void **state)
{
	static const char *const cases[][2] = {
		{"nobody", "the user, in the image's /etc/passwd: 'nobody': is not there"},
		{"roo", "the user, in the image's /etc/passwd: 'roo': is not there"},
		{"-1", "the user, in the image's /etc/passwd: '-1': is not there"},
		{"4294967296",
		 "the user, in the image's /etc/passwd: '4294967296': is no number of "
		 "32 bits"},
		{"bad", "the user, in the image's /etc/passwd: 'bad': its line has no number"},
		{"worse", "the user, in the image's /etc/passwd: 'worse': its line has no number "
			  "of a group"},
		{"web:wheel", "the user's group, in the image's /etc/group: 'wheel': is not there"},
		{"web:broken",
		 "the user's group, in the image's /etc/group: 'broken': its line has "
		 "no number"},
		{"last", "the user's groups, in the image's /etc/group: 'broken': its line has no "
			 "number"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(resolve(cases[i][0]), cases[i][1]);
}

static void an_image_without_the_files_takes_numbers(void **state)
{
	struct account_files none = {{0}, {0}};
	struct buf out = BUF(64);
	struct err e = {0};

	(void)state;
	assert_true(account_resolve(&none, "1000:1000", &out, &e));
	assert_string_equal(buf_cstr(&out), "1000 1000\n");
	assert_false(account_resolve(&none, "app", &out, &e));
	check_err(&e, REASON_USER, "the user, in the image's /etc/passwd: 'app': is not there");
	buf_free(&out);
}

static void nobody_has_more_groups_than_the_init_takes(void **state)
{
	struct buf groups = BUF(1u << 20), out = BUF(1u << 20);
	struct account_files f = {bytes_str(passwd), {0}};
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; i < 1025; i++)
		buf_fmt(&groups, "g%u:x:%u:web\n", i, i);
	f.group = buf_bytes(&groups);
	assert_false(account_resolve(&f, "web", &out, &e));
	check_err(
		&e, REASON_USER,
		"the user's groups, in the image's /etc/group: 'web': is in more than 1024 groups");
	buf_free(&groups);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_becomes_numbers_with_all_its_groups),
		cmocka_unit_test(a_number_is_looked_up_as_one),
		cmocka_unit_test(a_group_that_is_named_is_the_only_one),
		cmocka_unit_test(who_is_not_there_is_nobody),
		cmocka_unit_test(an_image_without_the_files_takes_numbers),
		cmocka_unit_test(nobody_has_more_groups_than_the_init_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
