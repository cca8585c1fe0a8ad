#include "measure/rebuild/buildinfo.h"

#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/rebuild/deb822.h"
#include "measure/rebuild/debian_files.h"
#include "measure/rebuild/debian_relation.h"

#define WHAT "a .buildinfo"
#define ROOM (16u << 20)
#define QUOTED 80

void buildinfo_free(struct buildinfo *b)
{
	arena_free(&b->arena);
}

static int shown(struct bytes x)
{
	return x.n < QUOTED ? (int)x.n : QUOTED;
}

static bool wrong(struct err *e, const char *what, struct bytes found)
{
	return err_set(e, REASON_BUILDINFO, "%s: '%.*s'", what, shown(found),
		       (const char *)found.p);
}

static bool keep(struct buildinfo *b, struct bytes x, const char **to, struct err *e)
{
	*to = arena_text(&b->arena, x, WHAT, e);
	return *to != NULL;
}

/* How many lines a value has; the list that is made of it has no more. */
static size_t lines_of(struct bytes value)
{
	struct bytes line;
	size_t n = 0;

	while (deb822_line(&value, &line))
		n++;
	return n;
}

/* ---- a clear-signed file (RFC 9580, 7), of which nothing but the text is looked at */

#define BEGIN_TEXT "-----BEGIN PGP SIGNED MESSAGE-----"
#define BEGIN_SIGNATURE "-----BEGIN PGP SIGNATURE-----"
#define END_SIGNATURE "-----END PGP SIGNATURE-----"

static struct bytes take_line(struct bytes *left)
{
	const uint8_t *end = left->n > 0 ? memchr(left->p, '\n', left->n) : NULL;
	size_t n = end ? (size_t)(end - left->p) : left->n;
	struct bytes line = bytes_of(left->p, n);

	*left = bytes_of(left->p + n + (end ? 1 : 0), left->n - n - (end ? 1 : 0));
	return line;
}

static bool is_line(struct bytes line, const char *text)
{
	return bytes_equal(line, bytes_str(text));
}

static bool take_heads(struct bytes *left, struct err *e)
{
	struct bytes line;

	do {
		line = take_line(left);
		if (line.n > 0 && !bytes_start(line, bytes_str("Hash: ")))
			return wrong(e, "a header of a signed text is not known", line);
	} while (line.n > 0 && left->n > 0);
	return true;
}

/* Behind the first line of it; a line that begins with a dash is escaped by another. */
static bool take_text(struct bytes *left, struct buf *text, struct err *e)
{
	while (left->n > 0) {
		struct bytes line = take_line(left);

		if (is_line(line, BEGIN_SIGNATURE))
			return true;
		if (line.n > 0 && line.p[0] == '-') {
			if (!bytes_start(line, bytes_str("- ")))
				return wrong(e, "a line of the signed text is not escaped", line);
			line = bytes_of(line.p + 2, line.n - 2);
		}
		buf_put(text, line);
		buf_str(text, "\n");
	}
	return err_set(e, REASON_BUILDINFO, "the signed text has no signature behind it");
}

static bool take_signature(struct bytes *left, struct err *e)
{
	while (left->n > 0)
		if (is_line(take_line(left), END_SIGNATURE))
			return left->n == 0 || err_set(e, REASON_BUILDINFO,
						       "%zu bytes follow the signature", left->n);
	return err_set(e, REASON_BUILDINFO, "the signature has no end");
}

static bool unwrap(struct buildinfo *b, struct bytes file, struct buf *text, struct err *e)
{
	struct bytes left = file;

	b->is_signed = is_line(take_line(&left), BEGIN_TEXT);
	if (!b->is_signed)
		buf_put(text, file);
	else if (!take_heads(&left, e) || !take_text(&left, text, e) || !take_signature(&left, e))
		return false;
	return buf_done(text, WHAT, e);
}

/* ---- Installed-Build-Depends */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct debian_pin *)a)->name, ((const struct debian_pin *)b)->name);
}

/* What is installed of another architecture beside is no package of a root of this one. */
static bool is_foreign(const struct buildinfo *b, const struct debian_relation *rel)
{
	return rel->qualifier.n > 0 && !bytes_equal(rel->qualifier, bytes_str(b->architecture));
}

static bool add_package(struct buildinfo *b, const struct debian_relation *rel, struct err *e)
{
	struct debian_pin *pin = &b->packages[b->n_packages];

	if (rel->op != DEBIAN_EQ || !rel->first)
		return wrong(e, "an installed package is not 'NAME (= VERSION)'", rel->text);
	if (is_foreign(b, rel))
		return true;
	if (b->n_packages == BUILDINFO_PACKAGES_MAX)
		return err_set(e, REASON_LIMIT, "more than %u installed packages",
			       BUILDINFO_PACKAGES_MAX);
	b->n_packages++;
	return keep(b, rel->name, &pin->name, e) && keep(b, rel->version, &pin->version, e);
}

static bool read_packages(struct buildinfo *b, struct bytes value, struct err *e)
{
	struct debian_relations all = {.left = value};
	struct debian_relation rel;
	bool end = false;

	b->packages = arena_new(&b->arena, BUILDINFO_PACKAGES_MAX * sizeof(*b->packages), WHAT, e);
	if (!b->packages)
		return false;
	for (;;) {
		if (!debian_relation_next(&all, &rel, &end, e))
			return err_in(e, "field 'Installed-Build-Depends'");
		if (end)
			break;
		if (!add_package(b, &rel, e))
			return false;
	}
	qsort(b->packages, b->n_packages, sizeof(*b->packages), by_name);
	for (size_t i = 1; i < b->n_packages; i++)
		if (strcmp(b->packages[i - 1].name, b->packages[i].name) == 0)
			return wrong(e, "a package is installed twice",
				     bytes_str(b->packages[i].name));
	return b->n_packages > 0 ||
	       err_set(e, REASON_BUILDINFO, "no package of %s is installed", b->architecture);
}

/* ---- Environment */

static bool is_variable(struct bytes name)
{
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return name.n > 0;
}

/* NAME="value", where a backslash stands before a quote, and else for itself. */
static bool split(struct bytes line, struct bytes *name, struct buf *value)
{
	const uint8_t *equals = memchr(line.p, '=', line.n);
	size_t at = equals ? (size_t)(equals - line.p) : 0;

	*name = bytes_of(line.p, at);
	if (!is_variable(*name) || line.n < at + 3 || line.p[at + 1] != '"' ||
	    line.p[line.n - 1] != '"')
		return false;
	for (at += 2; at < line.n - 1; at++) {
		if (line.p[at] == '"')
			return false;
		at += line.p[at] == '\\' && at + 1 < line.n - 1 && line.p[at + 1] == '"';
		buf_u8(value, line.p[at]);
	}
	return true;
}

static bool add_variable(struct buildinfo *b, struct bytes line, struct err *e)
{
	owned(buf_free) struct buf value = BUF(BUILDINFO_MAX);
	struct buildinfo_variable *v = &b->environment[b->n_environment];
	struct bytes name;

	if (!split(line, &name, &value))
		return wrong(e, "a variable is not NAME=\"value\"", line);
	if (!buf_done(&value, "a variable", e) || !keep(b, name, &v->name, e) ||
	    !keep(b, buf_bytes(&value), &v->value, e))
		return false;
	for (size_t i = 0; i < b->n_environment; i++)
		if (strcmp(b->environment[i].name, v->name) == 0)
			return wrong(e, "a variable is there twice", name);
	b->n_environment++;
	return true;
}

static bool read_environment(struct buildinfo *b, struct bytes value, struct err *e)
{
	size_t n = lines_of(value);
	struct bytes line;

	if (n > BUILDINFO_VARIABLES_MAX)
		return err_set(e, REASON_LIMIT, "%zu variables, %u are the most", n,
			       BUILDINFO_VARIABLES_MAX);
	b->environment = arena_new(&b->arena, (n + 1) * sizeof(*b->environment), WHAT, e);
	if (!b->environment)
		return false;
	while (deb822_line(&value, &line))
		if (!add_variable(b, line, e))
			return false;
	return true;
}

/* ---- Checksums-Sha256 */

/* "DIGEST SIZE NAME" */
static bool add_file(struct buildinfo *b, struct bytes line, struct err *e)
{
	struct buildinfo_file *f = &b->files[b->n_files];
	struct bytes name;

	if (!debian_file_read(line, &f->object, &name, e) || !keep(b, name, &f->name, e))
		return false;
	for (size_t i = 0; i < b->n_files; i++)
		if (strcmp(b->files[i].name, f->name) == 0)
			return wrong(e, "a file is there twice", name);
	b->n_files++;
	return true;
}

static bool read_files(struct buildinfo *b, struct bytes value, struct err *e)
{
	size_t n = lines_of(value);
	struct bytes line;

	if (n > BUILDINFO_FILES_MAX)
		return err_set(e, REASON_LIMIT, "%zu files, %u are the most", n,
			       BUILDINFO_FILES_MAX);
	b->files = arena_new(&b->arena, (n + 1) * sizeof(*b->files), WHAT, e);
	if (!b->files)
		return false;
	while (deb822_line(&value, &line))
		if (!add_file(b, line, e))
			return false;
	return true;
}

/* ---- all of it */

static bool need(struct buildinfo *b, const struct deb822 *d, const char *field, const char **to,
		 struct err *e)
{
	struct bytes value;

	return deb822_need(d, field, &value, e) && keep(b, value, to, e);
}

static bool read_words(struct buildinfo *b, const struct deb822 *d, struct err *e)
{
	struct bytes format, path = deb822_get(d, "Build-Path");

	if (!deb822_need(d, "Format", &format, e))
		return false;
	if (!is_line(format, "1.0"))
		return wrong(e, "the format is not 1.0", format);
	if (!need(b, d, "Source", &b->source, e) || !need(b, d, "Version", &b->version, e) ||
	    !need(b, d, "Build-Architecture", &b->architecture, e))
		return false;
	if (!debian_version_valid(bytes_str(b->version)))
		return wrong(e, "the version is none", bytes_str(b->version));
	if (!debian_name_valid(bytes_str(b->architecture)))
		return wrong(e, "the architecture is none", bytes_str(b->architecture));
	if (path.n > 0 && (path.p[0] != '/' || memchr(path.p, '\n', path.n)))
		return wrong(e, "the path is not absolute", path);
	return path.n == 0 || keep(b, path, &b->path, e);
}

static bool read_text(struct buildinfo *b, struct bytes text, struct err *e)
{
	struct stream_bytes in = stream_bytes(text);
	owned(deb822_free) struct deb822 *d = deb822_new(&in.stream, e);
	struct bytes packages;

	if (!d || !deb822_only(d, e) || !read_words(b, d, e))
		return false;
	packages = deb822_get(d, "Installed-Build-Depends");
	return read_packages(b, packages, e) &&
	       read_environment(b, deb822_get(d, "Environment"), e) &&
	       read_files(b, deb822_get(d, "Checksums-Sha256"), e);
}

bool buildinfo_read(struct buildinfo *b, struct bytes file, struct err *e)
{
	owned(buf_free) struct buf text = BUF(BUILDINFO_MAX);

	*b = (struct buildinfo){.arena = ARENA(ROOM)};
	if (unwrap(b, file, &text, e) && read_text(b, buf_bytes(&text), e))
		return true;
	if (e->reason == REASON_PACKAGE_LIST) /* it is none */
		e->reason = REASON_BUILDINFO;
	return false;
}

/* ---- against a recipe and its lock */

static const char *variable(const struct buildinfo *b, const char *name)
{
	for (size_t i = 0; i < b->n_environment; i++)
		if (strcmp(b->environment[i].name, name) == 0)
			return b->environment[i].value;
	return NULL;
}

/* Where it was built is a stage's path, or below it. */
static bool has_path(const struct recipe *r, const char *path)
{
	for (size_t i = 0; i < r->n_stages; i++) {
		size_t n = strlen(r->stages[i].path);

		if (strncmp(path, r->stages[i].path, n) == 0 && (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	return false;
}

static bool check_build(const struct buildinfo *b, const struct recipe *r, const struct lock *l,
			struct err *e)
{
	const char *epoch = variable(b, "SOURCE_DATE_EPOCH");
	uint64_t at;

	if (b->path && !has_path(r, b->path))
		return err_set(e, REASON_BUILDINFO,
			       "it was built in '%.200s', and no stage of the recipe is there",
			       b->path);
	if (epoch && (!num_parse(epoch, &at) || l->epoch < 0 || at != (uint64_t)l->epoch))
		return err_set(e, REASON_BUILDINFO,
			       "its SOURCE_DATE_EPOCH is '%.40s', and the recipe's %lld", epoch,
			       (long long)l->epoch);
	for (size_t i = 0; i < l->n_inputs; i++) {
		const char *is = l->inputs[i].architecture;

		if (is && strcmp(is, "all") != 0 && strcmp(is, b->architecture) != 0)
			return err_set(e, REASON_BUILDINFO,
				       "it was built on %s, and the packages of '%s' are for %s",
				       b->architecture, l->inputs[i].input, is);
	}
	return true;
}

static const struct debian_pin *pin_of(const struct buildinfo *b, const char *name)
{
	const struct debian_pin key = {.name = name};

	return bsearch(&key, b->packages, b->n_packages, sizeof(key), by_name);
}

static void note_packages(const struct buildinfo *b, const struct lock *l, struct answer *a)
{
	size_t all = 0, pinned = 0;

	for (size_t i = 0; i < l->n_inputs; i++) {
		const struct lock_input *x = &l->inputs[i];
		const struct debian_pin *pin = x->version ? pin_of(b, x->name) : NULL;

		all += x->version != NULL;
		pinned += pin && strcmp(pin->version, x->version) == 0;
	}
	if (pinned < all)
		answer_note(a, REASON_BUILDINFO_DIFFERS,
			    "%zu of %zu packages are none of the .buildinfo's", all - pinned, all);
}

static bool stage_has(const struct lock_stage *s, const struct buildinfo_variable *v)
{
	size_t n = strlen(v->name);

	for (size_t i = 0; i < s->environment.n; i++) {
		const char *is = s->environment.item[i];

		if (strncmp(is, v->name, n) == 0 && is[n] == '=' &&
		    strcmp(is + n + 1, v->value) == 0)
			return true;
	}
	return false;
}

static void note_variables(const struct buildinfo *b, const struct lock *l, struct answer *a)
{
	for (size_t i = 0; i < b->n_environment; i++) {
		const struct buildinfo_variable *v = &b->environment[i];
		bool found = strcmp(v->name, "SOURCE_DATE_EPOCH") == 0; /* which was compared */

		for (size_t k = 0; k < l->n_stages; k++)
			found = found || stage_has(&l->stages[k], v);
		if (!found)
			answer_note(a, REASON_BUILDINFO_DIFFERS,
				    "no stage has %.60s=\"%.200s\", as the .buildinfo does",
				    v->name, v->value);
	}
}

static bool is_expected(const struct recipe *r, const struct buildinfo_file *f)
{
	char hex[2 * DIGEST_MAX + 1];

	hex_string(hex, digest_bytes(&f->object.sha256));
	for (size_t i = 0; i < r->expect.n; i++)
		if (strcmp(r->expect.item[i].value, hex) == 0)
			return true;
	return false;
}

static void note_files(const struct buildinfo *b, const struct recipe *r, struct answer *a)
{
	size_t missing = 0;

	for (size_t i = 0; i < b->n_files; i++)
		missing += !is_expected(r, &b->files[i]);
	if (missing > 0)
		answer_note(a, REASON_BUILDINFO_DIFFERS,
			    "the recipe expects the digests of %zu of the .buildinfo's %zu files",
			    b->n_files - missing, b->n_files);
}

bool buildinfo_fits(const struct buildinfo *b, const struct recipe *r, const struct lock *l,
		    struct answer *a, struct err *e)
{
	if (!check_build(b, r, l, e))
		return false;
	if (b->is_signed)
		answer_note(
			a, REASON_BUILDINFO_SIGNED,
			"the .buildinfo is signed; its text was taken, and nobody judged by whom");
	note_packages(b, l, a);
	note_variables(b, l, a);
	note_files(b, r, a);
	return true;
}
