#include <sys/mman.h>
#include <unistd.h>

#include "measure/base/reason.h"
#include "measure/core/meaning.h"
#include "tests/unit/support_check.h"

/* Two files that differ, what is said of it, and whether nothing but that differs. */
struct sample {
	const char *path;
	struct bytes x[2];
	enum cause cause;
	bool exact;
	const char *text;
};

#define LIT(s)                                      \
	{                                           \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

static struct file in_memory(struct bytes x)
{
	struct file f = {.fd = memfd_create("test", MFD_CLOEXEC), .size = x.n, .name = "test"};

	assert_true(f.fd >= 0);
	assert_int_equal(write(f.fd, x.p, x.n), (ssize_t)x.n);
	return f;
}

static bool keep(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "what was undone", e);
}

static void one(const struct sample *s)
{
	static struct meaning m;
	struct file f[2] = {in_memory(s->x[0]), in_memory(s->x[1])};
	const struct extent x[2] = {{&f[0], 0, s->x[0].n}, {&f[1], 0, s->x[1].n}};
	struct buf undone = BUF(1u << 20);
	const struct patch_sink to = {keep, &undone};
	struct err e = {0};
	bool same;

	assert_true(meaning_same(&x[0], &x[1], &same, &m.first, &e));
	assert_false(same);
	assert_true(meaning_find(x, bytes_str(s->path), &m, &e));
	assert_string_equal(m.text, s->text);
	assert_string_equal(cause_name(m.cause), cause_name(s->cause));
	assert_int_equal(m.n > 0, s->exact);
	assert_true(meaning_patch(x, &m, &to, &e));
	assert_true(bytes_equal(buf_bytes(&undone), s->x[1]));
	buf_free(&undone);
	close(f[0].fd);
	close(f[1].fd);
}

#define AR(date, mode, body) \
	"!<arch>\na.o/            " date "0     0     " mode "4         `\n" body
#define PYC(flags, time) "\x6f\x0d\r\n" flags "\0\0\0" time "\x04\0\0\0code"
#define SHADOW(a, b) "root:*:" a ":0:99999:7:::\nme:" b ":0:99999:7:::\n"

static const struct sample samples[] = {
	{"a.gz",
	 {LIT("\x1f\x8b\x08\0\1\2\3\4\0\3body"), LIT("\x1f\x8b\x08\0\1\2\3\5\0\3body")},
	 CAUSE_GZIP_TIME,
	 true,
	 "gzip header, time"},
	{"a.gz",
	 {LIT("\x1f\x8b\x08\0\1\2\3\4\0\3body"), LIT("\x1f\x8b\x08\0\1\2\3\5\0\3bodz")},
	 CAUSE_NONE,
	 false,
	 "gzip header, time"},
	{"a.gz",
	 {LIT("\x1f\x8b\x08\0\1\2\3\4\0\3body"), LIT("\x1f\x8b\x08\0\1\2\3\4\0\xffwas")},
	 CAUSE_NONE,
	 false,
	 "gzip header, byte 9"},
	{"m.pyc",
	 {LIT(PYC("\0", "\1\0\0\0")), LIT(PYC("\0", "\2\0\0\0"))},
	 CAUSE_PYC_TIME,
	 true,
	 "compiled Python, time of the source"},
	{"m.pyc",
	 {LIT(PYC("\1", "\1\0\0\0")), LIT(PYC("\1", "\2\0\0\0"))},
	 CAUSE_NONE,
	 false,
	 "byte 8: 0x01 and 0x02"},
	{"l.a",
	 {LIT(AR("1           ", "100644  ", "code")), LIT(AR("22          ", "100600  ", "code"))},
	 CAUSE_AR_MEMBER,
	 true,
	 "ar member a.o, date"},
	{"l.a",
	 {LIT(AR("1           ", "100644  ", "code")), LIT(AR("1           ", "100644  ", "coda"))},
	 CAUSE_NONE,
	 false,
	 "ar member a.o, byte 3 of it"},
	{"etc/shadow",
	 {LIT(SHADOW("20391", "!:20391")), LIT(SHADOW("20402", "!:9999"))},
	 CAUSE_SHADOW_DATE,
	 true,
	 "line 1, field 3 (last change): 20391 and 20402"},
	{"rootfs/etc/shadow",
	 {LIT(SHADOW("20391", "$6$secret:1")), LIT(SHADOW("20391", "$6$other:1"))},
	 CAUSE_NONE,
	 false,
	 "line 2, field 2 (password)"},
	{"etc/ssh/ssh_host_ed25519_key",
	 {LIT("one secret\n"), LIT("two secret\n")},
	 CAUSE_SSH_HOST_KEY,
	 false,
	 "line 1"},
	{"etc/own",
	 {LIT("-----BEGIN PRIVATE KEY-----\nabc\n"), LIT("-----BEGIN PRIVATE KEY-----\nabd\n")},
	 CAUSE_NONE,
	 false,
	 "line 2"},
	{"etc/machine-id",
	 {LIT("abc\n"), LIT("abd\n")},
	 CAUSE_MACHINE_ID,
	 false,
	 "line 1: \"abc\" and \"abd\""},
	{"etc/built",
	 {LIT("same\non 2026-11-01 at 10:00:00 by x\n"),
	  LIT("same\non 2026-11-21 at 10:07:00 by x\n")},
	 CAUSE_BUILD_TIME,
	 true,
	 "line 2: \"on 2026-11-01 at 10:00:00 by x\" and \"on 2026-11-21 at 10:07:00 by x\""},
	{"etc/epoch",
	 {LIT("T=1700000000\n"), LIT("T=1700000001\n")},
	 CAUSE_BUILD_TIME,
	 true,
	 "line 1: \"T=1700000000\" and \"T=1700000001\""},
	{"etc/text",
	 {LIT("one\n"), LIT("one\ntwo\n")},
	 CAUSE_NONE,
	 false,
	 "line 2 is in the second alone"},
	{"etc/text", {LIT("a\nb\n"), LIT("a\nc\n")}, CAUSE_NONE, false, "line 2: \"b\" and \"c\""},
	{"bin/x", {LIT("a\0b"), LIT("a\0c")}, CAUSE_NONE, false, "byte 2: 0x62 and 0x63"},
	{"bin/x", {LIT("a\0b"), LIT("a\0")}, CAUSE_NONE, false, "the second ends at byte 2"},
	{"bin/x", {LIT(""), LIT("a")}, CAUSE_NONE, false, "the first ends at byte 0"},
};

static void each_sample_is_told_and_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		one(&samples[i]);
}

/* ---- made of fields */

static void put_elf(struct buf *out, const char *id, const char *code)
{
	static const char names[] = "\0.note.gnu.build-id\0.text\0.shstrtab";
	static const uint64_t sections[4][4] = {
		{0, 0, 0, 0}, {1, 7, 64, 8}, {20, 1, 72, 8}, {26, 3, 80, sizeof(names)}};

	buf_put(out, bytes_of("\x7f"
			      "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
			      16));
	buf_le(out, 2, 2);
	buf_le(out, 62, 2);
	buf_le(out, 1, 4);
	buf_zero(out, 16);
	buf_le(out, 120, 8);
	buf_zero(out, 4);
	buf_le(out, 64, 2);
	buf_zero(out, 4);
	buf_le(out, 64, 2);
	buf_le(out, 4, 2);
	buf_le(out, 3, 2);
	buf_put(out, bytes_of(id, 8));
	buf_put(out, bytes_of(code, 8));
	buf_put(out, bytes_of(names, sizeof(names)));
	buf_zero(out, 120 - out->n);
	for (size_t i = 0; i < 4; i++) {
		buf_le(out, sections[i][0], 4);
		buf_le(out, sections[i][1], 4);
		buf_zero(out, 16);
		buf_le(out, sections[i][2], 8);
		buf_le(out, sections[i][3], 8);
		buf_zero(out, 24);
	}
}

static void pair_of(struct buf *a, struct buf *b, const struct sample *as)
{
	struct sample s = *as;

	assert_true(a->failed == REASON_NONE && b->failed == REASON_NONE);
	s.x[0] = buf_bytes(a);
	s.x[1] = buf_bytes(b);
	one(&s);
	buf_free(a);
	buf_free(b);
}

static void an_elf_file_differs_in_a_section(void **state)
{
	struct buf a = BUF(4096), b = BUF(4096);

	(void)state;
	put_elf(&a, "12345678", "codecode");
	put_elf(&b, "12345679", "codecode");
	pair_of(&a, &b,
		&(struct sample){.path = "lib/x.so",
				 .cause = CAUSE_BUILD_ID,
				 .exact = true,
				 .text = "ELF section .note.gnu.build-id, byte 7 of 8"});
	put_elf(&a, "12345678", "codecode");
	put_elf(&b, "12345678", "codecoda");
	pair_of(&a, &b,
		&(struct sample){.path = "lib/x.so", .text = "ELF section .text, byte 7 of 8"});
}

static void put_pe(struct buf *out, uint32_t time, uint32_t sum, const char *code)
{
	buf_str(out, "MZ");
	buf_zero(out, 58);
	buf_le(out, 64, 4);
	buf_put(out, bytes_of("PE\0\0\x64\x86", 6));
	buf_le(out, 1, 2);
	buf_le(out, time, 4);
	buf_zero(out, 8);
	buf_le(out, 112, 2);
	buf_zero(out, 2 + 64);
	buf_le(out, sum, 4);
	buf_zero(out, 44);
	buf_put(out, bytes_of(".text\0\0\0", 8));
	buf_zero(out, 8);
	buf_le(out, 8, 4);
	buf_le(out, 240, 4);
	buf_zero(out, 16);
	buf_put(out, bytes_of(code, 8));
}

static void a_pe_file_differs_in_its_time_or_a_section(void **state)
{
	struct buf a = BUF(4096), b = BUF(4096);

	(void)state;
	put_pe(&a, 1, 7, "codecode");
	put_pe(&b, 2, 8, "codecode");
	pair_of(&a, &b,
		&(struct sample){.path = "x.efi",
				 .cause = CAUSE_PE_TIME,
				 .exact = true,
				 .text = "PE header, time stamp"});
	put_pe(&a, 1, 7, "codecode");
	put_pe(&b, 1, 8, "codecode");
	pair_of(&a, &b,
		&(struct sample){.path = "x.efi",
				 .cause = CAUSE_PE_TIME,
				 .exact = true,
				 .text = "PE header, checksum"});
	put_pe(&a, 1, 7, "codecode");
	put_pe(&b, 1, 7, "codecoda");
	pair_of(&a, &b, &(struct sample){.path = "x.efi", .text = "PE section .text, byte 7 of 8"});
}

static void put_squashfs(struct buf *out, uint32_t time)
{
	buf_str(out, "hsqs");
	buf_le(out, 1, 4);
	buf_le(out, time, 4);
	buf_zero(out, 96);
}

static void a_squashfs_image_differs_in_its_time(void **state)
{
	struct buf a = BUF(4096), b = BUF(4096);

	(void)state;
	put_squashfs(&a, 1);
	put_squashfs(&b, 2);
	pair_of(&a, &b,
		&(struct sample){.path = "root.squashfs",
				 .cause = CAUSE_SQUASHFS_TIME,
				 .exact = true,
				 .text = "squashfs superblock, time"});
}

static void put_kernel(struct buf *out, const char *banner, const char *code)
{
	buf_zero(out, 0x202);
	buf_str(out, "HdrS");
	buf_zero(out, 8);
	buf_le(out, 0x20, 2);
	buf_zero(out, 0x10);
	buf_str(out, banner);
	buf_zero(out, 8);
	buf_str(out, code);
}

/* The rest of a kernel differs with its banner, which is the cause all the same. */
static void a_kernel_differs_in_its_banner(void **state)
{
	struct buf a = BUF(4096), b = BUF(4096);
	struct sample s = {.path = "kernel", .cause = CAUSE_KERNEL_BUILD, .exact = true};

	(void)state;
	s.text = "banner \"6.1 (me@here) #1\" and \"6.1 (me@there) #1\"";
	put_kernel(&a, "6.1 (me@here) #1", "code");
	put_kernel(&b, "6.1 (me@there) #1", "code");
	pair_of(&a, &b, &s);
	put_kernel(&a, "6.1 (me@here) #1", "code");
	put_kernel(&b, "6.1 (me@there) #1", "coda");
	s.exact = false;
	pair_of(&a, &b, &s);
}

/* ---- paths */

static void a_path_names_its_cause_wherever_the_root_is(void **state)
{
	static const struct {
		const char *path;
		enum cause cause;
	} paths[] = {
		{"etc/ssh/ssh_host_rsa_key.pub", CAUSE_SSH_HOST_KEY},
		{"rootfs/etc/ssh/ssh_host_rsa_key", CAUSE_SSH_HOST_KEY},
		{"etc/ssh/sshd_config", CAUSE_NONE},
		{"etc/ssl/private/ssl-cert-snakeoil.key", CAUSE_GENERATED_KEY},
		{"rootfs/var/lib/dbus/machine-id", CAUSE_MACHINE_ID},
		{"myetc/machine-id", CAUSE_NONE},
		{"etc/machine-id.bak", CAUSE_NONE},
		{"var/lib/systemd/random-seed", CAUSE_RANDOM_SEED},
		{"etc/resolv.conf", CAUSE_HOST},
		{"var/cache/ldconfig/aux-cache", CAUSE_LDCONFIG},
		{"var/cache/fontconfig/abc.cache-7", CAUSE_FONTCONFIG},
		{"usr/lib/python3/x/__pycache__/m.pyc", CAUSE_PYCACHE},
		{"var/log/dpkg.log", CAUSE_LOG},
		{"var/lib/apt/lists/deb_main", CAUSE_PACKAGE_LISTS},
		{"var/cache/apt/pkgcache.bin", CAUSE_PACKAGE_LISTS},
		{"etc/shadow-", CAUSE_BACKUP},
		{"var/cache/man/index.db", CAUSE_CACHE},
		{"root/.cache/pip/x", CAUSE_CACHE},
		{"rootfs/tmp/x", CAUSE_LEFTOVER},
		{"srv/tmp/x", CAUSE_NONE},
		{"run/lock", CAUSE_LEFTOVER},
		{"usr/share/run", CAUSE_NONE},
		{"", CAUSE_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(cause_of_path(bytes_str(paths[i].path)), paths[i].cause);
}

static void each_cause_has_a_name_a_reason_and_a_remedy(void **state)
{
	(void)state;
	for (unsigned c = CAUSE_NONE + 1; c < CAUSES; c++) {
		assert_int_equal(cause_find(cause_name((enum cause)c)), c);
		assert_true(cause_what((enum cause)c)[0] && cause_why((enum cause)c)[0] &&
			    cause_fix((enum cause)c)[0]);
	}
	assert_int_equal(cause_find("no-such-cause"), CAUSE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sample_is_told_and_undone),
		cmocka_unit_test(an_elf_file_differs_in_a_section),
		cmocka_unit_test(a_pe_file_differs_in_its_time_or_a_section),
		cmocka_unit_test(a_squashfs_image_differs_in_its_time),
		cmocka_unit_test(a_kernel_differs_in_its_banner),
		cmocka_unit_test(a_path_names_its_cause_wherever_the_root_is),
		cmocka_unit_test(each_cause_has_a_name_a_reason_and_a_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
