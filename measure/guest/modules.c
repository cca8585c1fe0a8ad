#include "measure/guest/modules.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/archive.h"
#include "measure/guest/inside.h"

#define LIST_MAX (4u << 20)
#define NEEDS_MAX (1u << 16)
#define NEEDS 512u

/* A name that can be asked for. */
struct known {
	char name[MODINFO_NAME_MAX];
	const struct tree_node *node; /* NULL: built into the kernel */
};

/* What the modules are taken from. */
struct shelf {
	struct rootfs r;
	const struct tree_node *folder; /* that of VERSION; NULL: files alone */
	size_t prefix; /* length of its path, with a slash behind it */
	struct buf builtin, dep; /* of modules.builtin and modules.dep */
	struct known *known; /* in order of their names, files first */
	size_t n;
	const char *kernel;
};

static void shelf_free(struct shelf *s)
{
	rootfs_free(&s->r);
	buf_free(&s->builtin);
	buf_free(&s->dep);
	free(s->known);
}

void modules_free(struct modules *m)
{
	for (size_t i = 0; i < m->n; i++) {
		buf_free(&m->v[i].bytes);
		buf_free(&m->v[i].needs);
	}
	free(m->v);
	*m = (struct modules){0};
}

/* The only folder in lib/modules or usr/lib/modules; the root where there is neither. */
static bool find_folder(struct shelf *s, struct err *e)
{
	struct tree_node *n, *only = NULL;

	if (!inside_find(&s->r, "lib/modules", &n, e) ||
	    (!n && !inside_find(&s->r, "usr/lib/modules", &n, e)))
		return false;
	s->folder = tree_root(s->r.tree);
	for (n = n ? n->child : NULL; n; n = n->next) {
		if (!S_ISDIR(n->inode->mode))
			continue;
		if (only)
			return err_set(e, REASON_MODULE,
				       "has the modules of two kernels, '%s' and '%s'", only->name,
				       n->name);
		only = n;
	}
	if (only)
		s->folder = only;
	return true;
}

static bool read_list(struct shelf *s, const char *name, struct buf *out, struct err *e)
{
	const struct tree_node *n = tree_find(s->r.tree, s->folder, bytes_str(name));

	return !n || !S_ISREG(n->inode->mode) || inside_read(&s->r, n, out, e);
}

static bool next_line(struct bytes *text, struct bytes *line)
{
	return modinfo_word(text, "\n", line);
}

static bool is_module_file(const struct tree_node *n)
{
	static const char *const ends[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};
	size_t length = strlen(n->name), end;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		end = strlen(ends[i]);
		if (length > end && strcmp(n->name + length - end, ends[i]) == 0)
			return S_ISREG(n->inode->mode);
	}
	return false;
}

/* Files and lines that are no names are passed over, as nobody can ask for them. */
static void list_known(struct shelf *s, struct known *to)
{
	const struct tree_node *n = tree_next(s->folder), *end = tree_next_outside(s->folder);
	struct bytes text = buf_bytes(&s->builtin), line;
	struct known one = {0};

	s->n = 0;
	for (; n && n != end; n = tree_next(n))
		if (is_module_file(n) && modinfo_name(bytes_str(n->name), one.name)) {
			one.node = n;
			if (to)
				to[s->n] = one;
			s->n++;
		}
	one.node = NULL;
	while (next_line(&text, &line))
		if (modinfo_name(line, one.name)) {
			if (to)
				to[s->n] = one;
			s->n++;
		}
}

static int by_name(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : !x->node - !y->node;
}

static bool know(struct shelf *s, struct err *e)
{
	list_known(s, NULL);
	s->known = own_new((s->n + 1) * sizeof(*s->known), e);
	if (!s->known)
		return false;
	list_known(s, s->known);
	qsort(s->known, s->n, sizeof(*s->known), by_name);
	return true;
}

/* The first of that name; s->n when there is none. */
static size_t find_known(const struct shelf *s, const char *name)
{
	size_t low = 0, high = s->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(s->known[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n && strcmp(s->known[low].name, name) == 0 ? low : s->n;
}

/* *out NULL: it has no file, and perhaps is built in. */
static bool find_module(const struct shelf *s, const char *name, const struct tree_node **out,
			bool *builtin, struct err *e)
{
	size_t i = find_known(s, name);

	*out = i < s->n ? s->known[i].node : NULL;
	*builtin = i < s->n && !*out;
	if (*out && i + 1 < s->n && s->known[i + 1].node && strcmp(s->known[i + 1].name, name) == 0)
		return err_set(e, REASON_MODULE, "two files are called '%s'", name);
	return true;
}

static bool open_shelf(struct shelf *s, const struct modules_ask *ask, struct err *e)
{
	struct rootfs_options o = {.spool = ask->spool, .drop_xattrs = true};
	owned(buf_free) struct buf path = BUF(NEEDS_MAX);

	if (!ask->source)
		return true;
	if (!rootfs_open(&s->r, ask->source, &o, e))
		return false;
	if (!find_folder(s, e) || !read_list(s, "modules.builtin", &s->builtin, e) ||
	    !read_list(s, "modules.dep", &s->dep, e) || !tree_path(s->folder, &path, e) ||
	    !know(s, e))
		return err_subject(e, ask->source);
	s->prefix = path.n > 0 ? path.n + 1 : 0;
	return true;
}

static bool is_of(const struct modinfo *info, const char *kernel, struct err *e)
{
	struct bytes text = info->vermagic, version;

	if (!modinfo_word(&text, " ", &version))
		return err_set(e, REASON_MODULE,
			       "has no vermagic, without which no kernel loads it");
	if (kernel[0] == '\0' || bytes_equal(version, bytes_str(kernel)))
		return true;
	return err_set(e, REASON_MODULE, "is of Linux %.*s, and the kernel is %s", (int)version.n,
		       (const char *)version.p, kernel);
}

static bool add_need(struct module *m, struct bytes word, struct err *e)
{
	char name[MODINFO_NAME_MAX];

	if (!modinfo_name(word, name))
		return err_set(e, REASON_MODULE, "depends on '%.*s', which is no name", (int)word.n,
			       (const char *)word.p);
	buf_str(&m->needs, name);
	buf_str(&m->needs, " ");
	return true;
}

/* The line of modules.dep "PATH: PATH PATH", paths from the folder; false: there is none. */
static bool find_dep(const struct shelf *s, struct bytes path, struct bytes *out)
{
	struct bytes text = buf_bytes(&s->dep), line;

	while (next_line(&text, &line))
		if (line.n > path.n && line.p[path.n] == ':' && bytes_start(line, path)) {
			*out = bytes_of(line.p + path.n + 1, line.n - path.n - 1);
			return true;
		}
	return false;
}

/* By modules.dep; where that is silent, by the module itself. */
static bool read_needs(struct shelf *s, const struct tree_node *n, struct module *m,
		       const struct modinfo *info, struct err *e)
{
	owned(buf_free) struct buf path = BUF(NEEDS_MAX);
	struct bytes list = info->depends, word;

	if (n && !tree_path(n, &path, e))
		return false;
	if (n)
		find_dep(s, bytes_of(path.p + s->prefix, path.n - s->prefix), &list);
	for (size_t i = 0; modinfo_word(&list, " ,", &word); i++) {
		if (i == NEEDS)
			return err_set(e, REASON_LIMIT, "depends on more than %u modules", NEEDS);
		if (!add_need(m, word, e))
			return false;
	}
	return buf_done(&m->needs, "the modules that it depends on", e);
}

static bool fill(struct shelf *s, struct module *m, const struct tree_node *n, struct bytes raw,
		 struct err *e)
{
	struct unpack_rule rule = {.packing = archive_packing(raw), .max = MODULE_MAX};
	struct modinfo info;

	if (rule.packing == PACKING_NONE)
		buf_put(&m->bytes, raw);
	else if (!unpack_bytes(raw, &rule, &m->bytes, e))
		return false;
	return buf_done(&m->bytes, "a module", e) && modinfo_read(buf_bytes(&m->bytes), &info, e) &&
	       is_of(&info, s->kernel, e) && read_needs(s, n, m, &info, e) &&
	       hash_of(DIGEST_SHA256, buf_bytes(&m->bytes), &m->sha256, e);
}

static struct module *find_chosen(const struct modules *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].name, name) == 0)
			return &m->v[i];
	return NULL;
}

static bool new_module(struct modules *m, const char *name, struct module **out, struct err *e)
{
	if (m->n == MODULES_MAX)
		return err_set(e, REASON_LIMIT, "more than %u modules are to be loaded",
			       MODULES_MAX);
	if (!m->v)
		m->v = own_new(MODULES_MAX * sizeof(*m->v), e);
	if (!m->v)
		return false;
	*out = &m->v[m->n++];
	**out = (struct module){.bytes = BUF(MODULE_MAX), .needs = BUF(NEEDS_MAX)};
	memcpy((*out)->name, name, strlen(name) + 1);
	return true;
}

/* By name, unless it is there already or the kernel has it built in. */
static bool choose(struct shelf *s, struct modules *m, const char *name, const char *needed_by,
		   struct err *e)
{
	owned(buf_free) struct buf raw = BUF(MODULE_MAX);
	const struct tree_node *n;
	struct module *to;
	bool builtin;

	if (find_chosen(m, name))
		return true;
	if (!find_module(s, name, &n, &builtin, e))
		return false;
	if (builtin)
		return true;
	if (!n && needed_by)
		return err_set(e, REASON_MODULE, "'%s' depends on '%s', which is not there",
			       needed_by, name);
	if (!n)
		return err_set(e, REASON_MODULE, "no module is called '%s'", name);
	return new_module(m, name, &to, e) &&
	       ((inside_read(&s->r, n, &raw, e) && fill(s, to, n, buf_bytes(&raw), e)) ||
		err_in(e, "module '%s'", name));
}

static bool choose_file(struct shelf *s, struct modules *m, const char *path, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(MODULE_MAX);
	char name[MODINFO_NAME_MAX];
	struct module *to;

	if (!modinfo_name(bytes_str(path), name) || find_chosen(m, name))
		return err_set(e, REASON_MODULE, "'%s': has no name, or one that is there already",
			       path);
	if (!file_slurp(path, MODULE_MAX, &raw, e) || !new_module(m, name, &to, e))
		return false;
	return fill(s, to, NULL, buf_bytes(&raw), e) || err_subject(e, path);
}

/* What is chosen from here on is followed to the end of its dependencies. */
static bool follow(struct shelf *s, struct modules *m, size_t from, struct err *e)
{
	char name[MODINFO_NAME_MAX];
	struct bytes needs, word;

	for (size_t i = from; i < m->n; i++) {
		needs = buf_bytes(&m->v[i].needs);
		while (modinfo_word(&needs, " ", &word))
			if (modinfo_name(word, name) && !choose(s, m, name, m->v[i].name, e))
				return false;
	}
	return true;
}

/* What was found in its place stays there, so that each is looked for once. */
static bool ready(const struct modules *m, struct module *x)
{
	struct bytes all = buf_bytes(&x->needs), word;
	struct bytes needs = x->met > 0 ? bytes_of(all.p + x->met, all.n - x->met) : all;
	char name[MODINFO_NAME_MAX];
	const struct module *other;

	while (modinfo_word(&needs, " ", &word)) {
		other = modinfo_name(word, name) ? find_chosen(m, name) : NULL;
		if (other && !other->placed)
			return false;
		x->met = x->needs.n - needs.n;
	}
	return true;
}

/* The next to be placed behind `from`, by name; m->n when none is ready. */
static size_t next_ready(const struct modules *m, size_t from)
{
	size_t best = m->n;

	for (size_t i = from; i < m->n; i++)
		if (ready(m, &m->v[i]) &&
		    (best == m->n || strcmp(m->v[i].name, m->v[best].name) < 0))
			best = i;
	return best;
}

static bool place(struct modules *m, size_t from, struct err *e)
{
	struct module x;
	size_t next;

	for (; from < m->n; from++) {
		next = next_ready(m, from);
		if (next == m->n)
			return err_set(e, REASON_MODULE, "module '%s' depends on itself",
				       m->v[from].name);
		x = m->v[next];
		m->v[next] = m->v[from];
		m->v[from] = x;
		m->v[from].placed = true;
	}
	return true;
}

static bool read_one(struct shelf *s, struct modules *m, const char *asked, struct err *e)
{
	char name[MODINFO_NAME_MAX];
	size_t from = m->n;

	if (strchr(asked, '/'))
		return choose_file(s, m, asked, e) && follow(s, m, from, e) && place(m, from, e);
	if (!modinfo_name(bytes_str(asked), name))
		return err_set(e, REASON_MODULE, "'%s' is no name of a module", asked);
	if (!s->folder)
		return err_set(e, REASON_USAGE, "'%s' is a name, and --modules is not given",
			       asked);
	return choose(s, m, name, NULL, e) && follow(s, m, from, e) && place(m, from, e);
}

static bool read_wished(struct shelf *s, struct modules *m, const char *name, struct err *e)
{
	const struct tree_node *n = NULL;
	bool builtin;

	if (!s->folder || !find_module(s, name, &n, &builtin, e))
		return !s->folder;
	return !n || read_one(s, m, name, e);
}

bool modules_read(struct modules *m, const struct modules_ask *ask, struct err *e)
{
	owned(shelf_free) struct shelf s = {
		.builtin = BUF(LIST_MAX),
		.dep = BUF(LIST_MAX),
		.kernel = ask->kernel,
	};

	if (!open_shelf(&s, ask, e))
		return false;
	for (const char *const *name = ask->wished; name && *name; name++)
		if (!read_wished(&s, m, *name, e))
			return err_subject(e, ask->source);
	for (const char *const *name = ask->names; *name; name++)
		if (!read_one(&s, m, *name, e))
			return err_subject(e, ask->source ? ask->source : "--module");
	return true;
}
