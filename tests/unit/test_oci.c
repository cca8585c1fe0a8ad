#include "tests/unit/support_check.h"

#include <stdio.h>

#include "measure/core/oci.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_A "\"sha256:" HEX_A "\""
#define OCI "application/vnd.oci.image."
#define AT "\"digest\":" SHA_A ",\"size\":7"
#define CONFIG "\"config\":{\"mediaType\":\"" OCI "config.v1+json\"," AT "}"
#define LAYER(type) "{\"mediaType\":\"" type "\"," AT "}"
#define MANIFEST(more) "{\"schemaVersion\":2," CONFIG more "}"
#define ENTRY(more) "{\"mediaType\":\"" OCI "manifest.v1+json\"," AT more "}"
#define INDEX(list) "{\"schemaVersion\":2,\"manifests\":[" list "]}"
#define CONFIGURED(more) "{\"os\":\"linux\",\"architecture\":\"arm64\"" more "}"

struct refused {
	const char *text, *message;
	enum reason reason;
};

typedef bool reads(struct bytes text, struct err *e);

static bool reads_index(struct bytes text, struct err *e)
{
	struct oci_list l = {0};

	return oci_index_read(text, NULL, &l, e);
}

static bool reads_manifest(struct bytes text, struct err *e)
{
	struct oci_list l = {0};

	return oci_manifest_read(text, &l, e);
}

static bool reads_config(struct bytes text, struct err *e)
{
	struct oci_config c = {0};

	return oci_config_read(text, &c, e);
}

static void check_refused(reads *read, const struct refused *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = {0};

		assert_false(read(bytes_str(r[i].text), &e));
		check_err(&e, r[i].reason ? r[i].reason : REASON_IMAGE, r[i].message);
	}
}

static void an_index_leads_to_manifests_and_indexes(void **state)
{
	struct oci_list l = {0};
	struct err e = {0};

	(void)state;
	assert_true(oci_index_read(
		bytes_str(INDEX(ENTRY(
			",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":"
			"\"v7\"}") ",{\"mediaType\":\"application/vnd.docker.distribution."
				   "manifest.list.v2+json\"," AT "}")),
		NULL, &l, &e));
	assert_int_equal(l.n, 2);
	assert_int_equal(l.item[0].kind, OCI_MANIFEST);
	assert_int_equal(l.item[0].size, 7);
	assert_int_equal(l.item[0].digest.len, 32);
	assert_int_equal(l.item[0].digest.v[31], 0xaa);
	assert_string_equal(l.item[0].platform.variant, "v7");
	assert_int_equal(l.item[1].kind, OCI_INDEX);
	assert_string_equal(l.item[1].platform.os, "");
	oci_list_free(&l);
}

static void what_is_no_image_is_passed_over(void **state)
{
	static const struct {
		const char *entry, *passed;
	} cases[] = {
		{ENTRY(",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}"),
		 "is an attestation, no image"},
		{ENTRY(",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}"),
		 "is an attestation, no image"},
		{ENTRY(",\"artifactType\":\"application/x\""), "is an artifact, no image"},
		{"{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"}",
		 "is an artifact, no image ('application/vnd.oci.artifact.manifest.v1+json')"},
		{"{\"mediaType\":\"application/vnd.docker.distribution.manifest.v1+prettyjws\"}",
		 "is of Docker's schema 1, whose contents nothing proves "
		 "('application/vnd.docker.distribution.manifest.v1+prettyjws')"},
		{"{\"mediaType\":\"x/y\"}", "is of a media type that is not known here ('x/y')"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct oci_list l = {0};
		struct err e = {0};
		char text[1024];

		snprintf(text, sizeof(text), INDEX("%s"), cases[i].entry);
		assert_true(oci_index_read(bytes_str(text), NULL, &l, &e));
		assert_int_equal(l.n, 0);
		assert_string_equal(l.passed, cases[i].passed);
		oci_list_free(&l);
	}
}

static void a_tag_chooses_among_the_entries(void **state)
{
	static const char text[] = INDEX(
		ENTRY(",\"annotations\":{\"org.opencontainers.image.ref.name\":\"a\"}") "," ENTRY(
			",\"annotations\":{\"io.containerd.image.name\":\"b\"}") "," ENTRY(""));
	static const struct {
		const char *tag;
		size_t n;
	} cases[] = {{NULL, 3}, {"a", 1}, {"b", 1}, {"c", 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct oci_list l = {0};
		struct err e = {0};

		assert_true(oci_index_read(bytes_str(text), cases[i].tag, &l, &e));
		assert_int_equal(l.n, cases[i].n);
		oci_list_free(&l);
	}
}

static void an_index_that_can_be_read_in_two_ways_is_refused(void **state)
{
	static const struct refused cases[] = {
		{"[]", "index: an array where an object belongs", 0},
		{"{", "index: needs a key in quotes, found the end", REASON_JSON},
		{"{\"manifests\":[]}", "index: has no 'schemaVersion'", 0},
		{"{\"schemaVersion\":1}", "index: 'schemaVersion' is not 2", 0},
		{"{\"schemaVersion\":2.5}",
		 "index: 'schemaVersion' is 2.5, no whole number of 64 bits", 0},
		{"{\"schemaVersion\":\"2\"}", "index: 'schemaVersion' is a string, not a number",
		 0},
		{"{\"schemaVersion\":2,\"layers\":[]}",
		 "index: has 'layers', which makes it something else for other readers", 0},
		{"{\"schemaVersion\":2,\"config\":{}}",
		 "index: has 'config', which makes it something else for other readers", 0},
		{"{\"schemaVersion\":2,\"fsLayers\":[]}",
		 "index: has 'fsLayers', which makes it something else for other readers", 0},
		{"{\"schemaVersion\":2,\"Manifests\":[]}",
		 "index: some readers take 'Manifests' for 'manifests'", 0},
		{"{\"schemaVersion\":2,\"manifest\xc5\xbf\":[]}",
		 "index: some readers take 'manifest\xc5\xbf' for 'manifests'", 0},
		{"{\"schemaVersion\":2,\"mediaType\":\"" OCI "manifest.v1+json\"}",
		 "index: says of itself that it is '" OCI "manifest.v1+json'", 0},
		{INDEX("7"), "index: a number where an object belongs", 0},
		{INDEX("{}"), "index: has no 'mediaType'", 0},
		{INDEX("{\"mediaType\":\"" OCI "index.v1+json\"}"), "index: has no 'digest'", 0},
		{INDEX("{\"mediaType\":\"" OCI "index.v1+json\",\"digest\":" SHA_A ",\"size\":-1}"),
		 "index: 'size' is -1, no whole number of 64 bits", 0},
		{INDEX("{\"mediaType\":\"" OCI "index.v1+json\",\"digest\":\"md5:00\"}"),
		 "index: 'digest': 'md5:00' is no digest by sha256 or sha512", 0},
		{INDEX("{\"mediaType\":\"" OCI "index.v1+json\",\"digest\":\"sha512:" HEX_A "\"}"),
		 "index: 'digest': no 128 lower-case hex digits behind sha512:", 0},
		{INDEX("{\"mediaType\":\"" OCI "index.v1+json\",\"digest\":\"sha256:"
		       "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
		 "index: 'digest': no 64 lower-case hex digits behind sha256:", 0},
		{INDEX(ENTRY(",\"platform\":{\"os\":\"0123456789abcdef0123456789abcdef\"}")),
		 "index: 'os' has a NUL inside or more than 31 bytes", 0},
	};

	(void)state;
	check_refused(reads_index, cases, COUNT(cases));
}

static void a_manifest_gives_configuration_and_layers(void **state)
{
	struct oci_list l = {0};
	struct err e = {0};

	(void)state;
	assert_true(oci_manifest_read(
		bytes_str(MANIFEST(",\"layers\":[" LAYER(OCI "layer.v1.tar") "," LAYER(
			OCI "layer.v1.tar+zstd") "," LAYER("application/vnd.docker.image.rootfs."
							   "diff.tar.gzip") "]")),
		&l, &e));
	assert_int_equal(l.n, 4);
	assert_int_equal(l.item[0].kind, OCI_CONFIG);
	assert_int_equal(l.item[1].packing, PACKING_NONE);
	assert_int_equal(l.item[2].packing, PACKING_ZSTD);
	assert_int_equal(l.item[3].packing, PACKING_GZIP);
	oci_list_free(&l);
	assert_true(oci_manifest_read(bytes_str(MANIFEST(",\"layers\":null")), &l, &e));
	assert_int_equal(l.n, 1);
	oci_list_free(&l);
}

static void a_manifest_without_layers_of_its_own_is_refused(void **state)
{
	static const struct refused cases[] = {
		{"{\"schemaVersion\":2}", "manifest: has no 'config'", 0},
		{"{\"schemaVersion\":1,\"fsLayers\":[]}", "manifest: 'schemaVersion' is not 2", 0},
		{"{\"schemaVersion\":2,\"manifests\":[]," CONFIG "}",
		 "manifest: has 'manifests', which makes it something else for other readers", 0},
		{"{\"schemaVersion\":2,\"mediaType\":\"" OCI "index.v1+json\"}",
		 "manifest: says of itself that it is '" OCI "index.v1+json'", 0},
		{"{\"schemaVersion\":2,\"config\":" LAYER("application/vnd.oci.empty.v1+json") "}",
		 "manifest: the configuration is of a media type that is not known here "
		 "('application/vnd.oci.empty.v1+json')",
		 0},
		{MANIFEST(",\"layers\":[" LAYER(OCI "layer.v1.tar+gzip+encrypted") "]"),
		 "manifest: layer 1 is encrypted ('" OCI "layer.v1.tar+gzip+encrypted')", 0},
		{MANIFEST(",\"layers\":[" LAYER(OCI "layer.nondistributable.v1.tar") "]"),
		 "manifest: layer 1 is no part of the image, but lies elsewhere ('" OCI
		 "layer.nondistributable.v1.tar')",
		 0},
		{MANIFEST(",\"layers\":[" LAYER(
			 "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") "]"),
		 "manifest: layer 1 is no part of the image, but lies elsewhere "
		 "('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')",
		 0},
		{MANIFEST(",\"layers\":[" LAYER(OCI "layer.v1.tar") "," LAYER(
			 OCI "config.v1+json") "]"),
		 "manifest: layer 2 is of a media type that is not known here ('" OCI
		 "config.v1+json')",
		 0},
		{MANIFEST(",\"layers\":[null]"), "manifest: null where an object belongs", 0},
	};

	(void)state;
	check_refused(reads_manifest, cases, COUNT(cases));
}

static void a_configuration_says_what_to_run(void **state)
{
	struct oci_config c = {0};
	struct err e = {0};

	(void)state;
	assert_true(oci_config_read(
		bytes_str(CONFIGURED(
			",\"variant\":\"v8\",\"config\":{\"Entrypoint\":[\"/a\",\"\"],\"Cmd\":null,"
			"\"Env\":[],\"WorkingDir\":\"/w\",\"User\":\"u:g\",\"Labels\":{}},"
			"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" SHA_A "]}")),
		&c, &e));
	assert_string_equal(c.run.entrypoint[0], "/a");
	assert_string_equal(c.run.entrypoint[1], "");
	assert_null(c.run.entrypoint[2]);
	assert_null(c.run.cmd);
	assert_null(c.run.env[0]);
	assert_string_equal(c.run.working_dir, "/w");
	assert_string_equal(c.run.user, "u:g");
	assert_string_equal(c.run.os, "linux");
	assert_string_equal(c.run.architecture, "arm64");
	assert_string_equal(c.platform.variant, "v8");
	assert_int_equal(c.n, 1);
	oci_config_free(&c);
}

static void a_configuration_that_proves_nothing_is_refused(void **state)
{
	static const struct refused cases[] = {
		{"{}", "configuration: has no 'os'", 0},
		{"{\"os\":\"linux\"}", "configuration: has no 'architecture'", 0},
		{CONFIGURED(""), "configuration: has no 'rootfs'", 0},
		{CONFIGURED(",\"rootfs\":{}"), "configuration: has no 'type'", 0},
		{CONFIGURED(",\"rootfs\":{\"type\":\"tape\"}"),
		 "configuration: a root file system of type 'tape', not 'layers'", 0},
		{CONFIGURED(",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[7]}"),
		 "configuration: a number where a string belongs", 0},
		{CONFIGURED(",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\"]}"),
		 "configuration: 'diff_ids': 'x' is no digest by sha256 or sha512", 0},
		{CONFIGURED(",\"config\":{\"Cmd\":\"sh\"}"),
		 "configuration: 'Cmd' is a string, not an array", 0},
		{CONFIGURED(",\"config\":{\"cmd\":[]}"),
		 "configuration: some readers take 'cmd' for 'Cmd'", 0},
		{CONFIGURED(",\"config\":{\"Env\":[\"A=\\u0000\"]}"),
		 "configuration: a text has a NUL inside", 0},
		{CONFIGURED(",\"config\":{\"Entrypoint\":[[]]}"),
		 "configuration: an array where a string belongs", 0},
	};

	(void)state;
	check_refused(reads_config, cases, COUNT(cases));
}

static void a_layout_is_of_version_1(void **state)
{
	struct err e = {0}, other = {0};

	(void)state;
	assert_true(oci_layout_read(bytes_str("{\"imageLayoutVersion\":\"1.0.0\"}"), &e));
	assert_false(oci_layout_read(bytes_str("{\"imageLayoutVersion\":\"2.0.0\"}"), &other));
	check_err(&other, REASON_IMAGE, "oci-layout: of version '2.0.0', and 1.0.0 is known here");
}

static void platforms_are_asked_for_with_or_without_a_variant(void **state)
{
	static const struct {
		const char *has, *asked;
		bool is;
	} cases[] = {
		{"linux/amd64", "linux/amd64", true},
		{"linux/amd64", "linux/arm64", false},
		{"windows/amd64", "linux/amd64", false},
		{"linux/arm/v7", "linux/arm", true},
		{"linux/arm/v7", "linux/arm/v6", false},
		{"linux/arm", "linux/arm/v6", false},
		{"linux/arm64", "linux/arm64/v8", true},
		{"linux/arm64/v9", "linux/arm64/v8", false},
	};
	static const char *const wrong[] = {"", "linux", "linux/", "/amd64", "a/b/c/d", "a/b/"};
	struct oci_platform has, asked;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf text = BUF(64);
		struct err e = {0};

		assert_true(oci_platform_read(cases[i].has, &has, &e));
		assert_true(oci_platform_read(cases[i].asked, &asked, &e));
		assert_int_equal(oci_platform_is(&has, &asked), cases[i].is);
		oci_platform_put(&text, &has);
		assert_string_equal(buf_cstr(&text), cases[i].has);
		buf_free(&text);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct err e = {0};
		char text[128];

		assert_false(oci_platform_read(wrong[i], &has, &e));
		snprintf(text, sizeof(text), "--platform: '%s' is no OS/ARCHITECTURE[/VARIANT]",
			 wrong[i]);
		check_err(&e, REASON_USAGE, text);
	}
}

static void a_list_over_its_limit_is_refused(void **state)
{
	struct buf text = BUF(1u << 20);
	struct err e = {0};

	(void)state;
	buf_str(&text, "{\"schemaVersion\":2,\"manifests\":[0");
	for (unsigned i = 0; i < OCI_LIST_MAX; i++)
		buf_str(&text, ",0");
	buf_str(&text, "]}");
	assert_false(reads_index(buf_bytes(&text), &e));
	check_err(&e, REASON_LIMIT, "index: 1025 entries, and 1024 are the limit");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_index_leads_to_manifests_and_indexes),
		cmocka_unit_test(what_is_no_image_is_passed_over),
		cmocka_unit_test(a_tag_chooses_among_the_entries),
		cmocka_unit_test(an_index_that_can_be_read_in_two_ways_is_refused),
		cmocka_unit_test(a_manifest_gives_configuration_and_layers),
		cmocka_unit_test(a_manifest_without_layers_of_its_own_is_refused),
		cmocka_unit_test(a_configuration_says_what_to_run),
		cmocka_unit_test(a_configuration_that_proves_nothing_is_refused),
		cmocka_unit_test(a_layout_is_of_version_1),
		cmocka_unit_test(platforms_are_asked_for_with_or_without_a_variant),
		cmocka_unit_test(a_list_over_its_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
