#include <stdio.h>

#include "measure/base/json.h"
#include "reference-db/export.h"

/*
 * Keys of the AWS KMS Developer Guide, "Condition keys for Nitro Enclaves": ImageSha384 is PCR0
 * under its older name, PCR<ID> any register; values in lower-case hexadecimal. The guide compares
 * them by StringEqualsIgnoreCase. All keys of one operator must match.
 */
#define KEY "kms:RecipientAttestation:"
#define KEY_MAX 64
#define CARRIED UINT32_MAX

static void put(struct json_out *w, const char *name, const struct digest *d)
{
	char key[KEY_MAX];

	snprintf(key, sizeof(key), KEY "%s", name);
	json_key(w, key);
	json_hex(w, digest_bytes(d));
}

bool export_kms_policy(const struct export_source *s, struct buf *out, struct err *e)
{
	struct json_out w = json_out(out, true);
	struct mset registers = {0};

	if (!export_registers(s->manifest, "kms-policy", CARRIED, &registers, e))
		return false;
	json_open(&w, '{');
	json_key(&w, "Condition");
	json_open(&w, '{');
	json_key(&w, "StringEqualsIgnoreCase");
	json_open(&w, '{');
	put(&w, "ImageSha384", mset_get(&registers, "PCR0"));
	for (size_t i = 0; i < registers.n; i++)
		put(&w, registers.entry[i].name, &registers.entry[i].digest);
	json_close(&w, '}');
	json_close(&w, '}');
	json_close(&w, '}');
	buf_str(out, "\n");
	return true;
}
