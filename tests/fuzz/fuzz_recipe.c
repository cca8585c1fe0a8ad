/*
 * Any bytes as a recipe. What is read holds together: stages stand behind what they use, names are
 * found, references lead to something.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "measure/rebuild/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_stage(const struct recipe *r, const struct recipe_stage *s)
{
	must_be(recipe_stage(r, s->name) == s && !recipe_input(r, s->name));
	must_be(recipe_input(r, s->root) && s->path[0] == '/' && s->outputs.n > 0);
	for (size_t i = 0; i < s->use.n; i++) {
		struct recipe_ref ref = recipe_ref(r, s->use.item[i].value);

		must_be(ref.input ? !ref.stage : ref.stage && ref.stage < s && ref.output);
	}
}

static void check_recipe(const struct recipe *r)
{
	must_be(r->n_inputs <= RECIPE_INPUTS_MAX && r->n_stages <= RECIPE_STAGES_MAX);
	for (size_t i = 0; i < r->n_inputs; i++)
		must_be(recipe_input(r, r->inputs[i].name) == &r->inputs[i] &&
			(r->inputs[i].kind == INPUT_PACKAGES) == (r->inputs[i].packages.n > 0));
	for (size_t i = 0; i < r->n_stages; i++)
		check_stage(r, &r->stages[i]);
	for (size_t i = 0; i < r->files.n; i++) {
		struct recipe_ref ref = recipe_ref(r, r->files.item[i].value);

		must_be(ref.input || ref.output);
	}
	must_be(r->image == IMAGE_IS_NONE ? r->files.n > 0 : r->artefact != NULL);
}

/* Loaded once instead of for every input. */
static void keep_loaded(void)
{
	static void *library;

	if (!library)
		library = dlopen("libyaml-0.so.2", RTLD_NOW);
	must_be(library != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recipe r = {0};
	struct err e = {0};

	keep_loaded();
	if (!recipe_read(&r, bytes_of(data, size), &e)) {
		must_be(err_is(&e) && !r.inputs);
		return 0;
	}
	must_be(!err_is(&e));
	check_recipe(&r);
	recipe_free(&r);
	return 0;
}
