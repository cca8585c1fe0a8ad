#include "ovmf-snp/launch_record.h"

#include <stdlib.h>

#include "ovmf-snp/vcpu.h"
#include "tests/unit/support_check.h"

#define FOURS "44444444444444444444444444444444"
#define HEX256 FOURS FOURS
#define HEX384 FOURS FOURS FOURS
#define ROW                                                                                \
	"{\"profile\":\"qemu\",\"vcpu_type\":\"EPYC-v4\",\"vcpu_signature\":\"0x800f12\"," \
	"\"guest_features\":\"0x1\",\"vcpus\":4,\"measurement\":\"" HEX384 "\"}"
#define FILE(part, name) "\"" part "\":{\"name\":\"" name "\",\"size\":7,\"sha256\":\"" HEX256 "\"}"
#define FIRMWARE FILE("firmware", "firmware.fd")
#define KERNEL FILE("kernel", "kernel")
#define HEAD "\"schema\":\"measure-launch/1\",\"mode\":\"snp\",\"policy\":\"0x30000\""
#define RECORD(head, files, rows) \
	"{" head ",\"files\":{" files "},\"firmware_digest\":\"" HEX384 "\",\"digests\":[" rows "]}"

static void what_is_read_is_written_the_same(void **state)
{
	owned(buf_free) struct buf one = BUF(LAUNCH_RECORD_MAX), two = BUF(LAUNCH_RECORD_MAX);
	owned(launch_record_free) struct launch_record r = {0}, again = {0};
	const struct launch_row bare = {.profile = profile_find("ec2"),
					.features = 0x21,
					.vcpus = 8192,
					.digest = {DIGEST_SHA384, 48, {1}}};
	struct err e = {0};

	(void)state;
	assert_true(launch_record_read(&r, bytes_str(RECORD(HEAD, FIRMWARE, ROW)), &e));
	assert_int_equal(r.n, 1);
	assert_string_equal(r.row[0].type, "EPYC-v4");
	assert_true(launch_record_add(&r, &bare, &e));
	launch_record_write(&r, &one);
	assert_true(launch_record_read(&again, buf_bytes(&one), &e));
	assert_int_equal(again.n, 2);
	assert_null(again.row[1].type);
	assert_int_equal(again.row[1].vcpus, 8192);
	launch_record_write(&again, &two);
	assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
}

static void named(const char *type, uint32_t signature, uint64_t features, const char *text)
{
	owned(buf_free) struct buf out = BUF(256);
	const struct launch_row row = {
		profile_find(signature ? "qemu" : "ec2"), type, signature, features, 4, {0}};

	launch_row_put(&out, &row);
	assert_string_equal(buf_cstr(&out), text);
}

static void a_row_is_named_by_what_is_measured(void **state)
{
	(void)state;
	named("EPYC-v4", 0x800f12, 1, "EPYC-v4 x4, qemu");
	named(NULL, 0x123456, 0x21, "CPU 0x123456 x4, qemu, features 0x21");
	named(NULL, 0, 1, "any CPU x4, ec2");
}

static void refuse(const char *json, const char *text)
{
	owned(launch_record_free) struct launch_record r = {0};
	struct err e = {0};

	assert_false(launch_record_read(&r, bytes_str(json), &e));
	check_err(&e, REASON_LAUNCH_RECORD, text);
	assert_null(r.row);
}

#define ROW_OF(profile, type, signature, vcpus, hex)                           \
	"{\"profile\":\"" profile "\"," type "\"vcpu_signature\":\"" signature \
	"\",\"guest_features\":\"0x1\",\"vcpus\":" vcpus ",\"measurement\":\"" hex "\"}"
#define WITH(row) RECORD(HEAD, FIRMWARE, row)
#define OF_FILES(files) RECORD(HEAD, files, ROW)

static void what_cannot_have_been_written_is_refused(void **state)
{
	(void)state;
	refuse("[]", "an array stands where an object must");
	refuse("{\"schema\":\"measure-launch/2\"}",
	       "schema is \"measure-launch/2\" and must be \"measure-launch/1\"");
	refuse(RECORD(HEAD ",\"host\":1", FIRMWARE, ROW), "\"host\" is no key of measure-launch/1");
	refuse(RECORD("\"schema\":\"measure-launch/1\",\"mode\":\"sev\"", FIRMWARE, ROW),
	       "mode is \"sev\" and must be \"snp\"");
	refuse(RECORD("\"schema\":\"measure-launch/1\",\"mode\":\"snp\",\"policy\":\"0x030000\"",
		      FIRMWARE, ROW),
	       "policy is no number such as \"0x1f\"");
	refuse(RECORD("\"schema\":\"measure-launch/1\",\"mode\":\"snp\",\"policy\":3", FIRMWARE,
		      ROW),
	       "policy is a number and must be a string");
	refuse(WITH(""), "digests is an empty list");
	refuse(WITH("1"), "a row is a number and must be an object");
}

static void files_that_no_bundle_has_are_refused(void **state)
{
	(void)state;
	refuse(OF_FILES(""), "\"firmware\" is missing");
	refuse(OF_FILES(FILE("firmware", "../x")), "name is \"../x\" and must be \"firmware.fd\"");
	refuse(OF_FILES(FIRMWARE "," KERNEL),
	       "kernel, cmdline and hashes belong together, and initrd and root to them");
	refuse(OF_FILES(FIRMWARE ",\"disk\":1"), "\"disk\" is no key of measure-launch/1");
	refuse(OF_FILES("\"firmware\":{\"name\":\"firmware.fd\",\"size\":-1}"),
	       "size is no whole number");
	refuse(OF_FILES("\"firmware\":{\"name\":\"firmware.fd\",\"size\":1,\"sha256\":\"44\"}"),
	       "sha256 is no sha256 in hexadecimal");
}

#define ROOTED                                                                                    \
	FIRMWARE "," KERNEL "," FILE("cmdline", "cmdline") "," FILE("root", "root.img") "," FILE( \
		"hashes", "hashes.bin")
#define VERITY(hash, rest) HEAD ",\"verity\":{\"root_hash\":\"" hash "\"," rest "}"
#define FIXED(salt, block) "\"algorithm\":\"sha256\",\"salt\":\"" salt "\",\"block_size\":" block
#define PLACE(blocks, offset) ",\"blocks\":" blocks ",\"hash_offset\":" offset
#define ROOT_OF(hash, rest) RECORD(VERITY(hash, rest), ROOTED, ROW)
#define USUAL FIXED("", "4096")

static void a_root_is_told_of_whole(void **state)
{
	owned(launch_record_free) struct launch_record r = {0};
	owned(buf_free) struct buf out = BUF(LAUNCH_RECORD_MAX);
	struct err e = {0};

	(void)state;
	assert_true(
		launch_record_read(&r, bytes_str(ROOT_OF(HEX256, USUAL PLACE("3", "12288"))), &e));
	assert_int_equal(r.root.blocks, 3);
	launch_record_write(&r, &out);
	launch_record_free(&r);
	assert_true(launch_record_read(&r, buf_bytes(&out), &e));
	refuse(RECORD(HEAD, ROOTED, ROW), "\"verity\" is missing");
	refuse(RECORD(VERITY(HEX256, USUAL PLACE("3", "12288")), FIRMWARE, ROW),
	       "verity is told of, and no root among the files");
	refuse(RECORD(VERITY(HEX256, USUAL PLACE("3", "12288")),
		      FIRMWARE "," FILE("root", "root.img"), ROW),
	       "kernel, cmdline and hashes belong together, and initrd and root to them");
	refuse(ROOT_OF("44", USUAL PLACE("3", "12288")), "root_hash is no sha256 in hexadecimal");
	refuse(ROOT_OF(HEX256, FIXED("00", "4096") PLACE("3", "12288")),
	       "salt is \"00\" and must be \"\"");
	refuse(ROOT_OF(HEX256, FIXED("", "512") PLACE("3", "12288")),
	       "block_size is 512 and must be 4096");
	refuse(ROOT_OF(HEX256, USUAL PLACE("0", "0")),
	       "blocks is 0, where 1 to 4294967295 are possible");
	refuse(ROOT_OF(HEX256, USUAL PLACE("4294967296", "0")),
	       "blocks is 4294967296, where 1 to 4294967295 are possible");
	refuse(ROOT_OF(HEX256, USUAL PLACE("3", "12289")),
	       "hash_offset is 12289 and must be 12288");
	refuse(ROOT_OF(HEX256, USUAL PLACE("3", "12288") ",\"x\":1"),
	       "\"x\" is no key of measure-launch/1");
}

static void rows_that_no_guest_has_are_refused(void **state)
{
	(void)state;
	refuse(WITH(ROW_OF("krun", "", "0x0", "1", HEX384)), "the profile \"krun\" is not known");
	refuse(WITH(ROW_OF("qemu", "", "0x0", "0", HEX384)),
	       "vcpus is 0, where 1 to 8192 are possible");
	refuse(WITH(ROW_OF("qemu", "", "0x0", "8193", HEX384)),
	       "vcpus is 8193, where 1 to 8192 are possible");
	refuse(WITH(ROW_OF("qemu", "", "0x100000000", "1", HEX384)),
	       "vcpu_signature has more than 32 bits");
	refuse(WITH(ROW_OF("qemu", "\"vcpu_type\":\"EPYC-v4\",", "0xa00f11", "1", HEX384)),
	       "vcpu_type is \"EPYC-v4\", which is no type with signature 0xa00f11");
	refuse(WITH(ROW_OF("qemu", "", "0x1", "1", HEX256)),
	       "measurement is no sha384 in hexadecimal");
	refuse(WITH(ROW_OF("qemu", "", "0x1", "1",
			   "000000000000000000000000000000000000000000000000"
			   "000000000000000000000000000000000000000000000000")),
	       "measurement is all zero");
}

static void rows_have_a_limit(void **state)
{
	owned(launch_record_free) struct launch_record r = {0};
	const struct launch_row row = {.profile = profile_find("ec2"), .vcpus = 1};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < LAUNCH_ROWS; i++)
		assert_true(launch_record_add(&r, &row, &e));
	assert_false(launch_record_add(&r, &row, &e));
	check_err(&e, REASON_LIMIT, "more than 8192 launch digests");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written_the_same),
		cmocka_unit_test(a_row_is_named_by_what_is_measured),
		cmocka_unit_test(what_cannot_have_been_written_is_refused),
		cmocka_unit_test(files_that_no_bundle_has_are_refused),
		cmocka_unit_test(a_root_is_told_of_whole),
		cmocka_unit_test(rows_that_no_guest_has_are_refused),
		cmocka_unit_test(rows_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
