#include "ovmf-snp/bundle_witness.h"

#include "ovmf-snp/bundle_write.h"

static bool judge_files(struct witness *x, const char *built, const char *published, struct err *e)
{
	owned(file_close) struct file mine = FILE_NONE, theirs = FILE_NONE;
	struct stream_range of_mine, of_theirs;

	if (!file_open(&mine, built, e) || !file_open(&theirs, published, e))
		return false;
	of_mine = stream_range(&mine, 0, mine.size);
	of_theirs = stream_range(&theirs, 0, theirs.size);
	return witness_judge(x, &of_theirs, &of_mine, e);
}

static bool judge(const struct snp_bundle *built, const struct snp_bundle *published,
		  struct witnesses *w, struct err *e)
{
	const struct launch_file *mine = &built->found.file[LAUNCH_INITRD];
	const struct launch_file *theirs = &published->found.file[LAUNCH_INITRD];
	struct witness *x;

	if (!mine->present && !theirs->present)
		return true;
	x = witness_add(w, launch_part_name(LAUNCH_INITRD), e);
	if (!x)
		return false;
	if (mine->present != theirs->present)
		witness_refuse(x, "one %s published, and one %s built",
			       theirs->present ? "is" : "is not",
			       mine->present ? "was" : "was not");
	if (mine->present != theirs->present || launch_file_same(mine, theirs))
		return true;
	return judge_files(x, built->path.part[LAUNCH_INITRD], published->path.part[LAUNCH_INITRD],
			   e);
}

bool bundle_witness(const struct bundle_witness_ask *ask, struct witnesses *w, struct err *e)
{
	owned(snp_bundle_free) struct snp_bundle built = {0}, published = {0};

	return snp_bundle_read(&built, ask->built, ask->watch, e) &&
	       snp_bundle_read(&published, ask->published, ask->watch, e) &&
	       judge(&built, &published, w, e) &&
	       (!witness_stand_in(w) ||
		snp_bundle_rewrite(&built, published.path.part[LAUNCH_INITRD], ask->out, ask->watch,
				   e));
}
