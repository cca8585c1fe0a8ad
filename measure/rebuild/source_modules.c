#include "measure/rebuild/source_modules.h"

#include <strings.h>

#include "measure/base/buf.h"

#define TEXT_MAX (1u << 20)

struct reader {
	struct source_module_list *list;
	struct bytes line; /* what is left of it */
	uint32_t number;
	struct source_module *now; /* whose section it is */
	struct err *e;
};

static bool wrong(const struct reader *r, const char *what)
{
	return err_set(r->e, REASON_SOURCE, "'.gitmodules': line %u: %s", r->number, what);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct bytes trim(struct bytes x)
{
	while (x.n > 0 && is_blank(x.p[0]))
		x = bytes_of(x.p + 1, x.n - 1);
	while (x.n > 0 && is_blank(x.p[x.n - 1]))
		x.n--;
	return x;
}

/* What stands between quotes, the only escapes being those of a quote and a backslash. */
static const char *unquote(struct reader *r, struct bytes x)
{
	owned(buf_free) struct buf text = BUF(TEXT_MAX);
	const char *out;

	for (size_t i = 0; i < x.n; i++) {
		if (x.p[i] == '"' || (x.p[i] == '\\' && i + 1 == x.n)) {
			wrong(r, "a quote is not where text ends");
			return NULL;
		}
		if (x.p[i] == '\\' && x.p[++i] != '"' && x.p[i] != '\\') {
			wrong(r, "a backslash is in front of something else than \\ or \"");
			return NULL;
		}
		buf_u8(&text, x.p[i]);
	}
	if (!buf_done(&text, "a text", r->e))
		return NULL;
	out = arena_text(&r->list->arena, buf_bytes(&text), "the texts of .gitmodules", r->e);
	return out;
}

/* ---- sections */

static bool climbs(const char *name)
{
	for (size_t n = 0; *name; name += n + (name[n] != '\0')) {
		n = strcspn(name, "/\\");
		if (n == 2 && name[0] == '.' && name[1] == '.')
			return true;
	}
	return false;
}

static bool close_section(struct reader *r)
{
	if (r->now && !r->now->path)
		return err_set(r->e, REASON_SOURCE, "'.gitmodules': line %u: '%s' has no path",
			       r->now->line, r->now->name);
	return true;
}

static bool open_section(struct reader *r, const char *name)
{
	if (!close_section(r))
		return false;
	if (!*name || climbs(name))
		return wrong(r, "the name of a submodule is empty, or leads elsewhere");
	for (size_t i = 0; i < r->list->n; i++)
		if (strcmp(r->list->item[i].name, name) == 0)
			return wrong(r, "a submodule stands there twice");
	if (r->list->n == SOURCE_MODULES)
		return err_set(r->e, REASON_LIMIT, "over %u submodules", SOURCE_MODULES);
	r->now = &r->list->item[r->list->n++];
	*r->now = (struct source_module){.name = name, .line = r->number};
	return true;
}

/* [submodule "NAME"] */
static bool read_section(struct reader *r)
{
	static const char head[] = "[submodule";
	struct bytes x = r->line;
	const char *name;

	if (!bytes_start(x, bytes_str(head)))
		return wrong(r, "a section is none of a submodule");
	x = trim(bytes_of(x.p + strlen(head), x.n - strlen(head)));
	if (x.n < 3 || x.p[0] != '"' || x.p[x.n - 2] != '"' || x.p[x.n - 1] != ']')
		return wrong(r, "a section is none of a submodule");
	name = unquote(r, bytes_of(x.p + 1, x.n - 3));
	return name && open_section(r, name);
}

/* ---- keys */

static const char *read_value(struct reader *r, struct bytes x)
{
	if (x.n >= 2 && x.p[0] == '"' && x.p[x.n - 1] == '"')
		return unquote(r, bytes_of(x.p + 1, x.n - 2));
	for (size_t i = 0; i < x.n; i++) {
		if (memchr("\"\\#;", x.p[i], 4)) {
			wrong(r, "a value with a quote, a backslash or a comment is not wholly in "
				 "quotes");
			return NULL;
		}
	}
	return arena_text(&r->list->arena, x, "the texts of .gitmodules", r->e);
}

static bool store(struct reader *r, const char **to, const char *value)
{
	if (*to)
		return wrong(r, "a key stands twice");
	if (!*value || *value == '-')
		return wrong(r, "a path or URL is empty, or would be taken for an option");
	*to = value;
	return true;
}

static bool set(struct reader *r, struct bytes key, const char *value)
{
	static const char update[] = "update", path[] = "path", url[] = "url";

	if (key.n == strlen(path) && strncasecmp((const char *)key.p, path, key.n) == 0) {
		for (size_t i = 0; i < r->list->n; i++)
			if (r->list->item[i].path && strcmp(r->list->item[i].path, value) == 0)
				return wrong(r, "a path is that of two submodules");
		return store(r, &r->now->path, value);
	}
	if (key.n == strlen(url) && strncasecmp((const char *)key.p, url, key.n) == 0)
		return store(r, &r->now->url, value);
	if (key.n == strlen(update) && strncasecmp((const char *)key.p, update, key.n) == 0 &&
	    *value == '!')
		return wrong(r, "a submodule would run a command");
	return true;
}

/* KEY = VALUE */
static bool read_key(struct reader *r)
{
	struct bytes x = r->line, key = {x.p, 0};
	const char *value;

	while (key.n < x.n && (is_letter(x.p[key.n]) || x.p[key.n] == '-' ||
			       (x.p[key.n] >= '0' && x.p[key.n] <= '9')))
		key.n++;
	x = trim(bytes_of(x.p + key.n, x.n - key.n));
	if (key.n == 0 || !is_letter(key.p[0]) || x.n == 0 || x.p[0] != '=')
		return wrong(r, "needs KEY = VALUE");
	if (!r->now)
		return wrong(r, "a key stands in no section");
	value = read_value(r, trim(bytes_of(x.p + 1, x.n - 1)));
	return value && set(r, key, value);
}

static bool read_line(struct reader *r)
{
	if (r->line.n > 0 && r->line.p[r->line.n - 1] == '\r')
		r->line.n--;
	r->line = trim(r->line);
	for (size_t i = 0; i < r->line.n; i++)
		if ((r->line.p[i] < 0x20 && r->line.p[i] != '\t') || r->line.p[i] == 0x7f)
			return wrong(r, "a control character");
	if (r->line.n == 0 || r->line.p[0] == '#' || r->line.p[0] == ';')
		return true;
	return r->line.p[0] == '[' ? read_section(r) : read_key(r);
}

bool source_modules_read(struct source_module_list *list, struct bytes text, struct err *e)
{
	struct reader r = {.list = list, .e = e};

	*list = (struct source_module_list){.arena = ARENA(4 * (size_t)TEXT_MAX)};
	while (text.n > 0) {
		r.line = bytes_line(&text);
		r.number++;
		if (!read_line(&r))
			return false;
	}
	return close_section(&r);
}
