#include "measure/rebuild/recipe.h"

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/rebuild/recipe_read.h"
#include "measure/rebuild/recipe_schema.h"
#include "reference-db/names.h"

#define VERSION 1u
#define ARENA_MAX (16u << 20)
#define JOBS_MAX 256u
#define SECONDS_MAX (7u * 86400u)
#define MIB_MAX (1u << 24)
#define PROCESSES_MAX 65536u
#define KEY_DIGITS 40u

/* ---- what is said of all */

/* A refusal of names.h, which speaks of the command line, as one of the recipe. */
static bool refused(const struct recipe_reader *r, const struct yaml_node *at)
{
	char text[sizeof(r->e->text)];

	memcpy(text, r->e->text, sizeof(text));
	*r->e = (struct err){0};
	return recipe_wrong(r, at->line, "%s", text);
}

static bool read_head(const struct recipe_reader *r)
{
	const struct yaml_node *top = r->y->nodes, *form = yaml_member(r->y, top, "recipe");
	const struct yaml_node *product = yaml_member(r->y, top, "product");
	const struct yaml_node *version = yaml_member(r->y, top, "version");
	const struct yaml_node *vendor = yaml_member(r->y, top, "vendor");
	const struct yaml_node *epoch = yaml_member(r->y, top, "epoch");

	if (yaml_u64(form) != VERSION)
		return recipe_wrong(r, form->line, "the form of the recipe is %s and must be %u",
				    yaml_str(form), VERSION);
	r->r->product = yaml_str(product);
	r->r->version = yaml_str(version);
	r->r->vendor = yaml_str(vendor);
	r->r->has_epoch = epoch != NULL;
	r->r->epoch = epoch ? yaml_time(epoch) : 0;
	if (r->r->epoch < 0 || r->r->epoch > UINT32_MAX)
		return recipe_wrong(r, epoch->line, "the epoch %s is not from 1970 to 2106",
				    yaml_str(epoch));
	if (!name_check_product(r->r->product, r->e))
		return refused(r, product);
	if (!name_check(r->r->version, "the version", r->e))
		return refused(r, version);
	return name_check_text(r->r->vendor, "the vendor", r->e) || refused(r, vendor);
}

/* ---- suites */

/* "20261101T000000Z" */
static bool is_snapshot(const char *s)
{
	static const char form[] = "00000000T000000Z";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return true;
}

/* Fingerprints in the one form that gpgv prints. */
static bool read_keys(const struct recipe_reader *r, const struct yaml_node *map,
		      struct recipe_suite *s)
{
	const struct yaml_node *list = yaml_member(r->y, map, "keys"), *node;

	if (!recipe_list(r, map, "keys", &s->keys))
		return false;
	node = yaml_first(r->y, list);
	if (!node)
		return recipe_wrong(r, list->line, "the suite '%s' has no key", s->name);
	for (; node; node = yaml_after(r->y, list, node))
		if (node->text.n != KEY_DIGITS ||
		    strspn(yaml_str(node), "0123456789ABCDEF") != KEY_DIGITS)
			return recipe_wrong(r, node->line,
					    "'%.80s' is no fingerprint: %u digits, letters in "
					    "upper case",
					    yaml_str(node), KEY_DIGITS);
	return true;
}

static bool read_suite(const struct recipe_reader *r, const struct yaml_node *map)
{
	struct recipe_suite *s = &r->r->suites[r->r->n_suites++];

	*s = (struct recipe_suite){
		.name = (const char *)map->key.p,
		.line = map->line,
		.archive = recipe_text(r, map, "archive"),
		.suite = recipe_text(r, map, "suite"),
		.snapshot = recipe_text(r, map, "snapshot"),
		.architecture = recipe_text(r, map, "architecture"),
		.keyring = recipe_text(r, map, "keyring"),
	};
	if (!recipe_name_check(r, map->line, "a suite", s->name) ||
	    !recipe_name_check(r, map->line, "an archive", s->archive) ||
	    !recipe_path_check(r, map->line, s->suite) ||
	    (s->architecture &&
	     !recipe_name_check(r, map->line, "an architecture", s->architecture)) ||
	    (s->keyring && !recipe_path_check(r, map->line, s->keyring)) ||
	    !recipe_list(r, map, "components", &s->components) || !read_keys(r, map, s))
		return false;
	if (s->snapshot && !is_snapshot(s->snapshot))
		return recipe_wrong(r, map->line,
				    "the snapshot '%.40s' is not of the form 20261101T000000Z",
				    s->snapshot);
	if (s->components.n == 0)
		s->components.item[s->components.n++] = "main";
	for (size_t i = 0; i < s->components.n; i++)
		if (!recipe_path_check(r, map->line, s->components.item[i]))
			return false;
	if (!s->architecture)
		s->architecture = "amd64";
	return true;
}

/* ---- inputs */

/* Which of the keys that make an input one of a kind stands there: exactly one. */
static bool read_kind(const struct recipe_reader *r, const struct yaml_node *map,
		      struct recipe_input *i)
{
	static const char *const keys[] = {
		[INPUT_PACKAGES] = "packages",
		[INPUT_FILE] = "file",
		[INPUT_IMAGE] = "image",
		[INPUT_GIT] = "git",
	};
	const char *first = NULL;

	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		if (!yaml_member(r->y, map, keys[k]))
			continue;
		if (first)
			return recipe_wrong(r, map->line, "the input '%s' is both '%s' and '%s'",
					    i->name, first, keys[k]);
		first = keys[k];
		i->kind = (enum recipe_kind)k;
	}
	return first || recipe_wrong(r, map->line,
				     "the input '%s' is nothing: it needs one of packages, file, "
				     "image, git",
				     i->name);
}

/* ---- limits */

/* In units; 0 would be no stage at all. */
static bool read_limit(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		       uint64_t most, uint64_t *out)
{
	const struct yaml_node *node = map ? yaml_member(r->y, map, key) : NULL;

	if (!node)
		return true;
	*out = yaml_u64(node);
	return (*out > 0 && *out <= most) ||
	       recipe_wrong(r, node->line, "%s is %s and must be 1 to %llu", key, yaml_str(node),
			    (unsigned long long)most);
}

static bool read_limits(const struct recipe_reader *r, const struct yaml_node *map,
			struct recipe_limits *l)
{
	const struct yaml_node *limits = yaml_member(r->y, map, "limits");
	uint64_t memory = RECIPE_MEMORY >> 20, disk = RECIPE_DISK >> 20;

	l->seconds = RECIPE_SECONDS;
	l->processes = RECIPE_PROCESSES;
	if (!read_limit(r, limits, "seconds", SECONDS_MAX, &l->seconds) ||
	    !read_limit(r, limits, "memory", MIB_MAX, &memory) ||
	    !read_limit(r, limits, "disk", MIB_MAX, &disk) ||
	    !read_limit(r, limits, "processes", PROCESSES_MAX, &l->processes))
		return false;
	l->memory = memory << 20;
	l->disk = disk << 20;
	return true;
}

/* Keys that mean something for other kinds would say here what is not so. */
static bool check_keys(const struct recipe_reader *r, const struct yaml_node *map,
		       const struct recipe_input *i)
{
	static const struct {
		const char *key;
		unsigned kinds;
	} rows[] = {
		{"from", 1u << INPUT_PACKAGES},
		{"dependencies", 1u << INPUT_PACKAGES},
		{"essential", 1u << INPUT_PACKAGES},
		{"configure", 1u << INPUT_PACKAGES},
		{"limits", 1u << INPUT_PACKAGES},
		{"links", 1u << INPUT_PACKAGES | 1u << INPUT_IMAGE},
		{"unpack", 1u << INPUT_FILE},
		{"import", 1u << INPUT_FILE},
		{"platform", 1u << INPUT_IMAGE},
		{"sha256", 1u << INPUT_FILE | 1u << INPUT_IMAGE},
		{"commit", 1u << INPUT_GIT},
		{"submodules", 1u << INPUT_GIT},
		{"signers", 1u << INPUT_GIT},
	};
	static const char *const kinds[] = {"packages", "a file", "an image", "git"};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		const struct yaml_node *node = yaml_member(r->y, map, rows[k].key);

		if (node && !(rows[k].kinds >> i->kind & 1))
			return recipe_wrong(r, node->line,
					    "'%s' has no meaning: the input '%s' is %s",
					    rows[k].key, i->name, kinds[i->kind]);
	}
	return true;
}

static bool read_packages(const struct recipe_reader *r, const struct yaml_node *map,
			  struct recipe_input *i)
{
	if (!recipe_list(r, map, "packages", &i->packages) ||
	    !recipe_list(r, map, "from", &i->from))
		return false;
	i->dependencies = recipe_flag(r, map, "dependencies", true);
	i->essential = recipe_flag(r, map, "essential", i->dependencies);
	i->configure = recipe_flag(r, map, "configure", false);
	if (!read_limits(r, map, &i->limits))
		return false;
	if (!i->configure && yaml_member(r->y, map, "limits"))
		return recipe_wrong(r, map->line,
				    "'limits' has no meaning: the input '%s' is not configured",
				    i->name);
	if (i->packages.n == 0)
		return recipe_wrong(r, map->line, "the input '%s' names no package", i->name);
	if (i->from.n == 0)
		return recipe_wrong(r, map->line, "'from' is missing: the suites of the input '%s'",
				    i->name);
	for (size_t k = 0; k < i->from.n; k++)
		if (!recipe_suite(r->r, i->from.item[k]))
			return recipe_wrong(r, map->line,
					    "the input '%s': there is no suite '%.70s'", i->name,
					    i->from.item[k]);
	return true;
}

static bool read_links(const struct recipe_reader *r, const struct yaml_node *map,
		       struct recipe_input *i)
{
	if (!recipe_map(r, map, "links", &i->links))
		return false;
	for (size_t k = 0; k < i->links.n; k++) {
		struct recipe_pair *link = &i->links.item[k];

		if (!recipe_path_check(r, link->line, link->name))
			return false;
		if (strlen(link->value) > RECIPE_PATH_MAX || !name_shows(bytes_str(link->value)))
			return recipe_wrong(r, link->line, "'%.200s' is no target of a link",
					    link->value);
	}
	return true;
}

/* A path; or, with a colon in it, where it comes from; or an image by its digest. */
static bool read_place(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		       struct recipe_input *i)
{
	const struct yaml_node *node = yaml_member(r->y, map, key);
	const char *value = yaml_str(node);

	if (!name_shows(node->text) || node->text.n > RECIPE_PATH_MAX)
		return recipe_wrong(r, node->line, "'%.200s' is neither a path nor an origin",
				    value);
	if (strchr(value, ':')) {
		i->origin = value;
		return true;
	}
	i->path = value;
	return (i->kind == INPUT_GIT && strcmp(value, ".") == 0) ||
	       recipe_path_check(r, node->line, value);
}

static bool read_digest(const struct recipe_reader *r, const struct yaml_node *map,
			struct recipe_input *i)
{
	const struct yaml_node *node = yaml_member(r->y, map, "sha256");

	i->sha256 = node ? yaml_str(node) : NULL;
	return !node || (node->text.n == 64 && strspn(i->sha256, "0123456789abcdef") == 64) ||
	       recipe_wrong(r, node->line,
			    "sha256 '%.80s' is not 64 hexadecimal digits in lower case", i->sha256);
}

static bool read_git(const struct recipe_reader *r, const struct yaml_node *map,
		     struct recipe_input *i)
{
	const struct yaml_node *commit = yaml_member(r->y, map, "commit");
	const struct yaml_node *signers = yaml_member(r->y, map, "signers");

	i->commit = recipe_text(r, map, "commit");
	i->signers = recipe_text(r, map, "signers");
	i->submodules = recipe_flag(r, map, "submodules", false);
	if (commit && (commit->text.n != 40 || strspn(i->commit, "0123456789abcdef") != 40))
		return recipe_wrong(r, commit->line,
				    "commit '%.80s' is not 40 hexadecimal digits in lower case",
				    i->commit);
	return !signers || recipe_path_check(r, signers->line, i->signers);
}

static bool read_input(const struct recipe_reader *r, const struct yaml_node *map, const char *name)
{
	struct recipe_input *i = &r->r->inputs[r->r->n_inputs++];

	*i = (struct recipe_input){.name = name, .line = map->line};
	if (!recipe_name_check(r, map->line, "an input", name) || !read_kind(r, map, i) ||
	    !check_keys(r, map, i) || !read_links(r, map, i) || !read_digest(r, map, i) ||
	    !read_git(r, map, i))
		return false;
	i->import = recipe_text(r, map, "import");
	i->unpack = recipe_flag(r, map, "unpack", false);
	i->platform = recipe_text(r, map, "platform");
	if (i->import && i->unpack)
		return recipe_wrong(r, map->line, "the input '%s' is both imported and unpacked",
				    name);
	switch (i->kind) {
	case INPUT_PACKAGES:
		return read_packages(r, map, i);
	case INPUT_FILE:
		return read_place(r, map, "file", i);
	case INPUT_IMAGE:
		return read_place(r, map, "image", i);
	case INPUT_GIT:
		break;
	}
	return read_place(r, map, "git", i);
}

/* ---- stages */

static bool read_jobs(const struct recipe_reader *r, const struct yaml_node *map,
		      struct recipe_stage *s)
{
	s->jobs = 1;
	return read_limit(r, map, "jobs", JOBS_MAX, &s->jobs);
}

/* The place itself in front of what is below it. */
static int by_name(const struct recipe_pair *a, const struct recipe_pair *b)
{
	if (strcmp(a->name, ".") == 0 || strcmp(b->name, ".") == 0)
		return strcmp(b->name, ".") == 0 ? 1 : -1;
	return strcmp(a->name, b->name);
}

static bool read_use(const struct recipe_reader *r, const struct yaml_node *map,
		     struct recipe_stage *s)
{
	struct recipe_pair *item;

	if (!recipe_map(r, map, "use", &s->use))
		return false;
	item = s->use.item;
	for (size_t i = 0; i < s->use.n; i++)
		if (strcmp(item[i].name, ".") != 0 &&
		    !recipe_path_check(r, item[i].line, item[i].name))
			return false;
	for (size_t i = 1; i < s->use.n; i++)
		for (size_t k = i; k > 0 && by_name(&item[k - 1], &item[k]) > 0; k--) {
			struct recipe_pair other = item[k - 1];

			item[k - 1] = item[k];
			item[k] = other;
		}
	return true;
}

static bool read_environment(const struct recipe_reader *r, const struct yaml_node *map,
			     struct recipe_stage *s)
{
	static const char epoch[] = "SOURCE_DATE_EPOCH";

	if (!recipe_map(r, map, "environment", &s->environment))
		return false;
	for (size_t i = 0; i < s->environment.n; i++) {
		const struct recipe_pair *v = &s->environment.item[i];

		if (!recipe_variable_check(r, v->line, v->name))
			return false;
		if (strcmp(v->name, epoch) == 0)
			return recipe_wrong(r, v->line, "%s is what 'epoch' says", epoch);
	}
	return true;
}

static bool read_outputs(const struct recipe_reader *r, const struct yaml_node *map,
			 struct recipe_stage *s)
{
	if (!recipe_map(r, map, "outputs", &s->outputs))
		return false;
	if (s->outputs.n == 0)
		return recipe_wrong(r, map->line, "the stage '%s' has no output", s->name);
	for (size_t i = 0; i < s->outputs.n; i++) {
		const struct recipe_pair *o = &s->outputs.item[i];

		if (!recipe_name_check(r, o->line, "an output", o->name) ||
		    !recipe_path_check(r, o->line, o->value))
			return false;
	}
	return true;
}

static bool read_path(const struct recipe_reader *r, const struct yaml_node *map,
		      struct recipe_stage *s)
{
	const struct yaml_node *path = yaml_member(r->y, map, "path");
	static const char folder[] = "/build/";
	char *own;

	if (path) {
		s->path = yaml_str(path);
		return recipe_place_check(r, path->line, s->path);
	}
	own = arena_new(&r->r->arena, sizeof(folder) + strlen(s->name), "a recipe", r->e);
	if (!own)
		return false;
	memcpy(own, folder, sizeof(folder) - 1);
	memcpy(own + sizeof(folder) - 1, s->name, strlen(s->name));
	s->path = own;
	return true;
}

static bool read_stage(const struct recipe_reader *r, const struct yaml_node *map)
{
	struct recipe_stage *s = &r->r->stages[r->r->n_stages++];
	const struct recipe_input *same;

	*s = (struct recipe_stage){
		.name = (const char *)map->key.p,
		.line = map->line,
		.root = recipe_text(r, map, "root"),
		.run = recipe_text(r, map, "run"),
	};
	if (!recipe_name_check(r, map->line, "a stage", s->name))
		return false;
	same = recipe_input(r->r, s->name);
	if (same)
		return recipe_wrong(r, map->line,
				    "the stage '%s' has the name of an input in line %u", s->name,
				    same->line);
	return read_path(r, map, s) && read_use(r, map, s) && read_environment(r, map, s) &&
	       read_jobs(r, map, s) && read_limits(r, map, &s->limits) && read_outputs(r, map, s);
}

/* ---- all of it */

/* As many as the map has, of that size each, or NULL with an error. */
static void *room_for(const struct recipe_reader *r, const struct yaml_node *map, size_t more,
		      uint32_t most, size_t size)
{
	size_t n = map ? map->count : 0;

	if (n > most) {
		err_set(r->e, REASON_LIMIT, "line %u: needs at most %u entries, found %zu",
			map->line, most, n);
		return NULL;
	}
	return arena_new(&r->r->arena, (n + more + 1) * size, "a recipe", r->e);
}

static bool read_source(const struct recipe_reader *r, const struct yaml_node *map)
{
	return !map || read_input(r, map, RECIPE_SOURCE);
}

static bool read_lists(const struct recipe_reader *r)
{
	const struct yaml_node *top = r->y->nodes, *node;
	const struct yaml_node *suites = yaml_member(r->y, top, "suites");
	const struct yaml_node *inputs = yaml_member(r->y, top, "inputs");
	const struct yaml_node *stages = yaml_member(r->y, top, "stages");

	r->r->suites = room_for(r, suites, 0, RECIPE_INPUTS_MAX, sizeof(*r->r->suites));
	r->r->inputs = room_for(r, inputs, 1, RECIPE_INPUTS_MAX - 1, sizeof(*r->r->inputs));
	r->r->stages = room_for(r, stages, 0, RECIPE_STAGES_MAX, sizeof(*r->r->stages));
	if (!r->r->suites || !r->r->inputs || !r->r->stages)
		return false;
	for (node = suites ? yaml_first(r->y, suites) : NULL; node;
	     node = yaml_after(r->y, suites, node))
		if (!read_suite(r, node))
			return false;
	if (!read_source(r, yaml_member(r->y, top, "source")))
		return false;
	for (node = inputs ? yaml_first(r->y, inputs) : NULL; node;
	     node = yaml_after(r->y, inputs, node)) {
		if (strcmp((const char *)node->key.p, RECIPE_SOURCE) == 0)
			return recipe_wrong(r, node->line,
					    "the name '%s' is that of what 'source:' says",
					    RECIPE_SOURCE);
		if (!read_input(r, node, (const char *)node->key.p))
			return false;
	}
	for (node = stages ? yaml_first(r->y, stages) : NULL; node;
	     node = yaml_after(r->y, stages, node))
		if (!read_stage(r, node))
			return false;
	return true;
}

void recipe_free(struct recipe *r)
{
	yaml_drop(&r->yaml);
	arena_free(&r->arena);
	*r = (struct recipe){0};
}

bool recipe_read(struct recipe *r, struct bytes text, struct err *e)
{
	owned(recipe_free) struct recipe made = {.arena = ARENA(ARENA_MAX)};
	struct recipe_reader reader = {.y = &made.yaml, .r = &made, .e = e};

	if (!yaml_read(&made.yaml, text, &recipe_schema, e) || !read_head(&reader) ||
	    !read_lists(&reader) || !recipe_image_read(&reader) || !recipe_stages_check(&reader) ||
	    !recipe_image_check(&reader))
		return false;
	*r = take(made);
	return true;
}

bool recipe_load(struct recipe *r, const char *path, struct buf *folder, struct buf *text,
		 struct err *e)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		buf_put(folder, bytes_of(path, slash == path ? 1 : (size_t)(slash - path)));
	else
		buf_str(folder, ".");
	if (!buf_done(folder, "a path", e))
		return false;
	if (!file_slurp(path, YAML_MAX_BYTES, text, e))
		return e->reason == REASON_NO_SUCH_FILE &&
		       err_hint(e, "`measure build --template eif` prints one to begin with");
	return recipe_read(r, buf_bytes(text), e) || err_subject(e, path);
}
