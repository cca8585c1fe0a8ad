#include "measure/rebuild/debian.h"

#include <stdio.h>

#include "measure/rebuild/debian_signed.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_memory.h"

#define NOW INT64_C(1800000000)
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define DATE "Date: Sat, 11 Jul 2026 10:16:37 UTC\n"
#define FILES                                                        \
	"SHA256:\n " ZEROS " 12 main/binary-amd64/Packages\n " ZEROS \
	" 7 main/binary-amd64/Packages.gz\n"

static bool text(const char *release, struct debian_release *r, struct err *e)
{
	struct memory in = memory_stream(bytes_str(release), 100);

	*r = (struct debian_release){.arena = ARENA(1u << 20)};
	*e = (struct err){0};
	return debian_release_text(r, &in.stream, NOW, e);
}

static void a_release_names_its_files(void **state)
{
	struct debian_release r;
	struct err e;

	(void)state;
	assert_true(text("Suite: oldstable\nCodename: bookworm\nAcquire-By-Hash: yes\n" DATE FILES,
			 &r, &e));
	assert_string_equal(r.codename, "bookworm");
	assert_string_equal(r.suite, "oldstable");
	assert_int_equal(r.date, 1783764997);
	assert_true(r.valid_until == INT64_MAX && !r.stale && r.by_hash);
	assert_int_equal(debian_release_find(&r, "main/binary-amd64/Packages")->object.size, 12);
	assert_null(debian_release_find(&r, "main/binary-amd64/Packages.xz"));
	assert_int_equal(debian_release_packages(&r, "main", "amd64")->object.size, 7);
	assert_null(debian_release_packages(&r, "main", "arm64"));
	assert_true(debian_release_is(&r, "bookworm", &e) &&
		    debian_release_is(&r, "oldstable", &e));
	assert_false(debian_release_is(&r, "trixie", &e));
	check_err(&e, REASON_PACKAGE_LIST,
		  "is of the suite 'bookworm' (oldstable), not of 'trixie'");
	debian_release_free(&r);
}

static void how_long_it_holds_is_judged_at_a_time_given(void **state)
{
	static const struct {
		const char *until;
		bool stale;
	} cases[] = {
		{"Fri, 15 Jan 2027 07:59:59 UTC", true},
		{"Fri, 15 Jan 2027 08:00:00 UTC", false},
		{"Fri, 1 Jan 2027 8:00:00 GMT", true},
		{"Fri, 15 Jan 2027 08:00:01 +0000", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct debian_release r;
		struct err e;
		char release[500];

		snprintf(release, sizeof(release), DATE "Valid-Until: %s\n" FILES, cases[i].until);
		assert_true(text(release, &r, &e));
		assert_int_equal(r.stale, cases[i].stale);
		debian_release_free(&r);
	}
}

static void releases_are_read_strictly(void **state)
{
	static const struct {
		const char *release, *why;
	} cases[] = {
		{FILES, "has no field 'Date'"},
		{DATE, "has no field 'SHA256'"},
		{"Date: yesterday\n", "field 'Date': 'yesterday' is no time"},
		{"Date: Sat, 11 Jul 2026 10:16:37 CET\n",
		 "field 'Date': 'Sat, 11 Jul 2026 10:16:37 CET' is no time"},
		{"Date: Sat, 11 Foo 2026 10:16:37 UTC\n",
		 "field 'Date': 'Sat, 11 Foo 2026 10:16:37 UTC' is no time"},
		{"Date: Sat, 31 Jun 2026 10:16:37 UTC\n",
		 "field 'Date': 'Sat, 31 Jun 2026 10:16:37 UTC' is no time"},
		{DATE "Valid-Until: 2026\n" FILES, "field 'Valid-Until': '2026' is no time"},
		{DATE "SHA256:\n " ZEROS " 1 ../a\n",
		 "field 'SHA256': \"" ZEROS " 1 ../a\" is no SHA-256, size and path"},
		{DATE "SHA256:\n " ZEROS " 1\n",
		 "field 'SHA256': \"" ZEROS " 1\" is no SHA-256, size and path"},
		{DATE "SHA256:\n 00 1 a\n", "field 'SHA256': '00' is no SHA-256"},
		{DATE "SHA256:\n " ZEROS " -1 a\n", "field 'SHA256': '-1' is no size"},
		{DATE FILES " " ZEROS " 12 main/binary-amd64/Packages\n",
		 "field 'SHA256': 'main/binary-amd64/Packages' stands there twice"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct debian_release r;
		struct err e;

		assert_false(text(cases[i].release, &r, &e));
		check_err(&e, REASON_PACKAGE_LIST, cases[i].why);
		debian_release_free(&r);
	}
}

/* ---- signatures */

/*
 * Keys and files that they sign: one, two in the ring; stranger not; old expired, gone revoked. The
 * agent's socket has a place in so short a folder only.
 */
static const char make[] =
	"set -e; exec >log 2>&1; export GNUPGHOME=\"$(mktemp -d /tmp/gnupg.XXXXXX)\"; trap 'rm -rf \"$GNUPGHOME\"' EXIT; "
	"gpg() { command gpg --batch --pinentry-mode loopback --passphrase '' \"$@\"; }; "
	"key() { gpg \"$@\"; gpg --with-colons --list-keys | sed -n 's/^fpr:*\\([0-9A-F]*\\):.*/\\1/p' | tail -n 1; }; "
	"sign() { to=$1; shift; gpg \"$@\" --clearsign <text >\"$to\"; }; "
	"for k in one two stranger gone; do key --quick-gen-key \"$k <$k@example.org>\" ed25519 sign never >$k.out; "
	"tail -n 1 $k.out >$k; done; "
	"key --faked-system-time 20200101T000000 --quick-gen-key 'old <old@example.org>' ed25519 sign 1y >old.out; "
	"tail -n 1 old.out >old; "
	"sign good -u one; sign second -u two; sign unknown -u stranger; sign both -u stranger -u one; "
	"sign revoked -u gone; sign expired -u old --faked-system-time 20200201T000000; "
	"sign ended -u one --faked-system-time 20250101T000000 --default-sig-expire 1d --ignore-time-conflict "
	"--ignore-valid-from || true; sign weak -u one --digest-algo SHA224; "
	"sed 's/^:---/---/' $GNUPGHOME/openpgp-revocs.d/$(cat gone).rev | gpg --import; "
	"gpg --export one two old gone >ring; "
	"sed 's/^Suite: x/Suite: y/' good >changed; { echo x; cat good; } >front; { cat good; echo x; } >behind; "
	"cat good good >twice; head -c 300 good >cut; cp text plain; "
	"awk '/^-----BEGIN PGP SIGNATURE/ { print; getline; print; print \"\"; print \"AAAA\"; print \"-----END PGP SIGNATURE-----\"; exit } { print }' good >empty; "
	"gpgconf --kill gpg-agent";

struct keys {
	struct folder folder;
	bool there;
	char one[41], gone[41];
};

static void read_name(struct folder *f, const char *file, char out[41])
{
	owned(buf_free) struct buf b = BUF(100);
	struct err e = {0};

	assert_true(file_slurp(folder_path(f, file), 100, &b, &e));
	snprintf(out, 41, "%s", buf_cstr(&b));
}

static int setup(void **state)
{
	static struct keys k;
	owned(buf_free) struct buf command = BUF(1u << 14);
	static const char release[] = "Suite: x\n" DATE FILES;

	folder_new(&k.folder);
	folder_file(&k.folder, "text", release, strlen(release));
	k.there = system("command -v gpg >/dev/null && command -v gpgv >/dev/null") == 0;
	if (k.there) {
		buf_fmt(&command, "cd '%s' && { %s; }", k.folder.path, make);
		assert_int_equal(system(buf_cstr(&command)), 0);
		read_name(&k.folder, "one", k.one);
		read_name(&k.folder, "gone", k.gone);
	}
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	struct keys *k = *state;

	folder_free(&k->folder);
	return 0;
}

/* NULL: it is good. */
static void check_signed(struct keys *k, const char *name, const char *pinned, const char *why)
{
	owned(buf_free) struct buf file = BUF(1u << 20);
	const struct debian_keys keys = {folder_path(&k->folder, "ring"), &pinned, 1};
	struct debian_release r = {0};
	struct err e = {0};
	bool ok;

	assert_true(file_slurp(folder_path(&k->folder, name), file.max, &file, &e));
	ok = debian_release_read(&r, buf_bytes(&file), &keys, NOW, &e);
	check_err(&e, why ? REASON_SIGNATURE : REASON_NONE, why ? why : "");
	assert_true(ok == !why);
	if (ok) {
		assert_string_equal(r.signer, pinned);
		assert_string_equal(r.suite, "x");
	}
	debian_release_free(&r);
}

/* key: whose fingerprint, or the last 16 digits of it, stands behind the text. */
struct case_of {
	const char *file, *pinned, *why, *key;
};

static void check_case(struct keys *k, const struct case_of *c)
{
	char pinned[41], key[41], why[200];

	read_name(&k->folder, c->pinned, pinned);
	snprintf(why, sizeof(why), "%s", c->why ? c->why : "");
	if (c->key) {
		read_name(&k->folder, c->key, key);
		snprintf(why, sizeof(why), "%s (%s)", c->why,
			 strstr(c->why, "pinned") || strstr(c->why, "digest") ? key : key + 24);
	}
	check_signed(k, c->file, pinned, c->why ? why : NULL);
}

static void signatures_count_when_they_are_good_and_of_a_pinned_key(void **state)
{
	static const struct case_of cases[] = {
		{"good", "one", NULL, NULL},
		{"both", "one", NULL, NULL},
		{"second", "two", NULL, NULL},
		{"second", "one", "the signature was made by a key that is not pinned", "two"},
		{"unknown", "stranger", "the signature cannot be judged by the keys of the keyring",
		 "stranger"},
		{"revoked", "gone", "the signature was made by a key that was revoked", "gone"},
		{"expired", "old", "the signature was made by a key that has expired", "old"},
		{"ended", "one", "the signature has expired", "one"},
		{"weak", "one",
		 "the signature is made over a digest that is none of SHA-256, SHA-384 and SHA-512",
		 "one"},
		{"changed", "one", "a signature does not hold: the text was changed", NULL},
		{"front", "one", "stands outside the signed text", NULL},
		{"behind", "one", "stands outside the signed text", NULL},
		{"twice", "one", "is not one signed text with its signature", NULL},
		{"cut", "one", "is no signed text", NULL},
		{"plain", "one", "stands outside the signed text", NULL},
		{"empty", "one", "the signature is not there, or is none", NULL},
	};
	struct keys *k = *state;

	if (!k->there)
		skip();
	for (size_t i = 0; i < COUNT(cases); i++)
		check_case(k, &cases[i]);
}

/* A program of that name, in a PATH of its own, that does what the script says. */
static void check_gpgv(struct keys *k, const char *script, enum reason reason, const char *why)
{
	static const char file[] = "-----BEGIN PGP SIGNED MESSAGE-----\n\n-----BEGIN PGP "
				   "SIGNATURE-----\n-----END PGP SIGNATURE-----";
	const struct debian_keys keys = {folder_file(&k->folder, "ring", "", 0), NULL, 0};
	const char *gpgv = folder_path(&k->folder, "gpgv"), *before = getenv("PATH");
	struct debian_release r = {0};
	struct err e = {0};

	if (script) {
		folder_file(&k->folder, "gpgv", script, strlen(script));
		assert_int_equal(chmod(gpgv, 0755), 0);
	} else {
		remove(gpgv);
	}
	assert_non_null(before);
	before = strdup(before);
	setenv("PATH", k->folder.path, 1);
	assert_false(debian_release_read(&r, bytes_str(file), &keys, NOW, &e));
	setenv("PATH", before, 1);
	free((char *)(uintptr_t)before);
	check_err(&e, reason, why);
}

static void what_gpgv_does_not_say_is_not_so(void **state)
{
	struct keys *k = *state;
	const struct debian_keys none = {"there/is/none", NULL, 0};
	struct debian_release r = {0};
	struct err e = {0};

	check_gpgv(k, "#!/bin/sh\necho text\n", REASON_SIGNATURE,
		   "gpgv finds no signature that holds");
	check_gpgv(k, "#!/bin/sh\necho '[GNUPG:] VALIDSIG 1 2 3 4 5 6 7 8 9 10' >&3\n",
		   REASON_SIGNATURE, "gpgv finds no signature that holds");
	check_gpgv(k, "#!/bin/sh\necho '[GNUPG:] GOODSIG x y\n[GNUPG:] VALIDSIG 1 2' >&3\n",
		   REASON_SIGNATURE, "gpgv finds no signature that holds");
	check_gpgv(k, "#!/bin/sh\nkill -9 $$\n", REASON_SIGNATURE,
		   "the command was ended by signal 9 (Killed)");
	check_gpgv(k, "#!/bin/sh\n/usr/bin/head -c 262145 /dev/zero >&3\n", REASON_LIMIT,
		   "gpgv says more than 262144 bytes");
	check_gpgv(k, NULL, REASON_MISSING_TOOL, "there is no program 'gpgv'");
	assert_false(debian_release_read(
		&r,
		bytes_str(
			"-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----\n"),
		&none, NOW, &e));
	check_err(&e, REASON_NO_SUCH_FILE, "the keyring cannot be read");
	e = (struct err){0};
	assert_false(debian_release_read(&r, bytes_of("", DEBIAN_RELEASE_MAX + 1), &none, NOW, &e));
	check_err(&e, REASON_LIMIT, "has 8388609 bytes, and 8388608 are the limit");
}

static int setup_folder(void **state)
{
	static struct keys k;

	folder_new(&k.folder);
	*state = &k;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_release_names_its_files),
		cmocka_unit_test(how_long_it_holds_is_judged_at_a_time_given),
		cmocka_unit_test(releases_are_read_strictly),
		cmocka_unit_test_setup_teardown(
			signatures_count_when_they_are_good_and_of_a_pinned_key, setup, teardown),
		cmocka_unit_test_setup_teardown(what_gpgv_does_not_say_is_not_so, setup_folder,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
