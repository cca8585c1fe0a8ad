/*
 * Parts of the reader of recipes: lists out of its YAML, what names and paths may be, and, when all
 * of it is read, whether each reference names something that can stand there.
 */
#ifndef MEASURE_REBUILD_RECIPE_READ_H
#define MEASURE_REBUILD_RECIPE_READ_H

#include "measure/rebuild/recipe.h"

struct recipe_reader {
	const struct yaml *y;
	struct recipe *r;
	struct err *e;
};

/* "line N: ...", reason recipe. Returns false. */
bool recipe_wrong(const struct recipe_reader *r, uint32_t line, const char *format, ...)
	ERR_FORMAT(3, 4);

/* The text under that key, or NULL. */
const char *recipe_text(const struct recipe_reader *r, const struct yaml_node *map,
			const char *key);
bool recipe_flag(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		 bool otherwise);

/* A list under that key: none twice, empty when it is not there. */
must bool recipe_list(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		      struct recipe_texts *out);

/* A map of names to texts under that key, in the order in which they stand there. */
must bool recipe_map(const struct recipe_reader *r, const struct yaml_node *map, const char *key,
		     struct recipe_pairs *out);

/*
 * A name of an input, stage, suite or output: 1 to RECIPE_NAME_MAX letters, digits, ".", "_", "+",
 * "-", no "." or "-" in front.
 */
must bool recipe_name_check(const struct recipe_reader *r, uint32_t line, const char *what,
			    const char *name);

/* A path below something, its components neither empty nor "." nor "..". */
must bool recipe_path_check(const struct recipe_reader *r, uint32_t line, const char *path);

/* Where a stage builds: such a path behind a slash, where no system has its own. */
must bool recipe_place_check(const struct recipe_reader *r, uint32_t line, const char *path);

/* "NAME" of an environment. */
must bool recipe_variable_check(const struct recipe_reader *r, uint32_t line, const char *name);

/* What a reference has to be. */
enum recipe_want { WANT_FILE, WANT_TREE, WANT_ANY };

/* Refused: names of nothing, files in what has none, a tree for a file, a file for a tree. */
must bool recipe_ref_check(const struct recipe_reader *r, uint32_t line, const char *text,
			   enum recipe_want want);

/* References of stages are checked, and the stages put into an order in which they can be run. */
must bool recipe_stages_check(const struct recipe_reader *r);

/* The parts of recipe_read() that are about images. */
must bool recipe_image_read(const struct recipe_reader *r);
must bool recipe_image_check(const struct recipe_reader *r);

#endif
