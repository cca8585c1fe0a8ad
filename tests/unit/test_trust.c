#include "reference-db/trust.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "tests/unit/support_chain.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_trust.h"

static void parse_ok(struct trust **t, const char *text)
{
	struct err e = {0};
	bool ok = trust_parse(t, bytes_str(text), &e);

	check_no_err(&e);
	assert_true(ok);
}

static void check_refused(const char *text, enum reason r, const char *why)
{
	struct trust *t = NULL;
	struct err e = {0};

	assert_false(trust_parse(&t, bytes_str(text), &e));
	check_err(&e, r, why);
	assert_false(e.at);
	assert_null(t);
}

/* A CA's certificate as an item of `ca`; malloc'd. */
static char *ca_item_as(const char *kind, const char *constraints)
{
	const struct chain_spec spec = {.key = kind,
					.digest = "SHA256",
					.constraints = constraints,
					.usage = "keyCertSign"};
	owned(chain_free) struct chain_made made = chain_make(&spec, 1);
	owned(cert_text_free) char *pem = cert_pem(made.cert[0]);
	char *out = calloc(1, 2 * strlen(pem) + 256), *p = out;

	assert_non_null(out);
	p = stpcpy(p, "      - |\n");
	for (char *line = pem, *end; (end = strchr(line, '\n')); line = end + 1)
		p += sprintf(p, "        %.*s\n", (int)(end - line), line);
	return out;
}

static char *ca_item(const char *kind)
{
	return ca_item_as(kind, "critical,CA:TRUE");
}

static char *joined(const char *a, const char *b, const char *c)
{
	char *out = NULL;

	assert_true(asprintf(&out, "%s%s%s", a, b, c) >= 0);
	return out;
}

#define FULL                                                                         \
	TRUST_HEAD "keys:\n" ALICE("publisher, root")                                \
		BOB("publisher, rebuilder") "    not-before: 2026-01-01T00:00:00Z\n" \
					    "    not-after: 2026-12-31T23:59:59Z\n"  \
					    "roles:\n"                               \
					    "  publisher:\n    threshold: 2\n"       \
					    "  rebuilder:\n    threshold: 1\n"       \
					    "  root:\n    threshold: 1\n"

static void a_file_is_read(void **state)
{
	owned(trust_free) struct trust *t = NULL;
	owned(hexed_free) struct bytes alice = hexed(ALICE_ID), bob = hexed(BOB_ID),
				       carol = hexed(CAROL_ID);
	const struct trust_key *k;

	(void)state;
	parse_ok(&t, FULL);
	assert_int_equal(t->n, 2);
	k = trust_key_by_id(t, TRUST_PUBLISHER, alice);
	assert_string_equal(k->name, "alice");
	assert_int_equal(k->line, 4);
	assert_string_equal(pubkey_kind(k->key), "Ed25519");
	assert_true(bytes_equal(digest_bytes(pubkey_id(k->key)), alice));
	assert_false(k->has_not_before || k->has_not_after);
	assert_ptr_equal(trust_key_by_id(t, TRUST_ROOT, alice), k);
	k = trust_key_by_id(t, TRUST_REBUILDER, bob);
	assert_string_equal(k->name, "bob");
	assert_true(k->has_not_before && k->has_not_after);
	assert_int_equal(k->not_before, 1767225600);
	assert_int_equal(k->not_after, 1798761599);
	assert_int_equal(trust_count(t, TRUST_PUBLISHER), 2);
	assert_int_equal(t->rule[TRUST_PUBLISHER].threshold, 2);
	assert_int_equal(t->rule[TRUST_WITHDRAWER].threshold, 0);
	assert_null(trust_key_by_id(t, TRUST_REBUILDER, alice));
	assert_null(trust_key_by_id(t, TRUST_WITHDRAWER, alice));
	assert_null(trust_key_by_id(t, TRUST_PUBLISHER, carol));
	assert_null(trust_key_by_id(t, TRUST_PUBLISHER, bytes_of(alice.p, 31)));
	assert_null(trust_key_by_id(t, TRUST_PUBLISHER, bytes_of(NULL, 0)));
}

static void check_same(const struct trust *t, const char *text)
{
	owned(buf_free) struct buf out = BUF(TRUST_MAX);

	trust_write(t, &out);
	assert_string_equal(buf_cstr(&out), text);
}

static void what_is_read_is_written_again(void **state)
{
	static const char *const texts[] = {
		FULL,
		TRUST_HEAD,
		TRUST_HEAD "keys:\n" KEY("\"null\"", ALICE_ID, ALICE_SPKI, "withdrawer")
			KEY("\"Zo\xc3\xab \\\\ 1\"", BOB_ID, BOB_SPKI,
			    "withdrawer") "roles:\n  withdrawer:\n    threshold: 1\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		owned(trust_free) struct trust *t = NULL;

		parse_ok(&t, texts[i]);
		check_same(t, texts[i]);
	}
}

static void other_spellings_mean_the_same(void **state)
{
	owned(trust_free) struct trust *t = NULL;

	(void)state;
	parse_ok(&t, "roles: {publisher: {threshold: 1}}\nrequire: {}\nversion: 1\n"
		     "keys: [{roles: [publisher], spki: " BOB_SPKI ", name: 'bob',\n"
		     "  id: DEB2DED39DC26FCE0E6085B6FC34BF6B5941913BBFE2EA614113CFF9E004C170}]\n"
		     "# end\n"
		     "# of roles\n");
	assert_int_equal(t->n, 1);
	assert_string_equal(t->key[0].name, "bob");
	assert_int_equal(t->key[0].roles, 1u << TRUST_PUBLISHER);
}

static void a_ca_stands_for_those_it_certifies(void **state)
{
	owned(cert_text_free) char *one = ca_item("P-384"), *two = ca_item("ED25519");
	owned(cert_text_free) char *text =
		joined(TRUST_HEAD "roles:\n  publisher:\n    threshold: 5\n    ca:\n", one, two);
	owned(trust_free) struct trust *t = NULL;
	struct err e = {0};

	(void)state;
	parse_ok(&t, text);
	assert_int_equal(t->rule[TRUST_PUBLISHER].n_ca, 2);
	assert_int_equal(x509_alg(t->rule[TRUST_PUBLISHER].ca[1]), COSE_EDDSA);
	assert_true(trust_needs(t, TRUST_PUBLISHER, "t", &e));
	check_same(t, text);
}

static void whoever_trusts_nobody_is_told(void **state)
{
	owned(trust_free) struct trust *t = NULL;
	struct err e = {0};

	(void)state;
	parse_ok(&t, FULL);
	assert_true(trust_needs(t, TRUST_ROOT, "trust.yml", &e));
	assert_false(trust_needs(t, TRUST_WITHDRAWER, "trust.yml", &e));
	check_err(&e, REASON_NO_TRUST, "no key in the trust file has the role 'withdrawer'");
	assert_string_equal(e.subject, "trust.yml");
	assert_string_equal(e.hint, "`measure trust add KEY --role withdrawer` gives it to a key");
	assert_int_equal(reason_class(e.reason), EXIT_CLASS_UNDECIDED);
}

#define PUBLISHER "roles:\n  publisher:\n    threshold: 1\n"

#define NAME                                                         \
	"line 3: a name needs 1 to 64 bytes of visible characters, " \
	"without blanks at its ends"

static const struct key_case {
	const char *text;
	enum reason reason;
	const char *why;
} contradictions[] = {
	{"version: 2\n", REASON_TRUST, "line 1: the version is 2 and must be 1"},
	{"version: 1\nkeys:\n" ALICE("publisher") ALICE("root") PUBLISHER, REASON_TRUST,
	 "line 7: the name 'alice' stands twice, first in line 3"},
	{"version: 1\nkeys:\n" ALICE("publisher") KEY("bob", ALICE_ID, ALICE_SPKI, "root")
		 PUBLISHER,
	 REASON_TRUST, "line 8: the key of 'bob' is that of 'alice' in line 3"},
	{"version: 1\nkeys:\n" KEY("alice", BOB_ID, ALICE_SPKI, "publisher") PUBLISHER,
	 REASON_TRUST,
	 "line 4: the id of 'alice' is not the digest of its key, which is " ALICE_ID},
	{"version: 1\nkeys:\n" KEY("alice", "06e3", ALICE_SPKI, "publisher") PUBLISHER,
	 REASON_TRUST,
	 "line 4: the id of 'alice' is not the digest of its key, which is " ALICE_ID},
	{"version: 1\nkeys:\n" KEY("alice", ALICE_ID, "MCow", "publisher") PUBLISHER, REASON_KEY,
	 "line 5: the spki of 'alice': no SubjectPublicKeyInfo in 3 bytes"},
	{"version: 1\nkeys:\n" KEY("alice", ALICE_ID, "MCow ", "publisher") PUBLISHER, REASON_TRUST,
	 "line 5: the spki of 'alice' is no base64 at its character 5"},
	{"version: 1\nkeys:\n" KEY("alice", ALICE_ID, "MC_w", "publisher") PUBLISHER, REASON_TRUST,
	 "line 5: the spki of 'alice' is no base64 at its character 2"},
	{"version: 1\nkeys:\n" ALICE("") PUBLISHER, REASON_TRUST, "line 6: 'alice' has no role"},
	{"version: 1\nkeys:\n" ALICE("root, root") PUBLISHER, REASON_TRUST,
	 "line 6: 'alice' has the role 'root' twice"},
	{"version: 1\nkeys:\n" ALICE("publisher") "    not-before: 2026-01-02T00:00:00Z\n"
						  "    not-after: 2026-01-01T00:00:00Z\n" PUBLISHER,
	 REASON_TRUST,
	 "line 8: not-after of 'alice' is 2026-01-01T00:00:00Z, and not-before only "
	 "2026-01-02T00:00:00Z"},
	{"version: 1\nkeys:\n" KEY("\"a\\nb\"", ALICE_ID, ALICE_SPKI, "root"), REASON_TRUST, NAME},
	{"version: 1\nkeys:\n" KEY("\"a\\u202eb\"", ALICE_ID, ALICE_SPKI, "root"), REASON_TRUST,
	 NAME},
	{"version: 1\nkeys:\n" KEY("\" a\"", ALICE_ID, ALICE_SPKI, "root"), REASON_TRUST, NAME},
	{"version: 1\nkeys:\n" KEY("\"a \"", ALICE_ID, ALICE_SPKI, "root"), REASON_TRUST, NAME},
	{"version: 1\nkeys:\n" KEY(
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ALICE_ID,
		 ALICE_SPKI, "root"),
	 REASON_TRUST, NAME},
};

static void keys_that_contradict_themselves_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(contradictions); i++)
		check_refused(contradictions[i].text, contradictions[i].reason,
			      contradictions[i].why);
}

static void thresholds_that_nobody_reaches_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} list[] = {
		{"version: 1\nroles:\n  root:\n    threshold: 0\n",
		 "line 4: the threshold of 'root' is 0 and must be 1 or more"},
		{"version: 1\nroles:\n  root:\n    threshold: 1\n",
		 "line 4: the threshold of 'root' is 1, the number of keys with this role 0"},
		{"version: 1\nroles:\n  root: {threshold: 1, ca: []}\n",
		 "line 3: the threshold of 'root' is 1, the number of keys with this role 0"},
		{"version: 1\nkeys:\n" ALICE("root")
			 BOB("publisher") "roles:\n"
					  "  publisher: {threshold: 2}\n",
		 "line 12: the threshold of 'publisher' is 2, the number of keys with this role 1"},
		{"version: 1\nkeys:\n" ALICE("root") BOB("publisher") PUBLISHER,
		 "line 3: 'alice' has the role 'root', of which 'roles' names no threshold"},
		{"version: 1\nkeys:\n" ALICE("root"),
		 "line 3: 'alice' has the role 'root', of which 'roles' names no threshold"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++)
		check_refused(list[i].text, REASON_TRUST, list[i].why);
}

static void check_ca_refused(const char *items, const char *more, enum reason r, const char *why)
{
	owned(cert_text_free) char *text =
		joined("version: 1\nroles:\n  root:\n    threshold: 1\n    ca:\n", items, more);

	check_refused(text, r, why);
}

static void certificates_are_read_strictly(void **state)
{
	owned(cert_text_free) char *ca = ca_item("P-256"), *rsa = ca_item("RSA"),
				   *leaf = ca_item_as("ED25519", "CA:FALSE");
	unsigned lines = 0;
	char twice[64];

	(void)state;
	for (const char *c = ca; *c; c++)
		lines += *c == '\n';
	snprintf(twice, sizeof(twice), "line %u: a ca of 'root' stands twice", 6 + lines);
	check_ca_refused(rsa, "", REASON_CERTIFICATE,
			 "line 6: the ca of 'root': the key is RSA, and not of 4096 bits with the "
			 "exponent 65537");
	check_ca_refused(leaf, "", REASON_CERTIFICATE,
			 "line 6: the ca of 'root': the certificate is no CA by its "
			 "basicConstraints");
	check_ca_refused("      - a\n", "", REASON_CERTIFICATE,
			 "line 6: the ca of 'root': the line -----BEGIN CERTIFICATE----- is "
			 "missing");
	check_ca_refused(ca, "        more\n", REASON_TRUST,
			 "line 6: the ca of 'root' goes on for 5 bytes behind its end");
	check_ca_refused(ca, ca, REASON_TRUST, twice);
}

/* What the YAML reader refuses by the schema; test_yaml_refused has the rest. */
static void the_schema_is_closed(void **state)
{
	static const struct {
		const char *text, *why;
	} list[] = {
		{"version: 1\nkyes: []\n",
		 "line 2: unknown key 'kyes'; known here: version, keys, roles, logs, require"},
		{"keys: []\n", "line 1: key 'version' is missing"},
		{"version: 1\nkeys: [{name: a}]\n", "line 2: key 'id' is missing"},
		{"version: 1\nkeys:\n" ALICE("publicher"),
		 "line 6: an item of 'roles' needs one of publisher, rebuilder, withdrawer, root, "
		 "found 'publicher'"},
		{"version: 1\nkeys:\n" ALICE("root") "    expires: 2027\n",
		 "line 7: unknown key 'expires'; known here: name, id, spki, roles, not-before, "
		 "not-after"},
		{"version: 1\nroles: {root: {threshold: '1'}}\n",
		 "line 2: 'threshold' needs a number below 2^64 in plain decimal digits, found "
		 "the text '1'"},
		{"version: 1\nroles: {witness: {threshold: 1}}\n",
		 "line 2: unknown key 'witness'; known here: publisher, rebuilder, withdrawer, "
		 "root"},
		{"version: 1\nrequire: {debug: true}\n",
		 "line 2: unknown key 'debug'; known here: kinds, products, regions, statuses, "
		 "fresh, channel, logs, max-age, vmpl, tcb, launch-tcb, known-floors, firmware, "
		 "committed-firmware, abi, guest-svn, guest-forbidden, guest-required, "
		 "platform-allowed, platform-required, mitigations, launch-mitigations, "
		 "id-block, author-key, id-keys, author-keys, image-ids, family-ids, report-ids, "
		 "report-ids-ma, chip-ids"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++)
		check_refused(list[i].text, REASON_YAML, list[i].why);
}

static void keys_and_certificates_are_counted(void **state)
{
	owned(cert_text_free) char *most = trust_many_keys(TRUST_KEYS),
				   *more = trust_many_keys(TRUST_KEYS + 1), *items = NULL;
	owned(trust_free) struct trust *t = NULL;
	unsigned lines = 0;
	char why[64];

	(void)state;
	parse_ok(&t, most);
	assert_int_equal(trust_count(t, TRUST_ROOT), TRUST_KEYS);
	check_refused(more, REASON_LIMIT, "line 1030: needs at most 256 keys, found more");
	items = calloc(1, 1);
	for (unsigned i = 0; i <= TRUST_CAS; i++) {
		owned(cert_text_free) char *item = ca_item("P-256"), *before = items;

		items = joined(before, item, "");
	}
	for (const char *c = items; *c; c++)
		lines += *c == '\n';
	snprintf(why, sizeof(why), "line %u: needs at most 16 certificates, found more",
		 6 + lines / (TRUST_CAS + 1) * TRUST_CAS);
	check_ca_refused(items, "", REASON_LIMIT, why);
}

static void the_file_is_where_the_user_has_it(void **state)
{
	static const struct {
		const char *given, *config, *home, *path;
	} list[] = {
		{"a.yml", "/c", "/h", "a.yml"},
		{NULL, "/c", "/h", "/c/measure/trust.yml"},
		{NULL, "", "/h", "/h/.config/measure/trust.yml"},
		{NULL, "c", "/h", "/h/.config/measure/trust.yml"},
		{NULL, NULL, "/h", "/h/.config/measure/trust.yml"},
		{NULL, "c", "h", NULL},
		{NULL, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		owned(buf_free) struct buf path = BUF(TRUST_PATH_MAX);
		struct err e = {0};
		bool ok;

		unsetenv("XDG_CONFIG_HOME");
		unsetenv("HOME");
		if (list[i].config)
			setenv("XDG_CONFIG_HOME", list[i].config, 1);
		if (list[i].home)
			setenv("HOME", list[i].home, 1);
		ok = trust_path(list[i].given, &path, &e);
		assert_int_equal(ok, list[i].path != NULL);
		if (ok)
			assert_string_equal(buf_cstr(&path), list[i].path);
		else
			check_err(&e, REASON_NO_TRUST,
				  "neither XDG_CONFIG_HOME nor HOME says where the trust file is");
	}
}

static void a_file_that_is_not_there_is_no_trust(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(trust_free) struct trust *t = NULL;
	const char *path;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	path = folder_path(&f, "none");
	assert_false(trust_read(&t, path, &e));
	check_err(&e, REASON_NO_TRUST, "there is no trust file");
	assert_string_equal(e.subject, path);
	assert_string_equal(e.hint, "`measure trust add KEY --role ROLE` makes one");
	e = (struct err){0};
	assert_false(trust_read(&t, f.path, &e));
	check_err(&e, REASON_NOT_A_FILE, "is a directory, not a regular file");
	e = (struct err){0};
	path = folder_file(&f, "trust.yml", "kyes: 1", 7);
	assert_false(trust_read(&t, path, &e));
	assert_string_equal(e.subject, path);
	path = folder_file(&f, "trust.yml", FULL, strlen(FULL));
	e = (struct err){0};
	assert_true(trust_read(&t, path, &e));
	assert_int_equal(t->n, 2);
}

static void people_and_programs_see_the_same(void **state)
{
	static const char text[] = "publisher: 2 of 2 keys\n"
				   "  alice, Ed25519\n"
				   "    sha256:" ALICE_ID "\n"
				   "  bob, Ed25519, from 2026-01-01T00:00:00Z, until "
				   "2026-12-31T23:59:59Z\n"
				   "    sha256:" BOB_ID "\n"
				   "rebuilder: 1 of 1 key\n"
				   "  bob, Ed25519, from 2026-01-01T00:00:00Z, until "
				   "2026-12-31T23:59:59Z\n"
				   "    sha256:" BOB_ID "\n"
				   "withdrawer: nobody\n"
				   "root: 1 of 1 key\n"
				   "  alice, Ed25519\n"
				   "    sha256:" ALICE_ID "\n";
	static const char json[] =
		"{\"keys\":[{\"name\":\"alice\",\"sha256\":\"" ALICE_ID
		"\",\"key\":\"Ed25519\",\"roles\":[\"publisher\",\"root\"],\"not_before\":null,"
		"\"not_after\":null},{\"name\":\"bob\",\"sha256\":\"" BOB_ID
		"\",\"key\":\"Ed25519\",\"roles\":[\"publisher\",\"rebuilder\"],"
		"\"not_before\":\"2026-01-01T00:00:00Z\",\"not_after\":\"2026-12-31T23:59:59Z\"}],"
		"\"roles\":{\"publisher\":{\"threshold\":2,\"keys\":2,\"ca\":[]},"
		"\"rebuilder\":{\"threshold\":1,\"keys\":1,\"ca\":[]},"
		"\"root\":{\"threshold\":1,\"keys\":1,\"ca\":[]}},"
		"\"logs\":null,\"require\":{\"fresh\":\"require\",\"channel\":\"warn\",\"logs\":\"warn\","
		"\"known-floors\":\"warn\",\"committed-firmware\":\"warn\"}}";
	owned(trust_free) struct trust *t = NULL;
	owned(buf_free) struct buf out = BUF(1u << 16);
	struct json_out w = json_out(&out, false);

	(void)state;
	parse_ok(&t, FULL);
	trust_text(t, &out);
	assert_string_equal(buf_cstr(&out), text);
	buf_reset(&out);
	json_open(&w, '{');
	trust_json(t, &w);
	json_close(&w, '}');
	assert_string_equal(buf_cstr(&out), json);
}

static void certificates_are_shown_by_their_digest(void **state)
{
	owned(cert_text_free) char *ca = ca_item("P-384");
	owned(cert_text_free) char *text =
		joined(TRUST_HEAD "roles:\n  publisher:\n    threshold: 1\n    ca:\n", ca, "");
	owned(trust_free) struct trust *t = NULL;
	owned(buf_free) struct buf out = BUF(1u << 16), want = BUF(1u << 16);
	struct json_out w = json_out(&out, false);
	struct digest d;
	struct err e = {0};

	(void)state;
	parse_ok(&t, text);
	assert_true(hash_of(DIGEST_SHA256, x509_der(t->rule[TRUST_PUBLISHER].ca[0]), &d, &e));
	buf_str(&want,
		"publisher: 1 of 0 keys and those that these certify\n"
		"  certificate of CN=0, from 2020-01-01T00:00:00Z, until 2049-12-31T23:59:59Z\n"
		"    sha256:");
	hex_put(&want, digest_bytes(&d));
	buf_str(&want, "\nrebuilder: nobody\nwithdrawer: nobody\nroot: nobody\n");
	trust_text(t, &out);
	assert_string_equal(buf_cstr(&out), buf_cstr(&want));
	buf_reset(&out);
	json_open(&w, '{');
	trust_json(t, &w);
	json_close(&w, '}');
	assert_non_null(strstr(buf_cstr(&out), "\"ca\":[{\"subject\":\"CN=0\","));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(what_is_read_is_written_again),
		cmocka_unit_test(other_spellings_mean_the_same),
		cmocka_unit_test(a_ca_stands_for_those_it_certifies),
		cmocka_unit_test(whoever_trusts_nobody_is_told),
		cmocka_unit_test(keys_that_contradict_themselves_are_refused),
		cmocka_unit_test(thresholds_that_nobody_reaches_are_refused),
		cmocka_unit_test(certificates_are_read_strictly),
		cmocka_unit_test(the_schema_is_closed),
		cmocka_unit_test(keys_and_certificates_are_counted),
		cmocka_unit_test(the_file_is_where_the_user_has_it),
		cmocka_unit_test(a_file_that_is_not_there_is_no_trust),
		cmocka_unit_test(people_and_programs_see_the_same),
		cmocka_unit_test(certificates_are_shown_by_their_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
