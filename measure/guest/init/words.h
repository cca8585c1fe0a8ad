/*
 * The small files beside an application, as the init reads them; pure functions of memory, so that
 * tests run them anywhere. A file of items has one on each line, as the vendor's init expects it;
 * where an item has a newline of its own, each item ends in a NUL instead.
 */
#ifndef MEASURE_GUEST_INIT_WORDS_H
#define MEASURE_GUEST_INIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_GROUPS 1024u /* supplementary groups of a user, at most */
#define WORDS_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" /* without PATH */

/* How many items n bytes hold; the last one may lack its end. */
size_t words_count(const char *text, size_t n);

/* Each item to a string in place: text has room for one byte behind its n, `item` for all. */
void words_cut(char *text, size_t n, char **item);

struct words_user {
	uint32_t uid, gid;
	size_t n_groups;
	uint32_t groups[WORDS_GROUPS];
};

/* "UID GID GROUP...", decimal, a blank between them, a newline at the end or none. */
bool words_user(const char *text, size_t n, struct words_user *out);

/*
 * The next folder of a search path such as "/bin:/usr/bin", with "/NAME" behind it, into out; an
 * empty folder is ".". What does not fit is passed over. False at the end.
 */
bool words_search(const char **path, const char *name, char *out, size_t room);

/* The decimal digits of a number with a NUL behind them; their place in `digits`. */
#define WORDS_DIGITS 21
const char *words_number(uint64_t x, char digits[WORDS_DIGITS]);

/* The value of a variable in a list that ends with NULL; NULL when it is not there. */
const char *words_variable(const char *const *env, const char *name);

#endif
