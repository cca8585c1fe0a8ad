#include "reference-db/require.h"

#include <stdlib.h>

#include "reference-db/trust.h"
#include "tests/unit/support_check.h"

#define HEAD "# Whose signatures count, and for what: see measure-trust(5).\nversion: 1\n"
#define H16 "0123456789abcdef"
#define SHA384 H16 H16 H16 H16 H16 H16

static void parse(struct trust **t, const char *text)
{
	struct err e = {0};
	bool done = trust_parse(t, bytes_str(text), &e);

	check_no_err(&e);
	assert_true(done);
}

static void check_written(const char *text, const char *expected)
{
	owned(trust_free) struct trust *t = NULL, *again = NULL;
	owned(buf_free) struct buf out = BUF(1u << 16), twice = BUF(1u << 16);

	parse(&t, text);
	trust_write(t, &out);
	assert_string_equal(buf_cstr(&out), expected);
	parse(&again, buf_cstr(&out));
	trust_write(again, &twice);
	assert_string_equal(buf_cstr(&twice), expected);
}

static void a_file_that_says_nothing_is_strict(void **state)
{
	owned(trust_free) struct trust *t = NULL;
	const struct policy *p;

	(void)state;
	parse(&t, "version: 1\n");
	p = &t->require;
	assert_int_equal(p->fresh, DEMAND_REQUIRE);
	assert_int_equal(p->channel, DEMAND_WARN);
	assert_int_equal(p->provisional, DEMAND_WARN);
	assert_false(p->has_vmpl || p->allow_debug || p->has_max_age || p->has_platform ||
		     p->has_mitigations);
	assert_int_equal(p->n_floors + p->kinds.n + p->regions.n + p->statuses.n, 0);
	assert_int_equal(p->firmware_major, -1);
	check_written("version: 1\nrequire: {}\n", HEAD);
}

static void what_is_strict_anyway_is_not_written(void **state)
{
	(void)state;
	check_written("version: 1\nrequire: {fresh: require, channel: warn, "
		      "committed-firmware: warn}\n",
		      HEAD);
}

#define FULL                                           \
	HEAD "require:\n"                              \
	     "  kinds: [snp, nitro]\n"                 \
	     "  products: [Genoa]\n"                   \
	     "  regions: [eu-west-1, us-gov-east-1]\n" \
	     "  statuses: [source, endorsed]\n"        \
	     "  fresh: warn\n"                         \
	     "  channel: require\n"                    \
	     "  logs: ignore\n"                        \
	     "  max-age: 300\n"                        \
	     "  vmpl: 2\n"                             \
	     "  tcb:\n"                                \
	     "    - bl: 4\n"                           \
	     "      snp: 0\n"                          \
	     "    - product: Turin\n"                  \
	     "      bl: 1\n"                           \
	     "      tee: 2\n"                          \
	     "      snp: 3\n"                          \
	     "      ucode: 255\n"                      \
	     "      fmc: 5\n"                          \
	     "  launch-tcb:\n"                         \
	     "    bl: 3\n"                             \
	     "    ucode: 9\n"                          \
	     "  known-floors: require\n"               \
	     "  firmware:\n"                           \
	     "    major: 1\n"                          \
	     "    minor: 55\n"                         \
	     "    build: 21\n"                         \
	     "  committed-firmware: require\n"         \
	     "  abi:\n"                                \
	     "    major: 1\n"                          \
	     "    minor: 51\n"                         \
	     "  guest-svn: 4294967295\n"               \
	     "  guest-forbidden: [smt, migrate-ma]\n"  \
	     "  guest-required: [single-socket]\n"     \
	     "  platform-allowed: [smt, ecc, tio]\n"   \
	     "  platform-required: [ecc]\n"            \
	     "  mitigations: [0, 3, 63]\n"             \
	     "  launch-mitigations: [1]\n"             \
	     "  id-block: true\n"                      \
	     "  author-key: true\n"                    \
	     "  id-keys: [\"" SHA384 "\"]\n"           \
	     "  author-keys: [\"" SHA384 "\"]\n"       \
	     "  image-ids: [\"" H16 H16 "\"]\n"        \
	     "  report-ids: [\"" H16 H16 H16 H16 "\"]\n"

static void every_key_reaches_the_policy_and_is_written_again(void **state)
{
	owned(trust_free) struct trust *t = NULL;
	const struct policy *p;

	(void)state;
	check_written(FULL, FULL);
	parse(&t, FULL);
	p = &t->require;
	assert_int_equal(p->kinds.n, 2);
	assert_string_equal(p->kinds.text[0], "snp");
	assert_string_equal(p->regions.text[1], "us-gov-east-1");
	assert_string_equal(p->products.text[0], "Genoa");
	assert_string_equal(p->statuses.text[1], "endorsed");
	assert_int_equal(p->fresh, DEMAND_WARN);
	assert_int_equal(p->channel, DEMAND_REQUIRE);
	assert_int_equal(p->logs, DEMAND_NONE);
	assert_true(p->has_max_age && p->max_age == 300);
	assert_int_equal(p->vmpl, 2);
	assert_int_equal(p->n_floors, 2);
	assert_null(p->floor[0].product);
	assert_int_equal(p->floor[0].tcb.bl, 4);
	assert_int_equal(p->floor[0].tcb.snp, 0);
	assert_int_equal(p->floor[0].tcb.ucode, -1);
	assert_string_equal(p->floor[1].product, "Turin");
	assert_int_equal(p->floor[1].tcb.fmc, 5);
	assert_int_equal(p->firmware_build, 21);
	assert_int_equal(p->provisional, DEMAND_REQUIRE);
	assert_true(p->has_guest_svn && p->guest_svn == UINT32_MAX);
	assert_int_equal(p->guest_forbidden, 1u << 16 | 1u << 18);
	assert_int_equal(p->guest_required, 1u << 20);
	assert_true(p->has_platform);
	assert_int_equal(p->platform_allowed, 1u | 4u | 128u);
	assert_int_equal(p->platform_required, 4);
	assert_true(p->has_mitigations && p->mitigations == (1ull | 8ull | 1ull << 63));
	assert_string_equal(p->id_keys.text[0], SHA384);
	assert_string_equal(p->author_keys.text[0], SHA384);
	assert_int_equal(p->launch.bl, 3);
	assert_int_equal(p->launch.ucode, 9);
	assert_int_equal(p->launch.tee, -1);
	assert_int_equal(p->known_floors, DEMAND_REQUIRE);
	assert_true(p->abi_major == 1 && p->abi_minor == 51);
	assert_int_equal(p->launch_mitigations, 2);
	assert_true(p->id_block && p->author_key);
	assert_string_equal(p->image_ids.text[0], H16 H16);
	assert_string_equal(p->report_ids.text[0], H16 H16 H16 H16);
}

static void other_spellings_are_written_in_one(void **state)
{
	owned(trust_free) struct trust *t = NULL;

	(void)state;
	parse(&t, "version: 1\nrequire: {platform-required: [ecc], id-keys: "
		  "[\"0123456789ABCDEF" H16 H16 H16 H16 H16 "\"]}\n");
	assert_string_equal(t->require.id_keys.text[0], SHA384);
	/* What is not narrowed allows every bit. */
	assert_true(t->require.has_platform && t->require.platform_allowed == UINT64_MAX);
	check_written("version: 1\nrequire: {platform-required: [ecc], mitigations: [3, 0]}\n",
		      HEAD "require:\n  platform-required: [ecc]\n  mitigations: [0, 3]\n");
}

static void a_policy_that_contradicts_itself_is_refused(void **state)
{
	static const struct {
		const char *require, *why;
	} rows[] = {
		{"{kinds: []}", "line 2: 'kinds' names nothing"},
		{"{mitigations: []}", "line 2: 'mitigations' names nothing"},
		{"{tcb: []}", "line 2: 'tcb' names nothing"},
		{"{guest-required: []}", "line 2: 'guest-required' names nothing"},
		{"{kinds: [snp, snp]}", "line 2: 'snp' stands twice in 'kinds'"},
		{"{regions: [EU]}", "line 2: 'EU' is no name of a region"},
		{"{id-keys: [\"00\"]}",
		 "line 2: an item of 'id-keys' has 96 digits, this one has 2"},
		{"{chip-ids: [\"00\"]}",
		 "line 2: an item of 'chip-ids' has 128 digits, this one has 2"},
		{"{launch-tcb: {}}", "line 2: a floor without any part"},
		{"{abi: {major: 1, minor: 256}}", "line 2: 256 is over the limit of 255"},
		{"{launch-mitigations: [64]}", "line 2: 64 is over the limit of 63"},
		{"{guest-required: [smt, smt]}", "line 2: 'smt' stands twice in 'guest-required'"},
		{"{guest-required: [smt], guest-forbidden: [smt]}",
		 "line 2: 'guest-required' names what 'guest-forbidden' does"},
		{"{platform-required: [ecc], platform-allowed: [smt]}",
		 "line 2: 'platform-required' names what 'platform-allowed' does not"},
		{"{mitigations: [64]}", "line 2: 64 is over the limit of 63"},
		{"{vmpl: 4}", "line 2: 4 is over the limit of 3"},
		{"{max-age: 31622401}", "line 2: 31622401 is over the limit of 31622400"},
		{"{guest-svn: 4294967296}", "line 2: 4294967296 is over the limit of 4294967295"},
		{"{firmware: {major: 1, minor: 256}}", "line 2: 256 is over the limit of 255"},
		{"{tcb: [{bl: 256}]}", "line 2: 256 is over the limit of 255"},
		{"{tcb: [{product: Milan}]}", "line 2: a floor without any part"},
		{"{tcb: [{bl: 1}, {bl: 2}]}", "line 2: a second floor for every product"},
		{"{tcb: [{product: Milan, bl: 1}, {product: Milan, bl: 2}]}",
		 "line 2: a second floor for Milan"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(buf_free) struct buf text = BUF(1024);
		struct trust *t = NULL;
		struct err e = {0};

		buf_fmt(&text, "version: 1\nrequire: %s\n", rows[i].require);
		assert_false(trust_parse(&t, buf_bytes(&text), &e));
		check_err(&e, REASON_TRUST, rows[i].why);
		assert_null(t);
	}
}

static void lists_are_bounded(void **state)
{
	owned(buf_free) struct buf text = BUF(4096);
	struct trust *t = NULL;
	struct err e = {0};

	(void)state;
	buf_str(&text, "version: 1\nrequire: {regions: [");
	for (unsigned i = 0; i <= POLICY_LIST; i++)
		buf_fmt(&text, "%sr-%u", i ? ", " : "", i);
	buf_str(&text, "]}\n");
	assert_false(trust_parse(&t, buf_bytes(&text), &e));
	check_err(&e, REASON_LIMIT, "line 2: 'regions' has more than 32 items");
}

static void programs_see_the_whole_policy(void **state)
{
	owned(trust_free) struct trust *t = NULL;
	owned(buf_free) struct buf out = BUF(4096);
	struct json_out w = json_out(&out, false);

	(void)state;
	parse(&t, "version: 1\nrequire: {kinds: [snp], tcb: [{product: Milan, bl: 4}], firmware: "
		  "{major: 1, minor: 2}, mitigations: [1], guest-required: [smt], max-age: 9}\n");
	require_json(&t->require, &w);
	assert_string_equal(
		buf_cstr(&out),
		"{\"kinds\":[\"snp\"],\"fresh\":\"require\",\"channel\":\"warn\",\"logs\":\"warn\",\"max-age\":9,"
		"\"tcb\":[{\"product\":\"Milan\",\"bl\":4}],\"known-floors\":\"warn\",\"firmware\":{\"major\":1,"
		"\"minor\":2},\"committed-firmware\":\"warn\",\"guest-required\":[\"smt\"],"
		"\"mitigations\":[1]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_says_nothing_is_strict),
		cmocka_unit_test(what_is_strict_anyway_is_not_written),
		cmocka_unit_test(every_key_reaches_the_policy_and_is_written_again),
		cmocka_unit_test(other_spellings_are_written_in_one),
		cmocka_unit_test(a_policy_that_contradicts_itself_is_refused),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(programs_see_the_whole_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
