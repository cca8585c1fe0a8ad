/*
 * What strangers write into a repository: the first byte says as what the others are read. Entries
 * of trees that pass are in git's order and of its modes, what is signed of a commit is not longer
 * than it, and no submodule of a list leads elsewhere.
 */
#include <stdlib.h>

#include "measure/base/when.h"
#include "measure/rebuild/source_modules.h"
#include "measure/rebuild/source_name.h"
#include "measure/rebuild/source_object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void read_tree(struct bytes x)
{
	struct gittree_entry e1 = {0}, before = {0};
	struct err e = {0};
	struct cur c = cur_new(x, 0, &e);

	for (; cur_left(&c) > 0; before = e1) {
		struct err name = {0};

		if (!gittree_next(&c, &before, &e1))
			break;
		must_be(e1.name.n > 0 && e1.name.n < x.n);
		if (source_name_check(e1.name, e1.mode == GITTREE_LINK, &name))
			must_be(e1.name.n <= 255 && !memchr(e1.name.p, '/', e1.name.n));
		else
			must_be(err_is(&name));
		must_be(source_name_fold(e1.name, e1.name) == 0);
	}
	must_be(cur_left(&c) == 0 || err_is(&e));
}

static void read_text(struct bytes x, bool tag)
{
	struct source_text t = {0};
	struct err e = {0};

	if (tag ? source_tag_read(&t, x, &e) : source_commit_read(&t, x, &e)) {
		must_be(t.message.n + t.signature.n <= x.n);
		must_be(t.time == INT64_MAX || (t.time >= 0 && t.time <= WHEN_LAST));
		must_be((t.signature.n > 0) == (t.message.n > 0));
	} else {
		must_be(err_is(&e));
	}
	source_text_free(&t);
}

static void read_modules(struct bytes x)
{
	struct source_module_list *list = calloc(1, sizeof(*list));
	struct err e = {0};

	must_be(list != NULL);
	if (source_modules_read(list, x, &e))
		for (size_t i = 0; i < list->n; i++) {
			const struct source_module *m = &list->item[i];

			must_be(*m->name && *m->path && *m->path != '-');
			must_be(strcmp(m->name, "..") != 0 && strncmp(m->name, "../", 3) != 0);
			must_be(!m->url || *m->url != '-');
		}
	else
		must_be(err_is(&e));
	arena_free(&list->arena);
	free(list);
}

static void read_pointer(struct bytes x)
{
	struct digest d;
	uint64_t size;
	struct err e = {0};

	if (!source_is_pointer(x))
		return;
	if (source_pointer_read(x, &d, &size, &e))
		must_be(d.len == 32 && d.alg == DIGEST_SHA256);
	else
		must_be(err_is(&e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes x;

	if (size == 0)
		return 0;
	x = bytes_of(data + 1, size - 1);
	switch (data[0]) {
	case 't':
		read_tree(x);
		break;
	case 'c':
	case 'a':
		read_text(x, data[0] == 'a');
		break;
	case 'm':
		read_modules(x);
		break;
	default:
		read_pointer(x);
	}
	return 0;
}
