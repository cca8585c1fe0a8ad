#include <stdio.h>

#include "measure/rebuild/lock_diff.h"
#include "measure/rebuild/lock_text.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_lock.h"

#define DIGEST "f5985090249a43a1334539e6a34eb227ff309022e7199c33a4b138c048c69c02"

/* The sample as text; NULL-terminated. */
static char *sample_text(void)
{
	owned(buf_free) struct buf out = BUF(1 << 20);
	struct lock_sample s;
	struct err e = {0};

	lock_sample(&s);
	assert_true(lock_write(&s.lock, &out, &e));
	return strdup(buf_cstr(&out));
}

/* `text` with the first `from` replaced. */
static char *edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out = NULL;

	if (!at)
		fail_msg("the sample has no %s", from);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	return out;
}

static bool read_text(struct lock *l, const char *text, struct err *e)
{
	*e = (struct err){0};
	return lock_read(l, bytes_str(text), e);
}

static void what_is_written_is_read_and_written_the_same(void **state)
{
	owned(own_free) char *text = sample_text();
	owned(buf_free) struct buf again = BUF(1 << 20);
	owned(lock_free) struct lock l = {0};
	struct err e;

	(void)state;
	assert_true(read_text(&l, text, &e));
	assert_true(lock_write(&l, &again, &e));
	assert_string_equal(buf_cstr(&again), text);
	assert_string_equal(l.inputs[2].origins.item[0], "project:kernel/my config");
	assert_int_equal(l.inputs[0].object.size, UINT64_C(5) << 30);
	assert_true(l.lists[0].valid_until == INT64_MAX && !l.lists[0].snapshot);
	assert_true(l.lists[1].valid_until == 1700604800 && l.epoch == 1700000001);
	assert_true(l.stages[1].umask == 022 && l.stages[1].jobs == 4);
	assert_string_equal(l.stages[1].environment.item[0], "CFLAGS=-O2 -DX=\"a\\b\"");
	assert_string_equal(l.inputs[3].submodules.item[0],
			    "lib/x 89abcdef0123456789abcdef0123456789abcdef");
	assert_string_equal(l.libraries[0].version, "1.2.13");
}

static void the_entries_of_an_input_are_found(void **state)
{
	struct lock_sample s;
	owned(own_free) char *text = sample_text();
	owned(lock_free) struct lock l = {0};
	struct err e;
	size_t n;

	(void)state;
	lock_sample(&s);
	assert_true(read_text(&l, text, &e));
	assert_string_equal(lock_find(&l, "tools", &n)->name, "bash");
	assert_int_equal(n, 2);
	assert_string_equal(lock_find(&l, "source", &n)->commit,
			    "0123456789abcdef0123456789abcdef01234567");
	assert_int_equal(n, 1);
	assert_null(lock_find(&l, "tool", &n));
	assert_int_equal(n, 0);
}

/* What is no input leaves their digest alone; what is one changes it. */
static void the_digest_is_of_the_inputs_alone(void **state)
{
	struct lock_sample s;
	struct digest first, d;
	struct err e = {0};

	(void)state;
	lock_sample(&s);
	assert_true(lock_inputs_digest(&s.lock, &first, &e));
	for (unsigned i = 0; i < 9; i++) {
		lock_sample(&s);
		if (i == 0)
			s.lock.tool = "9.9.9";
		if (i == 1)
			s.input[0].origins.n = 0;
		if (i == 2)
			s.lock.n_lists = 0;
		if (i == 3)
			s.lock.recipe.v[0] ^= 1;
		if (i == 4)
			s.lock.epoch++;
		if (i == 5)
			s.input[0].object.sha256.v[0] ^= 1;
		if (i == 6)
			s.stage[0].path = "/build/other";
		if (i == 7)
			s.lock.n_libraries = 0;
		if (i == 8)
			s.input[5].tree.v[31] ^= 1;
		assert_true(lock_inputs_digest(&s.lock, &d, &e));
		assert_int_equal(digest_equal(&first, &d), i < 4);
	}
}

static const struct {
	const char *from, *to;
	enum reason reason;
	const char *text;
} edits[] = {
	{"\"size\": 45", "\"size\": 46", REASON_LOCK,
	 "inputs_digest is " DIGEST ", and the inputs come to "
	 "e5ae35362638bd330d0772d1f6eed1f27d9609e91d7493ac9765dadd719c9b5f"},
	{"\"inputs_digest\": \"sha256:f", "\"inputs_digest\": \"sha256:e", REASON_LOCK,
	 "inputs_digest is e5985090249a43a1334539e6a34eb227ff309022e7199c33a4b138c048c69c02, and "
	 "the inputs come to " DIGEST},
	{"  \"epoch\"", " \"epoch\"", REASON_LOCK,
	 "it is not in the one form that a lock has: from here on it would be written otherwise"},
	{"\"1.2.3\"\n}\n", "\"1.2.3\"\n}", REASON_LOCK,
	 "it is not in the one form that a lock has: from here on it would be written otherwise"},
	{"\"1.2.3\"\n}\n", "\"1.2.3\"\n}\n\n", REASON_LOCK,
	 "it is not in the one form that a lock has: from here on it would be written otherwise"},
	{"\"1.2.3\"\n}\n", "\"1.2.3\"\n}\n{}", REASON_TRAILING,
	 "2 bytes stand behind the end of the JSON value"},
	{"\"name\": \"layer0\"", "\"name\": \"zayer0\"", REASON_LOCK,
	 "it is not in the one form that a lock has: from here on it would be written otherwise"},
	{"\"umask\": \"0000\"", "\"umask\": \"00\\u00300\"", REASON_LOCK,
	 "it is not in the one form that a lock has: from here on it would be written otherwise"},
	{"2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", REASON_LOCK,
	 "it is not in the one form that a lock has: from here on it would be written otherwise"},
	{"\"measure-lock/1\"", "\"measure-lock/2\"", REASON_LOCK,
	 "the schema is not \"measure-lock/1\""},
	{"\"schema\": ", "\"schemes\": ", REASON_LOCK, "it is no lock: \"schema\" is missing"},
	{"\"epoch\": 1700000001,", "", REASON_LOCK, "\"epoch\" is missing"},
	{"\"tool\": \"0.1.0\",", "\"tool\": \"0.1.0\",\"host\": \"x\",", REASON_LOCK,
	 "\"host\" is no key here"},
	{"\"jobs\": 1,", "\"jobs\": 1, \"run\": \"\",", REASON_LOCK,
	 "stages[0]: \"run\" is no key here"},
	{"\"epoch\": 1700000001", "\"epoch\": \"1700000001\"", REASON_LOCK,
	 "epoch is a string and must be a number"},
	{"\"epoch\": 1700000001", "\"epoch\": 1.5", REASON_LOCK,
	 "epoch is 1.5 and must be a whole number below 2^53"},
	{"\"epoch\": 1700000001", "\"epoch\": 253402300800", REASON_LOCK,
	 "epoch is behind the year 9999"},
	{"\"size\": 45", "\"size\": -45", REASON_LOCK,
	 "inputs[4]: size is -45 and must be a whole number below 2^53"},
	{"\"size\": 45", "\"size\": 9007199254740992", REASON_LOCK,
	 "inputs[4]: size is 9007199254740992 and must be a whole number below 2^53"},
	{"\"sha256\": \"0202", "\"sha256\": \"02", REASON_LOCK,
	 "inputs[4]: sha256 \"02020202020202020202020202020202020202020202020202020202020202\" "
	 "must be 64 lower-case hexadecimal digits"},
	{"\"sha256\": \"0202", "\"sha256\": \"0A02", REASON_LOCK,
	 "inputs[4]: sha256 \"0A02020202020202020202020202020202020202020202020202020202020202\" "
	 "must be 64 lower-case hexadecimal digits"},
	{"\"recipe\": \"sha256:0", "\"recipe\": \"sha512:0", REASON_LOCK,
	 "recipe \"sha512:0808080808080808080808080808080808080808080808080808080808080808\" must "
	 "be sha256: and 64 lower-case hexadecimal digits"},
	{"\"lists\": [", "\"lists\": {}, \"x\": [", REASON_LOCK, "\"x\" is no key here"},
	{"\"libraries\": [", "\"libraries\": [1,", REASON_LOCK,
	 "libraries[0]: it is a number and must be an object"},
	{"\"origins\": []", "\"origins\": \"\"", REASON_LOCK,
	 "inputs[0]: origins is a string and must be an array"},
	{"\"origins\": []", "\"origins\": [1]", REASON_LOCK,
	 "inputs[0]: origins[0] is a number and must be a string"},
	{"\"origins\": []", "\"origins\": [\"a:b\", \"a:b\"]", REASON_LOCK,
	 "input 'base' 'layer0': 'a:b' stands there twice"},
	{"\"LANG=C.UTF-8\"", "\"CFLAGS=\"", REASON_LOCK,
	 "stage 'kernel': 'CFLAGS=-O2 -DX=\"a\\b\"' stands there twice"},
	{"\"name\": \"manifest\"", "\"name\": \"layer0\"", REASON_LOCK,
	 "inputs: 'base' 'layer0' stands there twice"},
	{"\"name\": \"kernel\"", "\"name\": \"app\"", REASON_LOCK,
	 "stages: 'app' '' stands there twice"},
	{"\"kind\": \"blob\"", "\"kind\": \"blot\"", REASON_LOCK,
	 "inputs[0]: kind \"blot\" must be package, file, blob or git"},
	{"\"kind\": \"blob\"", "\"kind\": \"file\"", REASON_LOCK,
	 "input 'base' is both file and blob"},
	{"\"kind\": \"package\"", "\"kind\": \"file\"", REASON_LOCK,
	 "input 'tools' 'bash' is a file and has no version and no architecture"},
	{"\"kind\": \"file\"", "\"kind\": \"package\"", REASON_LOCK,
	 "input 'config' '' is a package and needs version and architecture"},
	{"\"kind\": \"file\"", "\"kind\": \"git\"", REASON_LOCK,
	 "input 'config' '' is a git and needs commit and tree"},
	{"\"kind\": \"git\"", "\"kind\": \"file\"", REASON_LOCK,
	 "input 'source' '' is a file and has no commit and no tree"},
	{"\"kind\": \"file\"", "\"kind\": \"blob\"", REASON_LOCK,
	 "input 'config' '' is a blob and needs a name"},
	{"\"name\": \"\",\n      \"origins\": [\n        \"project:.\"",
	 "\"name\": \"x\",\n      \"origins\": [\n        \"project:.\"", REASON_LOCK,
	 "input 'source' 'x' is a git and has no name"},
	{"\"size\": 0",
	 "\"size\": 0, \"submodules\": [\"a 0123456789abcdef0123456789abcdef01234567\"]",
	 REASON_LOCK, "input 'config' '' is a file and has no submodules"},
	{"\"jobs\": 1", "\"jobs\": 0", REASON_LOCK, "stage 'app' has 0 jobs, 1 to 4096 can be"},
	{"\"umask\": \"0000\"", "\"umask\": \"0o22\"", REASON_LOCK,
	 "stages[0]: umask \"0o22\" must be 0 and three octal digits"},
	{"\"umask\": \"0000\"", "\"umask\": 18", REASON_LOCK,
	 "stages[0]: umask is a number and must be a string"},
	{"2023-11-14T22:13:20Z", "yesterday", REASON_LOCK,
	 "lists[0]: date: \"yesterday\" is no time such as 2026-11-20T13:38:29Z"},
	{"\"date\": \"2023-11-14T22:13:20Z\"", "\"date\": 1", REASON_LOCK,
	 "lists[0]: date is a number and must be a string"},
	{"\"kind\": \"blob\"", "\"kind\": null", REASON_LOCK,
	 "inputs[0]: kind is null and must be a string"},
	{"example.org/blindbox", "example.org//blindbox", REASON_LOCK,
	 "the product \"example.org//blindbox\" has a part that is no name"},
	{"\"version\": \"1.2.3\"", "\"version\": \"a/b\"", REASON_LOCK,
	 "version \"a/b\" is not one component of a path"},
	{"\"tool\": \"0.1.0\"", "\"tool\": \"0\\u0000\"", REASON_LOCK, "tool holds a NUL"},
	{"\"tool\": \"0.1.0\"", "\"tool\": \"0.1.0\", \"tool\": \"0.1.0\"", REASON_JSON,
	 "needs every key once, found \"tool\" twice"},
	{"{\n  \"epoch\"", "[{\n  \"epoch\"", REASON_JSON, "needs ',' or ']', found the end"},
};

static void a_lock_that_was_edited_is_refused(void **state)
{
	owned(own_free) char *text = sample_text();

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		owned(own_free) char *other = edited(text, edits[i].from, edits[i].to);
		owned(lock_free) struct lock l = {0};
		struct err e;

		if (read_text(&l, other, &e))
			fail_msg("accepted: %s", edits[i].to);
		check_err(&e, edits[i].reason, edits[i].text);
	}
}

/* What cannot be read is not written either. */
static void check_not_written(struct lock_sample *s, enum reason r, const char *text)
{
	owned(buf_free) struct buf out = BUF(LOCK_MAX_BYTES);
	struct err e = {0};

	assert_false(lock_write(&s->lock, &out, &e));
	check_err(&e, r, text);
	assert_int_equal(out.n, 0);
}

static void what_would_not_be_read_is_not_written(void **state)
{
	struct lock_sample s;

	(void)state;
	lock_sample(&s);
	s.text[0] = "https://example.org/x.deb";
	check_not_written(&s, REASON_LOCK,
			  "inputs[5]: origins[1] \"https://example.org/x.deb\" must be "
			  "ARCHIVE:PATH, the name of an archive and a path in it, without host or "
			  "scheme");
	lock_sample(&s);
	s.lock.product = NULL;
	check_not_written(&s, REASON_LOCK, "\"product\" is missing");
	lock_sample(&s);
	s.input[0].object.sha256.len = 0;
	check_not_written(&s, REASON_LOCK, "inputs[5]: \"sha256\" is missing");
	lock_sample(&s);
	s.list[0].date = INT64_MAX;
	check_not_written(&s, REASON_LOCK, "lists[0]: \"date\" is missing");
}

static void what_is_too_much_is_refused(void **state)
{
	static struct lock_library library[LOCK_LIBRARIES_MAX + 1];
	static char name[LOCK_TEXTS_MAX + 1][8];
	static const char *origin[LOCK_TEXTS_MAX + 1];
	owned(own_free) char *large = malloc(LOCK_MAX_BYTES + 1);
	struct lock_sample s;
	struct lock l = {0};
	struct err e = {0};

	(void)state;
	lock_sample(&s);
	for (size_t i = 0; i <= LOCK_TEXTS_MAX; i++) {
		snprintf(name[i], sizeof(name[i]), "a:%zu", i);
		origin[i] = name[i];
		library[i % COUNT(library)] =
			(struct lock_library){name[i % COUNT(library)] + 2, "1"};
	}
	s.lock.libraries = library;
	s.lock.n_libraries = COUNT(library);
	check_not_written(&s, REASON_LIMIT, "65 libraries, and 64 are the limit");
	s.lock.n_libraries = 0;
	s.input[0].origins = (struct lock_texts){origin, COUNT(origin)};
	check_not_written(&s, REASON_LIMIT, "inputs[0]: 257 origins, and 256 are the limit");
	assert_false(lock_read(&l, bytes_of(large, LOCK_MAX_BYTES + 1), &e));
	check_err(&e, REASON_LIMIT, "8388609 bytes, 8388608 are the limit of a lock");
}

#define FORTY "0123456789abcdef0123456789abcdef01234567"

static const struct {
	enum lock_text kind;
	bool ok;
	const char *text;
} texts[] = {
	{LOCK_TEXT_NAME, true, "libstdc++-12-dev"},
	{LOCK_TEXT_NAME, true, "serde_json-1.0.0+x.crate"},
	{LOCK_TEXT_NAME, false, ""},
	{LOCK_TEXT_NAME, false, "-rf"},
	{LOCK_TEXT_NAME, false, ".git"},
	{LOCK_TEXT_NAME, false, "a/b"},
	{LOCK_TEXT_NAME, false, "a b"},
	{LOCK_TEXT_NAME, false, "\303\251"},
	{LOCK_TEXT_NAME_OR_NONE, true, ""},
	{LOCK_TEXT_NAME_OR_NONE, false, "/"},
	{LOCK_TEXT_VERSION, true, "1:2.0~rc1-3+b1"},
	{LOCK_TEXT_VERSION, false, ""},
	{LOCK_TEXT_VERSION, false, "1 2"},
	{LOCK_TEXT_ORIGIN, true, "debian-security:pool/updates/main/o/openssl/x_3.0.deb"},
	{LOCK_TEXT_ORIGIN, true, "project:."},
	{LOCK_TEXT_ORIGIN, true, "project:a b/\303\251"},
	{LOCK_TEXT_ORIGIN, false, "project:"},
	{LOCK_TEXT_ORIGIN, false, "project:./a"},
	{LOCK_TEXT_ORIGIN, false, "project:a/../b"},
	{LOCK_TEXT_ORIGIN, false, "project:../b"},
	{LOCK_TEXT_ORIGIN, false, "project:/etc/passwd"},
	{LOCK_TEXT_ORIGIN, false, "project:a//b"},
	{LOCK_TEXT_ORIGIN, false, "project:a/"},
	{LOCK_TEXT_ORIGIN, false, "project:a\\b"},
	{LOCK_TEXT_ORIGIN, false, "project:a\nb"},
	{LOCK_TEXT_ORIGIN, false, "project:a\342\200\256b"},
	{LOCK_TEXT_ORIGIN, false, "project:a\377"},
	{LOCK_TEXT_ORIGIN, false, "pool/main/x.deb"},
	{LOCK_TEXT_ORIGIN, false, ":a"},
	{LOCK_TEXT_ORIGIN, false, "https://example.org/a"},
	{LOCK_TEXT_ORIGIN, false, "https:example.org/a"},
	{LOCK_TEXT_ORIGIN, false, "file:a"},
	{LOCK_TEXT_ORIGIN, false, "example.org:a"},
	{LOCK_TEXT_ORIGIN, false, "git@example.org:a"},
	{LOCK_TEXT_ORIGIN, false, "1:a"},
	{LOCK_TEXT_COMMIT, true, FORTY},
	{LOCK_TEXT_COMMIT, false, "0123456789ABCDEF0123456789abcdef01234567"},
	{LOCK_TEXT_COMMIT, false, "0123456789abcdef"},
	{LOCK_TEXT_COMMIT, false, "0000000000000000000000000000000000000000"},
	{LOCK_TEXT_SUBMODULE, true, "a b/c " FORTY},
	{LOCK_TEXT_SUBMODULE, false, FORTY},
	{LOCK_TEXT_SUBMODULE, false, " " FORTY},
	{LOCK_TEXT_SUBMODULE, false, "../a " FORTY},
	{LOCK_TEXT_SUBMODULE, false, "a x" FORTY},
	{LOCK_TEXT_FINGERPRINT, true, "4D64FEC119C2029067D6E791F8D2585B8783D481"},
	{LOCK_TEXT_FINGERPRINT, false, "4d64fec119c2029067d6e791f8d2585b8783d481"},
	{LOCK_TEXT_FINGERPRINT, false, "F8D2585B8783D481"},
	{LOCK_TEXT_PATH, true, "/build/my stage"},
	{LOCK_TEXT_PATH, false, "/"},
	{LOCK_TEXT_PATH, false, "build"},
	{LOCK_TEXT_PATH, false, "/build/"},
	{LOCK_TEXT_PATH, false, "/build/../etc"},
	{LOCK_TEXT_VARIABLE, true, "A=b=c"},
	{LOCK_TEXT_VARIABLE, true, "_a1="},
	{LOCK_TEXT_VARIABLE, false, "A"},
	{LOCK_TEXT_VARIABLE, false, "=a"},
	{LOCK_TEXT_VARIABLE, false, "1A=b"},
	{LOCK_TEXT_VARIABLE, false, "A B=c"},
	{LOCK_TEXT_VARIABLE, false, "A=b\nC=d"},
	{LOCK_TEXT_SNAPSHOT, true, "20261101T000000Z"},
	{LOCK_TEXT_SNAPSHOT, false, "20261101T00000Z"},
	{LOCK_TEXT_SNAPSHOT, false, "2026-11-01T00:00"},
	{LOCK_TEXT_DIGEST, false, "sha256:" FORTY},
};

static void texts_are_what_they_may_be(void **state)
{
	static char long_name[LOCK_NAME_MAX + 2], long_path[LOCK_TEXT_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (lock_text_is(texts[i].kind, texts[i].text) != texts[i].ok)
			fail_msg("%u \"%s\"", texts[i].kind, texts[i].text);
	memset(long_name, 'a', LOCK_NAME_MAX + 1);
	assert_false(lock_text_is(LOCK_TEXT_NAME, long_name));
	assert_false(lock_text_is(LOCK_TEXT_VERSION, long_name));
	memset(long_path, 'a', LOCK_TEXT_MAX + 1);
	long_path[0] = '/';
	assert_false(lock_text_is(LOCK_TEXT_PATH, long_path));
	long_path[LOCK_TEXT_MAX] = '\0';
	assert_true(lock_text_is(LOCK_TEXT_PATH, long_path));
}

/* Of two samples the second is as it was changed. */
static void differ(struct lock_sample *b, const char *want)
{
	owned(buf_free) struct buf text = BUF(4096), reverse = BUF(4096);
	struct lock_sample a;
	struct err e = {0};

	lock_sample(&a);
	assert_true(lock_diff(&a.lock, &b->lock, &text, &e));
	assert_string_equal(buf_cstr(&text), want);
	assert_true(lock_diff(&b->lock, &b->lock, &reverse, &e));
	assert_int_equal(reverse.n, 0);
}

static void what_differs_between_two_is_named(void **state)
{
	struct lock_sample b;

	(void)state;
	lock_sample(&b);
	b.lock.tool = "9.9";
	b.lock.n_lists = 0;
	b.input[0].origins.n = 0;
	differ(&b, "");
	b.lock.epoch = 1;
	b.input[0].version = "13.1";
	b.input[0].object.sha256.v[0] ^= 1;
	b.input[1].object.sha256.v[0] ^= 1;
	differ(&b, "epoch: 1700000001 and 1\n"
		   "input tools, gcc-12: 12.2.0-14+deb12u1 and 13.1\n"
		   "input tools, bash: 12.2.0-14+deb12u1 in both, of other bytes\n");
	lock_sample(&b);
	b.stage[0].path = "/other";
	b.stage[0].umask = 077;
	b.stage[0].jobs = 9;
	b.stage[0].environment.n--;
	b.library[0].version = "2";
	differ(&b, "stage kernel: path /build/kernel and /other (13 and 6 bytes)\n"
		   "stage kernel: umask 0022 and 0077\n"
		   "stage kernel: jobs 4 and 9\n"
		   "stage kernel: CFLAGS=-O2 -DX=\"a\\b\" only in the first\n"
		   "library zlib: 1.2.13 and 2\n");
	lock_sample(&b);
	b.stage[1].name = "third";
	b.library[0].name = "other";
	b.lock.n_inputs = 5;
	differ(&b, "input source: 0123456789abcdef0123456789abcdef01234567 and none\n"
		   "stage app: only in the first\n"
		   "stage third: only in the second\n"
		   "library zlib: 1.2.13 and none\n"
		   "library other: none and 1.2.13\n");
}

static void a_lock_is_known_by_its_head(void **state)
{
	(void)state;
	assert_true(lock_is(bytes_str("{\n  \"epoch\": 1,\n  \"inputs\": []")));
	assert_false(lock_is(bytes_str("{\n  \"epoch\": 1,\n  \"schema\": 1")));
	assert_false(lock_is(bytes_str("{\n  \"inputs\": []")));
	assert_false(lock_is(bytes_str("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_and_written_the_same),
		cmocka_unit_test(the_entries_of_an_input_are_found),
		cmocka_unit_test(the_digest_is_of_the_inputs_alone),
		cmocka_unit_test(a_lock_that_was_edited_is_refused),
		cmocka_unit_test(what_would_not_be_read_is_not_written),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(texts_are_what_they_may_be),
		cmocka_unit_test(what_differs_between_two_is_named),
		cmocka_unit_test(a_lock_is_known_by_its_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
