#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "reference-db/ledger_parts.h"
#include "reference-db/signing.h"

#define THREADS 16u
#define WORTH_A_THREAD 4u /* statements */

void ledger_work_free(struct ledger_work *w)
{
	if (w->opened)
		statement_free(&w->st);
	buf_free(&w->file);
	w->opened = false;
}

bool ledger_holds(struct ledger_work *w, const struct pubkey *key, bool *holds, struct err *e)
{
	const struct digest *id = pubkey_id(key);

	if (!w->checked || !digest_equal(&w->key, id)) {
		if (!signing_holds(key, &w->st.s, &w->holds, e))
			return false;
		w->key = *id;
		w->checked = true;
	}
	*holds = w->holds;
	return true;
}

/* With the keys of now: those that take force in between are tried when the statement's turn has
 * come. Of what the machinery failed at, memory above all, `fault` tells. */
static void check_one(const struct ledger *l, struct ledger_work *w)
{
	const struct trust_key *k;
	bool holds;

	w->opened = statement_open(&w->st, buf_bytes(&w->file), &w->fault);
	if (!w->opened)
		return;
	k = ledger_key(l, &w->st);
	k = k ? k : ledger_own_root(&w->st);
	if (k)
		(void)!ledger_holds(w, k->key, &holds, &w->fault);
}

struct job {
	const struct ledger *l;
	struct ledger_work *w;
	size_t n;
	atomic_size_t next;
};

static void *run(void *arg)
{
	struct job *j = arg;
	size_t i;

	while ((i = atomic_fetch_add(&j->next, 1)) < j->n)
		check_one(j->l, &j->w[i]);
	return NULL;
}

static size_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

void ledger_check(const struct ledger *l, struct ledger_work *w, size_t n)
{
	struct job j = {.l = l, .w = w, .n = n};
	pthread_t id[THREADS];
	size_t threads = 0, most = processors();

	while (threads + 1 < most && threads < THREADS && n / WORTH_A_THREAD > threads &&
	       pthread_create(&id[threads], NULL, run, &j) == 0)
		threads++;
	run(&j);
	for (size_t i = 0; i < threads; i++)
		pthread_join(id[i], NULL);
}
