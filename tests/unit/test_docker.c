#include "tests/unit/support_check.h"

#include <stdio.h>

#include "measure/core/docker.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void a_manifest_lists_images(void **state)
{
	static const char text[] =
		"[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\",\"b:2\"],\"Layers\":[\"l/layer.tar\"]},"
		"{\"Config\":\"d.json\",\"RepoTags\":null,\"Layers\":[]}]";
	struct docker_list l = {0};
	struct err e = {0};

	(void)state;
	assert_true(docker_manifest_read(bytes_str(text), &l, &e));
	assert_int_equal(l.n, 2);
	assert_string_equal(l.item[0].config, "c.json");
	assert_string_equal(l.item[0].layers[0], "l/layer.tar");
	assert_null(l.item[0].layers[1]);
	assert_null(l.item[1].layers[0]);
	assert_true(docker_tagged(&l.item[0], "b:2"));
	assert_false(docker_tagged(&l.item[0], "c:3"));
	assert_true(docker_tagged(&l.item[0], NULL));
	assert_false(docker_tagged(&l.item[1], "a:1"));
	docker_list_free(&l);
}

static void a_manifest_that_lists_none_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"{}", "manifest.json: an object where an array belongs"},
		{"[]", "manifest.json: lists no image"},
		{"[1]", "manifest.json: a number where an object belongs"},
		{"[{}]", "manifest.json: has no 'Config'"},
		{"[{\"Config\":\"c\"}]", "manifest.json: has no 'Layers'"},
		{"[{\"config\":\"c\",\"Layers\":[]}]",
		 "manifest.json: some readers take 'config' for 'Config'"},
		{"[{\"Config\":\"c\",\"Layers\":[\"a\\u0000\"]}]",
		 "manifest.json: a text has a NUL inside"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct docker_list l = {0};
		struct err e = {0};

		assert_false(docker_manifest_read(bytes_str(cases[i].text), &l, &e));
		check_err(&e, REASON_IMAGE, cases[i].message);
	}
}

static void too_many_images_are_refused(void **state)
{
	struct docker_list l = {0};
	struct buf text = BUF(1u << 20);
	struct err e = {0};

	(void)state;
	buf_str(&text, "[0");
	for (unsigned i = 0; i < DOCKER_IMAGES_MAX; i++)
		buf_str(&text, ",0");
	buf_str(&text, "]");
	assert_false(docker_manifest_read(buf_bytes(&text), &l, &e));
	check_err(&e, REASON_LIMIT, "manifest.json: 1025 images, and 1024 are the limit");
	buf_free(&text);
}

static void some_names_say_what_they_name(void **state)
{
	static const char *const names[] = {"blobs/sha256/" HEX_A, HEX_A ".json", "sha256:" HEX_A};
	static const char *const others[] = {"",
					     HEX_A,
					     HEX_A "/json",
					     "config.json",
					     "blobs/sha256/" HEX_A ".json",
					     ("sha256:A" HEX_A)};
	struct digest d;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_true(docker_name_digest(names[i], &d));
		assert_int_equal(d.v[0], 0xaa);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(docker_name_digest(others[i], &d));
}

static void a_link_stays_in_the_archive(void **state)
{
	static const struct {
		const char *name, *target, *to;
	} cases[] = {
		{"b/layer.tar", "../a/layer.tar", "a/layer.tar"},
		{"b/layer.tar", "x", "b/x"},
		{"layer.tar", "./a//x", "a/x"},
		{"a/b/c", "../../x", "x"},
		{"b/layer.tar", "../../x", NULL},
		{"b/layer.tar", "/x", NULL},
		{"x", "..", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf to = BUF(256);
		struct err e = {0};
		char text[128];

		assert_int_equal(docker_link(cases[i].name, bytes_str(cases[i].target), &to, &e),
				 cases[i].to != NULL);
		snprintf(text, sizeof(text), "'%s' is a link to '%s', outside of the archive",
			 cases[i].name, cases[i].target);
		if (cases[i].to)
			assert_string_equal(buf_cstr(&to), cases[i].to);
		else
			check_err(&e, REASON_IMAGE, text);
		buf_free(&to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_lists_images),
		cmocka_unit_test(a_manifest_that_lists_none_is_refused),
		cmocka_unit_test(too_many_images_are_refused),
		cmocka_unit_test(some_names_say_what_they_name),
		cmocka_unit_test(a_link_stays_in_the_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
