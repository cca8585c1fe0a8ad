#include "measure/rebuild/debian.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_memory.h"

#define LISTS 3
#define NAMES 12
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define FILE_OF(name, digest) "Filename: pool/" name ".deb\nSize: 1\nSHA256: " digest "\n"
#define HEAD(name, version) "Package: " name "\nVersion: " version "\nArchitecture: amd64\n"
#define P(name, version, more) HEAD(name, version) FILE_OF(name, ZEROS) more "\n"

struct lists {
	const char *text[LISTS]; /* each a Packages file */
};

static struct debian_packages *read_lists(const struct lists *l, struct err *e)
{
	struct debian_packages *p = debian_packages_new(e);

	assert_non_null(p);
	for (uint32_t i = 0; i < LISTS && l->text[i]; i++) {
		struct memory in = memory_stream(bytes_str(l->text[i]), 1000);

		if (!debian_packages_add(p, &in.stream, i, "amd64", e))
			break;
	}
	return p;
}

static void put_choice(struct buf *out, const struct debian_choice *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_fmt(out, "%s%s %s", i > 0 ? ", " : "", c->item[i]->name, c->item[i]->version);
}

/* names: words; one that is "!" stands for the essential packages. */
static void put_answer(struct buf *out, const struct lists *l, const char *const *names)
{
	struct debian_wish wish = {.names = names};
	struct debian_choice c = {0};
	struct err e = {0};
	struct debian_packages *p = read_lists(l, &e);

	for (; wish.n < NAMES && names[wish.n] && *names[wish.n] != '!'; wish.n++)
		continue;
	wish.essential = wish.n < NAMES && names[wish.n];
	if (!err_is(&e) && debian_resolve(p, &wish, &c, &e)) {
		put_choice(out, &c);
	} else {
		assert_int_equal(e.reason, REASON_PACKAGES);
		buf_str(out, e.text);
	}
	free(c.item);
	debian_packages_free(&p);
}

struct question {
	const char *names[NAMES];
	const char *answer;
};

static void ask(const struct lists *l, const struct question *q, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		owned(buf_free) struct buf out = BUF(4096);

		put_answer(&out, l, q[i].names);
		assert_string_equal(buf_cstr(&out), q[i].answer);
	}
}

#define ASK(lists, ...)                                                   \
	do {                                                              \
		static const struct question questions[] = {__VA_ARGS__}; \
		ask(lists, questions, COUNT(questions));                  \
	} while (0)

static void what_is_needed_comes_along(void **state)
{
	static const struct lists l = {{
		P("aa", "1", "Depends: bb, cc (>= 2)\nRecommends: dd\nPre-Depends: ee\n")
			P("bb", "1", "Depends: aa\n") P("cc", "1", "") P("cc", "2", "")
				P("cc", "10~", "") P("dd", "1", "Depends: none\n")
					P("ee", "1", "Depends: ff:any, aa:amd64, bb:native\n")
						P("ff", "1",
						  "Conflicts: ff\nBreaks: zz, cc (<< 2), aa:i386\n")
							P("gg", "1", "Depends: aa:i386 | cc\n")
								P("hh", "1", "Depends: aa:i386\n"),
	}};

	(void)state;
	ASK(&l, {{"aa"}, "aa 1, bb 1, cc 10~, ee 1, ff 1"},
	    {{"aa", "bb", "aa"}, "aa 1, bb 1, cc 10~, ee 1, ff 1"},
	    {{"aa", "cc=2"}, "aa 1, bb 1, cc 2, ee 1, ff 1"}, {{"gg"}, "cc 10~, gg 1"},
	    {{NULL}, ""}, {{"dd"}, "dd 1 needs \"none\", which is in none of the lists"},
	    {{"hh"}, "hh 1 needs \"aa:i386\", which is in none of the lists"},
	    {{"xx"}, "'xx' is asked for, which is in none of the lists"},
	    {{"cc=3"}, "'cc=3' is asked for, which is in none of the lists"},
	    {{"cc=1", "cc=2"}, "'cc=2' is asked for, and cc 1 is chosen already"},
	    {{"aa", "cc=1"}, "aa 1 needs \"cc (>= 2)\", and cc 1 is chosen already"},
	    {{"Aa"}, "'Aa' is no name of a package, or NAME=VERSION"},
	    {{"aa="}, "'aa=' is no name of a package, or NAME=VERSION"});
}

static void the_first_alternative_that_can_be_had_is_taken(void **state)
{
	static const struct lists l = {{
		P("aa", "1", "Depends: xx | bb (>= 2) | cc | dd\n") P("bb", "1", "")
			P("cc", "1", "") P("dd", "1", "") P("ee", "1", "Depends: cc | dd\n")
				P("ff", "1", "Depends: gg, cc\n") P("gg", "1", "Depends: dd | cc\n")
					P("hh", "1", "Depends: xx | bb (>= 2)\n"),
	}};

	(void)state;
	ASK(&l, {{"aa"}, "aa 1, cc 1"}, {{"aa", "dd"}, "aa 1, dd 1"}, {{"ee"}, "cc 1, ee 1"},
	    {{"ff"}, "cc 1, ff 1, gg 1"}, {{"ee", "gg"}, "cc 1, ee 1, gg 1"},
	    {{"hh"}, "hh 1 needs \"xx | bb (>= 2)\", which is in none of the lists"});
}

static void virtual_packages_have_one_provider(void **state)
{
	static const struct lists l = {{
		P("aa", "1", "Provides: one, many, old (= 1), awk\n") P(
			"bb", "1", "Provides: many, awk\nPriority: required\n")
			P("bb", "2", "Provides: many, awk\nPriority: required\n") P(
				"cc", "1", "Depends: one\n") P("dd", "1", "Depends: many\n")
				P("ee", "1", "Depends: old (>= 1)\n") P("ff", "1",
									"Depends: old (>= 2)\n")
					P("gg", "1", "Depends: one (>= 1)\n") P("hh", "1",
										"Provides: many2\n")
						P("ii", "1", "Provides: many2\n")
							P("jj", "1", "Depends: many2\n") P(
								"kk", "1", "Depends: many2 | one\n")
								P("ll", "1", "Provides: hh\n"),
	}};

	(void)state;
	ASK(&l, {{"cc"}, "aa 1, cc 1"}, {{"dd"}, "bb 2, dd 1"}, {{"dd", "aa"}, "aa 1, dd 1"},
	    {{"ee"}, "aa 1, ee 1"}, {{"one"}, "aa 1"}, {{"jj", "ii"}, "ii 1, jj 1"},
	    {{"kk"}, "aa 1, kk 1"}, {{"hh"}, "hh 1"},
	    {{"ff"}, "ff 1 needs \"old (>= 2)\", which is in none of the lists"},
	    {{"gg"}, "gg 1 needs \"one (>= 1)\", which is in none of the lists"},
	    {{"jj"}, "jj 1 needs \"many2\", which several packages provide: hh, ii"});
}

static void contradictions_are_refused_with_both_names(void **state)
{
	static const struct lists l = {{
		P("aa", "1", "Conflicts: bb\n") P("bb", "1", "Provides: virtual, exact (= 2)\n")
			P("cc", "1", "Breaks: bb (<< 2)\n")
				P("dd", "1", "Provides: virtual\nConflicts: virtual\n") P(
					"ee", "1", "Conflicts: exact (<< 2)\n")
					P("ff", "1", "Conflicts: exact (>= 2), virtual (= 1)\n"),
	}};

	(void)state;
	ASK(&l, {{"aa"}, "aa 1"}, {{"dd"}, "dd 1"}, {{"ee", "bb"}, "bb 1, ee 1"},
	    {{"aa", "bb"}, "aa 1 conflicts with \"bb\", and bb 1 is needed, too"},
	    {{"bb", "cc"}, "cc 1 breaks \"bb (<< 2)\", and bb 1 is needed, too"},
	    {{"bb", "dd"}, "dd 1 conflicts with \"virtual\", and bb 1 is needed, too"},
	    {{"bb", "ff"}, "ff 1 conflicts with \"exact (>= 2)\", and bb 1 is needed, too"});
}

static void hint(const struct lists *l, const struct debian_wish *wish, const char *why,
		 const char *hint)
{
	struct debian_choice c;
	struct err e = {0};
	struct debian_packages *p = read_lists(l, &e);

	check_no_err(&e);
	assert_false(debian_resolve(p, wish, &c, &e));
	check_err(&e, REASON_PACKAGES, why);
	assert_string_equal(e.hint, hint);
	debian_packages_free(&p);
}

#define LONG "provider-with-a-name-of-fifty-letters-so-that-four-do-not-fit-"

static void a_recipe_is_told_what_to_name(void **state)
{
	static const struct lists providers = {{
		P(LONG "1", "1", "Provides: many\n") P(LONG "2", "1", "Provides: many\n")
			P(LONG "3", "1", "Provides: many\n") P(LONG "4", "1", "Provides: many\n"),
	}};
	static const struct lists l = {{
		P("aa", "1", "Depends: bb (= 1)\n") P("bb", "1", "") P("bb", "2", "")
			P("cc", "1", "Provides: many\n") P("dd", "1", "Provides: many\n"),
	}};
	const char *const two[] = {"bb", "aa"}, *const one[] = {"many"};

	(void)state;
	hint(&l, &(struct debian_wish){.names = two, .n = 2},
	     "aa 1 needs \"bb (= 1)\", and bb 2 is chosen already",
	     "name the version that is meant: bb=VERSION");
	hint(&l, &(struct debian_wish){.names = one, .n = 1},
	     "'many' is asked for, which several packages provide: cc, dd",
	     "name the one that is meant in the recipe");
	hint(&providers, &(struct debian_wish){.names = one, .n = 1},
	     "'many' is asked for, which several packages provide: too many to be named",
	     "name the one that is meant in the recipe");
}

static void an_earlier_list_wins_a_name(void **state)
{
	static const struct lists l = {{
		P("aa", "1", "Depends: cc\n") P("cc", "1", "Essential: yes\n"),
		P("aa", "2", "") P("bb", "2", "Depends: cc (>= 2)\n")
			P("dd", "2", "Depends: aa (= 2)\n")
				P("ee", "1", "Essential: yes\nDepends: bb\n"),
		P("aa", "3", "") P("cc", "3", "Essential: yes\n"),
	}};

	(void)state;
	ASK(&l, {{"aa"}, "aa 1, cc 1"}, {{"bb"}, "bb 2, cc 3"}, {{"dd"}, "aa 2, dd 2"},
	    {{"aa=3"}, "aa 3"}, {{"cc=3", "!"}, "bb 2, cc 3, ee 1"},
	    {{"aa", "bb"}, "bb 2 needs \"cc (>= 2)\", and cc 1 is chosen already"},
	    {{"aa", "bb", "cc=3"}, "aa 1, bb 2, cc 3"},
	    {{"!"}, "bb 2 needs \"cc (>= 2)\", and cc 1 is chosen already"});
}

static void what_is_needed_can_stay_away(void **state)
{
	static const struct lists l = {
		{P("aa", "1", "Depends: bb\n") P("bb", "1", "Essential: yes\n")}};
	static const char *const name = "aa";
	struct debian_wish wish = {.names = &name, .n = 1, .alone = true};
	struct debian_choice c;
	struct err e = {0};
	struct debian_packages *p = read_lists(&l, &e);

	(void)state;
	assert_true(debian_resolve(p, &wish, &c, &e));
	assert_int_equal(c.n, 1);
	free(c.item);
	debian_packages_free(&p);
}

/* What "aa" comes to under these pins; the essential packages, too. */
static void check_pinned(const struct debian_pin *pins, size_t n, const char *expected)
{
	static const struct lists l = {{
		P("aa", "1", "Depends: bb, virtual\n") P("bb", "1", "") P("bb", "2", "")
			P("cc", "1", "Provides: virtual\n") P("cc", "2", "Provides: virtual\n")
				P("dd", "1", "Provides: virtual\n") P("ee", "1", "Essential: yes\n")
					P("ee", "2", "Essential: yes\n"),
	}};
	static const char *const name = "aa";
	const struct debian_wish wish = {
		.names = &name, .n = 1, .essential = true, .pins = pins, .n_pins = n};
	owned(buf_free) struct buf out = BUF(4096);
	struct debian_choice c = {0};
	struct err e = {0};
	struct debian_packages *p = read_lists(&l, &e);

	if (debian_resolve(p, &wish, &c, &e))
		put_choice(&out, &c);
	else
		buf_str(&out, e.text);
	assert_string_equal(buf_cstr(&out), expected);
	free(c.item);
	debian_packages_free(&p);
}

static void what_is_pinned_comes_in_that_version_or_not_at_all(void **state)
{
	static const struct debian_pin all[] = {
		{"bb", "1"}, {"cc", "1"}, {"dd", "9"}, {"ee", "1"}, {"zz", "1"}};
	static const struct debian_pin nowhere[] = {{"bb", "9"}, {"dd", "9"}};
	static const struct debian_pin essential[] = {{"dd", "9"}, {"ee", "9"}};

	(void)state;
	check_pinned(all, COUNT(all), "aa 1, bb 1, cc 1, ee 1");
	check_pinned(NULL, 0, "aa 1 needs \"virtual\", which several packages provide: cc, dd");
	check_pinned(nowhere, COUNT(nowhere),
		     "aa 1 needs \"bb\", which is in none of the lists as 9");
	check_pinned(essential, COUNT(essential),
		     "'ee' is essential, which is in none of the lists as 9");
}

/* ---- Packages files that are none */

static void lists_are_read_strictly(void **state)
{
	static const struct {
		const char *text, *why;
		unsigned at;
	} cases[] = {
		{"Package: aa\n", "has no field 'Version'", 0},
		{HEAD("aa", "1"), "has no field 'Filename'", 0},
		{HEAD("aa", "1") "Filename: x\n", "package 'aa': has no field 'Size'", 0},
		{HEAD("a", "1") FILE_OF("a", ZEROS), "field 'Package': 'a' cannot be one", 0},
		{HEAD("aa", "x") FILE_OF("a", ZEROS), "field 'Version': 'x' cannot be one", 0},
		{HEAD("aa", "1") FILE_OF("../a", ZEROS),
		 "field 'Filename': 'pool/../a.deb' cannot be one", 0},
		{HEAD("aa", "1") FILE_OF("/a", ZEROS),
		 "field 'Filename': 'pool//a.deb' cannot be one", 0},
		{HEAD("aa", "1") FILE_OF("a", "0"), "package 'aa': '0' is no SHA-256", 0},
		{HEAD("aa", "1") FILE_OF("a", "g" ZEROS),
		 "package 'aa': 'g" ZEROS "' is no SHA-256", 0},
		{HEAD("aa", "1") "Filename: x\nSize: 01\nSHA256: " ZEROS "\n",
		 "package 'aa': '01' is no size", 0},
		{HEAD("aa", "1") "Filename: x\nSize: 18446744073709551616\nSHA256: " ZEROS "\n",
		 "package 'aa': '18446744073709551616' is no size", 0},
		{"\nPackage: aa\nVersion: 1\nArchitecture: i386\nFilename: x\n",
		 "field 'Architecture': 'i386' cannot be one", 1},
		{P("aa", "1", "Provides: bb | cc\n"),
		 "package 'aa': field 'Provides': 'cc' cannot be one", 0},
		{P("aa", "1", "Provides: bb (>= 1)\n"),
		 "package 'aa': field 'Provides': 'bb (>= 1)' cannot be one", 0},
		{P("aa", "1", "Provides: B\n"),
		 "package 'aa': field 'Provides': \"B\" is no relation to a package", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct lists l = {{cases[i].text}};
		struct err e = {0};
		struct debian_packages *p = read_lists(&l, &e);

		check_err(&e, REASON_PACKAGE_LIST, cases[i].why);
		assert_true(e.at);
		assert_int_equal(e.offset, cases[i].at);
		debian_packages_free(&p);
	}
}

static void refused(const struct lists *l, const char *name, const char *why)
{
	const struct debian_wish wish = {.names = &name, .n = 1};
	struct debian_choice c;
	struct err e = {0};
	struct debian_packages *p = read_lists(l, &e);

	check_no_err(&e);
	assert_false(debian_resolve(p, &wish, &c, &e));
	check_err(&e, REASON_PACKAGE_LIST, why);
	debian_packages_free(&p);
}

static void what_only_shows_later_is_refused_then(void **state)
{
	static const struct lists l = {{
		P("aa", "1", "Depends: bb, [x]\n") P("bb", "1", "Depends: aa | \n")
			P("cc", "1", "Conflicts: dd (1)\n") P("dd", "1", "Breaks: ,\n"),
	}};
	static const struct lists twins = {{
		P("aa", "1", "") HEAD("aa", "1") FILE_OF("b", ONES),
	}};
	static const struct lists same = {{P("aa", "1", "") P("aa", "1", "")}};

	(void)state;
	refused(&l, "aa", "package 'aa': \"[x]\" is no relation to a package");
	refused(&l, "bb", "package 'bb': \"\" is no relation to a package");
	refused(&l, "cc", "package 'cc': \"dd (1)\" is no relation to a package");
	refused(&l, "dd", "package 'dd': \",\" is no relation to a package");
	refused(&twins, "aa", "package 'aa': version 1 stands there twice, as two files");
	ASK(&same, {{"aa"}, "aa 1"});
}

static void lists_are_of_one_architecture(void **state)
{
	struct memory in = memory_stream(bytes_str(""), 1);
	struct err e = {0};
	struct debian_packages *p = debian_packages_new(&e);

	(void)state;
	assert_true(debian_packages_add(p, &in.stream, 0, "amd64", &e));
	assert_false(debian_packages_add(p, &in.stream, 0, "arm64", &e));
	check_err(&e, REASON_PACKAGES, "the lists are of 'amd64' and of 'arm64'");
	debian_packages_free(&p);
}

/* ---- apt's own answers */

#define LIST "/var/lib/apt/lists/*_dists_*_main_binary-amd64_Packages*"

/* A configuration of apt's that knows the largest list of this machine, and nothing installed. */
static const char prepare[] =
	"set -e; cd \"$1\"; list=$(ls -S " LIST " 2>/dev/null | head -n 1); "
	"case $list in *-updates_*|*-security_*|'') exit 1;; esac; "
	"release=${list%_main_binary*}; mkdir -p lists/partial cache/archives/partial; "
	"cp \"$list\" \"${release}_InRelease\" lists/; : >status; "
	"base=${release##*/}; host=${base%%_*}; rest=${base#*_}; suite=${rest##*_dists_}; "
	"path=$(echo \"${rest%_dists_*}\" | tr _ /); "
	"echo \"deb [trusted=yes] http://$host/$path $suite main\" >sources; "
	"/usr/lib/apt/apt-helper cat-file \"$list\" >Packages";
static const char apt_says[] =
	"cd \"$1\"; shift; apt-get -o Dir::State::status=\"$PWD/status\" -o Dir::State::lists=\"$PWD/lists\" "
	"-o Dir::Cache=\"$PWD/cache\" -o Dir::Etc::sourcelist=\"$PWD/sources\" "
	"-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null "
	"-o Dir::Etc::preferencesparts=/dev/null -o APT::Install-Recommends=0 "
	"-o APT::Architecture=amd64 -s install \"$@\" 2>/dev/null | "
	"sed -n 's/^Inst \\([^ ]*\\) (\\([^ ]*\\) .*/\\1 \\2/p' | LC_ALL=C sort | paste -sd, | sed 's/,/, /g'";

static bool shell(const char *script, const char *folder, const char *names, struct buf *out)
{
	owned(buf_free) struct buf command = BUF(1u << 16);
	char piece[4096];
	size_t n;
	FILE *f;

	buf_str(&command, "set -- ");
	buf_fmt(&command, "'%s' %s; %s", folder, names, script);
	f = popen(buf_cstr(&command), "r");
	if (!f)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_put(out, bytes_of(piece, n));
	return pclose(f) == 0;
}

static void apt_answers_the_same(void **state)
{
	static const char *const names[NAMES] = {
		"build-essential", "nasm",  "uuid-dev", "python3", "git",	"linux-image-amd64",
		"cargo",	   "cmake", "bison",	"flex",	   "libelf-dev"};
	owned(buf_free) struct buf words = BUF(4096), ours = BUF(1u << 20), apt = BUF(1u << 20);
	owned(buf_free) struct buf list = BUF(512u << 20);
	struct err e = {0};
	struct folder f;
	struct lists l;

	(void)state;
	folder_new(&f);
	if (!shell(prepare, f.path, "", &list) ||
	    !file_slurp(folder_path(&f, "Packages"), list.max, &list, &e)) {
		folder_free(&f);
		skip();
	}
	l = (struct lists){{buf_cstr(&list)}};
	for (size_t i = 0; names[i]; i++)
		buf_fmt(&words, "%s ", names[i]);
	if (!shell(apt_says, f.path, buf_cstr(&words), &apt) || apt.n < 1000) {
		folder_free(&f);
		skip();
	}
	put_answer(&ours, &l, names);
	buf_str(&ours, "\n");
	assert_string_equal(buf_cstr(&ours), buf_cstr(&apt));
	folder_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_needed_comes_along),
		cmocka_unit_test(the_first_alternative_that_can_be_had_is_taken),
		cmocka_unit_test(virtual_packages_have_one_provider),
		cmocka_unit_test(contradictions_are_refused_with_both_names),
		cmocka_unit_test(a_recipe_is_told_what_to_name),
		cmocka_unit_test(an_earlier_list_wins_a_name),
		cmocka_unit_test(what_is_needed_can_stay_away),
		cmocka_unit_test(what_is_pinned_comes_in_that_version_or_not_at_all),
		cmocka_unit_test(lists_are_read_strictly),
		cmocka_unit_test(what_only_shows_later_is_refused_then),
		cmocka_unit_test(lists_are_of_one_architecture),
		cmocka_unit_test(apt_answers_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
