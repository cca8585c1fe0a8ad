/*
 * A verdict: the list of all checks, each with its result, what was expected and what was found.
 * Every check is made and listed; the worst decides. A check that could not be made is `skip`,
 * which never counts as passed; one that was left out by choice is `skip` with a reason of class
 * WARNING, which decides nothing. Texts are copied and bounded. Plain memory.
 */
#ifndef MEASURE_CORE_VERDICT_H
#define MEASURE_CORE_VERDICT_H

#include "measure/base/err.h"
#include "measure/base/json.h"

#define VERDICT_MAX 128
#define CHECK_PART 64

enum check_result { CHECK_PASS, CHECK_FAIL, CHECK_SKIP, CHECK_WARN };

struct check {
	const char *id; /* constant string: "signature", "code" */
	enum check_result result;
	enum reason reason; /* REASON_NONE when it passed */
	char part[CHECK_PART]; /* what it is about, where it is one of several: "PCR0", "kernel" */
	char expected[160], actual[160], detail[256];
};

struct verdict {
	size_t n;
	bool overflow; /* more were made than there is room for: never a yes */
	struct check check[VERDICT_MAX];
};

/* The new check, to be filled in further. One too many makes the verdict a no. */
struct check *verdict_add(struct verdict *v, const char *id, enum check_result result,
			  enum reason reason);
void verdict_part(struct check *c, const char *name);
void verdict_expected(struct check *c, const char *format, ...) ERR_FORMAT(2, 3);
void verdict_actual(struct check *c, const char *format, ...) ERR_FORMAT(2, 3);
void verdict_detail(struct check *c, const char *format, ...) ERR_FORMAT(2, 3);

/*
 * The checks in the order of these ids, NULL-terminated: of one id and slug there is one failure,
 * with the details of all; an id that fails or could not be checked passed nothing; an id of which
 * nothing was said is `skip` for the reason of the first failure. A check of another id is an
 * overflow.
 */
void verdict_settle(struct verdict *v, const char *const *ids);

/*
 * True when checks were made, none failed and none was skipped but by choice. Otherwise e is the
 * first of the worst class, MALFORMED before NO before UNDECIDED, in the order of the checks.
 */
must bool verdict_decide(const struct verdict *v, struct err *e);

/* "pass", "fail", "skip", "warn". */
const char *check_result_name(enum check_result r);

/* [{id, result, reason, expected, actual, detail}, ...] */
void verdict_json(const struct verdict *v, struct json_out *w);

#endif
