#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "measure/fetch/db_folder.h"
#include "measure/fetch/fetching.h"
#include "measure/fetch/verbs.h"

#define URL_ROOM 16384u
#define BATCH 1024u /* lines of the log at once */
#define LOG_MAX (512u << 20)

enum { O_JOBS = FETCHING_HTTP_OPTS };

static const struct opt opts[] = {
	FETCHING_HTTP_ROWS,
	[O_JOBS] = {"jobs", 'j', OPT_VALUE, "N", NULL, "how many are brought at once (4)"},
	{0},
};

/* `brought` is guarded by the lock of fetching. */
struct work {
	struct fetching f;
	unsigned jobs;
	const char *url, *path;
	struct db_folder folder;
	struct signed_upon head; /* of what is there */
	struct buf log; /* the lines that the folder lacks, one after the other */
	size_t *end; /* of each, in the log */
	size_t n, brought;
	uint64_t from; /* the entry of line[0] */
	struct buf line[BATCH];
};

static void work_free(struct work **p)
{
	struct work *w = *p;

	if (!w)
		return;
	fetching_end(&w->f);
	db_folder_close(&w->folder);
	buf_free(&w->log);
	for (size_t i = 0; i < BATCH; i++)
		buf_free(&w->line[i]);
	free(w->end);
	free(w);
	*p = NULL;
}

static bool get(struct work *w, const char *name, size_t max, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf url = BUF(URL_ROOM);
	struct fetching_one one;
	size_t n = strlen(w->url);

	while (n > 0 && w->url[n - 1] == '/')
		n--;
	buf_put(&url, bytes_of(w->url, n));
	buf_str(&url, "/");
	bases_path(&url, name);
	fetching_one(&one, &w->f);
	return buf_done(&url, "an address", e) && http_get(&one.http, buf_cstr(&url), max, out, e);
}

/* ---- the log that the folder lacks */

static bool differs(const struct work *w, enum reason r, const char *how, struct err *e)
{
	owned(buf_free) struct buf was = BUF(DATABASE_FORM_MAX), is = BUF(DATABASE_FORM_MAX);

	hex_put(&was, digest_bytes(&w->folder.head.state));
	hex_put(&is, digest_bytes(&w->head.state));
	err_set(e, r,
		"'%s' has height %llu with state %s, and the server height %llu with state %s, %s",
		w->folder.name, (unsigned long long)w->folder.head.height, buf_cstr(&was),
		(unsigned long long)w->head.height, buf_cstr(&is), how);
	return http_subject(e, w->url);
}

static bool get_line(void *arg, size_t i, struct err *e)
{
	struct work *w = arg;
	char name[DATABASE_LOG_PATH];

	database_log_path(w->from + i, name);
	buf_free(&w->line[i]);
	w->line[i] = BUF(DATABASE_FORM_MAX);
	return get(w, name, DATABASE_FORM_MAX, &w->line[i], e);
}

static bool keep_line(struct work *w, size_t i, struct digest *state, struct err *e)
{
	struct bytes line = buf_bytes(&w->line[i]);
	struct database_entry entry;

	if (!database_line_read(line, w->from + i, &entry, e) ||
	    !database_state(state, line, state, e))
		return http_subject(e, w->url);
	buf_put(&w->log, line);
	w->end[w->n++] = w->log.n;
	return buf_done(&w->log, "the log", e);
}

static bool get_lines(struct work *w, struct digest *state, struct err *e)
{
	struct fetching_list list = {.one = get_line, .arg = w, .jobs = w->jobs};

	for (w->from = w->folder.head.height; w->from < w->head.height; w->from += list.n) {
		uint64_t left = w->head.height - w->from;

		list.n = left < BATCH ? (size_t)left : BATCH;
		if (fetching_each(&w->f, &list, e) > 0)
			return false;
		for (size_t i = 0; i < list.n; i++)
			if (!keep_line(w, i, state, e))
				return false;
	}
	return true;
}

static bool get_log(struct work *w, struct err *e)
{
	struct digest state = w->folder.head.state;

	if (w->head.height < w->folder.head.height)
		return differs(w, REASON_ROLLBACK, "which is shorter", e);
	w->end = own_new((size_t)(w->head.height - w->folder.head.height + 1) * sizeof(*w->end), e);
	return w->end && get_lines(w, &state, e) &&
	       (digest_equal(&state, &w->head.state) ||
		differs(w, REASON_FORK, "to which its log does not lead from there", e));
}

/* ---- the statements */

static bool get_statement(struct work *w, const struct database_entry *entry, struct err *e)
{
	owned(buf_free) struct buf file = BUF(SIGNED_MAX);
	struct digest is;

	if (!get(w, entry->path, SIGNED_MAX, &file, e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&file), &is, e))
		return false;
	if (!digest_equal(&is, &entry->sha256)) {
		err_set(e, REASON_DATABASE, "'%s' has another digest than the log says",
			entry->path);
		return http_subject(e, w->url);
	}
	if (!db_folder_put(&w->folder, entry->path, buf_bytes(&file), e))
		return false;
	pthread_mutex_lock(&w->f.lock);
	w->brought++;
	pthread_mutex_unlock(&w->f.lock);
	return true;
}

static bool one(void *arg, size_t i, struct err *e)
{
	struct work *w = arg;
	uint64_t n = w->folder.head.height + i;
	size_t begin = i > 0 ? w->end[i - 1] : 0;
	struct bytes line = {w->log.p + begin, w->end[i] - begin};
	struct database_entry entry;
	char name[DATABASE_LOG_PATH];

	database_log_path(n, name);
	return database_line_read(line, n, &entry, e) &&
	       (db_folder_has(&w->folder, entry.path, &entry.sha256) ||
		get_statement(w, &entry, e)) &&
	       db_folder_put(&w->folder, name, line, e);
}

static bool get_statements(struct work *w, struct err *e)
{
	const struct fetching_list list = {one, w, w->n, w->jobs, false};

	return fetching_each(&w->f, &list, e) == 0 &&
	       (w->n == 0 || db_folder_grow(&w->folder, &w->head, e));
}

/* ---- */

/* In this order: what `head` counts was there before it. */
static bool begin(struct work *w, struct err *e)
{
	owned(buf_free) struct buf head = BUF(DATABASE_FORM_MAX), format = BUF(DATABASE_FORM_MAX);
	char name[DATABASE_NAME + 1];

	if (!get(w, "head", DATABASE_FORM_MAX, &head, e))
		return e->reason == REASON_NOT_FOUND &&
		       err_hint(e, "URL is the folder of a database's files, which has a file "
				   "'head'");
	if (!get(w, "format", DATABASE_FORM_MAX, &format, e))
		return false;
	if (!database_head_read(buf_bytes(&head), &w->head, e) ||
	    !database_format_read(buf_bytes(&format), name, e))
		return http_subject(e, w->url);
	return db_folder_open(&w->folder, w->path, buf_bytes(&format), e);
}

static void tell(struct work *w, struct answer *a)
{
	struct json_out *j = &a->json;

	json_text(j, "database", w->folder.name);
	json_count(j, "height", w->head.height);
	json_key(j, "state");
	json_hex(j, digest_bytes(&w->head.state));
	json_count(j, "new", w->n);
	json_count(j, "fetched", w->brought);
	buf_fmt(&w->f.c->text, "%s: %llu statement%s, %zu new\nstate %llu ", w->folder.name,
		(unsigned long long)w->head.height, w->head.height == 1 ? "" : "s", w->n,
		(unsigned long long)w->head.height);
	hex_put(&w->f.c->text, digest_bytes(&w->head.state));
	buf_str(&w->f.c->text, "\n");
}

static bool db_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(work_free) struct work *w = own_new(sizeof(*w), e);

	if (!w)
		return false;
	w->folder = DB_FOLDER_NONE;
	w->log = BUF(LOG_MAX);
	w->jobs = FETCHING_JOBS;
	if (!fetching_begin_http(&w->f, c, e) ||
	    !fetching_number(c, O_JOBS, FETCHING_JOBS_MAX, &w->jobs, e))
		return false;
	if (c->args.n_operands != 2)
		return err_set(e, REASON_USAGE, "an address and a folder are needed, %zu are given",
			       c->args.n_operands);
	w->url = c->args.operands[0];
	w->path = c->args.operands[1];
	if (!http_address(w->url, "URL", e) || !begin(w, e) || !get_log(w, e) ||
	    !get_statements(w, e))
		return false;
	tell(w, a);
	return true;
}

const struct verb verb_copy_db = {
	.name = "db",
	.summary = "a reference database, of a web server, into a folder",
	.group = GROUP_VERIFY,
	.usage = "URL DIR",
	.opts = opts,
	.network = true,
	.run = db_run,
};
