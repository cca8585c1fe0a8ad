#include <stdlib.h>
#include <string.h>

#include "measure/guest/account.h"
#include "measure/guest/init/root_words.h"
#include "measure/guest/init/words.h"
#include "measure/guest/kconfig.h"
#include "measure/guest/modinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool holds)
{
	if (!holds)
		abort();
}

static void try_module(struct bytes x)
{
	struct bytes list, word;
	struct err e = {0};
	struct modinfo m;
	bool done = modinfo_read(x, &m, &e);

	must_be(done != err_is(&e));
	if (!done)
		return;
	for (list = m.depends; modinfo_word(&list, " ,", &word);)
		must_be(word.p >= x.p && word.p + word.n <= x.p + x.n);
}

/* What is resolved, the init can read. */
static void try_account(struct bytes x)
{
	static const char *const users[] = {"a", "1", "a:b", "0:0", ":b"};
	struct account_files files = {x, x};
	struct words_user user;

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		owned(buf_free) struct buf out = BUF(1u << 16);
		struct err e = {0};
		bool done = account_resolve(&files, users[i], &out, &e);

		must_be(done != err_is(&e));
		must_be(!done || words_user((const char *)out.p, out.n, &user));
	}
}

/* Items are as many as were counted, and lie one behind the other. */
static void try_items(struct bytes x)
{
	size_t n = words_count((const char *)x.p, x.n), total = 0;
	char *copy = calloc(x.n + 1, 1), **item = calloc(n + 1, sizeof(*item));

	must_be(copy && item);
	if (x.n > 0)
		memcpy(copy, x.p, x.n);
	words_cut(copy, x.n, item);
	for (size_t i = 0; i < n; i++) {
		must_be(item[i] == copy + total);
		total += strlen(item[i]) + 1;
	}
	must_be(!item[n] && (total == x.n || total == x.n + 1));
	free(item);
	free(copy);
}

static void try_root(struct bytes x)
{
	struct root_words w;

	if (root_words_read((const char *)x.p, x.n, &w) == ROOT_WORDS_ALL)
		must_be(strlen(w.hash) == ROOT_WORDS_HASH && w.blocks > 0 &&
			root_words_device(w.device, strlen(w.device)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes x = bytes_of(data, size);
	struct words_user user;

	try_module(x);
	try_account(x);
	try_items(x);
	try_root(x);
	words_user((const char *)data, size, &user);
	kconfig_get(x, "A");
	return 0;
}
