#include <stdlib.h>

#include "reference-db/ledger_parts.h"

static struct bytes last_part(struct bytes id, struct bytes *front)
{
	const uint8_t *slash = id.n > 0 ? memrchr(id.p, '/', id.n) : NULL;
	size_t n = slash ? (size_t)(slash - id.p) : 0;

	*front = bytes_of(id.p, n);
	return slash ? bytes_of(slash + 1, id.n - n - 1) : id;
}

static void put(char to[STATEMENT_ID + 1], struct bytes x)
{
	size_t n = x.n < STATEMENT_ID ? x.n : STATEMENT_ID;

	if (n > 0)
		memcpy(to, x.p, n);
	to[n] = '\0';
}

static void name_it(const struct statement *st, struct ledger_names *names,
		    struct database_place *p)
{
	const struct statement_row *row = &statement_rows[st->kind];
	struct bytes product = st->kind == STATEMENT_RELEASE ? st->release.product : st->id, front;

	*p = (struct database_place){.kind = row->name, .extension = row->extension};
	if (st->kind == STATEMENT_KEYS)
		return;
	if (st->kind != STATEMENT_RELEASE) {
		put(names->version, last_part(st->id, &front));
		p->version = names->version;
		product = front;
	}
	put(names->product, product);
	p->product = names->product;
}

/* A folder of the tree, by its name below the one before. */
static bool folder(const struct ledger *l, const char *product, const char *version,
		   struct ledger_slot *slot, struct err *e)
{
	owned(buf_free) struct buf key = BUF(8 * STATEMENT_ID);

	buf_str(&key, product ? product : "");
	buf_u8(&key, '\0');
	buf_str(&key, version ? version : "");
	return buf_done(&key, "the name of a folder", e) &&
	       ledger_get(l, LEDGER_FOLDER, buf_bytes(&key), slot, e);
}

/* The folders that a place is in: all of them, of its product, and its own. */
struct way {
	struct ledger_slot root, product, own;
};

static bool find_way(const struct ledger *l, const struct database_place *p, struct way *w,
		     struct err *e)
{
	const char *own = p->version ? p->version : "/";

	return folder(l, NULL, NULL, &w->root, e) && folder(l, p->product, NULL, &w->product, e) &&
	       folder(l, p->product, p->product ? own : "/", &w->own, e);
}

static uint64_t nth(const struct ledger *l, const struct ledger_slot *s,
		    const struct ledger_slot *above)
{
	if (s->value != LEDGER_NONE)
		return ledger_folder_at(l, s->value)->nth;
	return above->value != LEDGER_NONE ? ledger_folder_at(l, above->value)->folders : 0;
}

bool ledger_place(const struct ledger *l, const struct statement *st, struct ledger_names *names,
		  struct database_place *p, struct err *e)
{
	struct way w;

	name_it(st, names, p);
	p->entry = l->n;
	if (!find_way(l, p, &w, e))
		return false;
	if (p->product)
		p->nth_product = nth(l, &w.product, &w.root);
	if (p->version)
		p->nth_version = nth(l, &w.own, &w.product);
	if (w.own.value != LEDGER_NONE)
		p->nth_file = ledger_folder_at(l, w.own.value)->files;
	return true;
}

static bool enter(struct ledger *l, struct ledger_slot *s, struct ledger_slot *above, bool counts,
		  struct err *e)
{
	struct ledger_folder *more;

	if (s->value != LEDGER_NONE)
		return true;
	more = ledger_room(l->folder, l->n_folders, sizeof(*more), e);
	if (!more)
		return false;
	l->folder = more;
	more[l->n_folders] = (struct ledger_folder){0};
	if (above && counts)
		more[l->n_folders].nth = ledger_folder_at(l, above->value)->folders++;
	s->value = (uint32_t)l->n_folders++;
	return ledger_put(l, s, e);
}

bool ledger_placed(struct ledger *l, const struct statement *st, struct err *e)
{
	struct ledger_names names = {0};
	struct database_place p;
	struct way w;

	name_it(st, &names, &p);
	if (!find_way(l, &p, &w, e) || !enter(l, &w.root, NULL, false, e))
		return false;
	if (!p.product)
		w.product = w.root;
	if (!enter(l, &w.product, &w.root, true, e) ||
	    !enter(l, &w.own, &w.product, p.version != NULL, e))
		return false;
	ledger_folder_at(l, w.own.value)->files++;
	return true;
}

/* ---- does it stand there? */

static bool is_hex2(const char *s)
{
	return strspn(s, "0123456789abcdef") >= 2;
}

/* The path without the folders that only keep others small: "~hh/hh/". */
static void plain(const char *path, char out[DATABASE_PATH])
{
	size_t n = 0;

	while (*path && n + 1 < DATABASE_PATH) {
		bool begins = n == 0 || out[n - 1] == '/';

		if (begins && path[0] == '~' && is_hex2(path + 1) && path[3] == '/' &&
		    is_hex2(path + 4) && path[6] == '/')
			path += 7;
		else
			out[n++] = *path++;
	}
	out[n] = '\0';
}

bool ledger_stands_right(const struct statement *st, uint64_t entry, const char *path, bool *right,
			 struct err *e)
{
	struct ledger_names names = {0};
	struct database_place p;
	char wanted[DATABASE_PATH], found[DATABASE_PATH];

	name_it(st, &names, &p);
	p.entry = entry;
	if (!database_path(&p, wanted, e))
		return false;
	plain(path, found);
	*right = strcmp(wanted, found) == 0;
	return true;
}
