#include "measure/base/home.h"
#include "measure/base/num.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/cli/cli.h"
#include "measure/fetch/collateral.h"
#include "measure/fetch/http.h"
#include "measure/fetch/verbs.h"

enum { O_PRINT, O_PRODUCT, O_BASE, O_STORE, O_ARK, O_TRIES };

static const struct opt opts[] = {
	[O_PRINT] = {"print", 0, OPT_FLAG, NULL, NULL, "print the addresses, and fetch nothing"},
	[O_PRODUCT] = {"product", 0, OPT_VALUE, "NAME", NULL,
		       "of a report before version 3: Milan, Genoa or Turin"},
	[O_BASE] = {"base", 0, OPT_VALUE, "URL", NULL, "another server's address (" KDS_BASE ")"},
	[O_STORE] = {"store", 0, OPT_VALUE, "DIR", NULL,
		     "where files are kept ($XDG_CACHE_HOME/measure/kds)"},
	[O_ARK] = {"ark", 0, OPT_VALUE, "FILE", NULL,
		   "a root to trust instead of AMD's, for tests"},
	[O_TRIES] = {"tries", 0, OPT_VALUE, "N", NULL, "how often a file is tried (4)"},
	{0},
};

#define TRIES_MAX 20u
#define PATH_ROOM 8192u

/* What the verb works with. */
struct work {
	struct cli *c;
	struct answer *a;
	struct snp_report report;
	struct kds kds;
	struct collateral collateral;
	const char *base;
	struct buf store; /* the folder, without a slash at its end */
	struct http http;
};

static void work_free(struct work *w)
{
	collateral_free(&w->collateral);
	kds_free(&w->kds);
	buf_free(&w->store);
}

static void told_retry(void *arg, const struct err *why, unsigned seconds)
{
	struct work *w = arg;

	talk_say(&w->c->talk, "%s: %s; again in %u second%s", why->subject, why->text, seconds,
		 seconds == 1 ? "" : "s");
}

static bool read_options(struct work *w, struct err *e)
{
	const struct args *args = &w->c->args;
	const char *store = args_value(args, O_STORE), *tries = args_value(args, O_TRIES);
	uint64_t n = HTTP_TRIES;

	w->base = args_value(args, O_BASE) ? args_value(args, O_BASE) : KDS_BASE;
	if (!http_address(w->base, "--base", e))
		return false;
	if (tries && (!num_parse(tries, &n) || n == 0 || n > TRIES_MAX))
		return err_set(e, REASON_USAGE, "--tries: '%s' is no number from 1 to %u", tries,
			       TRIES_MAX);
	w->http = (struct http){(unsigned)n, cli_watch(w->c), told_retry, w, 0};
	if (store)
		buf_str(&w->store, store);
	else if (!home_path(HOME_CACHE, "kds", &w->store))
		return err_set(e, REASON_USAGE,
			       "neither %s nor HOME says where to keep files, and "
			       "--store is missing",
			       home_variable(HOME_CACHE));
	return buf_done(&w->store, "the folder of the store", e);
}

static bool read_root(struct work *w, struct err *e)
{
	owned(buf_free) struct buf file = BUF(COLLATERAL_MAX);
	const char *path = args_value(&w->c->args, O_ARK);

	w->collateral.kds = &w->kds;
	w->collateral.report = &w->report;
	w->collateral.now = when_now();
	if (!path)
		return true;
	return file_slurp(path, COLLATERAL_MAX, &file, e) &&
	       (snp_pool_add(&w->collateral.roots, buf_bytes(&file), e) || err_subject(e, path));
}

static bool read_report(struct work *w, struct err *e)
{
	owned(buf_free) struct buf file = BUF(COLLATERAL_MAX);
	const char *path;

	if (!cli_operand(w->c, "REPORT", &path, e) || !file_slurp(path, COLLATERAL_MAX, &file, e))
		return false;
	/* An extended report begins with the report. */
	if (file.n > SNP_REPORT_SIZE)
		file.n = SNP_REPORT_SIZE;
	return snp_report_read(&w->report, buf_bytes(&file), e) || err_subject(e, path);
}

static void path_of(const struct work *w, enum kds_item item, struct buf *out)
{
	buf_put(out, buf_bytes(&w->store));
	buf_str(out, "/");
	buf_put(out, buf_bytes(&w->kds.name[item]));
}

static void url_of(const struct work *w, enum kds_item item, struct buf *out)
{
	buf_str(out, w->base);
	buf_put(out, buf_bytes(&w->kds.path[item]));
}

/* What was fetched before still holds, but for lists of what was revoked, which grow. */
static bool is_kept(struct work *w, enum kds_item item, const char *path)
{
	owned(buf_free) struct buf file = BUF(COLLATERAL_MAX);
	struct err e = {0};

	return item != KDS_CRL && file_slurp(path, COLLATERAL_MAX, &file, &e) &&
	       collateral_check(&w->collateral, item, buf_bytes(&file), &e);
}

static bool fetch(struct work *w, enum kds_item item, const char *path, const char *url,
		  struct err *e)
{
	owned(buf_free) struct buf file = BUF(COLLATERAL_MAX);

	talk_note(&w->c->talk, "%s", url);
	if (!http_get(&w->http, url, COLLATERAL_MAX, &file, e))
		return false;
	if (!collateral_check(&w->collateral, item, buf_bytes(&file), e))
		return err_subject(e, url);
	return home_make_folders(path, HOME_PRIVATE, e) && file_write(path, buf_bytes(&file), e);
}

static void tell(struct work *w, enum kds_item item, const char *url, const char *path)
{
	struct json_out *j = &w->a->json;

	json_open(j, '{');
	json_key(j, "what");
	json_str(j, kds_item_name(item));
	json_key(j, "url");
	json_str(j, url);
	if (path) {
		json_key(j, "path");
		json_str(j, path);
	}
	json_close(j, '}');
	buf_fmt(&w->c->text, "%-5s  ", kds_item_name(item));
	text_tame(&w->c->text, bytes_str(path ? path : url));
	buf_str(&w->c->text, "\n");
}

static bool one(struct work *w, enum kds_item item, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM), url = BUF(PATH_ROOM);
	bool print = args_has(&w->c->args, O_PRINT);

	if (w->kds.path[item].n == 0) {
		answer_note(w->a, REASON_COLLATERAL_ELSEWHERE,
			    "a VLEK is not to be had from the service: the machine's owner has it");
		return true;
	}
	path_of(w, item, &path);
	url_of(w, item, &url);
	if (!buf_done(&path, "a path", e) || !buf_done(&url, "an address", e))
		return false;
	if (!print && !is_kept(w, item, buf_cstr(&path)) &&
	    !fetch(w, item, buf_cstr(&path), buf_cstr(&url), e))
		return false;
	tell(w, item, buf_cstr(&url), print ? NULL : buf_cstr(&path));
	return true;
}

static bool kds_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(work_free) struct work w = {.c = c, .a = a, .store = BUF(PATH_ROOM)};

	if (!read_options(&w, e) || !read_report(&w, e) || !read_root(&w, e) ||
	    !kds_name(&w.kds, &w.report, args_value(&c->args, O_PRODUCT), e))
		return false;
	json_key(&a->json, "product");
	json_str(&a->json, w.kds.product);
	json_key(&a->json, "files");
	json_open(&a->json, '[');
	for (unsigned i = 0; i < KDS_ITEMS; i++)
		if (!one(&w, (enum kds_item)i, e))
			return false;
	json_close(&a->json, ']');
	return true;
}

const struct verb verb_kds = {
	.name = "kds",
	.summary = "AMD's certificates and revocation list for an attestation report",
	.group = GROUP_VERIFY,
	.usage = "REPORT [--print] [--store DIR]",
	.opts = opts,
	.network = true,
	.run = kds_run,
};
