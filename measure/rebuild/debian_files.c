#include "measure/rebuild/debian_files.h"

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/rebuild/deb822.h"

#define DIGITS 20u
#define QUOTED 200u

static int quoted(struct bytes x)
{
	return (int)(x.n < QUOTED ? x.n : QUOTED);
}

static bool read_hex(struct bytes hex, struct digest *out)
{
	*out = (struct digest){.alg = DIGEST_SHA256, .len = digest_len(DIGEST_SHA256)};
	if (hex.n != 2 * out->len)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		int v = hex_value(hex.p[i]);

		if (v < 0)
			return false;
		out->v[i / 2] = (uint8_t)(out->v[i / 2] << 4 | v);
	}
	return true;
}

bool debian_object_read(struct bytes sha256, struct bytes size, struct object *out, struct err *e)
{
	char digits[DIGITS + 1] = "";

	if (!read_hex(sha256, &out->sha256))
		return err_set(e, REASON_PACKAGE_LIST, "'%.*s' is no SHA-256", quoted(sha256),
			       (const char *)sha256.p);
	if (size.n <= DIGITS)
		memcpy(digits, size.p, size.n);
	return num_parse(digits, &out->size) || err_set(e, REASON_PACKAGE_LIST, "'%.*s' is no size",
							quoted(size), (const char *)size.p);
}

bool debian_path_valid(struct bytes path)
{
	bool start = true;

	for (size_t i = 0; i < path.n; i++) {
		uint8_t c = path.p[i];

		if (c <= ' ' || c >= 0x7f || (start && (c == '.' || c == '/')))
			return false;
		start = c == '/';
	}
	return path.n > 0 && !start;
}

bool debian_file_read(struct bytes line, struct object *out, struct bytes *path, struct err *e)
{
	struct bytes left = line, sha256, size, more;

	if (!deb822_word(&left, &sha256) || !deb822_word(&left, &size) ||
	    !deb822_word(&left, path) || deb822_word(&left, &more) || !debian_path_valid(*path))
		return err_set(e, REASON_PACKAGE_LIST, "\"%.*s\" is no SHA-256, size and path",
			       quoted(line), (const char *)line.p);
	return debian_object_read(sha256, size, out, e);
}
