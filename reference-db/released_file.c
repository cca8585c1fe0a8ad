#include "reference-db/released_file.h"

#include <string.h>

#include "measure/core/stream.h"

const char *released_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool released_file_read(const char *path, struct watch watch, struct component *out, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct stream_file s;
	struct digest d;

	if (!file_open(&f, path, e))
		return false;
	if (f.stream) {
		err_set(e, REASON_NOT_A_FILE, "a stream has no name that a release could list");
		return err_subject(e, path);
	}
	f.watch = watch;
	s = stream_file(&f);
	if (!stream_digest(&s.stream, &d, e) || !file_unchanged(&f, e))
		return err_subject(e, path);
	out->name = released_file_name(path);
	out->sized = true;
	out->size = f.size;
	out->digest = d;
	return true;
}
