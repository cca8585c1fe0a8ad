#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/cli/verify.h"
#include "measure/core/pubkey.h"

#define PCRS 32u
#define TCB_PART_MAX 255u
#define VMPL_MAX 3u
#define NONCE_MAX 512u
#define USER_DATA_MAX 1024u

static const char *const kinds[] = {"nitro", "snp", NULL};
static const char *const bindings[] = {"public-key", "user-data-sha256", "report-data-sha256",
				       "report-data-sha512", NULL};

const struct opt verify_opts[] = {
	[VERIFY_MANIFEST] =
		{"manifest", 0, OPT_LIST, "FILE", NULL,
		 "a signed manifest or a bundle; several give signatures of one payload"},
	[VERIFY_PROOF] = {"proof", 0, OPT_LIST, "FILE", NULL,
			  "a proof that the manifest was published in a log, which is then wanted"},
	[VERIFY_DB] = DB_ROWS,
	[VERIFY_CHANNEL] = {"channel", 0, OPT_VALUE, "NAME", NULL,
			    "with --db: what this channel has as latest and minimum (any)"},
	[VERIFY_LATEST] = {"latest", 0, OPT_FLAG, NULL, NULL,
			   "with --db: only the latest release will do"},
	[VERIFY_PRODUCT] = {"product", 0, OPT_VALUE, "NAME", NULL,
			    "the product that the manifest must be of"},
	[VERIFY_VERSION] = {"version", 0, OPT_VALUE, "TEXT", NULL,
			    "the version that it must be of"},
	[VERIFY_KIND] = {"kind", 0, OPT_VALUE, "KIND", kinds, "accept this kind of evidence alone"},
	[VERIFY_PCR] = {"pcr", 0, OPT_LIST, "N=HEX", NULL, "expect this register of an enclave"},
	[VERIFY_MEASUREMENT] = {"measurement", 0, OPT_VALUE, "HEX", NULL,
				"expect this launch measurement of a report"},
	[VERIFY_HOST_DATA] = {"host-data", 0, OPT_VALUE, "HEX", NULL,
			      "expect this host data of a report, 32 bytes"},
	[VERIFY_REPORT_DATA] = {"report-data", 0, OPT_VALUE, "HEX", NULL,
				"expect this report data, 64 bytes"},
	[VERIFY_USER_DATA] = {"user-data", 0, OPT_VALUE, "HEX", NULL,
			      "expect this user data of a document"},
	[VERIFY_NONCE] = {"nonce", 0, OPT_VALUE, "HEX", NULL,
			  "the random bytes that were sent, which the evidence must hold"},
	[VERIFY_INSECURE_NO_NONCE] = {"insecure-no-nonce", 0, OPT_FLAG, NULL, NULL,
				      "accept that a copy of old evidence may be shown"},
	[VERIFY_TLS_CERT] = {"tls-cert", 0, OPT_VALUE, "FILE", NULL,
			     "the certificate that the connection showed, to hold against the "
			     "evidence"},
	[VERIFY_PUBLIC_KEY] = {"public-key", 0, OPT_VALUE, "FILE", NULL,
			       "the same, of a public key alone"},
	[VERIFY_BINDING] = {"binding", 0, OPT_VALUE, "HOW", NULL,
			    "public-key, user-data-sha256, report-data-sha256, report-data-sha512"},
	[VERIFY_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		       "time to judge by: now, document (its own signed time), none, or RFC 3339"},
	[VERIFY_ROOT] = {"root", 0, OPT_LIST, "FILE", NULL,
			 "trust this root for documents instead of the pinned one"},
	[VERIFY_ARK] = {"ark", 0, OPT_LIST, "FILE", NULL,
			"trust this root for reports instead of the pinned ones"},
	[VERIFY_CHAIN] = {"chain", 0, OPT_LIST, "FILE|DIR", NULL,
			  "certificates between a report's and its root; of a folder all of them"},
	[VERIFY_VEK] = {"vek", 0, OPT_LIST, "FILE", NULL,
			"the certificate of the key that signed the report"},
	[VERIFY_CRL] = {"crl", 0, OPT_LIST, "FILE", NULL, "revocation list of a report's root"},
	[VERIFY_VMPL] = {"vmpl", 0, OPT_VALUE, "N", NULL,
			 "privilege level that a report must be of (0)"},
	[VERIFY_MIN_TCB] = {"min-tcb", 0, OPT_VALUE, "bl=N,...", NULL,
			    "oldest TCB accepted: bl=N,tee=N,snp=N,ucode=N,fmc=N"},
	[VERIFY_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
				"accept debug mode, which lets the operator read all memory"},
	[VERIFY_BATCH] = {"batch", 0, OPT_VALUE, "DIR|FILE", NULL,
			  "many: the files of a folder, or those a file names, a line each"},
	{0},
};

static const char *value(const struct cli *c, enum verify_option o)
{
	return args_value(&c->args, o);
}

/* ---- values in hexadecimal */

/* A claim, its bytes, and how many there may be. */
struct hex_option {
	enum verify_option option;
	size_t least, most;
	struct buf *bytes;
	struct claim *claim;
};

static bool read_hex(const struct cli *c, const struct hex_option *o, struct err *e)
{
	const char *text = value(c, o->option), *name = verify_opts[o->option].name;

	if (!text)
		return true;
	*o->bytes = BUF(strlen(text) + 1);
	if (!hex_read(text, name, o->bytes, e))
		return false;
	if (o->bytes->n < o->least || o->bytes->n > o->most)
		return err_set(e, REASON_USAGE, "--%s: needs %zu to %zu bytes, %zu are given", name,
			       o->least, o->most, o->bytes->n);
	*o->claim = (struct claim){true, buf_bytes(o->bytes)};
	return true;
}

static bool expect_register(struct verify_job *job, const char *name, const char *option,
			    const char *hex, struct err *e)
{
	owned(buf_free) struct buf bytes = BUF(strlen(hex) + 1);
	struct digest d = {.alg = DIGEST_SHA384, .len = digest_len(DIGEST_SHA384)};

	if (!hex_read(hex, option, &bytes, e))
		return false;
	if (bytes.n != d.len)
		return err_set(e, REASON_USAGE, "%s: %zu bytes are given, %zu are needed", option,
			       bytes.n, d.len);
	if (bytes_zero(buf_bytes(&bytes)))
		return err_set(e, REASON_ZERO_MEASUREMENT, "%s: the expected value is all zero",
			       option);
	memcpy(d.v, bytes.p, d.len);
	if (mset_get(&job->registers, name))
		return err_set(e, REASON_USAGE, "%s is given twice", option);
	return mset_put(&job->registers, name, &d, e);
}

/* "0=HEX" */
static bool read_pcr(struct verify_job *job, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	char number[4] = "", name[MSET_NAME], option[32];
	uint64_t n = PCRS;

	if (equals && equals > text && (size_t)(equals - text) < sizeof(number))
		memcpy(number, text, (size_t)(equals - text));
	if (!equals || !num_parse(number, &n) || n >= PCRS)
		return err_set(e, REASON_USAGE, "--pcr needs N=HEX with N from 0 to %u, found '%s'",
			       PCRS - 1, text);
	snprintf(name, sizeof(name), "PCR%u", (unsigned)n);
	snprintf(option, sizeof(option), "--pcr %u", (unsigned)n);
	return expect_register(job, name, option, equals + 1, e);
}

static bool read_registers(const struct cli *c, struct verify_job *job, struct err *e)
{
	const char *pcr, *measurement = value(c, VERIFY_MEASUREMENT);

	for (size_t i = 0; (pcr = args_item(&c->args, VERIFY_PCR, i)); i++)
		if (!read_pcr(job, pcr, e))
			return false;
	return !measurement || expect_register(job, "MEASUREMENT", "--measurement", measurement, e);
}

static bool read_claims(const struct cli *c, struct verify_job *job, struct err *e)
{
	struct expectation *x = &job->expected;
	const struct hex_option options[] = {
		{VERIFY_NONCE, 1, NONCE_MAX, &job->nonce, &x->nonce},
		{VERIFY_HOST_DATA, 32, 32, &job->host_data, &x->host_data},
		{VERIFY_REPORT_DATA, 64, 64, &job->report_data, &x->report_data},
		{VERIFY_USER_DATA, 0, USER_DATA_MAX, &job->user_data, &x->user_data},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!read_hex(c, &options[i], e))
			return false;
	return true;
}

/* ---- the connection's key */

static bool read_channel(const struct cli *c, struct verify_job *job, struct err *e)
{
	const char *cert = value(c, VERIFY_TLS_CERT), *key = value(c, VERIFY_PUBLIC_KEY);
	const char *binding = value(c, VERIFY_BINDING), *path = cert ? cert : key;
	owned(buf_free) struct buf file = BUF(PUBKEY_FILE_MAX);
	unsigned i = 0;

	if (cert && key)
		return err_set(e, REASON_USAGE, "--tls-cert and --public-key exclude each other");
	if (!path && binding)
		return err_set(e, REASON_USAGE, "--binding needs --tls-cert or --public-key");
	if (!path)
		return true;
	while (binding && bindings[i] && strcmp(bindings[i], binding) != 0)
		i++;
	if (binding && !bindings[i])
		return err_set(
			e, REASON_USAGE,
			"--binding takes public-key, user-data-sha256, report-data-sha256 or "
			"report-data-sha512, not '%s'",
			binding);
	job->expected.binding = binding ? (enum binding)(BINDING_PUBLIC_KEY + i) : BINDING_DEFAULT;
	job->key = BUF(PUBKEY_FILE_MAX);
	if (!file_slurp(path, PUBKEY_FILE_MAX, &file, e))
		return false;
	if (!pubkey_any_spki(buf_bytes(&file), &job->key, e))
		return err_subject(e, path);
	job->expected.key = (struct claim){true, buf_bytes(&job->key)};
	return true;
}

/* ---- the policy */

static bool read_tcb_part(const char *text, size_t n, struct tcb *t, struct err *e)
{
	static const char *const names[] = {"bl", "tee", "snp", "ucode", "fmc"};
	int16_t *const parts[] = {&t->bl, &t->tee, &t->snp, &t->ucode, &t->fmc};
	char word[16] = "";
	uint64_t number;

	if (n < sizeof(word))
		memcpy(word, text, n);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);

		if (strncmp(word, names[i], length) != 0 || word[length] != '=')
			continue;
		if (!num_parse(word + length + 1, &number) || number > TCB_PART_MAX ||
		    *parts[i] >= 0)
			break;
		*parts[i] = (int16_t)number;
		return true;
	}
	return err_set(e, REASON_USAGE,
		       "--min-tcb needs bl=N,tee=N,snp=N,ucode=N,fmc=N, each once and from 0 to "
		       "%u, found '%.*s'",
		       TCB_PART_MAX, n < 60 ? (int)n : 60, text);
}

static bool read_min_tcb(const char *text, struct policy *p, struct err *e)
{
	struct tcb t = TCB_NONE;

	for (size_t n;; text += n + 1) {
		n = strcspn(text, ",");
		if (!read_tcb_part(text, n, &t, e))
			return false;
		if (text[n] == '\0')
			break;
	}
	if (p->n_floors == POLICY_LIST)
		return err_set(e, REASON_USAGE, "--min-tcb is one floor more than the %u there are",
			       POLICY_LIST);
	p->floor[p->n_floors].product = NULL;
	p->floor[p->n_floors++].tcb = t;
	return true;
}

/* It narrows what the trust file accepts, and widens nothing. */
static bool read_kind(const char *kind, struct policy *p, struct err *e)
{
	bool accepted = p->kinds.n == 0;

	for (size_t i = 0; i < p->kinds.n; i++)
		accepted = accepted || strcmp(p->kinds.text[i], kind) == 0;
	if (!accepted)
		return err_set(e, REASON_USAGE, "--kind %s: the trust file does not accept it",
			       kind);
	p->kinds = (struct policy_list){1, {kind}};
	return true;
}

/* What only reports can be asked implies them: of other evidence it would say nothing. */
static bool read_kinds(const struct cli *c, struct policy *p, struct err *e)
{
	const char *kind = value(c, VERIFY_KIND);
	const char *asks = value(c, VERIFY_VMPL) ? "vmpl" : "min-tcb";

	if (!value(c, VERIFY_VMPL) && !value(c, VERIFY_MIN_TCB))
		return !kind || read_kind(kind, p, e);
	if (kind && strcmp(kind, "snp") != 0)
		return err_set(e, REASON_USAGE, "--%s asks of reports, and --kind %s accepts none",
			       asks, kind);
	return read_kind("snp", p, e);
}

static bool read_policy(const struct cli *c, struct verify_job *job, struct err *e)
{
	const char *vmpl = value(c, VERIFY_VMPL), *min = value(c, VERIFY_MIN_TCB);
	struct policy *p = &job->policy;
	uint64_t level;

	if (vmpl) {
		if (!num_parse(vmpl, &level) || level > VMPL_MAX)
			return err_set(e, REASON_USAGE, "--vmpl needs 0 to %u, found '%s'",
				       VMPL_MAX, vmpl);
		p->has_vmpl = true;
		p->vmpl = (uint32_t)level;
	}
	p->allow_debug = args_has(&c->args, VERIFY_ALLOW_DEBUG);
	return (!min || read_min_tcb(min, p, e)) && read_kinds(c, p, e);
}

/* ---- manifest and trust */

/* Without a manifest the trust file may be missing where nobody named one: then all is strict. */
static bool read_trust(const struct cli *c, struct verify_job *job, struct err *e)
{
	const char *given = value(c, VERIFY_TRUST);
	owned(buf_free) struct buf path = BUF(TRUST_PATH_MAX);
	struct err fault = {0};

	if (job->has_manifest)
		return released_trust(&job->released, given, e);
	if (trust_path(given, &path, &fault) &&
	    trust_read(&job->released.trust, buf_cstr(&path), &fault))
		return true;
	if (fault.reason == REASON_NO_TRUST && !given)
		return true;
	*e = fault;
	return false;
}

/* A document's own time is not known yet; its image was released, or not, as of now. */
static void judge_when(struct verify_job *job)
{
	job->released.when = job->request.when;
	if (job->request.when.clock == CLOCK_DOCUMENT)
		job->released.when = (struct when){CLOCK_NOW, when_now()};
}

/* Options that speak of a manifest. */
static bool check_alone(const struct cli *c, struct err *e)
{
	static const enum verify_option options[] = {VERIFY_PRODUCT, VERIFY_VERSION, VERIFY_PROOF};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (args_has(&c->args, options[i]))
			return err_set(e, REASON_USAGE, "--%s means nothing without --manifest",
				       verify_opts[options[i]].name);
	return true;
}

static bool read_manifest(struct cli *c, struct verify_job *job, struct err *e)
{
	const char *path;

	job->has_manifest = args_has(&c->args, VERIFY_MANIFEST);
	job->released.allow_debug = args_has(&c->args, VERIFY_ALLOW_DEBUG);
	if (args_has(&c->args, VERIFY_DB))
		return verify_read_db(c, job, e);
	if (args_has(&c->args, VERIFY_CHANNEL) || args_has(&c->args, VERIFY_LATEST))
		return err_set(e, REASON_USAGE, "--%s has no meaning without --db",
			       args_has(&c->args, VERIFY_LATEST) ? "latest" : "channel");
	for (size_t i = 0; (path = args_item(&c->args, VERIFY_MANIFEST, i)); i++)
		if (!released_add(&job->released, path, e))
			return false;
	for (size_t i = 0; (path = args_item(&c->args, VERIFY_PROOF, i)); i++)
		if (!released_add_proof(&job->released, path, e))
			return false;
	if (job->has_manifest &&
	    !released_read(&job->released, args_item(&c->args, VERIFY_MANIFEST, 0), e))
		return false;
	if (!job->has_manifest && !check_alone(c, e))
		return false;
	if (!read_trust(c, job, e))
		return false;
	job->policy = job->released.trust ? job->released.trust->require : policy_strict();
	if (!job->has_manifest)
		return true;
	judge_when(job);
	job->released.product = value(c, VERIFY_PRODUCT);
	job->released.version = value(c, VERIFY_VERSION);
	if (!released_judge(&job->released, &job->manifest, e))
		return false;
	if (!verdict_decide(&job->manifest, &job->manifest_fault))
		job->expected.manifest_fault = &job->manifest_fault;
	job->expected.manifest = &job->released.manifest;
	return true;
}

/* ---- all */

static bool read_collateral_at(const char *path, bool may_be_folder, struct verify_files *to,
			       struct err *e)
{
	if (may_be_folder && listing_is_folder(path))
		return verify_read_folder(path, to, e);
	return verify_read_file(path, to, e);
}

static bool read_collateral(const struct cli *c, struct verify_job *job, struct err *e)
{
	const struct {
		enum verify_option option;
		struct verify_files *to;
		const struct evidence_files **request;
	} rows[] = {
		{VERIFY_ROOT, &job->root, &job->request.root},
		{VERIFY_ARK, &job->ark, &job->request.ark},
		{VERIFY_CHAIN, &job->chain, &job->request.chain},
		{VERIFY_VEK, &job->vek, &job->request.vek},
		{VERIFY_CRL, &job->crl, &job->request.crl},
	};
	const char *path;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t j = 0; (path = args_item(&c->args, rows[i].option, j)); j++)
			if (!read_collateral_at(path, rows[i].option == VERIFY_CHAIN, rows[i].to,
						e))
				return false;
		if (args_has(&c->args, rows[i].option))
			*rows[i].request = &rows[i].to->files;
	}
	return true;
}

/* Candidates like those of --chain and --crl, whatever they claim to be; never roots. */
static bool add_bundled(struct verify_job *job, struct err *e)
{
	const struct bundle_set *s = &job->released.published.collateral;

	for (size_t i = 0; i < s->n; i++)
		if (!verify_add_bytes("the bundle's collateral", s->member[i].bytes,
				      s->member[i].type == BUNDLE_CRL ? &job->crl : &job->chain, e))
			return false;
	if (job->chain.files.n > 0)
		job->request.chain = &job->chain.files;
	if (job->crl.files.n > 0)
		job->request.crl = &job->crl.files;
	return true;
}

bool verify_read_options(struct cli *c, struct verify_job *job, struct err *e)
{
	struct expectation *x = &job->expected;

	if (!when_choose(value(c, VERIFY_AT), true, &job->request.when, e) ||
	    !read_registers(c, job, e) || !read_claims(c, job, e) || !read_channel(c, job, e) ||
	    !read_manifest(c, job, e) || !read_policy(c, job, e) || !read_collateral(c, job, e) ||
	    !add_bundled(job, e))
		return false;
	x->registers = &job->registers;
	x->when = job->request.when;
	x->insecure_no_nonce = args_has(&c->args, VERIFY_INSECURE_NO_NONCE);
	x->policy = &job->policy;
	job->request.allow_debug = job->policy.allow_debug;
	if (args_has(&c->args, VERIFY_BATCH) && !chain_cache_new(&job->cache, e))
		return false;
	job->request.cache = job->cache;
	return true;
}

void verify_job_free(struct verify_job *job)
{
	released_free(&job->released);
	db_close(&job->db);
	chain_cache_free(&job->cache);
	buf_free(&job->nonce);
	buf_free(&job->host_data);
	buf_free(&job->report_data);
	buf_free(&job->user_data);
	buf_free(&job->key);
	verify_free_files(&job->root);
	verify_free_files(&job->ark);
	verify_free_files(&job->chain);
	verify_free_files(&job->vek);
	verify_free_files(&job->crl);
}
