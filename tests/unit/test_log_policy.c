#include "reference-db/log_policy.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_note.h"

/* "$N" is the key of witness N, "@N" that of log N; both without a name in front. */
static struct buf spelt(const char *text)
{
	struct buf out = BUF(1u << 20);

	for (; *text; text++) {
		char name[16];
		struct note_signer s = {name, *text == '@' ? 0x01 : 0x04, 0};
		char *end;

		if (*text != '$' && *text != '@') {
			buf_u8(&out, (uint8_t)*text);
			continue;
		}
		s.seed = (uint8_t)strtoul(text + 1, &end, 10);
		snprintf(name, sizeof(name), "%s%u", *text == '@' ? "log" : "w", s.seed);
		note_signer_vkey(&s, &out);
		text = end - 1;
	}
	return out;
}

static void read_policy(struct log_policy *p, const char *text)
{
	owned(buf_free) struct buf out = spelt(text);
	struct err e = {0};

	if (!log_policy_read(p, buf_bytes(&out), &e))
		fail_msg("%s\n%s", e.text, text);
}

static void refuse(const char *text, enum reason r, const char *why)
{
	owned(buf_free) struct buf out = spelt(text);
	static struct log_policy p;
	struct err e = {0};

	assert_false(log_policy_read(&p, buf_bytes(&out), &e));
	check_err(&e, r, why);
	assert_null(p.text.p);
}

#define SIX                                                \
	"log @1\n"                                         \
	"witness X1 $11\nwitness X2 $12\nwitness X3 $13\n" \
	"group X-witnesses 2 X1 X2 X3\n"                   \
	"witness Y1 $21\nwitness Y2 $22\nwitness Y3 $23\n" \
	"group Y-witnesses any Y1 Y2 Y3\n"                 \
	"group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"

/* The example of tlog-policy; every set of its six witnesses. */
static void two_of_three_and_one_of_three_are_counted_as_written(void **state)
{
	static const size_t place[] = {0, 1, 2, 4, 5, 6};
	static struct log_policy p;

	(void)state;
	read_policy(&p, SIX);
	assert_int_equal(p.n, 9);
	for (unsigned set = 0; set < 64; set++) {
		bool signed_by[LOG_POLICY_NODES] = {0};
		int x = __builtin_popcount(set & 7), y = __builtin_popcount(set >> 3);

		for (size_t i = 0; i < 6; i++)
			signed_by[place[i]] = set >> i & 1;
		assert_int_equal(log_policy_enough(&p, signed_by), x >= 2 && y >= 1);
	}
	log_policy_free(&p);
}

static void a_quorum_may_be_nobody_or_one_witness(void **state)
{
	static struct log_policy p;
	bool signed_by[LOG_POLICY_NODES] = {0};

	(void)state;
	read_policy(&p, "log @1 https://log.example/ \nwitness a $11\nquorum none");
	assert_true(log_policy_enough(&p, signed_by));
	assert_true(bytes_equal(p.log[0].url, bytes_str("https://log.example/")));
	log_policy_free(&p);
	read_policy(&p, "log @1\nwitness a $11\nwitness b $12 u\nquorum b\n");
	signed_by[0] = true;
	assert_false(log_policy_enough(&p, signed_by));
	signed_by[1] = true;
	assert_true(log_policy_enough(&p, signed_by));
	log_policy_free(&p);
}

static void it_is_written_in_one_form_that_reads_as_the_same(void **state)
{
	owned(buf_free) struct buf once = BUF(1u << 20), twice = BUF(1u << 20), want = {0};
	static struct log_policy p;

	(void)state;
	read_policy(&p, "# a comment\n\n \t witness\tb   $12 u \nlog @1\n  # another\nlog @2 v\n"
			"witness \xc3\xa9 $13\ngroup g all b \xc3\xa9\nquorum g");
	log_policy_write(&p, "  ", &once);
	log_policy_free(&p);
	want = spelt("  log @1\n  log @2 v\n  witness b $12 u\n  witness \xc3\xa9 $13\n"
		     "  group g 2 b \xc3\xa9\n  quorum g\n");
	assert_string_equal(buf_cstr(&once), buf_cstr(&want));
	read_policy(&p, buf_cstr(&once));
	log_policy_write(&p, "  ", &twice);
	log_policy_free(&p);
	assert_string_equal(buf_cstr(&once), buf_cstr(&twice));
}

static void what_is_no_policy_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{"", "no line names a log"},
		{"quorum none\n", "no line names a log"},
		{"log @1\n", "no line names the quorum"},
		{"log @1\nquorum none\nquorum none\n", "line 3: a second 'quorum'"},
		{"log @1\nquorum\n", "line 2: no line above names ''"},
		{"log @1\nquorum a\nwitness a $11\n", "line 2: no line above names 'a'"},
		{"log @1\nquorum none none\n", "line 2: 'none' is one word too many"},
		{"log\n", "line 1: a key is missing"},
		{"log @1 u v\n", "line 1: 'v' is one word too many"},
		{"log x\n", "line 1: a key is written NAME+ID+BASE64, not 'x'"},
		{"log $11\n", "line 1: the key is of type 0x04 and must be of 0x01"},
		{"witness a @1\n", "line 1: the key is of type 0x01 and must be of 0x04"},
		{"witness a\n", "line 1: a key is missing"},
		{"witness\n", "line 1: a name is missing"},
		{"witness none $11\n", "line 1: the name 'none' has a meaning of its own"},
		{"witness a $11\nwitness a $12\n", "line 2: the name 'a' stands twice"},
		{"witness a $11\ngroup a 1 a\n", "line 2: the name 'a' stands twice"},
		{"witness a $11\nwitness b $11\n",
		 "line 2: the key is that of the witness 'a' already"},
		{"log @1\nlog @1\n", "line 2: the key is that of the log 'log1' already"},
		{"log @1\nwitness a $1\n", "line 2: the key is that of the log 'log1' already"},
		{"witness a $1\nlog @1\n", "line 2: the key is that of the witness 'a' already"},
		{"group g 1\n", "line 1: the group 'g' has no member"},
		{"group g\n", "line 1: the group 'g' has no member"},
		{"group g 1 g\n", "line 1: no line above names 'g'"},
		{"witness a $11\ngroup g 1 a a\n", "line 2: 'a' is in a group already"},
		{"witness a $11\ngroup g 1 a\ngroup h 1 a\n", "line 3: 'a' is in a group already"},
		{"group g 1 none\n", "line 1: no line above names 'none'"},
		{"witness a $11\ngroup g 0 a\n", "line 2: 0 of 1 members cannot be"},
		{"witness a $11\ngroup g 2 a\n", "line 2: 2 of 1 members cannot be"},
		{"witness a $11\ngroup g 01 a\n",
		 "line 2: '01' is neither a number nor 'all' nor 'any'"},
		{"witness a $11\ngroup g some a\n",
		 "line 2: 'some' is neither a number nor 'all' nor 'any'"},
		{"\nlogs @1\n", "line 2: 'logs' is none of 'log', 'witness', 'group' and 'quorum'"},
		{"log @1\r\n", "line 1: byte 0x0d begins no character that can be shown"},
		{"log @1\v\n", "line 1: byte 0x0b begins no character that can be shown"},
		{"# \x7f\n", "line 1: byte 0x7f begins no character that can be shown"},
		{"# \xff\n", "line 1: byte 0xff begins no character that can be shown"},
		{"# \xe2\x80\xae\n", "line 1: byte 0xe2 begins no character that can be shown"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuse(wrong[i].text, REASON_TRUST, wrong[i].why);
}

static void a_sigsum_key_without_a_name_is_told_how_to_get_one(void **state)
{
	static struct log_policy p;
	struct err e = {0};

	(void)state;
	assert_false(log_policy_read(
		&p,
		bytes_str("log 0000000000000000000000000000000000000000000000000000000000000000\n"),
		&e));
	assert_int_equal(e.reason, REASON_TRUST);
	assert_string_equal(e.hint, "`sigsum-key to-vkey` writes a Sigsum key with its name");
}

static void more_than_there_is_room_for_is_refused(void **state)
{
	owned(buf_free) struct buf logs = BUF(1u << 20), nodes = BUF(1u << 20), all = {0};
	static struct log_policy p;
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; i <= LOG_POLICY_LOGS; i++)
		buf_fmt(&logs, "log @%u\n", i + 1);
	refuse(buf_cstr(&logs), REASON_LIMIT, "line 65: more than 64 logs");
	for (unsigned i = 0; i <= LOG_POLICY_NODES; i++)
		buf_fmt(&nodes, "witness w%u $%u\n", i, i + 1);
	refuse(buf_cstr(&nodes), REASON_LIMIT, "line 129: more than 128 witnesses and groups");
	all = BUF(LOG_POLICY_MAX + 1);
	buf_zero(&all, LOG_POLICY_MAX + 1);
	assert_false(log_policy_read(&p, buf_bytes(&all), &e));
	check_err(&e, REASON_LIMIT, "262145 bytes are over the limit of 262144 for a policy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_of_three_and_one_of_three_are_counted_as_written),
		cmocka_unit_test(a_quorum_may_be_nobody_or_one_witness),
		cmocka_unit_test(it_is_written_in_one_form_that_reads_as_the_same),
		cmocka_unit_test(what_is_no_policy_is_refused_with_its_line),
		cmocka_unit_test(a_sigsum_key_without_a_name_is_told_how_to_get_one),
		cmocka_unit_test(more_than_there_is_room_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
