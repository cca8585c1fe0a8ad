#include "measure/core/sshsig.h"

#include <stdio.h>

#include "measure/base/base64.h"
#include "measure/core/hash.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_key.h"

#define MESSAGE "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"

static bool have_ssh_keygen(void)
{
	return system("command -v ssh-keygen >/dev/null") == 0;
}

/* A fresh key of that kind signs MESSAGE; malloc'd armored text. */
static char *ssh_sign(struct folder *f, const char *kind, const char *hash, size_t *n)
{
	char command[2048];

	snprintf(
		command, sizeof(command),
		"cd '%s' && rm -f key key.pub m m.sig && ssh-keygen -q -t %s -N '' -C '' -f key && "
		"printf '%%s' '%s' >m && ssh-keygen -q -Y sign -n git -O hashalg=%s -f key m 2>log",
		f->path, kind, MESSAGE, hash);
	assert_int_equal(system(command), 0);
	return folder_read(folder_path(f, "m.sig"), n);
}

static void check_signature(struct bytes armored, struct err *e)
{
	struct sshsig s = {0};

	if (sshsig_read(&s, armored, e))
		(void)!sshsig_verify(&s, bytes_str(MESSAGE), "git", e);
	sshsig_free(&s);
}

static const char *const kinds[] = {"ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521",
				    "rsa -b 2048"};

static void what_ssh_keygen_signs_holds_and_nothing_else(void **state)
{
	struct folder f;
	struct err e = {0};

	(void)state;
	if (!have_ssh_keygen()) {
		skip();
		return;
	}
	folder_new(&f);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t n;
		char *text = ssh_sign(&f, kinds[i], i % 2 ? "sha256" : "sha512", &n);
		struct sshsig s = {0};

		assert_true(sshsig_read(&s, bytes_of(text, n), &e));
		assert_true(sshsig_verify(&s, bytes_str(MESSAGE), "git", &e));
		check_no_err(&e);
		assert_false(sshsig_verify(&s, bytes_str(MESSAGE "x"), "git", &e));
		assert_int_equal(e.reason, REASON_SIGNATURE);
		e = (struct err){0};
		assert_false(sshsig_verify(&s, bytes_str(MESSAGE), "file", &e));
		check_err(&e, REASON_SIGNATURE,
			  "the signature is for the name space 'git', not 'file'");
		e = (struct err){0};
		sshsig_free(&s);
		free(text);
	}
	folder_free(&f);
}

/* Of the decoded signature one bit in each byte, and every shorter one. */
static void a_changed_signature_never_holds(void **state)
{
	struct folder f;

	(void)state;
	if (!have_ssh_keygen()) {
		skip();
		return;
	}
	folder_new(&f);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t n;
		char *text = ssh_sign(&f, kinds[i], "sha512", &n);
		struct sshsig s = {0};
		struct err e = {0};

		assert_true(sshsig_read(&s, bytes_of(text, n), &e));
		for (size_t k = 0; k < 2 * s.raw.n; k++) {
			struct buf out = BUF(65536), lines = BUF(65536);

			buf_put(&lines, bytes_of(s.raw.p, k < s.raw.n ? s.raw.n : k - s.raw.n));
			if (k < s.raw.n)
				lines.p[k] ^= (uint8_t)(1u << k % 8);
			buf_str(&out, "-----BEGIN SSH SIGNATURE-----\n");
			for (size_t at = 0; at < lines.n; at += 51) {
				base64_put(&out, bytes_of(lines.p + at,
							  lines.n - at < 51 ? lines.n - at : 51));
				buf_str(&out, "\n");
			}
			buf_str(&out, "-----END SSH SIGNATURE-----\n");
			e = (struct err){0};
			check_signature(buf_bytes(&out), &e);
			assert_true(err_is(&e));
			buf_free(&lines);
			buf_free(&out);
		}
		sshsig_free(&s);
		free(text);
	}
	folder_free(&f);
}

static void put_string(struct buf *b, struct bytes x)
{
	buf_be32(b, (uint32_t)x.n);
	buf_put(b, x);
}

/* What a security key would sign, by a key in software. */
static void device_signature(uint8_t flags, size_t behind, struct buf *armored)
{
	static const uint8_t counter[8] = {0, 0, 0, 7};
	struct buf key = BUF(4096), text = BUF(4096), raw = BUF(4096), rs = BUF(256),
		   sig = BUF(4096);
	struct digest d, app, inner;
	struct key *secret;
	struct pubkey *public;
	struct err e = {0};

	statement_key("ED25519", &secret, &public);
	put_string(&key, bytes_str("sk-ssh-ed25519@openssh.com"));
	put_string(&key, pubkey_point(public));
	put_string(&key, bytes_str("ssh:"));
	assert_true(hash_of(DIGEST_SHA512, bytes_str(MESSAGE), &d, &e));
	buf_str(&raw, "SSHSIG");
	buf_be32(&raw, 1);
	put_string(&raw, buf_bytes(&key));
	buf_str(&text, "SSHSIG");
	for (struct buf *b = &raw;; b = &text) {
		put_string(b, bytes_str("git"));
		put_string(b, bytes_str(""));
		put_string(b, bytes_str("sha512"));
		if (b == &text)
			break;
	}
	put_string(&text, digest_bytes(&d));
	assert_true(hash_of(DIGEST_SHA256, bytes_str("ssh:"), &app, &e));
	assert_true(hash_of(DIGEST_SHA256, buf_bytes(&text), &inner, &e));
	buf_reset(&text);
	buf_put(&text, digest_bytes(&app));
	buf_u8(&text, flags);
	buf_put(&text, bytes_of(counter, 4));
	buf_put(&text, digest_bytes(&inner));
	assert_true(key_sign(secret, buf_bytes(&text), &rs, &e));
	put_string(&sig, bytes_str("sk-ssh-ed25519@openssh.com"));
	put_string(&sig, buf_bytes(&rs));
	buf_u8(&sig, flags);
	buf_put(&sig, bytes_of(counter, behind - 1));
	put_string(&raw, buf_bytes(&sig));
	buf_str(armored, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t at = 0; at < raw.n; at += 51) {
		base64_put(armored, bytes_of(raw.p + at, raw.n - at < 51 ? raw.n - at : 51));
		buf_str(armored, "\n");
	}
	buf_str(armored, "-----END SSH SIGNATURE-----\n");
	key_free(&secret);
	pubkey_free(&public);
	buf_free(&key);
	buf_free(&text);
	buf_free(&raw);
	buf_free(&rs);
	buf_free(&sig);
}

static void a_security_key_must_have_been_touched(void **state)
{
	static const struct {
		uint8_t flags;
		size_t behind;
		enum reason reason;
		const char *text;
	} cases[] = {
		{1, 5, REASON_NONE, ""},
		{5, 5, REASON_NONE, ""},
		{4, 5, REASON_SIGNATURE, "nobody touched the security key"},
		{1, 4, REASON_SSH_SIGNATURE,
		 "a security key's signature ends in 5 bytes, here are 4"},
		{1, 6, REASON_SSH_SIGNATURE,
		 "a security key's signature ends in 5 bytes, here are 6"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf armored = BUF(8192);
		struct err e = {0};

		device_signature(cases[i].flags, cases[i].behind, &armored);
		check_signature(buf_bytes(&armored), &e);
		check_err(&e, cases[i].reason, cases[i].text);
		buf_free(&armored);
	}
}

/* The parts of a signature that is put together by hand. */
struct parts {
	uint32_t version;
	const char *reserved, *hash;
	struct bytes key, signature;
	const char *behind;
};

static void check_parts(const struct parts *p, enum reason reason, const char *text)
{
	struct buf raw = BUF(65536), armored = BUF(65536);
	struct err e = {0};

	buf_str(&raw, "SSHSIG");
	buf_be32(&raw, p->version);
	put_string(&raw, p->key);
	put_string(&raw, bytes_str("git"));
	put_string(&raw, bytes_str(p->reserved));
	put_string(&raw, bytes_str(p->hash));
	put_string(&raw, p->signature);
	buf_str(&raw, p->behind);
	buf_str(&armored, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t at = 0; at < raw.n; at += 51) {
		base64_put(&armored, bytes_of(raw.p + at, raw.n - at < 51 ? raw.n - at : 51));
		buf_str(&armored, "\n");
	}
	buf_str(&armored, "-----END SSH SIGNATURE-----\n");
	check_signature(buf_bytes(&armored), &e);
	check_err(&e, reason, text);
	buf_free(&raw);
	buf_free(&armored);
}

#define STRING(n, text) "\0\0\0" n text
#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

static void what_is_no_signature_is_refused(void **state)
{
	const struct bytes ed = BYTES(STRING("\13", "ssh-ed25519") STRING("\2", "ab"));
	const struct bytes dsa = BYTES(STRING("\7", "ssh-dss"));
	const struct bytes rsa =
		BYTES(STRING("\7", "ssh-rsa") STRING("\3", "\1\0\1") STRING("\2", "\1\1"));
	const struct bytes big =
		BYTES(STRING("\7", "ssh-rsa") STRING("\1", "\0") STRING("\1", "\1"));
	const struct bytes ec = BYTES(STRING("\23", "ecdsa-sha2-nistp256") STRING("\10", "nistp384")
					      STRING("\1", "\4"));
	const struct bytes by_ed = BYTES(STRING("\13", "ssh-ed25519") STRING("\1", "x"));
	const struct bytes by_ec = BYTES(STRING("\23", "ecdsa-sha2-nistp256") STRING("\1", "x"));
	const struct bytes by_sha1 = BYTES(STRING("\7", "ssh-rsa") STRING("\1", "x"));
	const struct bytes by_rsa = BYTES(STRING("\14", "rsa-sha2-512") STRING("\1", "x"));
	const struct {
		struct parts parts;
		enum reason reason;
		const char *text;
	} cases[] = {
		{{2, "", "sha512", ed, by_ed, ""},
		 REASON_SSH_SIGNATURE,
		 "the version is 2, 1 is known"},
		{{1, "x", "sha512", ed, by_ed, ""},
		 REASON_SSH_SIGNATURE,
		 "the reserved field has 1 bytes"},
		{{1, "", "sha1", ed, by_ed, ""},
		 REASON_SSH_SIGNATURE,
		 "the hash algorithm is neither sha256 nor sha512"},
		{{1, "", "sha512", ed, by_ed, "x"},
		 REASON_SSH_SIGNATURE,
		 "1 byte stands behind the end of the signature"},
		{{1, "", "sha512", ed, by_ec, ""},
		 REASON_SSH_SIGNATURE,
		 "the signature's algorithm is not that of its key, ssh-ed25519"},
		{{1, "", "sha512", dsa, by_ed, ""},
		 REASON_KEY,
		 "a key of kind 'ssh-dss' signs nothing here"},
		{{1, "", "sha512", ec, by_ec, ""},
		 REASON_KEY,
		 "the key of kind ecdsa-sha2-nistp256 holds no uncompressed point of nistp256"},
		{{1, "", "sha512", rsa, by_sha1, ""},
		 REASON_SSH_SIGNATURE,
		 "an RSA key signs with rsa-sha2-256 or rsa-sha2-512"},
		{{1, "", "sha512", rsa, by_rsa, ""},
		 REASON_KEY,
		 "an RSA key of 9 bits, 2048 are the least"},
		{{1, "", "sha512", big, by_rsa, ""},
		 REASON_KEY,
		 "the RSA key is none: an exponent of 1 and a modulus of 1 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_parts(&cases[i].parts, cases[i].reason, cases[i].text);
}

static void what_is_around_a_signature_counts(void **state)
{
	static const struct {
		const char *armored, *text;
	} cases[] = {
		{"-----BEGIN SSH SIGNATURE-----\nWFNIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n",
		 "it does not begin with SSHSIG"},
		{"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\nmore",
		 "4 bytes stand behind the signature"},
		{"-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n",
		 "SSHSIG needs 6 bytes, 3 are left"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = {0};

		check_signature(bytes_str(cases[i].armored), &e);
		check_err(&e, REASON_SSH_SIGNATURE, cases[i].text);
	}
}

/* Of a good key, so that nothing but the numbers is wrong. */
static void numbers_of_a_curve_have_one_spelling(void **state)
{
	static const char *const numbers[] = {STRING("\1", "\x80"), STRING("\2", "\0\1"),
					      "\0\0\0\0"};
	static const size_t lengths[] = {5, 6, 4};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct buf key = BUF(512), value = BUF(512), signature = BUF(512), point = BUF(256);
		struct key *secret;
		struct pubkey *public;

		statement_key("P-256", &secret, &public);
		buf_u8(&point, 4);
		buf_put(&point, pubkey_point(public));
		put_string(&key, bytes_str("ecdsa-sha2-nistp256"));
		put_string(&key, bytes_str("nistp256"));
		put_string(&key, buf_bytes(&point));
		buf_put(&value, bytes_of(numbers[i], lengths[i]));
		buf_put(&value, BYTES(STRING("\1", "\1")));
		put_string(&signature, bytes_str("ecdsa-sha2-nistp256"));
		put_string(&signature, buf_bytes(&value));
		check_parts(&(struct parts){1, "", "sha256", buf_bytes(&key), buf_bytes(&signature),
					    ""},
			    REASON_SSH_SIGNATURE, "r or s is no number of the curve");
		key_free(&secret);
		pubkey_free(&public);
		buf_free(&key);
		buf_free(&value);
		buf_free(&signature);
		buf_free(&point);
	}
}

static void the_fingerprint_is_that_of_ssh_keygen(void **state)
{
	struct folder f;
	struct err e = {0};
	struct sshsig s = {0};
	struct buf print = BUF(128);
	char command[1024];
	size_t n;
	char *text;

	(void)state;
	if (!have_ssh_keygen()) {
		skip();
		return;
	}
	folder_new(&f);
	text = ssh_sign(&f, "ed25519", "sha512", &n);
	assert_true(sshsig_read(&s, bytes_of(text, n), &e));
	assert_true(sshsig_fingerprint(s.key, &print, &e));
	snprintf(command, sizeof(command), "ssh-keygen -lf '%s/key.pub' | grep -qF ' %s '", f.path,
		 buf_cstr(&print));
	assert_int_equal(system(command), 0);
	buf_free(&print);
	sshsig_free(&s);
	free(text);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ssh_keygen_signs_holds_and_nothing_else),
		cmocka_unit_test(a_changed_signature_never_holds),
		cmocka_unit_test(a_security_key_must_have_been_touched),
		cmocka_unit_test(what_is_no_signature_is_refused),
		cmocka_unit_test(what_is_around_a_signature_counts),
		cmocka_unit_test(numbers_of_a_curve_have_one_spelling),
		cmocka_unit_test(the_fingerprint_is_that_of_ssh_keygen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
