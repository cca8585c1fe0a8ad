#include "tests/unit/support_database.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

#define TEXT 64u

void database_path_of(uint64_t n, char to[DATABASE_PATH])
{
	struct database_place p = {
		.product = "example.org/blindbox",
		.version = "1.2.3",
		.nth_file = n,
		.entry = n,
		.kind = "manifest",
		.extension = "corim",
	};
	struct err e = {0};

	if (!database_path(&p, to, &e))
		fail_msg("%s", e.text);
}

struct database *database_made(const char *path, bool bare)
{
	struct err e = {0};
	struct database *d = NULL;

	if (database_init(path, "example.org", bare, DATABASE_WHEN, &e))
		d = database_open(path, &e);
	check_no_err(&e);
	return d;
}

static int text_of(uint64_t n, const char *by, char to[TEXT])
{
	return snprintf(to, TEXT, "statement %llu%s%s\n", (unsigned long long)n, by ? " by " : "",
			by ? by : "");
}

bool database_grow(struct database *d, size_t n, const char *by, bool *moved, struct err *e)
{
	struct database_new *entry = calloc(n, sizeof(*entry));
	char(*path)[DATABASE_PATH] = calloc(n, DATABASE_PATH);
	char(*text)[TEXT] = calloc(n, TEXT);
	struct database_news news = {entry, n, "Some statements", DATABASE_WHEN};
	uint64_t height = database_head(d).height;
	bool ok;

	for (size_t i = 0; i < n; i++) {
		database_path_of(height + i, path[i]);
		entry[i] = (struct database_new){
			bytes_of(text[i], (size_t)text_of(height + i, by, text[i])), path[i]};
	}
	ok = database_append(d, &news, moved, e);
	free(entry);
	free(path);
	free(text);
	return ok;
}

bool database_all(const struct database *d, struct buf *texts, struct err *e)
{
	struct digest state = database_first(d);
	struct signed_upon head = database_head(d);

	for (uint64_t n = 0; n < head.height; n++) {
		struct database_entry x;

		if (!database_entry(d, n, &state, &x, e) || !database_statement(d, &x, texts, e))
			return false;
	}
	return digest_equal(&state, &head.state) ||
	       err_set(e, REASON_DATABASE, "the log gives another state than the head says");
}

void database_check(const struct database *d, uint64_t height)
{
	struct buf all = BUF(SIGNED_MAX), expected = BUF(SIGNED_MAX);
	struct err e = {0};

	assert_int_equal(database_head(d).height, height);
	assert_true(database_all(d, &all, &e) || !e.text[0]);
	check_no_err(&e);
	for (uint64_t n = 0; n < height; n++) {
		char text[TEXT];

		buf_put(&expected, bytes_of(text, (size_t)text_of(n, NULL, text)));
	}
	assert_true(bytes_equal(buf_bytes(&all), buf_bytes(&expected)));
	buf_free(&all);
	buf_free(&expected);
}
