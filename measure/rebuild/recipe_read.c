#include "measure/rebuild/recipe_read.h"

#include <stdarg.h>
#include <stdio.h>

#include "measure/base/text.h"
#include "reference-db/names.h"

bool recipe_wrong(const struct recipe_reader *r, uint32_t line, const char *format, ...)
{
	char text[sizeof(r->e->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(r->e, REASON_RECIPE, "line %u: %.480s", line, text);
}

const char *recipe_text(const struct recipe_reader *r, const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_member(r->y, map, key);

	return node ? yaml_str(node) : NULL;
}

bool recipe_flag(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		 bool otherwise)
{
	const struct yaml_node *node = yaml_member(r->y, map, key);

	return node ? yaml_bool(node) : otherwise;
}

bool recipe_list(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		 struct recipe_texts *out)
{
	const struct yaml_node *list = yaml_member(r->y, map, key), *node;
	size_t count = list ? list->count : 0;

	*out = (struct recipe_texts){0};
	out->item = arena_new(&r->r->arena, (count + 1) * sizeof(*out->item), "a recipe", r->e);
	if (!out->item)
		return false;
	for (node = list ? yaml_first(r->y, list) : NULL; node; node = yaml_after(r->y, list, node))
		out->item[out->n++] = yaml_str(node);
	return true;
}

bool recipe_map(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		struct recipe_pairs *out)
{
	const struct yaml_node *names = yaml_member(r->y, map, key), *node;
	size_t count = names ? names->count : 0;

	*out = (struct recipe_pairs){0};
	out->item = arena_new(&r->r->arena, (count + 1) * sizeof(*out->item), "a recipe", r->e);
	if (!out->item)
		return false;
	for (node = names ? yaml_first(r->y, names) : NULL; node;
	     node = yaml_after(r->y, names, node))
		out->item[out->n++] = (struct recipe_pair){
			.name = (const char *)node->key.p,
			.value = yaml_str(node),
			.line = node->line,
		};
	return true;
}

/* ---- names and paths */

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool recipe_name_check(const struct recipe_reader *r, uint32_t line, const char *what,
		       const char *name)
{
	size_t n = strlen(name);
	char all[sizeof(name_letters) + 4];

	snprintf(all, sizeof(all), "%s._+-", name_letters);
	if (n > 0 && n <= RECIPE_NAME_MAX && strspn(name, all) == n && name[0] != '.' &&
	    name[0] != '-')
		return true;
	return recipe_wrong(r, line,
			    "'%.70s' is no name of %s: 1 to %u letters, digits and . _ + -, the "
			    "first neither . nor -",
			    name, what, RECIPE_NAME_MAX);
}

static const char *path_fault(const char *path)
{
	if (path[0] == '/')
		return "is absolute";
	if (strlen(path) > RECIPE_PATH_MAX)
		return "is too long";
	if (!name_shows(bytes_str(path)))
		return "holds a character that cannot be shown as it is";
	for (const char *part = path;;) {
		size_t n = strcspn(part, "/");

		if (n == 0)
			return "has an empty part";
		if (n == 2 && memcmp(part, "..", 2) == 0)
			return "leads out";
		if (n == 1 && part[0] == '.')
			return "has a part that is '.'";
		if (part[n] == '\0')
			return NULL;
		part += n + 1;
	}
}

bool recipe_path_check(const struct recipe_reader *r, uint32_t line, const char *path)
{
	const char *fault = path_fault(path);

	return !fault || recipe_wrong(r, line, "the path '%.200s' %s", path, fault);
}

bool recipe_place_check(const struct recipe_reader *r, uint32_t line, const char *path)
{
	static const char *const taken[] = {"dev", "proc", "sys", "tmp", "run", NULL};
	const char *fault = path[0] == '/' ? path_fault(path + 1) : "is not absolute";
	size_t n = fault ? 0 : strcspn(path + 1, "/");

	for (size_t i = 0; !fault && taken[i]; i++)
		if (n == strlen(taken[i]) && memcmp(path + 1, taken[i], n) == 0)
			fault = "is one that the sandbox has for itself";
	return !fault || recipe_wrong(r, line, "the path '%.200s' %s", path, fault);
}

bool recipe_variable_check(const struct recipe_reader *r, uint32_t line, const char *name)
{
	size_t n = strlen(name);
	char all[sizeof(name_letters) + 1];

	snprintf(all, sizeof(all), "%s_", name_letters);
	if (n <= RECIPE_NAME_MAX && strspn(name, all) == n && !(name[0] >= '0' && name[0] <= '9'))
		return true;
	return recipe_wrong(r, line, "'%.70s' is no name of a variable", name);
}

/* ---- references */

const struct recipe_input *recipe_input(const struct recipe *r, const char *name)
{
	for (size_t i = 0; i < r->n_inputs; i++)
		if (strcmp(r->inputs[i].name, name) == 0)
			return &r->inputs[i];
	return NULL;
}

const struct recipe_stage *recipe_stage(const struct recipe *r, const char *name)
{
	for (size_t i = 0; i < r->n_stages; i++)
		if (strcmp(r->stages[i].name, name) == 0)
			return &r->stages[i];
	return NULL;
}

const struct recipe_suite *recipe_suite(const struct recipe *r, const char *name)
{
	for (size_t i = 0; i < r->n_suites; i++)
		if (strcmp(r->suites[i].name, name) == 0)
			return &r->suites[i];
	return NULL;
}

bool recipe_is_tree(const struct recipe_input *input)
{
	return input->kind != INPUT_FILE || input->unpack || input->import;
}

/* Names are short: what does not fit is none. */
static const char *piece(char room[RECIPE_NAME_MAX + 1], const char *from, size_t n)
{
	if (n > RECIPE_NAME_MAX)
		n = 0;
	memcpy(room, from, n);
	room[n] = '\0';
	return room;
}

struct recipe_ref recipe_ref(const struct recipe *r, const char *text)
{
	char room[RECIPE_NAME_MAX + 1];
	size_t name = strcspn(text, "/:"), output = strcspn(text, ":");
	struct recipe_ref ref = {.path = text[output] ? text + output + 1 : NULL};

	if (text[name] != '/') {
		ref.input = recipe_input(r, piece(room, text, name));
		return ref;
	}
	ref.stage = recipe_stage(r, piece(room, text, name));
	piece(room, text + name + 1, output - name - 1);
	for (size_t i = 0; ref.stage && i < ref.stage->outputs.n; i++)
		if (strcmp(ref.stage->outputs.item[i].name, room) == 0)
			ref.output = ref.stage->outputs.item[i].name;
	return ref;
}

/* The nearest of what there is. */
static bool hint_near(const struct recipe_reader *r, const char *text, bool stage)
{
	const char *list[RECIPE_INPUTS_MAX + 1];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; stage && i < r->r->n_stages; i++)
		list[n++] = r->r->stages[i].name;
	for (size_t i = 0; !stage && i < r->r->n_inputs; i++)
		list[n++] = r->r->inputs[i].name;
	list[n] = NULL;
	near = text_nearest(text, list);
	return near ? err_hint(r->e, "did you mean '%s'?", near) : false;
}

static bool no_such_thing(const struct recipe_reader *r, uint32_t line, const char *text)
{
	size_t n = strcspn(text, "/:");
	char room[RECIPE_NAME_MAX + 1];
	bool stage = text[n] == '/';

	recipe_wrong(r, line, "'%.200s': there is no %s '%.*s'", text, stage ? "stage" : "input",
		     n < 70 ? (int)n : 70, text);
	piece(room, text, n);
	if (!stage && text[n] == '\0' && recipe_stage(r->r, room))
		return err_hint(r->e, "of a stage it is an output that is named: '%s/OUTPUT'",
				room);
	return hint_near(r, room, stage);
}

bool recipe_ref_check(const struct recipe_reader *r, uint32_t line, const char *text,
		      enum recipe_want want)
{
	struct recipe_ref ref = recipe_ref(r->r, text);

	if (!ref.input && !ref.stage)
		return no_such_thing(r, line, text);
	if (ref.stage && !ref.output)
		return recipe_wrong(r, line, "'%.200s': the stage '%s' has no such output", text,
				    ref.stage->name);
	if (ref.path && !recipe_path_check(r, line, ref.path))
		return false;
	if (ref.stage)
		return true;
	if (ref.path && !recipe_is_tree(ref.input))
		return recipe_wrong(r, line,
				    "'%.200s': the input '%s' is a file, and nothing is in it",
				    text, ref.input->name) ||
		       err_hint(r->e, "an archive has files with 'unpack: true'");
	if (want == WANT_FILE && !ref.path && recipe_is_tree(ref.input))
		return recipe_wrong(r, line, "'%.200s' is a tree, and a file is needed", text) ||
		       err_hint(r->e, "name one in it: '%.64s:PATH'", text);
	if (want == WANT_TREE && !recipe_is_tree(ref.input))
		return recipe_wrong(r, line, "'%.200s' is a file, and a tree is needed", text) ||
		       err_hint(r->e, "an archive is one with 'unpack: true'");
	return true;
}
