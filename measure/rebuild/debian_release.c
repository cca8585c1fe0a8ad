#include "measure/rebuild/debian.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/when.h"
#include "measure/rebuild/deb822.h"
#include "measure/rebuild/debian_files.h"
#include "measure/rebuild/debian_signed.h"

#define WHAT "the list of files in a Release"

void debian_release_free(struct debian_release *r)
{
	arena_free(&r->arena);
	*r = (struct debian_release){0};
}

/* ---- times: "Sat, 09 Aug 2025 10:11:12 UTC" (RFC 5322, 3.3, of which Debian writes this form) */

static unsigned month_of(struct bytes name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12 && name.n == 3; i++)
		if (memcmp(names + (size_t)3 * i, name.p, 3) == 0)
			return i + 1;
	return 0;
}

static bool is_zone(struct bytes zone)
{
	return bytes_equal(zone, bytes_str("UTC")) || bytes_equal(zone, bytes_str("GMT")) ||
	       bytes_equal(zone, bytes_str("+0000")) || bytes_equal(zone, bytes_str("Z"));
}

static bool read_time(struct bytes value, const char *field, int64_t *out, struct err *e)
{
	struct bytes left = value, word[6] = {{0}}, more;
	struct err ignored = {0};
	char text[64];
	size_t n = 0;

	while (n < 6 && deb822_word(&left, &word[n]))
		n++;
	if (n == 6 && !deb822_word(&left, &more) && word[0].n == 4 && word[1].n <= 2 &&
	    word[3].n == 4 && (word[4].n == 8 || word[4].n == 7) && is_zone(word[5])) {
		snprintf(text, sizeof(text), "%.4s-%02u-%s%.*sT%s%.*sZ", (const char *)word[3].p,
			 month_of(word[2]), word[1].n == 1 ? "0" : "", (int)word[1].n,
			 (const char *)word[1].p, word[4].n == 7 ? "0" : "", (int)word[4].n,
			 (const char *)word[4].p);
		if (when_read(text, field, out, &ignored))
			return true;
	}
	return err_set(e, REASON_PACKAGE_LIST, "field '%s': '%.*s' is no time", field,
		       value.n < 80 ? (int)value.n : 80, (const char *)value.p);
}

static bool read_times(struct debian_release *r, const struct deb822 *d, int64_t now, struct err *e)
{
	struct bytes date, until = deb822_get(d, "Valid-Until");

	r->valid_until = INT64_MAX;
	if (!deb822_need(d, "Date", &date, e) || !read_time(date, "Date", &r->date, e) ||
	    (until.p && !read_time(until, "Valid-Until", &r->valid_until, e)))
		return false;
	r->stale = r->valid_until < now;
	return true;
}

/* ---- files */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct debian_index *)a)->path,
		      ((const struct debian_index *)b)->path);
}

static bool read_index(struct debian_release *r, struct bytes list, struct err *e)
{
	struct bytes left = list, line, path;
	size_t n = 0;

	while (deb822_line(&left, &line))
		n++;
	r->index = arena_new(&r->arena, (n + 1) * sizeof(*r->index), WHAT, e);
	if (!r->index)
		return false;
	for (left = list; deb822_line(&left, &line); r->n++) {
		struct debian_index *to = &r->index[r->n];

		if (!debian_file_read(line, &to->object, &path, e))
			return false;
		to->path = arena_text(&r->arena, path, WHAT, e);
		if (!to->path)
			return false;
	}
	qsort(r->index, r->n, sizeof(*r->index), by_path);
	for (size_t i = 1; i < r->n; i++)
		if (by_path(&r->index[i - 1], &r->index[i]) == 0)
			return err_set(e, REASON_PACKAGE_LIST, "'%s' stands there twice",
				       r->index[i].path);
	return true;
}

static bool read_names(struct debian_release *r, const struct deb822 *d, struct err *e)
{
	struct bytes codename = deb822_get(d, "Codename"), suite = deb822_get(d, "Suite");

	r->codename = arena_text(&r->arena, codename, WHAT, e);
	r->suite = r->codename ? arena_text(&r->arena, suite, WHAT, e) : NULL;
	r->by_hash = bytes_equal(deb822_get(d, "Acquire-By-Hash"), bytes_str("yes"));
	return r->suite != NULL;
}

bool debian_release_text(struct debian_release *r, struct stream *in, int64_t now, struct err *e)
{
	owned(deb822_free) struct deb822 *d = deb822_new(in, e);
	struct bytes files;

	if (!d || !deb822_only(d, e) || !read_names(r, d, e) || !read_times(r, d, now, e))
		return false;
	files = deb822_get(d, "SHA256");
	if (!files.p)
		return err_set(e, REASON_PACKAGE_LIST, "has no field 'SHA256'");
	return read_index(r, files, e) || err_in(e, "field 'SHA256'");
}

bool debian_release_read(struct debian_release *r, struct bytes in_release,
			 const struct debian_keys *keys, int64_t now, struct err *e)
{
	owned(debian_release_free) struct debian_release new = {
		.arena = ARENA(8 * (size_t)DEBIAN_RELEASE_MAX)};
	owned(buf_free) struct buf text = BUF(DEBIAN_RELEASE_MAX);
	struct stream_bytes in;

	if (in_release.n > DEBIAN_RELEASE_MAX)
		return err_set(e, REASON_LIMIT, "has %zu bytes, and %u are the limit", in_release.n,
			       DEBIAN_RELEASE_MAX);
	if (!debian_signed(in_release, keys, &text, &new.signer, e))
		return false;
	in = stream_bytes(buf_bytes(&text));
	new.signer = arena_text(&new.arena, bytes_str(new.signer), WHAT, e);
	if (!new.signer || !debian_release_text(&new, &in.stream, now, e))
		return false;
	*r = take(new);
	return true;
}

bool debian_release_is(const struct debian_release *r, const char *suite, struct err *e)
{
	return strcmp(r->suite, suite) == 0 || strcmp(r->codename, suite) == 0 ||
	       err_set(e, REASON_PACKAGE_LIST, "is of the suite '%s' (%s), not of '%s'",
		       r->codename, r->suite, suite);
}

const struct debian_index *debian_release_find(const struct debian_release *r, const char *path)
{
	const struct debian_index key = {.path = path};

	return r->n > 0 ? bsearch(&key, r->index, r->n, sizeof(key), by_path) : NULL;
}

const struct debian_index *debian_release_packages(const struct debian_release *r,
						   const char *component, const char *architecture)
{
	static const char *const ends[] = {".xz", ".gz", ""};
	const struct debian_index *found = NULL;
	char path[256];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends) && !found; i++)
		if (snprintf(path, sizeof(path), "%s/binary-%s/Packages%s", component, architecture,
			     ends[i]) < (int)sizeof(path))
			found = debian_release_find(r, path);
	return found;
}
