#include "tests/unit/support_manifest.h"

#define DIGITS "1111111111111111111111111111111111111111111111111111111111111111"

static struct digest filled(uint8_t byte)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = 32};

	memset(d.v, byte, d.len);
	return d;
}

static bool put_register(struct manifest *m, const char *name, uint8_t byte, struct err *e)
{
	struct value *v = manifest_value(m, name, VALUE_DIGEST, e);
	uint8_t bytes[48];

	if (!v)
		return false;
	memset(bytes, byte, sizeof(bytes));
	v->alg = 7;
	v->bytes = bytes_of(manifest_text(m, bytes_of(bytes, sizeof(bytes))), sizeof(bytes));
	return true;
}

bool sample_manifest(struct manifest *m, struct err *e)
{
	struct manifest_row *row;

	if (!manifest_init(m, 4096, e))
		return false;
	m->id = "example.org/blindbox/1.2.3";
	m->product = "example.org/blindbox";
	m->version = "1.2.3";
	m->vendor = "example.org";
	m->arch = "x86_64";
	m->artefact = (struct component){"blindbox.eif", true, 4711, filled(0x50), ORIGIN_SOURCE};
	m->component[0] = (struct component){"kernel", true, 100, filled(0x51), ORIGIN_PINNED};
	m->component[1] = (struct component){"cmdline", true, 20, filled(0x52), ORIGIN_SOURCE};
	m->component[2] =
		(struct component){"ramdisk0", true, 70000, filled(0x53), ORIGIN_ENDORSED};
	m->n_components = 3;
	m->source_commit = "0123456789abcdef0123456789abcdef01234567";
	m->source_digest = m->recipe_digest = m->inputs_digest = "sha256:" DIGITS;
	row = manifest_row(m, ROW_REFERENCE, e);
	if (!row)
		return false;
	row->vendor = MANIFEST_NITRO;
	row->model = m->product;
	return put_register(m, "PCR0", 0x10, e) && put_register(m, "PCR1", 0x11, e) &&
	       put_register(m, "PCR2", 0x12, e) && put_register(m, "PCR8", 0x18, e);
}
