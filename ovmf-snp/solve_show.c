#include "ovmf-snp/solve_show.h"

#include <ctype.h>

#include "measure/base/text.h"
#include "ovmf-snp/vcpu.h"

#define WORD_MAX (16u << 20)

/* ---- words for a shell */

static void put_word(struct buf *out, struct bytes word)
{
	size_t safe = 0;

	while (safe < word.n && word.p[safe] < 0x80 &&
	       (isalnum(word.p[safe]) || strchr("_./:=,+@%-", word.p[safe])))
		safe++;
	if (safe == word.n && word.n > 0)
		buf_put(out, word);
	else
		text_quote(out, word);
}

/* The argument of printf(1) that prints these bytes. */
static void put_format(struct buf *out, struct bytes text)
{
	buf_str(out, "'");
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '\n')
			buf_str(out, "\\n");
		else if (c < 0x20 || c >= 0x7f || c == '\'' || (c == '-' && i == 0))
			buf_fmt(out, "\\%03o", (unsigned)c);
		else if (c == '\\' || c == '%')
			buf_fmt(out, "%c%c", c, c);
		else
			buf_u8(out, c);
	}
	buf_str(out, "'");
}

static void put_path(struct buf *out, const char *option, const char *path)
{
	buf_fmt(out, " --%s ", option);
	if (text_plain(bytes_str(path))) {
		put_word(out, bytes_str(path));
		return;
	}
	buf_str(out, "\"$(printf ");
	put_format(out, bytes_str(path));
	buf_str(out, ")\"");
}

/* ---- the command */

static const char *type_name(const struct solve *s, uint32_t signature)
{
	const struct request *r = &s->believed;

	for (size_t i = 0; i < r->n_types; i++)
		if (r->type[i].signature == signature)
			return r->type[i].name;
	return vcpu_name(signature);
}

static void put_type(struct buf *out, const struct solve *s, uint32_t signature)
{
	const char *name = type_name(s, signature);

	if (name)
		buf_fmt(out, "--vcpu-type %s", name);
	else
		buf_fmt(out, "--vcpu-sig 0x%x", signature);
}

static bool has_processors(const struct solution *x)
{
	return x->mode == MODE_SNP || x->mode == MODE_SEVES;
}

static void put_processors(struct buf *out, const struct solve *s, const struct solution *x)
{
	buf_fmt(out, " --vcpus %u ", x->vcpus);
	if (x->profile->signature_in_rdx) {
		put_type(out, s, x->signature);
		buf_str(out, " ");
	}
	buf_fmt(out, "--profile %s", x->profile->name);
	if (x->mode == MODE_SNP)
		buf_fmt(out, " --guest-features 0x%llx", (unsigned long long)x->features);
}

void solution_command(struct buf *out, const struct solve *s, const struct solution *x)
{
	const struct guest_files *f = &s->believed.files;
	bool kernel = x->mode != MODE_OVMF_HASH && x->words != WORDS_ABSENT;
	bool piped = kernel && !text_plain(buf_bytes(&x->append));

	if (piped) {
		buf_str(out, "printf ");
		put_format(out, buf_bytes(&x->append));
		buf_str(out, " | ");
	}
	buf_str(out, "measure snp");
	if (x->mode != MODE_SNP)
		buf_fmt(out, " --mode %s", snp_mode_name(x->mode));
	put_path(out, "ovmf", x->firmware);
	if (kernel)
		put_path(out, "kernel", f->kernel);
	if (kernel && f->initrd)
		put_path(out, "initrd", f->initrd);
	if (piped) {
		buf_str(out, " --append-file -");
	} else if (kernel && x->append.n > 0) {
		buf_str(out, " --append ");
		put_word(out, buf_bytes(&x->append));
	}
	if (has_processors(x))
		put_processors(out, s, x);
}

/* ---- what differs */

static void next(struct buf *out)
{
	if (out->n > 0)
		buf_str(out, ", ");
}

static void differ_words(struct buf *out, enum solve_words words)
{
	static const char *const texts[SOLVE_WORDS] = {
		[WORDS_ABSENT] = "no --kernel: its hashes were not launched",
		[WORDS_TRIMMED] = "--append without the blanks around it",
		[WORDS_BLANK] = "--append with a blank behind it",
		[WORDS_NEWLINE] = "--append with a newline behind it",
		[WORDS_NUL] = "--append with a NUL behind it",
		[WORDS_EMPTY] = "no --append",
	};

	if (!texts[words])
		return;
	next(out);
	buf_str(out, texts[words]);
}

static void differ_profile(struct buf *out, const struct request *r, const struct solution *x)
{
	for (size_t i = 0; i < r->n_profiles; i++)
		if (r->profile[i] == x->profile)
			return;
	if (r->n_profiles == 0)
		return;
	next(out);
	buf_fmt(out, "--profile %s instead of %s", x->profile->name, r->profile[0]->name);
}

static void differ_type(struct buf *out, const struct solve *s, const struct solution *x)
{
	const struct request *r = &s->believed;

	for (size_t i = 0; i < r->n_types; i++)
		if (r->type[i].signature == x->signature)
			return;
	if (r->n_types == 0 || !x->profile->signature_in_rdx)
		return;
	next(out);
	put_type(out, s, x->signature);
	if (r->type[0].name)
		buf_fmt(out, " instead of %s", r->type[0].name);
	else
		buf_fmt(out, " instead of 0x%x", r->type[0].signature);
}

static void differ_features(struct buf *out, const struct request *r, const struct solution *x)
{
	uint64_t change;
	const char *before = " (";

	for (size_t i = 0; i < r->n_features; i++)
		if (r->features[i] == x->features)
			return;
	if (r->n_features == 0)
		return;
	next(out);
	buf_fmt(out, "--guest-features 0x%llx instead of 0x%llx", (unsigned long long)x->features,
		(unsigned long long)r->features[0]);
	change = x->features ^ r->features[0];
	for (unsigned bit = 0; bit < 64; bit++)
		if ((change >> bit & 1) && vmsa_feature(bit)) {
			buf_fmt(out, "%s%s %s", before, vmsa_feature(bit),
				x->features >> bit & 1 ? "on" : "off");
			before = ", ";
		}
	if (before[0] == ',')
		buf_str(out, ")");
}

static void differ_count(struct buf *out, const struct request *r, const struct solution *x)
{
	if (r->n_counts == 0 || request_counts(r, x->vcpus))
		return;
	next(out);
	buf_fmt(out, "--vcpus %u instead of %u", x->vcpus, r->count[0].from);
}

void solution_differs(struct buf *out, const struct solve *s, const struct solution *x)
{
	const struct request *r = &s->believed;

	if (x->mode == MODE_OVMF_HASH) {
		buf_str(out, "it is the digest of the firmware's pages alone");
		return;
	}
	if (has_processors(x)) {
		differ_count(out, r, x);
		differ_type(out, s, x);
		differ_profile(out, r, x);
	}
	if (x->mode == MODE_SNP)
		differ_features(out, r, x);
	if (r->files.kernel)
		differ_words(out, x->words);
}

/* ---- what was tried */

void solution_tried(struct buf *out, const struct solve *s, const struct solution *x)
{
	size_t words = x->n_spellings - 1;

	buf_fmt(out, "%zu firmware image%s, without a kernel", s->n_firmware,
		s->n_firmware == 1 ? "" : "s");
	if (words > 0)
		buf_fmt(out, " and with it and %zu command lines", words);
	if (x->no_place > 0)
		buf_fmt(out, " (%zu of the images without a place for its hash)", x->no_place);
	buf_fmt(out, "%s, %zu profiles, %zu types of processors, ",
		s->wanted.alg == DIGEST_SHA256 ? ", SEV and SEV-ES" : "", x->n_profiles,
		x->n_signatures);
	if (s->wanted.alg == DIGEST_SHA384)
		buf_fmt(out, "%zu features, ", x->n_features);
	buf_fmt(out, "1 to %u processors: %llu combinations", s->most,
		(unsigned long long)x->combinations);
}

/* ---- JSON */

static void put_text(struct json_out *w, const char *key, const struct buf *text)
{
	if (text->failed != REASON_NONE)
		buf_fail(w->out, text->failed);
	json_key(w, key);
	json_string(w, buf_bytes(text));
}

static void put_tried(struct json_out *w, const struct solve *s, const struct solution *x)
{
	const struct {
		const char *key;
		uint64_t n;
	} rows[] = {
		{"firmware", s->n_firmware},
		{"firmware_without_hashes", x->no_place},
		{"kernel_hashes", x->n_spellings},
		{"profiles", x->n_profiles},
		{"vcpu_types", x->n_signatures},
		{"guest_features", x->n_features},
		{"vcpus", s->most},
		{"combinations", x->combinations},
	};

	json_key(w, "tried");
	json_open(w, '{');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_key(w, rows[i].key);
		json_u64(w, rows[i].n);
	}
	json_close(w, '}');
}

static void put_kind(struct json_out *w, const struct solve *s, const struct solution *x)
{
	json_text(w, "profile", x->profile->name);
	if (x->profile->signature_in_rdx) {
		json_text(w, "vcpu_type", type_name(s, x->signature));
		json_key(w, "vcpu_sig");
		json_u64(w, x->signature);
	}
	if (x->mode == MODE_SNP) {
		json_key(w, "guest_features");
		json_u64(w, x->features);
	}
	json_key(w, "vcpus");
	json_u64(w, x->vcpus);
}

static void put_hashes(struct json_out *w, const struct solution *x)
{
	json_key(w, "kernel_hashes");
	json_bool(w, x->words != WORDS_ABSENT);
	if (x->words == WORDS_ABSENT)
		return;
	json_key(w, "append");
	json_hex(w, buf_bytes(&x->append));
}

static void put_parameters(struct json_out *w, const struct solve *s, const struct solution *x)
{
	json_key(w, "parameters");
	json_open(w, '{');
	json_text(w, "mode", snp_mode_name(x->mode));
	if (has_processors(x))
		put_kind(w, s, x);
	if (x->mode != MODE_OVMF_HASH)
		put_hashes(w, x);
	json_close(w, '}');
}

void solution_json(struct json_out *w, const struct solve *s, const struct solution *x)
{
	owned(buf_free) struct buf text = BUF(WORD_MAX);

	if (x->found) {
		solution_command(&text, s, x);
		put_text(w, "command", &text);
		buf_reset(&text);
		solution_differs(&text, s, x);
		put_text(w, "differs", &text);
		put_parameters(w, s, x);
	}
	put_tried(w, s, x);
}
