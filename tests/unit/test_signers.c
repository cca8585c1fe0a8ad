#include "measure/core/signers.h"

#include <stdio.h>

#include "measure/base/base64.h"
#include "measure/base/buf.h"
#include "measure/base/when.h"
#include "tests/unit/support_check.h"

/* Nobody's: of thirty-two bytes "k". */
#define RAW "\0\0\0\013ssh-ed25519\0\0\0 kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIGtra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr"
#define LINE "ssh-ed25519 " KEY "\n"
#define PRINT "SHA256:sArVyTbDlP2ByuRNM59Xf/iwOUmdy69sxylyNl3iUQQ"

static int64_t at(const char *time)
{
	struct err e = {0};
	int64_t when = 0;

	assert_true(when_read(time, "time", &when, &e));
	return when;
}

static const char *find(const char *text, const char *name_space, const char *time, struct err *e)
{
	static char principals[128];
	struct signers_claim claim = {
		.key = bytes_of(RAW, sizeof(RAW) - 1), .name_space = name_space, .when = at(time)};
	struct signers *s = signers_read(bytes_str(text), e);
	const char *found = NULL;

	check_no_err(e);
	if (signers_find(s, &claim, &found, e))
		snprintf(principals, sizeof(principals), "%s", found);
	signers_free(&s);
	return found ? principals : NULL;
}

static void check_found(const char *text, const char *principals)
{
	struct err e = {0};
	const char *found = find(text, "git", "2024-06-01T12:30:30Z", &e);

	check_no_err(&e);
	assert_string_equal(found, principals);
}

static void check_not(const char *text, const char *against)
{
	struct err e = {0};
	char expected[256];

	assert_null(find(text, "git", "2024-06-01T12:30:30Z", &e));
	snprintf(expected, sizeof(expected), "the key %s is %s", PRINT, against);
	check_err(&e, REASON_SIGNATURE, expected);
}

static void a_key_is_found_with_its_principals(void **state)
{
	(void)state;
	check_found("# who may sign\n\n \t# more\na@example.org " LINE, "a@example.org");
	check_found("a@example.org,*@example.com \t" LINE, "a@example.org,*@example.com");
	check_found("\"a b\" ssh-ed25519 " KEY " a comment with blanks\r\n", "a b");
	check_found("a namespaces=\"git\" " LINE, "a");
	check_found("a namespaces=\"file,g?t\" " LINE, "a");
	check_found("a namespaces=\"*\" " LINE, "a");
	check_found("a namespaces=\"a*b,g*t\" " LINE, "a");
	check_found(
		"a namespaces=\"git\",valid-after=\"20240601Z\",valid-before=\"20240602Z\" " LINE,
		"a");
	check_found("a valid-after=\"20240601123030Z\",valid-before=\"20240601123030Z\" " LINE,
		    "a");
	check_found("a valid-after=\"202406011230Z\" " LINE, "a");
	check_found("a namespaces=\"file\" " LINE "b " LINE, "b");
	check_found("a ssh-ed25519 " KEY, "a");
}

static void a_key_that_is_not_allowed_is_none(void **state)
{
	(void)state;
	check_not("", "no allowed signer's");
	check_not(
		"a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"no allowed signer's");
	check_not("a namespaces=\"file\" " LINE, "not allowed in this name space");
	check_not("a namespaces=\"*,!git\" " LINE, "not allowed in this name space");
	check_not("a namespaces=\"gi,gitx,?git,gi?t\" " LINE, "not allowed in this name space");
	check_not("a valid-after=\"20240602Z\" " LINE,
		  "not allowed yet at the time of the signature");
	check_not("a valid-after=\"20240601123031Z\" " LINE,
		  "not allowed yet at the time of the signature");
	check_not("a valid-before=\"202406011230Z\" " LINE,
		  "no longer allowed at the time of the signature");
}

static const char *const wrong[][2] = {
	{"a", "line 1: needs a kind of key that is known"},
	{"a ssh-ed25519", "line 1: a key is not of the kind that stands before it"},
	{"\n\na ssh-ed25519 ???\n", "line 3: a key is not written in base64"},
	{"a ssh-rsa " KEY, "line 1: a key is not of the kind that stands before it"},
	{"a ssh-dss AAAA", "line 1: an option that is unknown, or stands twice"},
	{"a namespaces=\"git\" ssh-dss AAAA", "line 1: needs a kind of key that is known"},
	{"a ssh-ed25519-cert-v01@openssh.com AAAA",
	 "line 1: an option that is unknown, or stands twice"},
	{"\"a " LINE, "line 1: a quote is not closed"},
	{"a namespaces=\"git " LINE, "line 1: a quote is not closed"},
	{"\"\" " LINE, "line 1: a field is empty, or has a quote in it"},
	{"a\"b\" " LINE, "line 1: a field is empty, or has a quote in it"},
	{"a namespaces=\"\" " LINE, "line 1: a field is empty, or has a quote in it"},
	{"a namespaces=git " LINE, "line 1: the value of an option is not in quotes"},
	{"a namespaces " LINE, "line 1: the value of an option is not in quotes"},
	{"a namespaces=\"x\",namespaces=\"y\" " LINE,
	 "line 1: an option that is unknown, or stands twice"},
	{"a namespaces=\"x\", " LINE, "line 1: a comma is at the end of the options"},
	{"a cert-authority " LINE,
	 "line 1: certificates are not judged, so no authority for them can be"},
	{"a no-touch-required " LINE, "line 1: an option that is unknown, or stands twice"},
	{"a valid-after=\"20240601\" " LINE,
	 "line 1: a time without a Z is another one on each machine"},
	{"a valid-after=\"202406011230\" " LINE,
	 "line 1: a time without a Z is another one on each machine"},
	{"a valid-after=\"2024Z\" " LINE, "line 1: needs a time, YYYYMMDD[HHMM[SS]]Z"},
	{"a valid-after=\"20240631Z\" " LINE, "line 1: needs a time, YYYYMMDD[HHMM[SS]]Z"},
	{"a valid-after=\"202406012500Z\" " LINE, "line 1: needs a time, YYYYMMDD[HHMM[SS]]Z"},
	{"a valid-before=\"now\" " LINE, "line 1: needs a time, YYYYMMDD[HHMM[SS]]Z"},
};

static void a_line_that_says_something_else_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct err e = {0};

		assert_null(signers_read(bytes_str(wrong[i][0]), &e));
		check_err(&e, REASON_ALLOWED_SIGNERS, wrong[i][1]);
	}
	{
		static const char nul[] = "a ssh-ed25519\0 " KEY;
		struct err e = {0};

		assert_null(signers_read(bytes_of(nul, sizeof(nul) - 1), &e));
		check_err(&e, REASON_ALLOWED_SIGNERS, "line 1: a NUL");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_found_with_its_principals),
		cmocka_unit_test(a_key_that_is_not_allowed_is_none),
		cmocka_unit_test(a_line_that_says_something_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
