#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/core/docker.h"
#include "measure/core/oci.h"
#include "tests/alloc/fail.h"

#define DIGEST "\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
#define BLOB(type) "{\"mediaType\":\"" type "\",\"digest\":" DIGEST ",\"size\":7}"

static bool read_index(void *arg, struct err *e)
{
	static const char text[] = "{\"schemaVersion\":2,\"manifests\":[" BLOB(
		"application/vnd.oci.image.manifest.v1+json") "]}";
	owned(oci_list_free) struct oci_list l = {0};

	(void)arg;
	return oci_index_read(bytes_str(text), NULL, &l, e);
}

static bool read_manifest(void *arg, struct err *e)
{
	static const char text[] = "{\"schemaVersion\":2,\"config\":" BLOB(
		"application/vnd.oci.image.config.v1+json") ",\"layers\":[" BLOB("application/"
										 "vnd.oci.image."
										 "layer.v1.tar") "]"
												 "}";
	owned(oci_list_free) struct oci_list l = {0};

	(void)arg;
	return oci_manifest_read(bytes_str(text), &l, e);
}

static bool read_config(void *arg, struct err *e)
{
	static const char text[] =
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Entrypoint\":[\"a\"],"
		"\"Cmd\":[\"b\",\"c\"],\"Env\":[\"D=E\"],\"WorkingDir\":\"/f\",\"User\":\"g\"},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" DIGEST "]}}";
	owned(oci_config_free) struct oci_config c = {0};

	(void)arg;
	return oci_config_read(bytes_str(text), &c, e);
}

static bool read_docker(void *arg, struct err *e)
{
	static const char text[] = "[{\"Config\":\"c\",\"RepoTags\":[\"a:b\"],\"Layers\":[\"l\"]},"
				   "{\"Config\":\"d\",\"RepoTags\":[\"c:d\"],\"Layers\":[]}]";
	owned(docker_list_free) struct docker_list l = {0};

	(void)arg;
	return docker_manifest_read(bytes_str(text), &l, e);
}

static bool follow(void *arg, struct err *e)
{
	owned(buf_free) struct buf path = BUF(256);

	(void)arg;
	return docker_link("a/b", bytes_str("../c/d"), &path, e);
}

static void documents_of_images_survive_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(read_index, NULL) > 2);
	assert_true(fail_each(read_manifest, NULL) > 2);
	assert_true(fail_each(read_config, NULL) > 8);
	assert_true(fail_each(read_docker, NULL) > 8);
	assert_true(fail_each(follow, NULL) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_of_images_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
