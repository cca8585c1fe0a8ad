#include "measure/fetch/bases.h"

#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/base/listing.h"
#include "measure/base/yaml.h"
#include "measure/fetch/http.h"
#include "measure/rebuild/crates.h"
#include "measure/rebuild/deb822.h"

#define WHAT "addresses of archives"
#define SOURCES_MAX (1u << 20)
#define PATH_ROOM 8192u

enum from { FROM_OPTION, FROM_FILE, FROM_APT };

void bases_free(struct bases *b)
{
	arena_free(&b->arena);
	free(b->item);
	*b = BASES;
}

static const char *keep(struct bases *b, struct bytes x, struct err *e)
{
	return arena_text(&b->arena, x, WHAT, e);
}

bool bases_add(struct bases *b, const char *name, struct bytes url, unsigned from, struct err *e)
{
	struct base *more;

	if (b->n == BASES_MAX)
		return err_set(e, REASON_LIMIT, "more than %u addresses of archives", BASES_MAX);
	more = realloc(b->item, (b->n + 1) * sizeof(*more));
	if (!more)
		return err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu addresses", b->n + 1);
	b->item = more;
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	more[b->n] = (struct base){keep(b, bytes_str(name), e), NULL, from};
	more[b->n].url = more[b->n].name ? keep(b, url, e) : NULL;
	return more[b->n].url && ++b->n;
}

bool bases_add_option(struct bases *b, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	const char *name;

	if (!equals || equals == text)
		return err_set(e, REASON_USAGE, "--base: '%s' is not ARCHIVE=URL", text);
	if (!http_address(equals + 1, "--base", e))
		return false;
	name = keep(b, bytes_of(text, (size_t)(equals - text)), e);
	return name && bases_add(b, name, bytes_str(equals + 1), FROM_OPTION, e);
}

/* ---- the file */

static const struct yaml_field address = {.type = YAML_TEXT};
static const struct yaml_field fields[] = {
	{.key = "bases", .type = YAML_NAMES, .required = true, .item = &address},
	{0},
};
static const struct yaml_field root = {.type = YAML_MAP, .fields = fields};

static bool add_all(struct bases *b, const struct yaml *y, struct err *e)
{
	const struct yaml_node *all = yaml_member(y, &y->nodes[0], "bases");

	for (const struct yaml_node *n = yaml_first(y, all); n; n = yaml_after(y, all, n)) {
		const char *name = keep(b, n->key, e);

		if (!name || !http_address(yaml_str(n), name, e) ||
		    !bases_add(b, name, n->text, FROM_FILE, e))
			return false;
	}
	return true;
}

bool bases_add_file(struct bases *b, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(YAML_MAX_BYTES);
	owned(yaml_drop) struct yaml y = {0};
	struct err why = {0};

	if (!file_slurp(path, YAML_MAX_BYTES, &text, &why)) {
		if (why.reason == REASON_NO_SUCH_FILE)
			return true;
		*e = why;
		return false;
	}
	return (yaml_read(&y, buf_bytes(&text), &root, e) && add_all(b, &y, e)) ||
	       err_subject(e, path);
}

/* ---- apt's sources */

/* Its last component is the archive's name. */
static bool add_address(struct bases *b, struct bytes url, struct err *e)
{
	const uint8_t *slash;
	struct err ignored = {0};
	const char *text, *name;

	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	slash = url.n ? memrchr(url.p, '/', url.n) : NULL;
	text = keep(b, url, e);
	if (!text)
		return false;
	if (!slash || !http_address(text, "", &ignored))
		return true;
	name = keep(b, bytes_of(slash + 1, url.n - (size_t)(slash - url.p) - 1), e);
	return name && bases_add(b, name, url, FROM_APT, e);
}

/* "deb [options] URI SUITE ..." */
static bool add_line(struct bases *b, struct bytes line, struct err *e)
{
	struct bytes word;

	if (!deb822_word(&line, &word) || !bytes_equal(word, bytes_str("deb")) ||
	    !deb822_word(&line, &word))
		return true;
	if (word.p[0] == '[')
		while (word.p[word.n - 1] != ']')
			if (!deb822_word(&line, &word))
				return true;
	if (word.p[word.n - 1] == ']' && !deb822_word(&line, &word))
		return true;
	return add_address(b, word, e);
}

static bool add_list(struct bases *b, struct bytes text, struct err *e)
{
	struct bytes line;

	while (deb822_line(&text, &line))
		if (!add_line(b, line, e))
			return false;
	return true;
}

/* deb822(5) as apt has it, with comments. */
static void without_comments(struct bytes text, struct buf *out)
{
	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) + 1 : text.n;

		if (text.p[0] != '#')
			buf_put(out, bytes_of(text.p, n));
		text = bytes_of(text.p + n, text.n - n);
	}
}

static bool has_word(struct bytes value, const char *wanted)
{
	struct bytes word;

	while (deb822_word(&value, &word))
		if (bytes_equal(word, bytes_str(wanted)))
			return true;
	return false;
}

/* What cannot be read says nothing; that there is no memory for it is another matter. */
static bool says_nothing(const struct err *why, struct err *e)
{
	return why->reason != REASON_OUT_OF_MEMORY || err_set(e, why->reason, "%s", why->text);
}

static bool add_sources(struct bases *b, struct bytes text, struct err *e)
{
	owned(buf_free) struct buf plain = BUF(SOURCES_MAX);
	struct err why = {0};
	struct stream_bytes in;
	struct bytes uris, word;
	owned(deb822_free) struct deb822 *d = NULL;
	bool end = false;

	without_comments(text, &plain);
	in = stream_bytes(buf_bytes(&plain));
	d = deb822_new(&in.stream, e);
	if (!d || !buf_done(&plain, "a file of apt's sources", e))
		return false;
	while (deb822_next(d, &end, &why) && !end) {
		uris = deb822_get(d, "URIs");
		if (!has_word(deb822_get(d, "Types"), "deb") ||
		    bytes_equal(deb822_get(d, "Enabled"), bytes_str("no")))
			continue;
		while (deb822_word(&uris, &word))
			if (!add_address(b, word, e))
				return false;
	}
	return says_nothing(&why, e);
}

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && strcmp(path + n - m, end) == 0;
}

static bool add_path(struct bases *b, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(SOURCES_MAX);
	struct err why = {0};

	if (!ends_in(path, ".list") && !ends_in(path, ".sources"))
		return true;
	if (!file_slurp(path, SOURCES_MAX, &text, &why))
		return says_nothing(&why, e);
	return ends_in(path, ".list") ? add_list(b, buf_bytes(&text), e)
				      : add_sources(b, buf_bytes(&text), e);
}

bool bases_add_apt(struct bases *b, const char *folder, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	owned(listing_free) struct listing files = {0};
	struct err why = {0};

	buf_fmt(&path, "%s/sources.list", folder);
	if (!buf_done(&path, "a path", e) || !add_path(b, buf_cstr(&path), e))
		return false;
	buf_str(&path, ".d");
	if (!listing_read(&files, buf_cstr(&path), &why))
		return says_nothing(&why, e);
	for (size_t i = 0; i < files.n; i++)
		if (!add_path(b, files.path[i], e))
			return false;
	return true;
}

/* ---- addresses */

void bases_path(struct buf *out, const char *path)
{
	static const char plain[] = "-._~/!$&'()*+,;=:@";

	for (; *path; path++) {
		char c = *path;
		bool word = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');

		if (word || strchr(plain, c))
			buf_u8(out, (uint8_t)c);
		else
			buf_fmt(out, "%%%02X", (unsigned)(uint8_t)c);
	}
}

static bool unknown(struct bytes name, struct err *e)
{
	err_set(e, REASON_NO_BASE, "nothing says where the archive '%.*s' is",
		name.n < 100 ? (int)name.n : 100, (const char *)name.p);
	return err_hint(e, "--base %.*s=URL, or a line in $XDG_CONFIG_HOME/measure/" BASES_FILE,
			name.n < 100 ? (int)name.n : 100, (const char *)name.p);
}

static unsigned best_source(const struct bases *b, struct bytes name)
{
	unsigned best = BASES_LAST;

	for (size_t k = 0; k < b->n; k++)
		if (bytes_equal(bytes_str(b->item[k].name), name) && b->item[k].from < best)
			best = b->item[k].from;
	return best;
}

bool bases_url(const struct bases *b, const char *origin, size_t i, struct buf *out, struct err *e)
{
	const char *colon = strchr(origin, ':');
	struct bytes name = bytes_of(origin, colon ? (size_t)(colon - origin) : strlen(origin));
	unsigned best = best_source(b, name);
	size_t found = 0;

	for (size_t k = 0; k < b->n && colon; k++) {
		const struct base *base = &b->item[k];

		if (base->from != best || !bytes_equal(bytes_str(base->name), name) || found++ != i)
			continue;
		buf_fmt(out, "%s/", base->url);
		bases_path(out, colon + 1);
		if (bytes_equal(name, bytes_str(CRATES_ARCHIVE)))
			buf_str(out, "/download");
		return buf_done(out, "an address", e);
	}
	return i > 0 || unknown(name, e);
}
