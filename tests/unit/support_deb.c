#include "tests/unit/support_deb.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_layer.h"

#define DEB_MAX (1u << 20)

static void must_be(bool so)
{
	if (!so)
		abort();
}

void deb_member(struct buf *out, const char *name, struct bytes x)
{
	if (out->n == 0)
		buf_str(out, "!<arch>\n");
	buf_fmt(out, "%-16s%-12u%-6u%-6u%-8s%-10zu`\n", name, 0, 0, 0, "100644", x.n);
	buf_put(out, x);
	if (x.n & 1)
		buf_u8(out, '\n');
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "a package", e);
}

static void put_tar(struct buf *out, const char *name, const char *lines, enum packing packing)
{
	static const char *const ends[] = {"", ".gz", ".zst"};
	owned(buf_free) struct buf tar = BUF(DEB_MAX), packed = BUF(DEB_MAX);
	const struct pack_sink sink = {put, &packed};
	owned(pack_free) struct pack *p = NULL;
	struct err e = {0};
	char member[17];

	layer_tar(&tar, lines);
	snprintf(member, sizeof(member), "%s%s", name, ends[packing]);
	if (packing == PACKING_NONE) {
		deb_member(out, member, buf_bytes(&tar));
		return;
	}
	p = pack_new(packing, &sink, &e);
	must_be(p && pack_add(p, buf_bytes(&tar), &e) && pack_end(p, &e));
	deb_member(out, member, buf_bytes(&packed));
}

/* A line of layer_tar() holds no line feed, so the text goes where as many letters are. */
static void put_control(struct buf *out, const char *control)
{
	owned(buf_free) struct buf line = BUF(DEB_MAX), all = BUF(DEB_MAX);
	size_t n = strlen(control);
	uint8_t *found;

	buf_str(&line, "d .\nf control ");
	for (size_t i = 0; i < n; i++)
		buf_u8(&line, 'x');
	buf_str(&line, "\n");
	layer_tar(&all, buf_cstr(&line));
	found = memmem(all.p, all.n, line.p + strlen("d .\nf control "), n);
	must_be(found != NULL);
	memcpy(found, control, n);
	deb_member(out, "control.tar", buf_bytes(&all));
}

void deb_bytes(struct buf *out, const char *control, const char *files, enum packing packing)
{
	deb_member(out, "debian-binary", bytes_str("2.0\n"));
	put_control(out, control);
	put_tar(out, "data.tar", files, packing);
}

struct lock_input deb_object(const struct objects *to, struct bytes x, const char *name,
			     const char *version)
{
	struct lock_input in = {
		.input = "root", .name = name, .version = version, .architecture = "amd64"};
	struct stream_bytes s = stream_bytes(x);
	struct err e = {0};

	must_be(objects_put(to, &s.stream, NULL, &in.object, &e));
	return in;
}

struct lock_input deb_put(const struct objects *to, const char *name, const char *version,
			  const char *more, const char *files)
{
	owned(buf_free) struct buf control = BUF(DEB_MAX), deb = BUF(DEB_MAX);

	buf_fmt(&control, "Package: %s\nVersion: %s\nArchitecture: amd64\n%s", name, version, more);
	deb_bytes(&deb, buf_cstr(&control), files, PACKING_GZIP);
	must_be(!control.failed && !deb.failed);
	return deb_object(to, buf_bytes(&deb), name, version);
}
