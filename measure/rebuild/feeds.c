#include "measure/rebuild/feeds.h"

#include "measure/base/json.h"
#include "measure/core/hash.h"

#define TEXT_MAX (16u << 20)

/* Of which the measured parts are made. */
enum part { PART_KERNEL, PART_BOOT, PART_APPLICATION, PART_FIRMWARE, PARTS };

struct rule {
	const char *name;
	unsigned parts; /* 1u << enum part */
	const char *file; /* a reference: what is published as it is */
};

/* facts of the formats: eif/pcr.h, ovmf-snp/launch.h */
static const struct rule eif_rules[] = {
	{"PCR0", 1u << PART_KERNEL | 1u << PART_BOOT | 1u << PART_APPLICATION, NULL},
	{"PCR1", 1u << PART_KERNEL | 1u << PART_BOOT, NULL},
	{"PCR2", 1u << PART_APPLICATION, NULL},
};
static const struct rule snp_rules[] = {
	{"MEASUREMENT",
	 1u << PART_KERNEL | 1u << PART_BOOT | 1u << PART_APPLICATION | 1u << PART_FIRMWARE, NULL},
};

struct feeding {
	const struct recipe *r;
	const struct lock *l;
	struct feed *to;
	struct json_out j;
};

static void reach(struct feeding *f, const char *text)
{
	struct recipe_ref ref;

	if (!text)
		return;
	ref = recipe_ref(f->r, text);
	if (ref.stage)
		f->to->stage[ref.stage - f->r->stages] = true;
	else
		f->to->input[ref.input - f->r->inputs] = true;
	json_str(&f->j, text);
}

/* Stages stand behind what they use. */
static void reach_further(struct feeding *f)
{
	for (size_t i = f->r->n_stages; i-- > 0;) {
		const struct recipe_stage *s = &f->r->stages[i];

		if (!f->to->stage[i])
			continue;
		json_open(&f->j, '[');
		reach(f, s->root);
		for (size_t k = 0; k < s->use.n; k++) {
			json_str(&f->j, s->use.item[k].name);
			reach(f, s->use.item[k].value);
		}
		json_close(&f->j, ']');
	}
}

/* ---- what the recipe says itself */

static void say(struct feeding *f, const char *text)
{
	if (text)
		json_str(&f->j, text);
	else
		json_null(&f->j);
}

static void say_texts(struct feeding *f, const struct recipe_texts *t)
{
	json_open(&f->j, '[');
	for (size_t i = 0; i < t->n; i++)
		say(f, t->item[i]);
	json_close(&f->j, ']');
}

static void say_pairs(struct feeding *f, const struct recipe_pairs *p)
{
	json_open(&f->j, '[');
	for (size_t i = 0; i < p->n; i++) {
		say(f, p->item[i].name);
		say(f, p->item[i].value);
	}
	json_close(&f->j, ']');
}

static void say_kernel(struct feeding *f)
{
	reach(f, f->r->kernel);
	say(f, f->r->cmdline);
	json_bool(&f->j, f->r->eif.aarch64);
}

/* The first ramdisk: init and modules, or the first that the recipe names. */
static void say_boot(struct feeding *f)
{
	const struct recipe_application *a = &f->r->application;

	reach(f, a->init);
	reach(f, a->modules_from);
	say_texts(f, &a->modules);
	reach(f, a->modules.n > 0 ? f->r->kernel_config : NULL);
	json_bool(&f->j, f->r->eif.vendor);
	reach(f, f->r->snp.initrd);
	if (!a->rootfs && f->r->eif.ramdisks.n > 0)
		reach(f, f->r->eif.ramdisks.item[0]);
}

static void say_application(struct feeding *f)
{
	const struct recipe_application *a = &f->r->application;

	reach(f, a->rootfs);
	json_bool(&f->j, a->has_entrypoint);
	say_texts(f, &a->entrypoint);
	json_bool(&f->j, a->has_cmd);
	say_texts(f, &a->cmd);
	say_pairs(f, &a->environment);
	say(f, a->workdir);
	say(f, a->user);
	json_bool(&f->j, a->init != NULL);
	json_bool(&f->j, f->r->eif.vendor);
	for (size_t i = a->rootfs ? 0 : 1; i < f->r->eif.ramdisks.n; i++)
		reach(f, f->r->eif.ramdisks.item[i]);
}

static void say_firmware(struct feeding *f)
{
	const struct recipe_snp *s = &f->r->snp;

	reach(f, s->ovmf);
	say(f, s->vcpus);
	say_texts(f, &s->types);
	say_texts(f, &s->features);
	say_texts(f, &s->profiles);
}

/* ---- what those are */

static bool say_input(struct feeding *f, const struct recipe_input *x, struct err *e)
{
	size_t n = 0;
	const struct lock_input *locked = lock_find(f->l, x->name, &n);

	if (!locked)
		return err_set(e, REASON_UNLOCKED, "the input '%s' is not locked", x->name);
	json_open(&f->j, '[');
	say(f, x->name);
	json_bool(&f->j, x->unpack);
	json_bool(&f->j, x->configure);
	say_pairs(f, &x->links);
	for (size_t i = 0; i < n; i++) {
		say(f, locked[i].name);
		json_hex(&f->j, digest_bytes(&locked[i].object.sha256));
	}
	json_close(&f->j, ']');
	return true;
}

static bool say_stage(struct feeding *f, const struct recipe_stage *s, struct err *e)
{
	const struct lock_stage *locked = lock_stage(f->l, s->name);

	if (!locked)
		return err_set(e, REASON_UNLOCKED, "the stage '%s' is not locked", s->name);
	json_open(&f->j, '[');
	say(f, s->name);
	say(f, s->run);
	say(f, locked->path);
	json_u64(&f->j, locked->umask);
	json_u64(&f->j, locked->jobs);
	for (size_t i = 0; i < locked->environment.n; i++)
		say(f, locked->environment.item[i]);
	say_pairs(f, &s->outputs);
	json_close(&f->j, ']');
	return true;
}

static bool feed(struct feeding *f, const struct rule *rule, struct err *e)
{
	static void (*const sayers[PARTS])(struct feeding *) = {
		[PART_KERNEL] = say_kernel,
		[PART_BOOT] = say_boot,
		[PART_APPLICATION] = say_application,
		[PART_FIRMWARE] = say_firmware,
	};
	owned(buf_free) struct buf text = BUF(TEXT_MAX);

	f->j = json_out(&text, false);
	f->to->name = rule->name;
	json_open(&f->j, '[');
	for (unsigned i = 0; i < PARTS; i++)
		if (rule->parts & 1u << i)
			sayers[i](f);
	reach(f, rule->file);
	reach_further(f);
	for (size_t i = 0; i < f->r->n_inputs; i++)
		if (f->to->input[i] && !say_input(f, &f->r->inputs[i], e))
			return false;
	for (size_t i = 0; i < f->r->n_stages; i++)
		if (f->to->stage[i] && !say_stage(f, &f->r->stages[i], e))
			return false;
	json_close(&f->j, ']');
	return buf_done(&text, "what feeds a register", e) &&
	       hash_of(DIGEST_SHA256, buf_bytes(&text), &f->to->digest, e);
}

static bool feed_all(const struct rule *rule, size_t n, const struct feeding *of, struct feeds *out,
		     struct err *e)
{
	for (out->n = 0; out->n < n; out->n++) {
		struct feeding f = *of;

		f.to = &out->feed[out->n];
		if (!feed(&f, &rule[out->n], e))
			return false;
	}
	return true;
}

static bool feed_files(const struct feeding *of, struct feeds *out, struct err *e)
{
	const struct recipe_pairs *files = &of->r->files;
	struct rule rules[FEEDS_MAX];

	if (files->n > FEEDS_MAX)
		return err_set(e, REASON_LIMIT, "%zu files, %u are the limit of a release",
			       files->n, FEEDS_MAX);
	for (size_t i = 0; i < files->n; i++)
		rules[i] = (struct rule){files->item[i].name, 0, files->item[i].value};
	return feed_all(rules, files->n, of, out, e);
}

bool feeds_read(const struct recipe *r, const struct lock *l, struct feeds *out, struct err *e)
{
	const struct feeding of = {.r = r, .l = l};

	*out = (struct feeds){0};
	switch (r->image) {
	case IMAGE_IS_EIF:
		return feed_all(eif_rules, sizeof(eif_rules) / sizeof(eif_rules[0]), &of, out, e);
	case IMAGE_IS_SNP:
		return feed_all(snp_rules, 1, &of, out, e);
	case IMAGE_IS_NONE:
		break;
	}
	return feed_files(&of, out, e);
}
