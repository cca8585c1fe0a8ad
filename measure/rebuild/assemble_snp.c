#include "measure/rebuild/assemble_guest.h"
#include "ovmf-snp/bundle_write.h"
#include "ovmf-snp/request_list.h"

#define PATH_ROOM 8192u

struct snp_work {
	struct works *w;
	const struct recipe *r;
	struct works_file ovmf, kernel, initrd;
	struct request request;
	struct snp_bundle_made made;
	struct guest_parts guest;
	struct snp_root_ask root;
};

static void snp_work_free(struct snp_work *x)
{
	works_file_free(&x->ovmf);
	works_file_free(&x->kernel);
	works_file_free(&x->initrd);
	request_free(&x->request);
	snp_bundle_made_free(&x->made);
	guest_parts_free(&x->guest);
}

static bool bring(struct snp_work *x, const char *ref, struct works_file *f, struct err *e)
{
	return !ref || works_file(x->w, ref, f, e);
}

/* "a,b", as a list on the command line. */
static bool join(const struct recipe_texts *list, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < list->n; i++)
		buf_fmt(out, "%s%s", i ? "," : "", list->item[i]);
	return buf_done(out, "a list", e) && buf_cstr(out);
}

static bool read_lists(struct snp_work *x, struct err *e)
{
	owned(buf_free) struct buf types = BUF(1u << 16), features = BUF(1u << 16);
	owned(buf_free) struct buf names = BUF(1u << 16);
	const struct recipe_snp *snp = &x->r->snp;
	struct request *r = &x->request;

	return join(&snp->types, &types, e) && join(&snp->features, &features, e) &&
	       join(&snp->profiles, &names, e) && request_counts_read(r, snp->vcpus, e) &&
	       request_monitor_read(r, NULL, names.n ? buf_cstr(&names) : NULL, e) &&
	       (types.n ? request_types_read(r, buf_cstr(&types), e) : request_typeless(r, e)) &&
	       request_features_read(r, features.n ? buf_cstr(&features) : "0x1", e);
}

static bool read_request(struct snp_work *x, struct err *e)
{
	struct request *r = &x->request;

	r->files.ovmf = x->ovmf.path;
	r->files.kernel = x->kernel.path;
	r->files.initrd = x->initrd.path;
	return request_append_read(r, x->r->cmdline, NULL, e) && read_lists(x, e);
}

/* The root image, and unless the recipe names another the ramdisk that opens it. */
static bool read_root(struct snp_work *x, struct bundle_request *q, struct err *e)
{
	struct snp_root_ask *ask = &x->root;

	if (!x->r->application.rootfs)
		return true;
	if (!guest_parts_bring(x->w, &x->guest, e) || !root_device(NULL, &ask->device, e))
		return false;
	ask->root = &x->guest.root;
	ask->options.spool = x->w->scratch.path;
	ask->initrd = !x->r->snp.initrd;
	ask->application = guest_parts_application(x->w, &x->guest);
	ask->start.init = x->guest.init.path;
	ask->start.kernel = x->kernel.path;
	ask->start.config = buf_bytes(&x->guest.config);
	ask->start.modules = guest_parts_modules(x->w, &x->guest);
	q->root = ask;
	return true;
}

static bool tell_parts(const struct snp_work *x, struct assembled *made, struct err *e)
{
	if (!assembled_add(made, "firmware", works_origin(x->w, x->r->snp.ovmf), e))
		return false;
	if (x->r->kernel && (!assembled_add(made, "kernel", works_origin(x->w, x->r->kernel), e) ||
			     !assembled_add(made, "cmdline", ORIGIN_SOURCE, e)))
		return false;
	if (x->root.root &&
	    !assembled_add(made, "root", works_origin(x->w, x->r->application.rootfs), e))
		return false;
	if (x->r->snp.initrd)
		return assembled_add(made, "initrd", works_origin(x->w, x->r->snp.initrd), e);
	return !x->root.initrd || assembled_add(made, "initrd", guest_boot_origin(x->w), e);
}

static bool tell_launch(const struct snp_work *x, struct assembled *made, struct err *e)
{
	owned(buf_free) struct buf record = BUF(LAUNCH_RECORD_MAX);
	struct json_out j = json_out(&made->json, true);

	launch_record_write(&x->made.record, &record);
	if (!buf_done(&record, "the record of a launch", e))
		return false;
	j.depth = 1;
	json_key(&j, "launch");
	json_raw(&j, bytes_of(record.p, record.n - 1));
	return true;
}

bool assemble_snp(struct works *w, const char *folder, struct assembled *made, struct answer *a,
		  struct err *e)
{
	owned(snp_work_free) struct snp_work x = {
		.w = w,
		.r = &w->plan->recipe,
		.request = {.append = BUF(REQUEST_APPEND_MAX)},
		.guest = GUEST_PARTS,
	};
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	struct bundle_request q = {
		.launch = &x.request,
		.policy = LAUNCH_POLICY,
		.allow_debug = x.r->snp.allow_debug,
	};

	buf_fmt(&path, "%s/%s", folder, x.r->artefact);
	if (!buf_done(&path, "a path", e))
		return false;
	q.output = buf_cstr(&path);
	return bring(&x, x.r->snp.ovmf, &x.ovmf, e) && bring(&x, x.r->kernel, &x.kernel, e) &&
	       bring(&x, x.r->snp.initrd, &x.initrd, e) && read_request(&x, e) &&
	       read_root(&x, &q, e) &&
	       (!x.r->snp.policy || request_number("policy", x.r->snp.policy, &q.policy, e)) &&
	       snp_bundle_write(&q, &x.made, a, e) && tell_launch(&x, made, e) &&
	       tell_parts(&x, made, e);
}
