/*
 * proof FORM FILE [NAME=VALUE...]: a proof that the file was published, to standard output; FORM is
 * tlog, spicy, sigsum or sigsum1. Log and witnesses have keys of their own, always the same.
 *	witnesses=BITS size=N index=N time=N
 *	defect=broken|broken-witness|broken-leaf|other-entry|collision|stranger|twice
 *	changed=N name=LOG leaf=HEX submitter=HEX
 * proof trust QUORUM...: `logs:` of a trust file that names them, each QUORUM a line of the policy.
 * proof sigsum-policy: the same as a policy of sigsum-verify, with one witness.
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "tests/unit/support_log.h"

#define FILE_MAX (16u << 20)

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "proof: %s\n", what);
	exit(2);
}

static size_t place(const char *const *list, const char *word)
{
	for (size_t i = 0; list[i]; i++)
		if (strcmp(list[i], word) == 0)
			return i;
	need(false, word);
	return 0;
}

/* The value, when that is the name. */
static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

static void read_hex(const char *text, struct buf *out)
{
	struct err e = {0};

	*out = BUF(4096);
	need(hex_read(text, "an argument", out, &e), e.text);
}

struct hex {
	struct buf leaf, submitter;
};

static void option(struct log_spec *s, const char *arg, struct hex *hex)
{
	static const char *const defects[] = {
		[LOG_SOUND] = "sound",
		[LOG_BROKEN] = "broken",
		[LOG_BROKEN_WITNESS] = "broken-witness",
		[LOG_BROKEN_LEAF] = "broken-leaf",
		[LOG_OTHER_ENTRY] = "other-entry",
		[LOG_COLLISION] = "collision",
		[LOG_STRANGER] = "stranger",
		[LOG_TWICE] = "twice",
		NULL,
	};
	const char *v;

	if ((v = value_of(arg, "witnesses")))
		s->witnesses = (unsigned)strtoul(v, NULL, 0);
	else if ((v = value_of(arg, "size")))
		s->size = strtoull(v, NULL, 0);
	else if ((v = value_of(arg, "index")))
		s->index = strtoull(v, NULL, 0);
	else if ((v = value_of(arg, "time")))
		s->no_time = (s->time = strtoull(v, NULL, 0)) == 0;
	else if ((v = value_of(arg, "changed")))
		s->changed = strtoull(v, NULL, 0);
	else if ((v = value_of(arg, "name")))
		s->name = v;
	else if ((v = value_of(arg, "defect")))
		s->defect = (enum log_defect)place(defects, v);
	else if ((v = value_of(arg, "leaf")))
		read_hex(v, &hex->leaf);
	else if ((v = value_of(arg, "submitter")))
		read_hex(v, &hex->submitter);
	else
		need(false, arg);
}

static void print(struct buf *out)
{
	need(fwrite(out->p, 1, out->n, stdout) == out->n && fflush(stdout) == 0, "output");
	buf_free(out);
}

static void prove(char **args)
{
	static const char *const forms[] = {"tlog", "spicy", "sigsum1", "sigsum", NULL};
	struct log_spec s = {0};
	struct buf file = BUF(FILE_MAX), out;
	struct hex hex = {0};
	struct err e = {0};

	s.form = (enum log_form)place(forms, args[0]);
	need(args[1] && file_slurp(args[1], FILE_MAX, &file, &e), e.text);
	s.file = buf_bytes(&file);
	for (char **arg = args + 2; *arg; arg++)
		option(&s, *arg, &hex);
	s.leaf = buf_bytes(&hex.leaf);
	s.submitter = buf_bytes(&hex.submitter);
	out = log_proof_make(&s);
	print(&out);
	buf_free(&file);
	buf_free(&hex.leaf);
	buf_free(&hex.submitter);
}

int main(int argc, char **argv)
{
	struct buf out = BUF(1u << 20), quorum = BUF(4096);

	need(argc > 1, "no form is given");
	if (strcmp(argv[1], "trust") == 0) {
		for (int i = 2; i < argc; i++)
			buf_fmt(&quorum, "    %s\n", argv[i]);
		log_trust(&out, buf_cstr(&quorum));
		print(&out);
	} else if (strcmp(argv[1], "sigsum-policy") == 0) {
		log_sigsum_policy(&out);
		print(&out);
	} else {
		prove(argv + 1);
	}
	buf_free(&quorum);
	return 0;
}
