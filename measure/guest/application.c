#include "measure/guest/application.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/guest/account.h"
#include "measure/guest/init/words.h"
#include "measure/guest/inside.h"

#define ITEMS_MAX 65536u
#define PATH_ROOM 8192u

static const char *const nothing[] = {NULL};

/* What is run: words of others, in a list of our own. */
struct items {
	const char **v;
	size_t n;
};

static void items_free(struct items *x)
{
	free(x->v);
}

static bool items_new(struct items *x, struct err *e)
{
	x->v = own_new((ITEMS_MAX + 1) * sizeof(*x->v), e);
	return x->v != NULL;
}

static bool add(struct items *x, const char *s, struct err *e)
{
	if (x->n == ITEMS_MAX)
		return err_set(e, REASON_LIMIT, "more than %u words or variables", ITEMS_MAX);
	x->v[x->n++] = s;
	return true;
}

static bool add_all(struct items *x, const char *const *list, struct err *e)
{
	for (; *list; list++)
		if (!add(x, *list, e))
			return false;
	return true;
}

static const char *const *or_nothing(char *const *list)
{
	return list ? (const char *const *)list : nothing;
}

static bool make_command(struct items *x, const struct rootfs_config *c,
			 const struct application *ask, struct err *e)
{
	const char *const *entrypoint = or_nothing(c->entrypoint), *const *cmd = or_nothing(c->cmd);

	if (ask->entrypoint) {
		entrypoint = ask->entrypoint;
		cmd = nothing;
	}
	if (ask->cmd)
		cmd = ask->cmd;
	if (ask->vendor && cmd[0])
		entrypoint = nothing;
	if (!add_all(x, entrypoint, e) || !add_all(x, cmd, e))
		return false;
	return (x->n > 0 && x->v[0][0] != '\0') ||
	       err_set(e, REASON_USAGE, "there is no command, neither in the image nor by --cmd");
}

/* In the place of the one with its name. */
static bool set_variable(struct items *x, const char *variable, struct err *e)
{
	const char *end = strchr(variable, '=');
	size_t name = end ? (size_t)(end - variable) + 1 : 0;

	if (name < 2)
		return err_set(e, REASON_USAGE, "--env: '%s' is not NAME=VALUE", variable);
	for (size_t i = 0; i < x->n; i++)
		if (strncmp(x->v[i], variable, name) == 0) {
			x->v[i] = variable;
			return true;
		}
	return add(x, variable, e);
}

static bool make_environment(struct items *x, const struct rootfs_config *c,
			     const struct application *ask, struct err *e)
{
	if (!add_all(x, or_nothing(c->env), e))
		return false;
	for (const char *const *v = ask->env ? ask->env : nothing; *v; v++)
		if (!set_variable(x, *v, e))
			return false;
	return true;
}

/* A line each; where that cannot be, a NUL behind each. */
static bool put_items(struct buf *out, const struct items *x, bool lines, struct err *e)
{
	bool newline = false;

	for (size_t i = 0; i < x->n; i++)
		newline = newline || strchr(x->v[i], '\n');
	if (newline && lines)
		return err_set(e, REASON_USAGE,
			       "an item has a newline, and another init would split it there");
	for (size_t i = 0; i < x->n; i++) {
		buf_str(out, x->v[i]);
		buf_u8(out, newline ? '\0' : '\n');
	}
	return buf_done(out, "words and variables", e);
}

/* A file at the root of the ramdisk. */
static bool put_file(struct rootfs *r, const char *name, struct bytes text, struct err *e)
{
	struct inside_file file = {name, 0644, text};

	return inside_put(r, tree_root(r->tree), &file, e);
}

static bool put_list(struct rootfs *r, const char *name, const struct items *x, bool lines,
		     struct err *e)
{
	owned(buf_free) struct buf text = BUF(APPLICATION_TEXT_MAX);

	return (put_items(&text, x, lines, e) || err_in(e, "/%s", name)) &&
	       put_file(r, name, buf_bytes(&text), e);
}

static bool is_program(struct rootfs *r, const char *path, bool *is, struct err *e)
{
	struct tree_node *n;

	if (!inside_find(r, path, &n, e))
		return false;
	*is = n && S_ISREG(n->inode->mode) && (n->inode->mode & 0111);
	return true;
}

/* As the init will find it: a name along the path, anything with a slash from the folder. */
static bool is_there(struct rootfs *r, const char *name, const char *path, bool *is, struct err *e)
{
	char place[PATH_ROOM];

	*is = false;
	while (!*is && words_search(&path, name, place, sizeof(place)))
		if (!is_program(r, place, is, e))
			return false;
	return true;
}

static bool check_program(struct rootfs *r, const char *name, const char *path, struct answer *a,
			  struct err *e)
{
	bool is;

	if (!is_there(r, name, path ? path : WORDS_PATH, &is, e))
		return false;
	if (!is)
		answer_note(a, REASON_COMMAND, "'%s' is no program of the image", name);
	return true;
}

/* As container engines do. */
bool application_folder(struct rootfs *r, const char *path, struct err *e)
{
	const struct tree_inode folder = {.mode = S_IFDIR | 0755};
	struct tree_node *parent, *n;
	struct bytes name;

	if (!inside_find(r, path, &n, e))
		return false;
	if (n && S_ISDIR(n->inode->mode))
		return true;
	if (n)
		return err_set(e, REASON_ROOTFS, "the working directory '%s' is none in the image",
			       path);
	parent = tree_parent(r->tree, bytes_str(path), true, &name, e);
	if (!parent)
		return err_in(e, "the working directory '%s'", path);
	return name.n == 0 || tree_find(r->tree, parent, name) ||
	       tree_add(r->tree, parent, name, &folder, e);
}

static bool resolve_user(struct rootfs *r, const char *user, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf passwd = BUF(ACCOUNT_FILE_MAX), group = BUF(ACCOUNT_FILE_MAX);
	struct account_files files;

	if (!inside_text(r, "etc/passwd", &passwd, e) || !inside_text(r, "etc/group", &group, e))
		return false;
	files = (struct account_files){buf_bytes(&passwd), buf_bytes(&group)};
	return account_resolve(&files, user, out, e);
}

bool application_folders(struct rootfs *r, struct err *e)
{
	static const struct {
		const char *name;
		uint32_t mode;
	} folders[] = {{"dev", 0755}, {"run", 0755},  {"sys", 0755},
		       {"var", 0755}, {"proc", 0755}, {"tmp", 01777}};
	struct tree_inode inode = {0};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		inode.mode = S_IFDIR | folders[i].mode;
		if (!tree_find(r->tree, r->image, bytes_str(folders[i].name)) &&
		    !tree_add(r->tree, r->image, bytes_str(folders[i].name), &inode, e))
			return false;
	}
	return true;
}

/* How the image wants to be run, apart from its words. */
struct place {
	const char *folder; /* NULL: the root */
	struct buf user; /* empty: root */
};

static const char *not_empty(const char *s)
{
	return s && s[0] != '\0' ? s : NULL;
}

static bool find_place(struct place *p, struct rootfs *r, const struct application *ask,
		       struct err *e)
{
	const char *user = not_empty(ask->user ? ask->user : r->config.user);

	p->folder = not_empty(ask->working_dir ? ask->working_dir : r->config.working_dir);
	if (p->folder && !application_folder(r, p->folder, e))
		return false;
	return !user || resolve_user(r, user, &p->user, e);
}

static bool put_place(struct rootfs *to, const struct place *p, struct err *e)
{
	if (p->folder && !put_file(to, "workdir", bytes_str(p->folder), e))
		return false;
	return p->user.n == 0 || put_file(to, "user", buf_bytes(&p->user), e);
}

/* An application being put beside its image. */
struct making {
	struct rootfs *image, *to; /* to: whose root the files go to */
	const struct application *ask;
	struct place place;
	struct items cmd, env;
};

static void making_free(struct making *m)
{
	buf_free(&m->place.user);
	items_free(&m->cmd);
	items_free(&m->env);
}

static bool check_command(const struct making *m, struct answer *a, struct err *e)
{
	const char *name = m->cmd.v[0], *path = words_variable(m->env.v, "PATH");

	if (strchr(name, '/'))
		path = name[0] != '/' && m->place.folder ? m->place.folder : "/";
	return check_program(m->image, name, path, a, e);
}

static bool put_all(struct making *m, struct answer *a, struct err *e)
{
	const struct place *p = &m->place;

	if (!put_list(m->to, "cmd", &m->cmd, m->ask->lines, e) ||
	    !put_list(m->to, "env", &m->env, m->ask->lines, e))
		return false;
	if (!m->ask->vendor)
		return put_place(m->to, p, e);
	if (p->folder || p->user.n > 0)
		answer_note(a, REASON_COMMAND,
			    "the vendor's init takes no user and no working directory");
	return true;
}

bool application_make(struct rootfs *r, struct rootfs *beside, const struct application *ask,
		      struct answer *a, struct err *e)
{
	owned(making_free) struct making m = {
		.image = r,
		.to = beside ? beside : r,
		.ask = ask,
		.place = {NULL, BUF(ACCOUNT_FILE_MAX)},
	};

	if (!items_new(&m.cmd, e) || !items_new(&m.env, e) ||
	    !make_command(&m.cmd, &r->config, ask, e) ||
	    !make_environment(&m.env, &r->config, ask, e) || !find_place(&m.place, r, ask, e) ||
	    !check_command(&m, a, e) || (!ask->vendor && !application_folders(r, e)) ||
	    (!beside && !tree_lower(r->tree, bytes_str(APPLICATION_FOLDER), e)))
		return false;
	return put_all(&m, a, e);
}
