#include "measure/rebuild/reproduce.h"

#include "reference-db/make.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_reproduce.h"

static bool reproduce(struct world *w, const char *certificate, struct reproduced *r,
		      struct verdict *v, struct err *e)
{
	const struct reproduce_request q = {.manifest = &w->manifest,
					    .payload = buf_bytes(&w->payload),
					    .folder = w->folder.path,
					    .certificate = certificate};

	*v = (struct verdict){0};
	return reproduce_compare(r, &q, v, e);
}

static void the_same_image_and_record_give_the_payload_again(void **state)
{
	struct world *w = *state;
	struct reproduced r = {0};
	struct verdict v;
	struct err e = {0};

	assert_true(reproduce(w, NULL, &r, &v, &e));
	assert_true(r.outcome == REBUILT_EQUAL && verdict_decide(&v, &e));
	check_no_err(&e);
	assert_int_equal(v.n, 5);
	assert_string_equal(world_check(&v, "manifest", "")->detail,
			    "what was rebuilt gives the published payload, byte for byte");
	assert_string_equal(world_check(&v, "source", "")->detail, "source: as in the manifest");
	assert_string_equal(reproduce_status(&r, &w->manifest.artefact), TOOLCHAIN);
	assert_string_equal(reproduce_status(&r, &w->manifest.component[0]), "pinned");
	assert_string_equal(reproduce_status(&r, &w->manifest.component[1]), TOOLCHAIN);
	assert_string_equal(reproduce_status(&r, &w->manifest.component[3]), "vendor-endorsed");
	reproduced_free(&r);
}

static void a_signed_build_of_an_unsigned_release_is_equal_and_the_other_way_round(void **state)
{
	struct world *w = *state;
	struct reproduced r = {0};
	struct forge f = forge_base();
	struct verdict v;
	struct err e = {0};
	uint8_t *signature = forge_sign(&f, 384, NULL);
	const char *text = forge_certificate(384);
	char *certificate;

	world_image(w, &f);
	assert_true(reproduce(w, NULL, &r, &v, &e));
	assert_int_equal(r.outcome, REBUILT_EQUAL);
	reproduced_free(&r);
	/* PCR8 is of the certificate that the release names, whoever signs */
	certificate = strdup(folder_file(&w->folder, "cert.pem", text, strlen(text)));
	manifest_free(&w->manifest);
	buf_reset(&w->payload);
	world_certificate(text, w->certificate);
	world_record(w, COMMIT, TWOS, "source");
	world_publish(w, certificate);
	f = forge_base();
	world_image(w, &f);
	r = (struct reproduced){0};
	assert_true(reproduce(w, certificate, &r, &v, &e));
	assert_int_equal(r.outcome, REBUILT_EQUAL);
	reproduced_free(&r);
	r = (struct reproduced){0};
	assert_false(reproduce(w, NULL, &r, &v, &e));
	assert_string_equal(reason_slug(e.reason), "usage");
	reproduced_free(&r);
	free(certificate);
	free(signature);
}

static void another_part_is_named(void **state)
{
	struct world *w = *state;
	struct forge f = forge_base();
	struct reproduced r = {0};
	struct verdict v;
	struct err e = {0};

	for (size_t i = 0; i < f.n; i++)
		if (f.section[i].type == FORGE_CMDLINE) {
			f.section[i].data = (const uint8_t *)"console=ttyS1";
			f.section[i].n = 13;
		}
	world_image(w, &f);
	assert_true(reproduce(w, NULL, &r, &v, &e));
	assert_int_equal(r.outcome, REBUILT_DIFFERS);
	world_check_no(&v, "manifest", "",
		       "what was rebuilt gives another payload than the published one");
	world_check_no(&v, "part", "cmdline", "cmdline is another one than the manifest's");
	world_check_no(&v, "part", "box.eif", "box.eif is another one than the manifest's");
	assert_int_equal(world_check(&v, "part", "kernel")->result, CHECK_PASS);
	assert_int_equal(world_check(&v, "code", "PCR0")->result, CHECK_FAIL);
	assert_string_equal(reproduce_status(&r, &w->manifest.component[1]), "differs");
	assert_string_equal(reproduce_status(&r, &w->manifest.component[2]), TOOLCHAIN);
	reproduced_free(&r);
}

static void another_source_or_input_or_origin_is_no_reproduction(void **state)
{
	struct world *w = *state;
	struct reproduced r = {0};
	struct verdict v;
	struct err e = {0};

	world_record(w, "fedcba9876543210fedcba9876543210fedcba98", TWOS, "source");
	assert_true(reproduce(w, NULL, &r, &v, &e));
	world_check_no(&v, "source", "", "source: not as in the manifest");
	assert_string_equal(world_check(&v, "source", "")->expected, COMMIT);
	reproduced_free(&r);
	world_record(w, COMMIT, ONES, "source");
	r = (struct reproduced){0};
	assert_true(reproduce(w, NULL, &r, &v, &e));
	world_check_no(&v, "inputs", "", "inputs: not as in the manifest");
	reproduced_free(&r);
	world_record(w, COMMIT, TWOS, "pinned");
	r = (struct reproduced){0};
	assert_true(reproduce(w, NULL, &r, &v, &e));
	world_check_no(&v, "part", "cmdline",
		       "cmdline comes from elsewhere than the manifest says");
	reproduced_free(&r);
}

static void a_manifest_made_by_hand_has_nothing_to_rebuild(void **state)
{
	struct world *w = *state;
	const struct make_request q = {.image = folder_path(&w->folder, "box.eif"),
				       .product = "example.org/blindbox",
				       .version = "1.2.3"};
	struct manifest m = {0};
	struct err e = {0};

	assert_true(manifest_make(&m, &q, &e));
	assert_false(reproduce_possible(&m, &e));
	check_err(&e, REASON_NOTHING_TO_REBUILD,
		  "the manifest was made by hand: its origins are asserted");
	assert_int_equal(reason_class(e.reason), EXIT_CLASS_UNDECIDED);
	manifest_free(&m);
	e = (struct err){0};
	w->manifest.foreign = true;
	assert_false(reproduce_possible(&w->manifest, &e));
	check_err(&e, REASON_NOTHING_TO_REBUILD,
		  "the manifest is of another form than the one that is made here");
	w->manifest.foreign = false;
	w->manifest.inputs_digest = NULL;
	e = (struct err){0};
	assert_false(reproduce_possible(&w->manifest, &e));
	check_err(&e, REASON_NOTHING_TO_REBUILD, "the manifest names no inputs");
	w->manifest.recipe_digest = NULL;
	e = (struct err){0};
	assert_false(reproduce_possible(&w->manifest, &e));
	check_err(&e, REASON_NOTHING_TO_REBUILD, "the manifest names no recipe");
}

static void what_came_of_it_can_be_stated(void **state)
{
	struct world *w = *state;
	struct buf out = BUF(REBUILT_MAX);
	struct reproduced r = {0};
	struct rebuilt said;
	struct verdict v;
	struct err e = {0};

	assert_true(reproduce(w, NULL, &r, &v, &e));
	assert_true(reproduce_statement(&r, &w->manifest, "0.1.0", &said, &e));
	assert_true(said.outcome == REBUILT_EQUAL && digest_equal(&said.payload, &r.payload));
	assert_int_equal(said.inputs.v[0], 0x22);
	assert_true(bytes_equal(said.id, bytes_str("example.org/blindbox/1.2.3")));
	assert_true(rebuilt_write(&said, &out, &e));
	buf_free(&out);
	reproduced_free(&r);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(the_same_image_and_record_give_the_payload_again),
		TEST(a_signed_build_of_an_unsigned_release_is_equal_and_the_other_way_round),
		TEST(another_part_is_named),
		TEST(another_source_or_input_or_origin_is_no_reproduction),
		TEST(a_manifest_made_by_hand_has_nothing_to_rebuild),
		TEST(what_came_of_it_can_be_stated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
