/*
 * Any bytes as a policy of logs: what is read is written in one form that reads as the same, asks
 * of nobody more than all witnesses can give, and of fewer no less; a refusal has a text.
 */
#include <stdlib.h>

#include "reference-db/log_policy.h"

#define OUT_MAX (4 * LOG_POLICY_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_again(const struct log_policy *p)
{
	struct buf one = BUF(OUT_MAX), two = BUF(OUT_MAX);
	static struct log_policy again;
	struct err e = {0};

	log_policy_write(p, "", &one);
	must_be(one.failed == REASON_NONE);
	if (one.n <= LOG_POLICY_MAX) {
		must_be(log_policy_read(&again, buf_bytes(&one), &e));
		log_policy_write(&again, "", &two);
		must_be(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
		log_policy_free(&again);
	}
	buf_free(&one);
	buf_free(&two);
}

/* One witness after the other: once there are enough, there are never too few again. */
static void check_quorum(const struct log_policy *p)
{
	bool signed_by[LOG_POLICY_NODES] = {0};
	bool enough = log_policy_enough(p, signed_by);

	for (size_t i = 0; i < p->n; i++) {
		bool before = enough;

		signed_by[i] = p->node[i].witness.key.key != NULL;
		enough = log_policy_enough(p, signed_by);
		must_be(enough || !before);
	}
	must_be(enough);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log_policy p;
	struct err e = {0};

	if (!log_policy_read(&p, bytes_of(data, size), &e)) {
		must_be(err_is(&e) && !p.text.p);
		return 0;
	}
	must_be(p.n_logs > 0 && p.n_logs <= LOG_POLICY_LOGS && p.n <= LOG_POLICY_NODES);
	check_quorum(&p);
	check_again(&p);
	log_policy_free(&p);
	return 0;
}
