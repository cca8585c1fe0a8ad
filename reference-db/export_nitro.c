#include "eif/report.h"
#include "reference-db/export.h"

/* Of every release up to 1.4, and in what its vendor and others publish. */
#define HASH_ALGORITHM "Sha384 { ... }"
#define CARRIED (1u << 0 | 1u << 1 | 1u << 2 | 1u << 8)

bool export_nitro_cli(const struct export_source *s, struct buf *out, struct err *e)
{
	struct json_out w = json_out(out, true);
	struct mset registers = {0};

	if (!export_registers(s->manifest, "nitro-cli", CARRIED, &registers, e))
		return false;
	json_open(&w, '{');
	eif_report_measurements(&registers, HASH_ALGORITHM, &w);
	json_close(&w, '}');
	buf_str(out, "\n");
	return true;
}
