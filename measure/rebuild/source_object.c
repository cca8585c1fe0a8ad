#include "measure/rebuild/source_object.h"

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/base/when.h"

#define ZONE 6u /* " +0000" */

/* ---- commits and tags */

void source_text_free(struct source_text *t)
{
	buf_free(&t->message);
	buf_free(&t->signature);
}

/* A header line without its end; false at the empty line behind the headers, or a failure. */
static bool line(struct cur *c, struct bytes *out)
{
	*out = cur_until(c, '\n', REASON_SOURCE, "a header");
	return cur_ok(c) && out->n > 0;
}

/* "KEY VALUE" */
static bool value_of(struct bytes header, const char *key, struct bytes *value)
{
	size_t n = strlen(key);

	if (!bytes_start(header, bytes_str(key)) || header.n <= n || header.p[n] != ' ')
		return false;
	*value = bytes_of(header.p + n + 1, header.n - n - 1);
	return true;
}

static bool is_zone(struct bytes x)
{
	if (x.n != ZONE || x.p[0] != ' ' || (x.p[1] != '+' && x.p[1] != '-'))
		return false;
	for (size_t i = 2; i < x.n; i++)
		if (x.p[i] < '0' || x.p[i] > '9')
			return false;
	return true;
}

/* "NAME <ADDRESS> SECONDS ZONE" */
static bool time_of(struct bytes who, int64_t *time)
{
	const uint8_t *close = memrchr(who.p, '>', who.n);
	char digits[16];
	uint64_t seconds;
	size_t n;

	if (!close)
		return false;
	who = bytes_of(close + 1, who.n - (size_t)(close + 1 - who.p));
	if (who.n < 2 + ZONE || who.p[0] != ' ' || !is_zone(bytes_of(who.p + who.n - ZONE, ZONE)))
		return false;
	n = who.n - ZONE - 1;
	if (n >= sizeof(digits))
		return false;
	memcpy(digits, who.p + 1, n);
	digits[n] = '\0';
	if (!num_parse(digits, &seconds) || seconds > (uint64_t)WHEN_LAST)
		return false;
	*time = (int64_t)seconds;
	return true;
}

static bool refuse(struct cur *c, const char *what)
{
	return cur_fail(c, REASON_SOURCE, cur_at(c), "%s", what);
}

/* The lines of a signature lose the blank that they begin with, and are not in what is signed. */
static bool read_signature(struct source_text *t, struct cur *c, struct bytes first)
{
	if (t->signature.n > 0)
		return refuse(c, "a commit has two signatures");
	buf_put(&t->signature, first);
	buf_u8(&t->signature, '\n');
	while (cur_peek(c) == ' ') {
		struct bytes more;

		if (!line(c, &more))
			return cur_ok(c);
		buf_put(&t->signature, bytes_of(more.p + 1, more.n - 1));
		buf_u8(&t->signature, '\n');
	}
	return cur_ok(c);
}

/* Behind the tree: all that is no signature is signed. */
static bool read_headers(struct source_text *t, struct cur *c)
{
	bool committed = false;
	struct bytes header, value;

	while (line(c, &header)) {
		if (value_of(header, "gpgsig-sha256", &value))
			return refuse(c, "a commit has a signature for ids of SHA-256");
		if (value_of(header, "gpgsig", &value)) {
			if (!read_signature(t, c, value))
				return false;
			continue;
		}
		if (value_of(header, "committer", &value) && !committed) {
			committed = true;
			if (!time_of(value, &t->time))
				return refuse(c, "the committer has no time since 1970");
		}
		buf_put(&t->message, header);
		buf_u8(&t->message, '\n');
	}
	return cur_ok(c) && (committed || refuse(c, "a commit has no committer"));
}

bool source_commit_read(struct source_text *t, struct bytes raw, struct err *e)
{
	struct cur c = cur_new(raw, 0, e);
	struct bytes tree, digits;

	*t = (struct source_text){
		.kind = GITDB_TREE, .message = BUF(raw.n + 1), .signature = BUF(raw.n + 1)};
	if (!line(&c, &tree) || !value_of(tree, "tree", &digits) ||
	    !gitdb_of_digits(digits, &t->target))
		return err_set(e, REASON_SOURCE, "a commit does not begin with its tree");
	buf_put(&t->message, tree);
	buf_u8(&t->message, '\n');
	if (!read_headers(t, &c))
		return false;
	buf_u8(&t->message, '\n');
	buf_put(&t->message, cur_take(&c, cur_left(&c), "the message"));
	if (!buf_done(&t->message, "a commit", e) || !buf_done(&t->signature, "a signature", e))
		return false;
	if (t->signature.n == 0)
		buf_free(&t->message);
	return true;
}

static bool kind_of(struct bytes name, enum gitdb_kind *kind)
{
	for (unsigned i = GITDB_COMMIT; i <= GITDB_TAG; i++) {
		*kind = (enum gitdb_kind)i;
		if (bytes_equal(name, bytes_str(gitdb_kind_name(*kind))))
			return true;
	}
	return false;
}

/* The last line that begins a signature begins it, as git takes it. */
static size_t signature_at(struct bytes body)
{
	static const char *const begins[] = {
		"-----BEGIN SSH SIGNATURE-----",
		"-----BEGIN PGP SIGNATURE-----",
		"-----BEGIN PGP MESSAGE-----",
		"-----BEGIN SIGNED MESSAGE-----",
	};
	size_t found = body.n;

	for (size_t at = 0, n; at < body.n; at += n) {
		struct bytes rest = bytes_of(body.p + at, body.n - at);
		const uint8_t *end = memchr(rest.p, '\n', rest.n);

		n = end ? (size_t)(end + 1 - rest.p) : rest.n;
		for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
			if (bytes_start(rest, bytes_str(begins[i])))
				found = at;
	}
	return found;
}

bool source_tag_read(struct source_text *t, struct bytes raw, struct err *e)
{
	struct cur c = cur_new(raw, 0, e);
	struct bytes object, type, name, more, value;
	size_t at = signature_at(raw);

	*t = (struct source_text){
		.time = INT64_MAX, .message = BUF(raw.n + 1), .signature = BUF(raw.n + 1)};
	if (!line(&c, &object) || !value_of(object, "object", &value) ||
	    !gitdb_of_digits(value, &t->target))
		return err_set(e, REASON_SOURCE, "a tag does not begin with its object");
	if (!line(&c, &type) || !value_of(type, "type", &value) || !kind_of(value, &t->kind))
		return err_set(e, REASON_SOURCE, "a tag does not say what it is of");
	if (!line(&c, &name) || !value_of(name, "tag", &value))
		return err_set(e, REASON_SOURCE, "a tag has no name");
	while (line(&c, &more))
		if (value_of(more, "tagger", &value) && !time_of(value, &t->time))
			return refuse(&c, "the tagger has no time since 1970");
	if (!cur_ok(&c))
		return false;
	if (at == raw.n)
		return true;
	buf_put(&t->message, bytes_of(raw.p, at));
	buf_put(&t->signature, bytes_of(raw.p + at, raw.n - at));
	return buf_done(&t->message, "a tag", e) && buf_done(&t->signature, "a signature", e);
}

/* ---- pointers to large files */

static const char pointer[] = "version https://git-lfs.github.com/spec/v1\n";

bool source_is_pointer(struct bytes file)
{
	static const char *const begins[] = {
		"version https://git-lfs.github.com/spec/",
		"version https://hawser.github.com/spec/",
		"version http://git-media.io/v/",
	};

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (file.n < SOURCE_POINTER_MAX && bytes_start(file, bytes_str(begins[i])))
			return true;
	return false;
}

bool source_pointer_read(struct bytes file, struct digest *sha256, uint64_t *size, struct err *e)
{
	static const char oid[] = "oid sha256:", length[] = "size ";
	const size_t n_head = strlen(pointer), n_oid = strlen(oid), n_size = strlen(length);
	owned(buf_free) struct buf digest = BUF(32);
	char digits[65], number[24];
	struct err ignored = {0};
	size_t n;

	if (!bytes_start(file, bytes_str(pointer)) || file.n < n_head + n_oid + 65 + n_size + 2)
		return err_set(e, REASON_SOURCE, "a pointer to a large file is not of version 1");
	file = bytes_of(file.p + n_head, file.n - n_head);
	memcpy(digits, file.p + n_oid, 64);
	digits[64] = '\0';
	n = file.n - n_oid - 65 - n_size - 1;
	if (!bytes_start(file, bytes_str(oid)) || n >= sizeof(number) ||
	    file.p[n_oid + 64] != '\n' || file.p[file.n - 1] != '\n' ||
	    memcmp(file.p + n_oid + 65, length, n_size) != 0)
		return err_set(e, REASON_SOURCE, "a pointer to a large file has other lines");
	memcpy(number, file.p + n_oid + 65 + n_size, n);
	number[n] = '\0';
	if (!hex_read(digits, "a digest", &digest, &ignored) || digest.n != 32 ||
	    !num_parse(number, size))
		return ignored.reason == REASON_OUT_OF_MEMORY
			       ? err_set(e, REASON_OUT_OF_MEMORY, "%s", ignored.text)
			       : err_set(e, REASON_SOURCE,
					 "a pointer to a large file has no digest or no size");
	*sha256 = (struct digest){.alg = DIGEST_SHA256, .len = 32};
	memcpy(sha256->v, digest.p, 32);
	return true;
}
