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

static void put_words(struct manifest *m)
{
	m->id = "example.org/blindbox/1.2.3";
	m->product = "example.org/blindbox";
	m->version = "1.2.3";
	m->vendor = "example.org";
	m->arch = "x86_64";
	m->source_commit = "0123456789abcdef0123456789abcdef01234567";
	m->source_digest = m->recipe_digest = m->inputs_digest = "sha256:" DIGITS;
}

bool sample_manifest(struct manifest *m, struct err *e)
{
	struct manifest_row *row;

	if (!manifest_init(m, 4096, e))
		return false;
	put_words(m);
	m->artefact = (struct component){"blindbox.eif", true, 4711, filled(0x50), ORIGIN_SOURCE};
	m->component[0] = (struct component){"kernel", true, 100, filled(0x51), ORIGIN_PINNED};
	m->component[1] = (struct component){"cmdline", true, 20, filled(0x52), ORIGIN_SOURCE};
	m->component[2] =
		(struct component){"ramdisk0", true, 70000, filled(0x53), ORIGIN_ENDORSED};
	m->n_components = 3;
	row = manifest_row(m, ROW_REFERENCE, e);
	if (!row)
		return false;
	row->vendor = MANIFEST_NITRO;
	row->model = m->product;
	return put_register(m, "PCR0", 0x10, e) && put_register(m, "PCR1", 0x11, e) &&
	       put_register(m, "PCR2", 0x12, e) && put_register(m, "PCR8", 0x18, e);
}

bool sample_files(struct manifest *m, struct err *e)
{
	if (!manifest_init(m, 4096, e))
		return false;
	put_words(m);
	m->arch = NULL;
	m->component[0] =
		(struct component){"box-1.2.3.tar.gz", true, 90000, filled(0x51), ORIGIN_SOURCE};
	m->component[1] = (struct component){"boxd", true, 70000, filled(0x52), ORIGIN_SOURCE};
	m->component[2] = (struct component){"licence", true, 100, filled(0x53), ORIGIN_PINNED};
	m->n_components = 3;
	return true;
}

/* ---- SEV-SNP */

static bool put_raw(struct manifest *m, const char *name, struct bytes bytes, struct err *e)
{
	struct value *v = manifest_value(m, name, VALUE_RAW, e);

	if (v)
		v->bytes = bytes;
	return v != NULL;
}

static bool put_policy(struct manifest *m, struct err *e)
{
	static const uint8_t policy[8] = {0, 0, 3};
	static const uint8_t mask[8] = {255, 255, 255, 255, 255, 255, 255, 255};

	if (!put_raw(m, "POLICY", bytes_of(policy, 8), e))
		return false;
	m->value[m->n_values - 1].mask = bytes_of(mask, 8);
	return true;
}

static bool put_row(struct manifest *m, const char *label, const char *instance, struct err *e)
{
	struct manifest_row *row = manifest_row(m, ROW_REFERENCE, e);

	if (!row)
		return false;
	row->class_id = MANIFEST_SNP_CLASS;
	row->instance = instance;
	row->label = label;
	return true;
}

static bool put_identified(struct manifest *m, struct err *e)
{
	static const uint8_t family[16] = {0x0f}, image[16] = {0x1f};
	struct value *svn = manifest_value(m, "GUEST_SVN", VALUE_MIN_SVN, e);

	if (!svn)
		return false;
	svn->low = 7;
	return put_policy(m, e) && put_raw(m, "FAMILY_ID", bytes_of(family, 16), e) &&
	       put_raw(m, "IMAGE_ID", bytes_of(image, 16), e) &&
	       put_register(m, "MEASUREMENT", 0x41, e) &&
	       put_register(m, "ID_KEY_DIGEST", 0x43, e) &&
	       put_register(m, "AUTHOR_KEY_DIGEST", 0x44, e);
}

#define SIXTEEN(byte) \
	byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte

bool sample_snp(struct manifest *m, struct err *e)
{
	if (!manifest_init(m, 4096, e))
		return false;
	put_words(m);
	m->profile = MANIFEST_SNP_2025;
	m->component[0] = (struct component){"firmware", true, 8192, filled(0x51), ORIGIN_SOURCE};
	m->component[1] = (struct component){"kernel", true, 100, filled(0x52), ORIGIN_PINNED};
	m->n_components = 2;
	return put_row(m, "EPYC-v4 x1, qemu", SIXTEEN("414141"), e) && put_identified(m, e) &&
	       put_row(m, "EPYC-v4 x2, qemu", SIXTEEN("424242"), e) && put_policy(m, e) &&
	       put_register(m, "MEASUREMENT", 0x42, e);
}
