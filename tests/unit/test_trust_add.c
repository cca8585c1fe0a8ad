#include "reference-db/trust_add.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "tests/unit/support_chain.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_trust.h"

#define AS(role) (1u << (role))

struct wish {
	const char *pem, *name;
	bool named;
	unsigned roles;
	uint64_t threshold;
};

static struct trust_addition addition(const char *path, const struct wish *w)
{
	return (struct trust_addition){
		.path = path,
		.pem = bytes_str(w->pem),
		.name = w->name,
		.named = w->named,
		.roles = w->roles,
		.threshold = w->threshold,
	};
}

static void add_ok(const char *path, const struct wish *w, const char *known_as, bool changed)
{
	struct trust_addition a = addition(path, w);
	struct err e = {0};
	bool ok = trust_add(&a, &e);

	check_no_err(&e);
	assert_true(ok);
	assert_string_equal(a.known_as, known_as);
	assert_int_equal(a.changed, changed);
}

static void add_refused(const char *path, const struct wish *w, enum reason r, const char *why)
{
	struct trust_addition a = addition(path, w);
	struct err e = {0};

	assert_false(trust_add(&a, &e));
	check_err(&e, r, why);
}

static void check_file(const char *path, const char *text)
{
	size_t n = 0;
	char *found = folder_read(path, &n);

	assert_non_null(found);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(found, text, n);
	free(found);
}

#define ALICE_PUBLISHES                                                  \
	TRUST_HEAD "keys:\n" ALICE("publisher") "roles:\n  publisher:\n" \
						"    threshold: 1\n"

static void the_first_key_makes_the_file(void **state)
{
	static const struct wish alice = {PEM(ALICE_SPKI), "alice", false, AS(TRUST_PUBLISHER), 0};
	owned(folder_free) struct folder f = {0};
	owned(buf_free) struct buf hex = BUF(128);
	struct trust_addition a;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	a = addition(folder_path(&f, "trust.yml"), &alice);
	assert_true(trust_add(&a, &e));
	hex_put(&hex, digest_bytes(&a.id));
	assert_string_equal(buf_cstr(&hex), ALICE_ID);
	assert_string_equal(a.kind, "Ed25519");
	assert_true(a.changed);
	check_file(a.path, ALICE_PUBLISHES);
	assert_int_equal(folder_count(&f), 1);
}

static void roles_and_keys_are_added(void **state)
{
	static const struct wish steps[] = {
		{PEM(ALICE_SPKI), "alice", false, AS(TRUST_PUBLISHER), 0},
		{PEM(BOB_SPKI), "bob", true, AS(TRUST_PUBLISHER) | AS(TRUST_ROOT), 2},
		{PEM(CAROL_SPKI), "Zo\xc3\xab \"C\"", true, AS(TRUST_PUBLISHER), 0},
	};
	static const char want[] = TRUST_HEAD "keys:\n" ALICE("publisher, root") BOB(
		"publisher, root")
		KEY("\"Zo\xc3\xab \\\"C\\\"\"", CAROL_ID, CAROL_SPKI,
		    "publisher") "roles:\n  publisher:\n    threshold: 2\n  root:\n    threshold: 2\n";
	owned(folder_free) struct folder f = {0};
	const char *path;

	(void)state;
	folder_new(&f);
	path = folder_path(&f, "trust.yml");
	add_ok(path, &steps[0], "alice", true);
	add_refused(path, &steps[1], REASON_USAGE,
		    "a threshold of 2 is wanted, the number of keys with the role 'root' is 1");
	check_file(path, ALICE_PUBLISHES);
	add_ok(path, &(struct wish){PEM(BOB_SPKI), "bob", true, AS(TRUST_PUBLISHER), 2}, "bob",
	       true);
	add_ok(path, &(struct wish){PEM(BOB_SPKI), "bob", true, AS(TRUST_ROOT), 0}, "bob", true);
	add_ok(path, &(struct wish){PEM(ALICE_SPKI), "x", false, AS(TRUST_ROOT), 2}, "alice", true);
	add_ok(path, &steps[2], "Zo\xc3\xab \"C\"", true);
	check_file(path, want);
}

static void what_is_there_already_is_left_alone(void **state)
{
	static const char text[] = "# mine\nversion: 1\nroles: {publisher: {threshold: 1}}\n"
				   "keys:\n" ALICE("publisher");
	static const struct wish same[] = {
		{PEM(ALICE_SPKI), "alice", true, AS(TRUST_PUBLISHER), 0},
		{PEM(ALICE_SPKI), "key", false, AS(TRUST_PUBLISHER), 1},
	};
	owned(folder_free) struct folder f = {0};
	struct stat before, after;
	const char *path;

	(void)state;
	folder_new(&f);
	path = folder_file(&f, "trust.yml", text, strlen(text));
	assert_int_equal(stat(path, &before), 0);
	for (size_t i = 0; i < COUNT(same); i++)
		add_ok(path, &same[i], "alice", false);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	check_file(path, text);
}

static void names_that_conflict_are_refused(void **state)
{
	static const struct {
		struct wish wish;
		const char *why;
	} list[] = {
		{{PEM(ALICE_SPKI), "alicia", true, AS(TRUST_ROOT), 0},
		 "the key is known as 'alice' and cannot also be 'alicia'"},
		{{PEM(BOB_SPKI), "alice", true, AS(TRUST_ROOT), 0},
		 "'alice' is the name of another key, sha256:" ALICE_ID},
		{{PEM(BOB_SPKI), "alice", false, AS(TRUST_ROOT), 0},
		 "'alice' is the name of another key, sha256:" ALICE_ID},
		{{PEM(BOB_SPKI), "", true, AS(TRUST_ROOT), 0},
		 "a name needs 1 to 64 bytes of visible characters, without blanks at its ends"},
		{{PEM(BOB_SPKI), "b\nb", true, AS(TRUST_ROOT), 0},
		 "a name needs 1 to 64 bytes of visible characters, without blanks at its ends"},
		{{PEM(BOB_SPKI), "b\xff", true, AS(TRUST_ROOT), 0},
		 "a name needs 1 to 64 bytes of visible characters, without blanks at its ends"},
		{{PEM(BOB_SPKI), "bob", true, AS(TRUST_PUBLISHER), 3},
		 "a threshold of 3 is wanted, the number of keys with the role 'publisher' is 2"},
	};
	owned(folder_free) struct folder f = {0};
	const char *path;

	(void)state;
	folder_new(&f);
	path = folder_file(&f, "trust.yml", ALICE_PUBLISHES, strlen(ALICE_PUBLISHES));
	for (size_t i = 0; i < COUNT(list); i++)
		add_refused(path, &list[i].wish, REASON_USAGE, list[i].why);
	check_file(path, ALICE_PUBLISHES);
	assert_int_equal(folder_count(&f), 1);
}

static void a_file_that_is_none_is_not_replaced(void **state)
{
	static const struct wish bob = {PEM(BOB_SPKI), "bob", true, AS(TRUST_ROOT), 0};
	owned(folder_free) struct folder f = {0};
	const char *path;

	(void)state;
	folder_new(&f);
	path = folder_file(&f, "trust.yml", "version: 7\n", 11);
	add_refused(path, &bob, REASON_TRUST, "line 1: the version is 7 and must be 1");
	check_file(path, "version: 7\n");
	path = folder_file(&f, "trust.yml", "", 0);
	add_refused(path, &bob, REASON_YAML, "line 1: needs a document, found the end");
	add_refused(f.path, &bob, REASON_NOT_A_FILE, "is a directory, not a regular file");
	add_refused(folder_path(&f, "none/trust.yml"), &bob, REASON_NO_SUCH_FILE,
		    "cannot be opened: No such file or directory");
	add_refused(path, &(struct wish){"", "bob", true, AS(TRUST_ROOT), 0}, REASON_KEY,
		    "the line -----BEGIN PUBLIC KEY----- is missing");
	assert_int_equal(folder_count(&f), 1);
}

static void folders_are_made_for_their_owner_alone(void **state)
{
	static const struct wish bob = {PEM(BOB_SPKI), "bob", true, AS(TRUST_ROOT), 0};
	owned(folder_free) struct folder f = {0};
	struct trust_addition a;
	struct stat st;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	a = addition(folder_path(&f, "x/y/trust.yml"), &bob);
	a.make_folder = true;
	assert_true(trust_add(&a, &e));
	assert_int_equal(stat(folder_path(&f, "x/y"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(a.path, &st), 0);
	a = addition(folder_path(&f, "x/y/trust.yml/z/trust.yml"), &bob);
	a.make_folder = true;
	assert_false(trust_add(&a, &e));
	check_err(&e, REASON_NO_SUCH_FILE, "cannot be made: Not a directory");
}

static void a_link_stays_one(void **state)
{
	static const struct wish bob = {PEM(BOB_SPKI), "bob", true, AS(TRUST_ROOT), 0};
	owned(folder_free) struct folder f = {0};
	const char *link, *target;
	struct stat st;

	(void)state;
	folder_new(&f);
	target = folder_file(&f, "target.yml", ALICE_PUBLISHES, strlen(ALICE_PUBLISHES));
	link = folder_path(&f, "trust.yml");
	assert_int_equal(symlink(target, link), 0);
	add_ok(link, &bob, "bob", true);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	check_file(
		target,
		TRUST_HEAD "keys:\n" ALICE("publisher") BOB(
			"root") "roles:\n  publisher:\n    threshold: 1\n  root:\n    threshold: 1\n");
}

static bool add_numbered(const char *path, unsigned i, struct err *e)
{
	char pem[TRUST_PEM_ROOM], name[16];
	struct wish w = {pem, name, true, AS(TRUST_ROOT), 0};
	struct trust_addition a;

	trust_numbered_pem(i, pem);
	snprintf(name, sizeof(name), "k%u", i);
	a = addition(path, &w);
	return trust_add(&a, e);
}

static void the_number_of_keys_is_bounded(void **state)
{
	owned(own_free) char *text = trust_many_keys(TRUST_KEYS - 1);
	owned(folder_free) struct folder f = {0};
	struct err e = {0};
	const char *path;

	(void)state;
	folder_new(&f);
	path = folder_file(&f, "trust.yml", text, strlen(text));
	assert_true(add_numbered(path, TRUST_KEYS - 1, &e));
	assert_false(add_numbered(path, TRUST_KEYS, &e));
	check_err(&e, REASON_LIMIT, "needs at most 256 keys, found more");
}

static bool add_ca(const char *path, struct err *e)
{
	struct chain_made made = chain_make((struct chain_spec[2]){{0}}, 2);
	owned(cert_text_free) char *pem = cert_pem(made.cert[1]);
	struct trust_addition a = {
		.path = path,
		.pem = bytes_str(pem),
		.is_ca = true,
		.roles = AS(TRUST_ROOT),
	};

	chain_free(&made);
	return trust_add(&a, e);
}

static void the_number_of_certificates_of_a_role_is_bounded(void **state)
{
	owned(folder_free) struct folder f = {0};
	struct err e = {0};
	const char *path;

	(void)state;
	folder_new(&f);
	path = folder_path(&f, "trust.yml");
	for (unsigned i = 0; i < TRUST_CAS; i++)
		assert_true(add_ca(path, &e));
	assert_false(add_ca(path, &e));
	check_err(&e, REASON_LIMIT,
		  "needs at most 16 certificates for the role 'root', found more");
}

#define WRITERS 8u

static void writers_at_once_follow_each_other(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(trust_free) struct trust *t = NULL;
	struct err e = {0};
	const char *path;
	pid_t child[WRITERS];

	(void)state;
	folder_new(&f);
	path = folder_path(&f, "trust.yml");
	for (unsigned i = 0; i < WRITERS; i++) {
		child[i] = fork();
		if (child[i] == 0)
			_exit(!add_numbered(path, i, &e));
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		int status = -1;

		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	assert_true(trust_read(&t, path, &e));
	assert_int_equal(t->n, WRITERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_key_makes_the_file),
		cmocka_unit_test(roles_and_keys_are_added),
		cmocka_unit_test(what_is_there_already_is_left_alone),
		cmocka_unit_test(names_that_conflict_are_refused),
		cmocka_unit_test(a_file_that_is_none_is_not_replaced),
		cmocka_unit_test(folders_are_made_for_their_owner_alone),
		cmocka_unit_test(a_link_stays_one),
		cmocka_unit_test(the_number_of_keys_is_bounded),
		cmocka_unit_test(the_number_of_certificates_of_a_role_is_bounded),
		cmocka_unit_test(writers_at_once_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
