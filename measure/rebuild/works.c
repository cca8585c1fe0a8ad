#include "measure/rebuild/works.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/num.h"
#include "measure/core/rootfs_newc.h"

#define PART "part"
#define CHUNK ((size_t)256 * 1024)

const struct made *works_made(const struct works *w, const struct recipe_stage *s)
{
	const struct made *m = &w->made[s - w->plan->recipe.stages];

	return m->path ? m : NULL;
}

/* ---- bytes of a file, into a folder */

static bool open_node(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(arg, n, e);
}

static bool read_node(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(arg, to, got, e);
}

struct cpio_io works_io(struct rootfs *r)
{
	return (struct cpio_io){open_node, read_node, NULL, r};
}

/* What a file of a tree is. */
struct stream_node {
	struct stream stream;
	struct rootfs *r;
};

static bool next_of_node(struct stream *s, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(((struct stream_node *)s)->r, to, got, e);
}

static bool copy(struct stream *in, int folder, const char *name, struct works_file *f,
		 struct err *e)
{
	owned(own_free) uint8_t *chunk = own_new(CHUNK, e);
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	owned(own_close) int fd =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t got;

	if (!chunk || !h)
		return false;
	if (fd < 0)
		return err_errno(e, errno, name);
	do {
		if (!stream_read(in, (struct span){chunk, CHUNK}, &got, e) ||
		    !hash_add(h, bytes_of(chunk, got), e))
			return false;
		if (!file_put(fd, bytes_of(chunk, got)))
			return err_errno(e, errno, name);
	} while (got == CHUNK);
	f->size = in->pos;
	return hash_finish(h, &f->sha256, e);
}

bool works_copy(const struct store_item *item, int folder, const char *name, struct works_file *f,
		struct err *e)
{
	struct stream_range in = stream_range(&item->file, item->at, item->size);
	struct works_file ignored;

	return copy(&in.stream, folder, name, f ? f : &ignored, e) &&
	       file_unchanged(&item->file, e);
}

/* ---- trees */

/* The stage has been made: plans see to that. */
static bool open_output(const struct works *w, const struct recipe_ref *ref, struct rootfs *r,
			struct err *e)
{
	const struct made *m = works_made(w, ref->stage);
	const struct made_output *o = made_output(m, ref->output);
	struct store_item item;

	if (o->kind != MADE_TREE)
		return err_set(e, REASON_RECIPE,
			       "the output '%s' of the stage '%s' is a file, and "
			       "a folder is needed",
			       ref->output, ref->stage->name);
	return cache_open_output(m, o, &item, e) && rootfs_newc(r, &item, e);
}

static bool open_tree(const struct works *w, const struct recipe_ref *ref, struct rootfs *r,
		      struct err *e)
{
	return ref->input ? works_root(w, ref->input, r, e) : open_output(w, ref, r, e);
}

/* By the last name of its path; links on the way stay inside. */
static struct tree_node *find(struct rootfs *r, const char *path, struct err *e)
{
	struct bytes name;
	struct tree_node *folder = tree_parent(r->tree, bytes_str(path), false, &name, e);
	struct tree_node *n = folder ? tree_find(r->tree, folder, name) : NULL;

	if (folder && !n)
		err_set(e, REASON_RECIPE, "there is no '%.200s'", path);
	return n;
}

bool works_tree(const struct works *w, const char *text, struct rootfs *r, struct err *e)
{
	struct recipe_ref ref = recipe_ref(&w->plan->recipe, text);
	owned(rootfs_free) struct rootfs new = {0};
	struct tree_node *top;

	if (!open_tree(w, &ref, &new, e))
		return false;
	if (ref.path) {
		top = find(&new, ref.path, e);
		if (!top)
			return err_in(e, "'%.200s'", text);
		if (!S_ISDIR(top->inode->mode))
			return err_set(e, REASON_RECIPE, "'%.200s' is no folder", text);
		tree_raise(new.tree, top);
		new.image = tree_root(new.tree);
	}
	*r = take(new);
	return true;
}

/* Unpacked once for all that is taken out of it. */
static bool keep(struct works *w, const struct recipe_input *input, struct err *e)
{
	if (w->kept_of == input)
		return true;
	rootfs_free(&w->kept);
	w->kept_of = NULL;
	if (!works_root(w, input, &w->kept, e))
		return false;
	w->kept_of = input;
	return true;
}

void works_seen_free(struct works_seen *seen)
{
	rootfs_free(&seen->own);
}

bool works_look(struct works *w, const char *text, struct works_seen *seen, struct err *e)
{
	struct recipe_ref ref = recipe_ref(&w->plan->recipe, text);

	seen->r = ref.input ? &w->kept : &seen->own;
	if (!(ref.input ? keep(w, ref.input, e) : open_output(w, &ref, &seen->own, e)))
		return false;
	seen->meant = ref.path ? find(seen->r, ref.path, e) : tree_root(seen->r->tree);
	return seen->meant || err_in(e, "'%.200s'", text);
}

bool works_is_tree(struct works *w, const char *text, bool *tree, struct err *e)
{
	struct recipe_ref ref = recipe_ref(&w->plan->recipe, text);
	owned(works_seen_free) struct works_seen seen = {0};

	if (!ref.path) {
		*tree = ref.input ? recipe_is_tree(ref.input)
				  : made_output(works_made(w, ref.stage), ref.output)->kind ==
					    MADE_TREE;
		return true;
	}
	if (!works_look(w, text, &seen, e))
		return false;
	*tree = S_ISDIR(seen.meant->inode->mode);
	return true;
}

/* ---- files */

static bool copy_node(struct works *w, const char *text, const char *name, struct works_file *f,
		      struct err *e)
{
	owned(works_seen_free) struct works_seen seen = {0};
	struct stream_node in = {.stream = {.read = next_of_node}};

	if (!works_look(w, text, &seen, e))
		return false;
	if (!S_ISREG(seen.meant->inode->mode))
		return err_set(e, REASON_RECIPE, "'%.200s' is no regular file", text);
	f->program = seen.meant->inode->mode & 0111;
	in.r = seen.r;
	return rootfs_file(seen.r, seen.meant, e) && copy(&in.stream, w->scratch.fd, name, f, e);
}

static bool copy_whole(const struct works *w, const struct recipe_ref *ref, const char *name,
		       struct works_file *f, struct err *e)
{
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	const struct made *m = ref->stage ? works_made(w, ref->stage) : NULL;
	const struct made_output *o = m ? made_output(m, ref->output) : NULL;
	size_t n = 0;

	if (o && o->kind == MADE_TREE)
		return err_set(e, REASON_RECIPE, "is a folder, and a file is needed");
	f->program = o && o->kind == MADE_PROGRAM;
	if (o ? !cache_open_output(m, o, &item, e)
	      : !objects_get(&w->plan->store, &plan_locked(w->plan, ref->input, &n)->object,
			     ref->input->name, &item, e))
		return false;
	return works_copy(&item, w->scratch.fd, name, f, e);
}

bool works_file(struct works *w, const char *text, struct works_file *out, struct err *e)
{
	struct recipe_ref ref = recipe_ref(&w->plan->recipe, text);
	owned(works_file_free) struct works_file f = {0};
	owned(buf_free) struct buf path = BUF(8192);
	char name[32];

	if (w->parts < WORKS_PARTS)
		w->part[w->parts] = text;
	snprintf(name, sizeof(name), PART "%u", w->parts++);
	if (ref.path ? !copy_node(w, text, name, &f, e)
		     : !copy_whole(w, &ref, name, &f, e) && !err_in(e, "'%.200s'", text))
		return false;
	if (!scratch_path(&w->scratch, name, &path, e))
		return false;
	f.path = own_string(buf_cstr(&path), e);
	if (!f.path)
		return false;
	*out = take(f);
	return true;
}

bool works_blame(const struct works *w, struct err *e)
{
	size_t n = strlen(w->scratch.path), skip = n + 1 + strlen(PART);
	uint64_t i;

	if (strncmp(e->subject, w->scratch.path, n) != 0 || strlen(e->subject) <= skip ||
	    !num_parse(e->subject + skip, &i) || i >= WORKS_PARTS)
		return false;
	e->subject[0] = '\0';
	return err_in(e, "'%.200s'", w->part[i]);
}

void works_file_free(struct works_file *f)
{
	free(f->path);
	*f = (struct works_file){0};
}
