#include "measure/cli/find.h"

#include <sys/stat.h>

#include "measure/base/confine.h"
#include "measure/cli/guess.h"
#include "measure/cli/program.h"
#include "measure/cli/verbs.h"

/* No verb has a dot or a slash in its name. */
static bool looks_like_file(const char *word)
{
	struct stat st;

	return strpbrk(word, "./") || lstat(word, &st) == 0;
}

static bool by_file(struct cli *c, const char *path, struct err *e)
{
	const struct tee *row;

	c->verb = verb_of_file();
	if (!confine(e))
		return false;
	c->confined = true;
	if (!guess_row(path, &row, e))
		return false;
	c->verb = verb_of_row(row);
	return true;
}

/* Words that begin with a dash: the two that stand for verbs, and those in the wrong place. */
static bool by_dash(struct cli *c, const char *word, struct err *e)
{
	if (strcmp(word, "--version") == 0) {
		c->verb = verb_version;
		return true;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		c->verb = verb_help;
		return true;
	}
	if (program.images && strcmp(word, "-") == 0) {
		err_set(e, REASON_USAGE, "the type of a stream cannot be guessed");
		return err_hint(e, "name it, as in `measure eif -`");
	}
	err_set(e, REASON_USAGE, "'%s' stands where a verb or a file belongs", word);
	return err_hint(e, "options follow the verb: %s VERB [OPTION...]", program.name);
}

/* A family without a second word: with a file or an option in its place, or nothing at all. */
static bool is_otherwise(const struct verb *v, struct words w)
{
	return v->otherwise && (w.n == 0 || looks_like_file(w.word[0]) ||
				(w.word[0][0] == '-' && strcmp(w.word[0], "--help") != 0 &&
				 strcmp(w.word[0], "-h") != 0));
}

bool find_verb(struct cli *c, struct words w, struct words *rest, struct err *e)
{
	size_t used = 1;

	if (w.n == 0)
		return err_set(e, REASON_USAGE, "a verb%s is missing",
			       program.images ? " or a file" : "");
	if (w.word[0][0] == '-') {
		if (!by_dash(c, w.word[0], e))
			return false;
	} else if (verb_find(w.word[0], w.n > 1 ? w.word[1] : NULL, &c->verb, &used)) {
		const struct words behind = {w.n - used, w.word + used};

		if (is_otherwise(&c->verb, behind))
			c->verb = *c->verb.otherwise;
		else if (verb_is_family(&c->verb) && w.n > used && w.word[used][0] != '-')
			return verb_unknown(w.word[used], &c->verb, e);
	} else if (program.images && looks_like_file(w.word[0])) {
		if (!by_file(c, w.word[0], e))
			return false;
	} else {
		return verb_unknown(w.word[0], NULL, e);
	}
	*rest = (struct words){w.n - used, w.word + used};
	return true;
}
