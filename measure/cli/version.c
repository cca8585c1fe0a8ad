#include "measure/cli/version.h"
#include "measure/base/yaml.h"
#include "measure/cli/cli.h"
#include "measure/cli/program.h"
#include "measure/cli/verbs.h"
#include "measure/core/cbor.h"
#include "measure/core/hash.h"

/* NULL where it is not known: few can tell what runs, and some are loaded when they are needed. */
struct library {
	const char *name, *built, *running;
};

const char *version_text(void)
{
	return MEASURE_VERSION;
}

static void put_version(struct json_out *w, const char *key, const char *version)
{
	json_key(w, key);
	if (version)
		json_str(w, version);
	else
		json_null(w);
}

static void put_json(struct json_out *w, const struct library *l)
{
	json_open(w, '{');
	json_key(w, "name");
	json_str(w, l->name);
	put_version(w, "built", l->built);
	put_version(w, "running", l->running);
	json_close(w, '}');
}

static void put_text(struct buf *out, const struct library *l)
{
	if (!l->built)
		buf_fmt(out, "%s %s, loaded when it is needed\n", l->name,
			l->running ? l->running : "(missing)");
	else if (l->running)
		buf_fmt(out, "%s %s, built with %s\n", l->name, l->running, l->built);
	else
		buf_fmt(out, "%s, built with %s\n", l->name, l->built);
}

static bool version_run(struct cli *c, struct answer *a, struct err *e)
{
	char yaml[YAML_VERSION_ROOM];
	const struct library libraries[] = {
		{"OpenSSL", hash_openssl_version(false), hash_openssl_version(true)},
		{"libdeflate", hash_libdeflate_version(), NULL},
		{"libcbor", cbor_library_version(), NULL},
		{"libyaml", NULL, yaml_library_version(yaml)},
	};

	if (!cli_no_operand(c, e))
		return false;
	json_key(&a->json, "version");
	json_str(&a->json, MEASURE_VERSION);
	json_key(&a->json, "commit");
	json_str(&a->json, MEASURE_COMMIT);
	json_key(&a->json, "libraries");
	json_open(&a->json, '[');
	buf_fmt(&c->text, "%s %s\ncommit %s\n", program.name, MEASURE_VERSION, MEASURE_COMMIT);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		put_json(&a->json, &libraries[i]);
		put_text(&c->text, &libraries[i]);
	}
	for (const struct program_library *l = program.libraries; l && l->name; l++) {
		char built[PROGRAM_VERSION_ROOM], running[PROGRAM_VERSION_ROOM];
		const struct library own = {l->name, l->version(false, built),
					    l->version(true, running)};

		put_json(&a->json, &own);
		put_text(&c->text, &own);
	}
	json_close(&a->json, ']');
	return true;
}

const struct verb verb_version = {
	.name = "version",
	.summary = "version, source commit and libraries of this program",
	.usage = "",
	.run = version_run,
};
