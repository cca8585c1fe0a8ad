/*
 * Scripts by which shells complete words, printed from the tables of verbs and options. What a
 * word can be is read off the names of values in usage and options: FILE and DIR are paths, REASON
 * a slug, VERB a verb.
 */
#ifndef MEASURE_CLI_COMPLETE_H
#define MEASURE_CLI_COMPLETE_H

#include "measure/cli/verb.h"

/* shell: "bash", "zsh" or "fish". */
void complete_script(struct buf *out, const char *shell);

void complete_bash(struct buf *out);
void complete_zsh(struct buf *out);
void complete_fish(struct buf *out);

/* "_measure_verify": the shells' function for this program. */
#define COMPLETE_NAME 64
void complete_function(char name[COMPLETE_NAME]);

/* Is its value a path? Does it take the next word? */
bool complete_is_path(const struct opt *o);
bool complete_takes_word(const struct opt *o);

/* 'text' for any of the three; and one character of such a text. */
void complete_quote(struct buf *out, const char *text);
void complete_quoted(struct buf *out, char c);

/* The words that can be an operand, with a blank in front of each; and can it be a path? */
void complete_operands(struct buf *out, const struct verb *v);
bool complete_operand_is_path(const struct verb *v);

/*
 * Names of verbs, with a blank in front of each: of a family the second words, of NULL the first.
 */
void complete_names(struct buf *out, const struct verb *family);

#endif
