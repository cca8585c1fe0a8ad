#include "measure/base/listing.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/bundle_command.h"

/* want: empty when there must be none, which is found with all that is too much. */
static bool look_at(const char *path, const char *name, const struct buf *want,
		    const struct bundle_told *to, struct err *e)
{
	owned(buf_free) struct buf found = BUF(want->n);
	struct err fault = {0};

	if (want->n == 0)
		return true;
	if (file_slurp(path, want->n, &found, &fault)) {
		if (!bytes_equal(buf_bytes(&found), buf_bytes(want)))
			to->fault(to->arg, name, BUNDLE_DIFFERS);
		return true;
	}
	if (fault.reason != REASON_NO_SUCH_FILE && fault.reason != REASON_LIMIT) {
		*e = fault;
		return false;
	}
	to->fault(to->arg, name, fault.reason == REASON_LIMIT ? BUNDLE_DIFFERS : BUNDLE_MISSING);
	return true;
}

static bool look_at_hashes(const struct snp_bundle *b, const struct bundle_told *to, struct err *e)
{
	owned(buf_free) struct buf want = BUF(KERNELHASH_PAGE);

	if (b->guest.has_kernel &&
	    !kernelhash_page(&want, &b->guest.hashes, b->guest.ovmf.hashes_gpa, e))
		return false;
	return look_at(b->path.part[LAUNCH_HASHES], launch_file_name(LAUNCH_HASHES), &want, to, e);
}

static bool belongs(const struct snp_bundle *b, const struct buf *command, const char *name)
{
	if (strcmp(name, BUNDLE_RECORD) == 0)
		return true;
	for (enum launch_part p = 0; p < LAUNCH_PARTS; p++)
		if (b->told.file[p].present && strcmp(name, launch_file_name(p)) == 0)
			return true;
	return command->n > 0 && strcmp(name, BUNDLE_COMMAND) == 0;
}

bool snp_bundle_look(const struct snp_bundle *b, const struct bundle_told *to, struct err *e)
{
	owned(buf_free) struct buf command = BUF(BUNDLE_COMMAND_MAX);
	owned(listing_free) struct listing all = {0};

	if (!bundle_command_write(&command, &b->found, buf_bytes(&b->cmdline), e) ||
	    !look_at_hashes(b, to, e) ||
	    !look_at(b->path.command, BUNDLE_COMMAND, &command, to, e) ||
	    !listing_read_all(&all, b->path.folder, e))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		const char *name = strrchr(all.path[i], '/') + 1;

		if (!belongs(b, &command, name))
			to->fault(to->arg, name, BUNDLE_SURPLUS);
	}
	return true;
}
