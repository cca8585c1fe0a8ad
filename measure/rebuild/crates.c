#include "measure/rebuild/crates.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "measure/rebuild/lock_text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define NAME_LETTERS LETTERS DIGITS "_-"
#define ARENA_MAX (16u << 20)
#define NAME_BYTES 64u
#define OLDEST_VERSION 3u /* that says which it is */
#define NEWEST_VERSION 4u

/* crates.io, by its two protocols. */
static const char *const registries[] = {
	"registry+https://github.com/rust-lang/crates.io-index",
	"sparse+https://index.crates.io/",
};

enum key { KEY_NAME, KEY_VERSION, KEY_SOURCE, KEY_CHECKSUM, KEY_REPLACE, KEY_DEPENDENCIES, KEYS };
static const char *const keys[] = {
	[KEY_NAME] = "name",	     [KEY_VERSION] = "version", [KEY_SOURCE] = "source",
	[KEY_CHECKSUM] = "checksum", [KEY_REPLACE] = "replace", [KEY_DEPENDENCIES] = "dependencies",
};

enum table { TABLE_TOP, TABLE_PACKAGE, TABLE_UNUSED };

struct reader {
	struct bytes left; /* behind the line */
	struct bytes text; /* of the line, what is left of it */
	uint32_t line;
	enum table table;
	bool versioned; /* the file says its version */
	struct bytes value[KEYS]; /* of the package; p NULL: not said */
	uint32_t package; /* its line */
	size_t room;
	struct crates *c;
	struct err *e;
};

void crates_free(struct crates *c)
{
	arena_free(&c->arena);
	free(c->item);
	*c = (struct crates){0};
}

static bool wrong(const struct reader *r, uint32_t line, const char *format, ...) ERR_FORMAT(3, 4);

static bool wrong(const struct reader *r, uint32_t line, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(r->e, REASON_CARGO_LOCK, "line %u: %s", line, text);
}

/* ---- lines and values */

static void trim(struct bytes *x)
{
	while (x->n > 0 && (x->p[0] == ' ' || x->p[0] == '\t'))
		*x = bytes_of(x->p + 1, x->n - 1);
	while (x->n > 0 && (x->p[x->n - 1] == ' ' || x->p[x->n - 1] == '\t'))
		x->n--;
}

/* The next line; false at the end of the file. */
static bool next_line(struct reader *r)
{
	if (r->left.n == 0)
		return false;
	r->text = bytes_line(&r->left);
	r->line++;
	if (r->text.n > 0 && r->text.p[r->text.n - 1] == '\r')
		r->text.n--;
	trim(&r->text);
	if (r->text.n > 0 && r->text.p[0] == '#')
		r->text.n = 0;
	return true;
}

static bool starts(struct bytes *x, char c)
{
	if (x->n == 0 || x->p[0] != (uint8_t)c)
		return false;
	*x = bytes_of(x->p + 1, x->n - 1);
	trim(x);
	return true;
}

/* Cargo escapes nothing that could stand in a crate's name, version or source. */
static bool take_string(struct reader *r, struct bytes *out)
{
	const uint8_t *end;
	size_t n;

	if (r->text.n == 0 || r->text.p[0] != '"')
		return wrong(r, r->line, "a string must stand here");
	end = memchr(r->text.p + 1, '"', r->text.n - 1);
	if (!end)
		return wrong(r, r->line, "a string without its end");
	n = (size_t)(end - r->text.p) - 1;
	*out = bytes_of(r->text.p + 1, n);
	for (size_t i = 0; i < n; i++)
		if (out->p[i] == '\\' || out->p[i] < 0x20 || out->p[i] >= 0x7f)
			return wrong(r, r->line,
				     "a string with other characters than cargo writes");
	r->text = bytes_of(end + 1, r->text.n - n - 2);
	trim(&r->text);
	return true;
}

static bool end_of_line(const struct reader *r)
{
	return r->text.n == 0 || wrong(r, r->line, "more than a value stands in the line");
}

/* What crates a crate needs follows from the list of all. */
static bool pass_list(struct reader *r)
{
	struct bytes ignored;
	bool comma = true;

	for (;;) {
		while (r->text.n == 0)
			if (!next_line(r))
				return wrong(r, r->line, "a list without its end");
		if (starts(&r->text, ']'))
			return end_of_line(r);
		if (!comma)
			return wrong(r, r->line, "a comma or the list's end must stand here");
		if (!take_string(r, &ignored))
			return false;
		comma = starts(&r->text, ',');
	}
}

static bool take_version(struct reader *r)
{
	struct bytes x = r->text;

	if (x.n != 1 || x.p[0] < '0' + OLDEST_VERSION || x.p[0] > '0' + NEWEST_VERSION)
		return wrong(r, r->line, "version '%.*s', and %u and %u are known",
			     x.n < 20 ? (int)x.n : 20, (const char *)x.p, OLDEST_VERSION,
			     NEWEST_VERSION);
	if (r->versioned)
		return wrong(r, r->line, "the version stands there twice");
	r->versioned = true;
	return true;
}

/* ---- packages */

static bool is_registry(struct bytes source)
{
	for (size_t i = 0; i < sizeof(registries) / sizeof(registries[0]); i++)
		if (bytes_equal(source, bytes_str(registries[i])))
			return true;
	return false;
}

static bool made_of(struct bytes x, const char *set)
{
	for (size_t i = 0; i < x.n; i++)
		if (!strchr(set, x.p[i]))
			return false;
	return x.n > 0 && x.n <= NAME_BYTES;
}

static bool grow(struct reader *r)
{
	size_t room = r->room ? 2 * r->room : 64;
	struct crate *more;

	if (r->c->n == CRATES_MAX)
		return err_set(r->e, REASON_LIMIT, "more than %u crates", CRATES_MAX);
	if (r->c->n < r->room)
		return true;
	more = realloc(r->c->item, room * sizeof(*more));
	if (!more)
		return err_set(r->e, REASON_OUT_OF_MEMORY, "no room for %zu crates", room);
	r->c->item = more;
	r->room = room;
	return true;
}

static bool keep(struct reader *r)
{
	struct crate new = {0};
	char digest[65] = "";

	memcpy(digest, r->value[KEY_CHECKSUM].p,
	       r->value[KEY_CHECKSUM].n < 65 ? r->value[KEY_CHECKSUM].n : 64);
	if (r->value[KEY_CHECKSUM].n != 64 || !lock_text_is(LOCK_TEXT_SHA256, digest))
		return wrong(r, r->package, "the checksum of '%.*s' is no SHA-256",
			     (int)r->value[KEY_NAME].n, (const char *)r->value[KEY_NAME].p);
	if (!grow(r))
		return false;
	new.sha256 = lock_text_sha256(digest);
	new.name = arena_text(&r->c->arena, r->value[KEY_NAME], "a Cargo.lock", r->e);
	new.version = arena_text(&r->c->arena, r->value[KEY_VERSION], "a Cargo.lock", r->e);
	if (!new.name || !new.version)
		return false;
	r->c->item[r->c->n++] = new;
	return true;
}

static bool end_package(struct reader *r)
{
	struct bytes name = r->value[KEY_NAME], source = r->value[KEY_SOURCE];
	int shown = name.n < NAME_BYTES ? (int)name.n : (int)NAME_BYTES;
	const char *text = (const char *)name.p;

	if (r->table != TABLE_PACKAGE)
		return true;
	if (!name.p || !r->value[KEY_VERSION].p)
		return wrong(r, r->package, "a package without name or version");
	if (!made_of(name, NAME_LETTERS) || !made_of(r->value[KEY_VERSION], NAME_LETTERS ".+"))
		return wrong(r, r->package, "'%.*s' has a name or version that no crate has", shown,
			     text);
	if (!source.p)
		return !r->value[KEY_CHECKSUM].p ||
		       wrong(r, r->package, "'%.*s' has a checksum and no source", shown, text);
	if (!is_registry(source)) {
		wrong(r, r->package, "'%.*s' comes from '%.*s', and not from crates.io", shown,
		      text, source.n < 100 ? (int)source.n : 100, (const char *)source.p);
		return err_hint(r->e, "put it into the source, as a path or a submodule");
	}
	if (!r->value[KEY_CHECKSUM].p) {
		wrong(r, r->package, "'%.*s' has no checksum", shown, text);
		return err_hint(r->e, "files of cargo before 1.41 keep them elsewhere; "
				      "`cargo generate-lockfile` writes a new one");
	}
	return keep(r);
}

static bool start_table(struct reader *r)
{
	static const struct {
		const char *text;
		enum table table;
	} tables[] = {{"[[package]]", TABLE_PACKAGE}, {"[[patch.unused]]", TABLE_UNUSED}};

	if (!end_package(r))
		return false;
	memset(r->value, 0, sizeof(r->value));
	r->package = r->line;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		r->table = tables[i].table;
		if (bytes_equal(r->text, bytes_str(tables[i].text)))
			return true;
	}
	wrong(r, r->line, "'%.*s' is no table of versions 2 to %u",
	      r->text.n < 60 ? (int)r->text.n : 60, (const char *)r->text.p, NEWEST_VERSION);
	return err_hint(r->e,
			"cargo before 1.41 wrote [metadata]; `cargo generate-lockfile` writes "
			"a new one");
}

static bool find_key(const struct reader *r, struct bytes key, enum key *out)
{
	for (unsigned k = 0; k < KEYS; k++) {
		*out = (enum key)k;
		if (bytes_equal(key, bytes_str(keys[k])))
			return true;
	}
	return wrong(r, r->line, "'%.*s' is no key of a package", key.n < 60 ? (int)key.n : 60,
		     (const char *)key.p);
}

static bool take_value(struct reader *r, struct bytes name)
{
	enum key key;

	if (r->table == TABLE_TOP)
		return bytes_equal(name, bytes_str("version"))
			       ? take_version(r)
			       : wrong(r, r->line, "'%.*s' stands outside of a package",
				       name.n < 60 ? (int)name.n : 60, (const char *)name.p);
	if (!find_key(r, name, &key))
		return false;
	if (r->value[key].p)
		return wrong(r, r->line, "'%s' stands there twice", keys[key]);
	r->value[key] = name;
	if (key == KEY_DEPENDENCIES)
		return starts(&r->text, '[') ? pass_list(r)
					     : wrong(r, r->line, "a list must stand here");
	return take_string(r, &r->value[key]) && end_of_line(r);
}

static bool take_line(struct reader *r)
{
	struct bytes name = r->text;
	size_t n = 0;

	if (r->text.n == 0)
		return true;
	if (r->text.p[0] == '[')
		return start_table(r);
	while (n < name.n && strchr(NAME_LETTERS, name.p[n]) && name.p[n])
		n++;
	name.n = n;
	r->text = bytes_of(r->text.p + n, r->text.n - n);
	trim(&r->text);
	if (n == 0 || !starts(&r->text, '='))
		return wrong(r, r->line, "neither a table nor a key with its value");
	return take_value(r, name);
}

static int by_name(const void *a, const void *b)
{
	const struct crate *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->version, y->version);
}

static bool sort(struct crates *c, struct err *e)
{
	if (c->n > 1)
		qsort(c->item, c->n, sizeof(*c->item), by_name);
	for (size_t i = 1; i < c->n; i++)
		if (by_name(&c->item[i - 1], &c->item[i]) == 0)
			return err_set(e, REASON_CARGO_LOCK, "'%s' %s stands there twice",
				       c->item[i].name, c->item[i].version);
	return true;
}

bool crates_read(struct crates *out, struct bytes text, struct err *e)
{
	owned(crates_free) struct crates c = {.arena = ARENA(ARENA_MAX)};
	struct reader r = {.left = text, .c = &c, .e = e};

	if (text.n > CRATES_FILE_MAX)
		return err_set(e, REASON_LIMIT, "%zu bytes, %u are the limit of a Cargo.lock",
			       text.n, CRATES_FILE_MAX);
	while (next_line(&r))
		if (!take_line(&r))
			return false;
	if (!end_package(&r) || !sort(&c, e))
		return false;
	*out = take(c);
	return true;
}
