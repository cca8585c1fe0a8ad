#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/cli/cli.h"
#include "measure/cli/guess.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"

enum { O_DIRECTORY };

static const struct opt opts[] = {
	[O_DIRECTORY] = {"directory", 'C', OPT_VALUE, "DIR", NULL,
			 "where the files go; made when it is missing"},
	{0},
};

static bool make_folder(const char *path, bool *made, struct err *e)
{
	*made = mkdir(path, 0777) == 0;
	if (*made || errno == EEXIST)
		return true;
	err_errno(e, errno, "cannot be made");
	return err_subject(e, path);
}

static bool extract_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	const struct tee *row;
	const char *path, *folder;
	bool made;

	if (!cli_operand(c, "FILE", &path, e) || !cli_needs(c, O_DIRECTORY, &folder, e) ||
	    !file_open(&f, path, e) || !guess_file(&f, &row, e))
		return false;
	if (!row->extract) {
		err_set(e, REASON_UNKNOWN_TYPE, "has no parts that are files of their own");
		return err_subject(e, path);
	}
	if (!make_folder(folder, &made, e))
		return false;
	f.watch = cli_watch(c);
	cli_expect_file(c, path);
	if (!row->extract(&f, folder, e)) {
		if (made)
			rmdir(folder);
		return false;
	}
	json_key(&a->json, "type");
	json_str(&a->json, row->name);
	print_foreign(&a->json, "directory", folder);
	return true;
}

const struct verb verb_extract = {
	.name = "extract",
	.summary = "the parts of an image as files",
	.group = GROUP_MEASURE,
	.usage = "FILE -C DIR",
	.opts = opts,
	.run = extract_run,
};
