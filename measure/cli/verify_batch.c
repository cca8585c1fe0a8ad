#include "measure/cli/print.h"
#include "measure/cli/std.h"
#include "measure/cli/verify.h"

#define LIST_MAX (64u << 20) /* bytes of a file of names */
#define LINE_MAX_BYTES (2u << 20) /* of an answer */

struct tally {
	size_t n, yes;
	struct err worst;
	char path[4096]; /* that it is about */
};

/* 3 before 1 before 4, but what the system failed at is no answer at all. */
static int weight(enum reason r)
{
	switch (reason_class(r)) {
	case EXIT_CLASS_ENVIRONMENT:
	case EXIT_CLASS_USAGE:
		return 4;
	case EXIT_CLASS_MALFORMED:
		return 3;
	case EXIT_CLASS_NO:
		return 2;
	case EXIT_CLASS_UNDECIDED:
		return 1;
	case EXIT_CLASS_WARNING:
		break;
	}
	return 0;
}

static void count(struct tally *t, const char *path, const struct err *e)
{
	t->n++;
	t->yes += !err_is(e);
	if (weight(e->reason) <= weight(t->worst.reason))
		return;
	t->worst = *e;
	snprintf(t->path, sizeof(t->path), "%s", path);
}

static void put_failure(struct json_out *w, const struct err *failure)
{
	json_key(w, "reason");
	json_str(w, reason_slug(failure->reason));
	print_foreign(w, "message", failure->text);
	if (failure->hint[0] != '\0')
		print_foreign(w, "hint", failure->hint);
}

/* The answers come one by one, so that there may be any number; each is whole or an error. */
static bool put_line(const struct verify_job *job, const char *path, const struct verified *f,
		     const struct err *failure, struct err *e)
{
	owned(buf_free) struct buf line = BUF(LINE_MAX_BYTES);
	struct json_out w = json_out(&line, false);

	w.tame = true;
	json_open(&w, '{');
	print_foreign(&w, "file", path);
	json_key(&w, "ok");
	json_bool(&w, !err_is(failure));
	if (err_is(failure))
		put_failure(&w, failure);
	if (f->verdict.n > 0)
		verify_json(job, f, &w);
	json_close(&w, '}');
	buf_str(&line, "\n");
	return buf_done(&line, "a line of the answer", e) && std_answer(buf_bytes(&line), e);
}

static bool judge(struct cli *c, struct verify_job *job, const char *path, struct tally *t,
		  struct err *e)
{
	owned(verify_free) struct verified f = {0};
	struct err failure = {0};

	if (verify_evidence(job, path, &f, &failure) && verdict_decide(&f.verdict, &failure))
		failure = (struct err){0};
	count(t, path, &failure);
	return c->talk.quiet || put_line(job, path, &f, &failure, e);
}

static bool each_of_folder(struct cli *c, struct verify_job *job, const char *from, struct tally *t,
			   struct err *e)
{
	owned(listing_free) struct listing folder = {0};

	if (!listing_read(&folder, from, e))
		return false;
	for (size_t i = 0; i < folder.n; i++)
		if (!judge(c, job, folder.path[i], t, e))
			return false;
	return true;
}

static bool each_of_list(struct cli *c, struct verify_job *job, const char *from, struct tally *t,
			 struct err *e)
{
	owned(buf_free) struct buf list = BUF(LIST_MAX);
	owned(own_free) char *text = NULL;
	char *rest = NULL;

	if (!file_slurp(from, LIST_MAX, &list, e))
		return false;
	if (list.n > 0 && memchr(list.p, '\0', list.n)) {
		err_set(e, REASON_NOT_A_FILE, "is no list of files: it holds a NUL");
		return err_subject(e, from);
	}
	text = own_string(buf_cstr(&list), e);
	if (!text)
		return false;
	for (char *path = strtok_r(text, "\n", &rest); path; path = strtok_r(NULL, "\n", &rest))
		if (!judge(c, job, path, t, e))
			return false;
	return true;
}

bool verify_batch(struct cli *c, struct verify_job *job, const char *from, struct err *e)
{
	struct tally t = {0};

	c->json = NULL; /* the lines are the answer */
	if (!(listing_is_folder(from) ? each_of_folder(c, job, from, &t, e)
				      : each_of_list(c, job, from, &t, e)))
		return false;
	if (t.n == 0) {
		err_set(e, REASON_NOT_EVIDENCE, "names no file at all");
		return err_subject(e, from);
	}
	talk_say(&c->talk, "%zu of %zu are a yes", t.yes, t.n);
	if (t.yes == t.n)
		return true;
	*e = t.worst;
	return err_subject(e, t.path);
}
