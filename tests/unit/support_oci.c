#include "tests/unit/support_oci.h"

#include <stdlib.h>

#include "measure/base/hex.h"
#include "tests/unit/support_tar.h"

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	buf_put(arg, x);
	return true;
}

static void pack(struct buf *out, struct bytes x, enum packing p)
{
	const struct pack_sink to = {put, out};
	struct err e = {0};
	struct pack *pack;

	if (p == PACKING_NONE) {
		buf_put(out, x);
		return;
	}
	pack = pack_new(p, &to, &e);
	must_be(pack && pack_add(pack, x, &e) && pack_end(pack, &e));
	pack_free(&pack);
}

static void put_digest(struct buf *out, struct bytes x)
{
	struct digest d;
	struct err e = {0};

	must_be(hash_of(DIGEST_SHA256, x, &d, &e));
	hex_put(out, digest_bytes(&d));
}

static void put_blob(struct buf *out, struct bytes x)
{
	struct buf name = BUF(128);

	buf_str(&name, "blobs/sha256/");
	put_digest(&name, x);
	tar_put_header(out, '0', buf_cstr(&name), x.n);
	tar_put_data(out, x);
	buf_free(&name);
}

static void put_descriptor(struct buf *out, const char *type, struct bytes x)
{
	buf_fmt(out, "{\"mediaType\":\"application/vnd.oci.image.%s\",\"size\":%zu,", type, x.n);
	buf_str(out, "\"digest\":\"sha256:");
	put_digest(out, x);
	buf_str(out, "\"}");
}

void oci_put_archive(struct buf *out, struct bytes layer, enum packing p)
{
	static const char *const types[] = {[PACKING_NONE] = "layer.v1.tar",
					    [PACKING_GZIP] = "layer.v1.tar+gzip",
					    [PACKING_ZSTD] = "layer.v1.tar+zstd"};
	struct buf blob = BUF(1u << 24), config = BUF(1u << 16), manifest = BUF(1u << 16),
		   index = BUF(1u << 16);

	pack(&blob, layer, p);
	buf_str(&config,
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Cmd\":[\"/a\"]},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:");
	put_digest(&config, layer);
	buf_str(&config, "\"]}}");
	buf_str(&manifest, "{\"schemaVersion\":2,\"config\":");
	put_descriptor(&manifest, "config.v1+json", buf_bytes(&config));
	buf_str(&manifest, ",\"layers\":[");
	put_descriptor(&manifest, types[p], buf_bytes(&blob));
	buf_str(&manifest, "]}");
	buf_str(&index, "{\"schemaVersion\":2,\"manifests\":[");
	put_descriptor(&index, "manifest.v1+json", buf_bytes(&manifest));
	buf_str(&index, "]}");
	tar_put_file(out, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	tar_put_file(out, "index.json", buf_cstr(&index));
	put_blob(out, buf_bytes(&manifest));
	put_blob(out, buf_bytes(&config));
	put_blob(out, buf_bytes(&blob));
	tar_put_end(out);
	buf_free(&blob);
	buf_free(&config);
	buf_free(&manifest);
	buf_free(&index);
}
