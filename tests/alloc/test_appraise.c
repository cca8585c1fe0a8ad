#include <stdlib.h>

#include "measure/base/listing.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_appraise.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_evidence.h"
#include "tests/unit/support_manifest.h"

static const uint8_t spki[] = {0x30, 0x03, 0x02, 0x01, 0x05};

/* Every check, with something to say of each. */
static bool appraise_all(void *arg, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	owned(claims_free) struct claims *c = NULL;
	struct policy p = policy_strict();
	struct mset given = {0};
	struct appraisal out;
	struct verdict v = {0};
	struct expectation x = {
		.manifest = &m,
		.registers = &given,
		.host_data = {true, bytes_of(spki, sizeof(spki))},
		.user_data = {true, bytes_of(spki, sizeof(spki))},
		.nonce = {true, bytes_of(spki, sizeof(spki))},
		.key = {true, bytes_of(spki, sizeof(spki))},
		.binding = BINDING_USER_DATA_SHA256,
		.policy = &p,
	};
	struct digest d = {.alg = DIGEST_SHA384, .len = 48, .v = {1}};

	p.regions = (struct policy_list){2, {"here", "there"}};
	return sample_manifest(&m, e) && mset_put(&given, "PCR3", &d, e) &&
	       fake_authenticate(arg, &c, &v, e) && appraise(c, &x, &out, &v, e);
}

static bool list_folder(void *arg, struct err *e)
{
	owned(listing_free) struct listing f = {0};

	return listing_read(&f, arg, e);
}

static void appraising_survives_the_lack_of_memory(void **state)
{
	static char nitro[] = NITRO PCRS "nonce 01\nuser_data 02\nregion no\n";
	static char snp[] = SNP MEASUREMENT "report_data " D("01") B16("01") "\n";

	(void)state;
	assert_true(fail_each(appraise_all, nitro) > 4);
	assert_true(fail_each(appraise_all, snp) > 4);
}

static void listing_a_folder_survives_the_lack_of_memory(void **state)
{
	static char here[] = "tests/alloc";

	(void)state;
	assert_true(fail_each(list_folder, here) > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appraising_survives_the_lack_of_memory),
		cmocka_unit_test(listing_a_folder_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
