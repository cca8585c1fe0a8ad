#include "reference-db/database_form.h"

#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/core/hash.h"

#define SHA256 32u
#define NUMBER 6u /* digits of an entry's */
#define PART 255u /* bytes */

static const char first[] = "measure-db/1";

/* ---- format */

static bool is_alnum(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool check_name(struct bytes name, struct err *e)
{
	if (name.n == 0 || name.n > DATABASE_NAME)
		return err_set(e, REASON_DATABASE, "the name has %zu bytes, 1 to %u are allowed",
			       name.n, DATABASE_NAME);
	for (size_t i = 0; i < name.n; i++)
		if (!is_alnum(name.p[i]) && (i == 0 || !strchr("._-", name.p[i]) || !name.p[i]))
			return err_set(e, REASON_DATABASE,
				       "the name '%.*s' has other characters than letters, digits, "
				       "'.', '_' and '-', or does not begin with one of the first",
				       (int)name.n, (const char *)name.p);
	return true;
}

/* A line with its newline. */
static bool take_line(struct bytes *text, struct bytes *line)
{
	size_t n = text->n;

	*line = bytes_line(text);
	return line->n < n;
}

bool database_format_read(struct bytes file, char name[DATABASE_NAME + 1], struct err *e)
{
	struct bytes line;

	if (!take_line(&file, &line) || !bytes_equal(line, bytes_str(first)))
		return err_set(e, REASON_DATABASE, "'format' does not begin with the line '%s'",
			       first);
	if (!take_line(&file, &line) || !bytes_start(line, bytes_str("name ")))
		return err_set(e, REASON_DATABASE, "'format' has no line 'name NAME'");
	line = bytes_of(line.p + 5, line.n - 5);
	if (!check_name(line, e))
		return err_in(e, "'format'");
	if (file.n > 0)
		return err_set(e, REASON_DATABASE, "'format' goes on behind the name");
	memcpy(name, line.p, line.n);
	name[line.n] = '\0';
	return true;
}

bool database_format_write(const char *name, struct buf *out, struct err *e)
{
	if (!check_name(bytes_str(name), e))
		return false;
	buf_fmt(out, "%s\nname %s\n", first, name);
	return buf_done(out, "'format'", e);
}

bool database_digest(struct bytes digits, struct digest *out)
{
	*out = (struct digest){.alg = DIGEST_SHA256, .len = SHA256};
	if (digits.n != 2 * (size_t)SHA256)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		int value = hex_value(digits.p[i]);

		if (value < 0 || (digits.p[i] >= 'A' && digits.p[i] <= 'F'))
			return false;
		out->v[i / 2] = (uint8_t)(i % 2 ? out->v[i / 2] | value : value << 4);
	}
	return true;
}

/* ---- head */

static bool height_of(struct bytes digits, uint64_t *height)
{
	char text[24];

	if (digits.n >= sizeof(text) || memchr(digits.p, 0, digits.n))
		return false;
	memcpy(text, digits.p, digits.n);
	text[digits.n] = '\0';
	return num_parse(text, height);
}

bool database_head_read(struct bytes file, struct signed_upon *head, struct err *e)
{
	const uint8_t *blank = file.n > 0 ? memchr(file.p, ' ', file.n) : NULL;
	size_t n = blank ? (size_t)(blank - file.p) : 0;
	struct signed_upon new;

	if (!blank || file.n != n + 2 * (size_t)SHA256 + 2 || file.p[file.n - 1] != '\n' ||
	    !height_of(bytes_of(file.p, n), &new.height) ||
	    !database_digest(bytes_of(blank + 1, 2 * (size_t)SHA256), &new.state))
		return err_set(e, REASON_DATABASE, "'head' is not one line 'HEIGHT STATE'");
	if (new.height > DATABASE_ENTRIES)
		return err_set(e, REASON_DATABASE, "'head' counts %llu entries, %u are the most",
			       (unsigned long long)new.height, DATABASE_ENTRIES);
	*head = new;
	return true;
}

void database_head_write(const struct signed_upon *head, struct buf *out)
{
	buf_fmt(out, "%llu ", (unsigned long long)head->height);
	hex_put(out, digest_bytes(&head->state));
	buf_u8(out, '\n');
}

/* ---- paths */

/* What database_path() leaves as it is, and what it makes of the rest. */
static bool is_path(uint8_t c)
{
	return is_alnum(c) || c == '.' || c == '_' || c == '+' || c == '-' || c == '%' || c == '~';
}

static bool check_part(struct bytes part)
{
	for (size_t i = 0; i < part.n; i++)
		if (!is_path(part.p[i]))
			return false;
	return part.n > 0 && part.n <= PART && part.p[0] != '.' && part.p[0] != '-';
}

static struct bytes last_part(struct bytes path)
{
	const uint8_t *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
	size_t n = slash ? (size_t)(slash + 1 - path.p) : 0;

	return slash ? bytes_of(path.p + n, path.n - n) : path;
}

bool database_path_entry(struct bytes path, uint64_t *n)
{
	struct bytes last = last_part(path);

	if (last.n <= NUMBER || last.p[NUMBER] != '-')
		return false;
	*n = 0;
	for (size_t i = 0; i < NUMBER; i++) {
		int value = hex_value(last.p[i]);

		if (value < 0 || (last.p[i] >= 'A' && last.p[i] <= 'F'))
			return false;
		*n = *n << 4 | (uint64_t)value;
	}
	return true;
}

/* Statements are not where the database has files of its own. */
static bool is_root(struct bytes part)
{
	return bytes_equal(part, bytes_str("products")) || bytes_equal(part, bytes_str("keys"));
}

bool database_path_check(struct bytes path, uint64_t n, struct err *e)
{
	struct bytes rest = path;
	uint64_t is;
	bool ok = path.n > 0 && path.n < DATABASE_PATH;

	for (size_t parts = 0; ok && rest.n > 0; parts++) {
		const uint8_t *slash = memchr(rest.p, '/', rest.n);
		struct bytes part = {rest.p, slash ? (size_t)(slash - rest.p) : rest.n};
		size_t taken = part.n + (slash ? 1 : 0);

		ok = check_part(part) && (parts > 0 || (slash && is_root(part))) &&
		     (!slash || taken < rest.n);
		rest = bytes_of(rest.p + taken, rest.n - taken);
	}
	if (!ok)
		return err_set(e, REASON_DATABASE, "'%.*s' is no path of a statement",
			       (int)(path.n < 200 ? path.n : 200), (const char *)path.p);
	if (!database_path_entry(path, &is) || is != n)
		return err_set(e, REASON_DATABASE,
			       "'%.*s' is no file of entry %llu, whose name begins with %06llx-",
			       (int)(path.n < 200 ? path.n : 200), (const char *)path.p,
			       (unsigned long long)n, (unsigned long long)n);
	return true;
}

/* ---- the log */

void database_log_path(uint64_t n, char to[DATABASE_LOG_PATH])
{
	snprintf(to, DATABASE_LOG_PATH, "log/%02x/%02x/%02x", (unsigned)(n >> 16 & 0xff),
		 (unsigned)(n >> 8 & 0xff), (unsigned)(n & 0xff));
}

bool database_line_read(struct bytes file, uint64_t n, struct database_entry *out, struct err *e)
{
	const size_t digits = 2 * (size_t)SHA256;
	struct database_entry new;
	struct bytes path;

	if (file.n < digits + 4 || !database_digest(bytes_of(file.p, digits), &new.sha256) ||
	    memcmp(file.p + digits, "  ", 2) != 0 || file.p[file.n - 1] != '\n')
		return err_set(e, REASON_DATABASE, "entry %llu is not one line 'SHA256  PATH'",
			       (unsigned long long)n);
	path = bytes_of(file.p + digits + 2, file.n - digits - 3);
	if (!database_path_check(path, n, e))
		return err_in(e, "entry %llu", (unsigned long long)n);
	memcpy(new.path, path.p, path.n);
	new.path[path.n] = '\0';
	*out = new;
	return true;
}

void database_line_write(const struct database_entry *x, struct buf *out)
{
	hex_put(out, digest_bytes(&x->sha256));
	buf_fmt(out, "  %s\n", x->path);
}

bool database_state(const struct digest *before, struct bytes line, struct digest *state,
		    struct err *e)
{
	return hash_of_two(DIGEST_SHA256, digest_bytes(before), line, state, e);
}
