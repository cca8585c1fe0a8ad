#include "measure/guest/kernel.h"

#include "measure/base/cur.h"
#include "measure/core/archive.h"

#define HEAD 1024u
#define SETUP_SECTS_AT 0x1f1u
#define MAGIC_AT 0x202u
#define KERNEL_VERSION_AT 0x20eu
#define PAYLOAD_AT 0x248u
#define SECTOR 512u
#define PROTOCOL_PAYLOAD 0x208u
#define IMAGE_MAGIC_AT 56u

#define WINDOW (256u * 1024)
#define CARRY 512u /* what two windows share is whole in the second one */
#define CONFIG_BEGIN "IKCFG_ST"
#define CONFIG_END "IKCFG_ED"
#define BANNER "Linux version "

struct scan {
	struct buf window, config;
	bool collecting, done;
	struct buf *version;
};

void kernel_free(struct kernel *k)
{
	buf_free(&k->version);
	buf_free(&k->config);
}

static void scan_free(struct scan *s)
{
	buf_free(&s->window);
	buf_free(&s->config);
}

static const uint8_t *find(struct bytes in, const char *what)
{
	return in.n > 0 ? memmem(in.p, in.n, what, strlen(what)) : NULL;
}

/* The first word of a text, when that is a version: it begins with a digit. */
static void take_version(struct bytes text, struct buf *out)
{
	size_t n = 0;

	if (out->n > 0 || text.n == 0 || text.p[0] < '0' || text.p[0] > '9')
		return;
	while (n < text.n && text.p[n] > ' ' && text.p[n] < 0x7f)
		n++;
	if (n < text.n && n < KERNEL_VERSION_MAX)
		buf_put(out, bytes_of(text.p, n));
}

/* Formats of such texts lie about, too. */
static void look_version(struct scan *s, struct bytes in)
{
	const uint8_t *at;
	size_t skip;

	while (s->version->n == 0 && (at = find(in, BANNER))) {
		skip = (size_t)(at - in.p) + strlen(BANNER);
		in = bytes_of(in.p + skip, in.n - skip);
		take_version(in, s->version);
	}
}

static void look_config(struct scan *s, struct bytes in)
{
	size_t marker = strlen(CONFIG_BEGIN), skip;
	const uint8_t *at;

	if (!s->collecting) {
		at = find(in, CONFIG_BEGIN "\x1f\x8b");
		if (!at)
			return;
		s->collecting = true;
		skip = (size_t)(at - in.p) + marker;
		in = bytes_of(in.p + skip, in.n - skip);
	}
	buf_put(&s->config, in);
	at = find(buf_bytes(&s->config), CONFIG_END);
	if (at)
		s->config.n = (size_t)(at - s->config.p);
	s->done = at || s->config.failed != REASON_NONE;
}

/* The window holds what is new, behind the end of what is old. */
static bool scan_step(struct scan *s, struct stream *in, size_t *got, struct err *e)
{
	size_t old = s->window.n < CARRY ? s->window.n : CARRY;
	uint8_t *room;

	if (old > 0)
		memmove(s->window.p, s->window.p + s->window.n - old, old);
	s->window.n = old;
	room = buf_room(&s->window, WINDOW);
	if (!room)
		return buf_done(&s->window, "a window of the kernel", e);
	if (!stream_read(in, (struct span){room, WINDOW}, got, e))
		return false;
	s->window.n = old + *got;
	look_version(s, buf_bytes(&s->window));
	/* what is collected is joined to what came before it, not to its copy */
	look_config(s, s->collecting ? bytes_of(room, *got) : buf_bytes(&s->window));
	return true;
}

static bool scan(struct scan *s, struct stream *in, struct err *e)
{
	size_t got = 0;

	do {
		if (!scan_step(s, in, &got, e))
			return false;
	} while (got > 0 && !s->done);
	return true;
}

/* Of what keeps a reader from a configuration, only a lack of memory is an error. */
static bool forgive(struct kernel *k, const struct err *found, struct err *e)
{
	if (found->reason == REASON_OUT_OF_MEMORY)
		return err_set(e, found->reason, "%s", found->text);
	if (err_is(found))
		buf_reset(&k->config);
	return true;
}

static bool take_config(const struct scan *s, struct kernel *k, struct err *e)
{
	const struct unpack_rule rule = {.packing = PACKING_GZIP, .max = KERNEL_CONFIG_MAX};
	struct err found = {0};

	if (s->config.failed == REASON_OUT_OF_MEMORY)
		return buf_done(&s->config, "the configuration", e);
	return !s->done || s->config.failed != REASON_NONE ||
	       unpack_bytes(buf_bytes(&s->config), &rule, &k->config, &found) ||
	       forgive(k, &found, e);
}

static bool scan_range(struct kernel *k, struct stream *in, struct err *e)
{
	owned(scan_free) struct scan s = {
		.window = BUF(WINDOW + CARRY),
		.config = BUF(KERNEL_CONFIG_MAX),
		.version = &k->version,
	};

	return scan(&s, in, e) && take_config(&s, k, e);
}

static bool scan_payload(struct kernel *k, const struct file *f, struct stream_range in,
			 struct err *e)
{
	uint8_t head[6];
	struct unpack_rule rule = {.rest = true, .max = KERNEL_UNPACKED_MAX};
	owned(unpack_free) struct unpack *u = NULL;
	struct err found = {0};
	size_t got;

	if (!file_pread(f, in.at, (struct span){head, sizeof(head)}, &got, e))
		return false;
	rule.packing = archive_packing(bytes_of(head, got));
	if (rule.packing == PACKING_NONE)
		return true;
	u = unpack_new(&in.stream, &rule, e);
	if (!u)
		return false;
	return scan_range(k, unpack_stream(u), &found) || forgive(k, &found, e);
}

static bool read_bzimage(struct kernel *k, const struct file *f, struct bytes head, struct err *e)
{
	struct cur c = cur_new(head, 0, e);
	uint64_t setup, at, size;
	uint8_t text[KERNEL_VERSION_MAX];
	uint16_t protocol, version;
	size_t got;

	cur_take(&c, SETUP_SECTS_AT, "the boot sector");
	setup = ((uint64_t)cur_u8(&c, "setup_sects") + 1) * SECTOR;
	cur_take(&c, MAGIC_AT + 4 - SETUP_SECTS_AT - 1, "the boot sector");
	protocol = cur_le16(&c, "version");
	cur_take(&c, KERNEL_VERSION_AT - MAGIC_AT - 6, "the setup header");
	version = cur_le16(&c, "kernel_version");
	cur_take(&c, PAYLOAD_AT - KERNEL_VERSION_AT - 2, "the setup header");
	at = cur_le32(&c, "payload_offset");
	size = cur_le32(&c, "payload_length");
	if (!cur_ok(&c))
		return false;
	if (version != 0 &&
	    file_pread(f, version + SECTOR, (struct span){text, sizeof(text)}, &got, e))
		take_version(bytes_of(text, got), &k->version);
	if (err_is(e))
		return false;
	at += setup;
	if (protocol < PROTOCOL_PAYLOAD || at > f->size || size > f->size - at)
		return true;
	return scan_payload(k, f, stream_range(f, at, size), e);
}

static bool has(struct bytes head, size_t at, const char *magic)
{
	return head.n >= at + 4 && memcmp(head.p + at, magic, 4) == 0;
}

static bool read_all(struct kernel *k, const struct file *f, struct err *e)
{
	struct stream_range all = stream_range(f, 0, f->size);
	uint8_t raw[HEAD];
	size_t got;

	if (!file_pread(f, 0, (struct span){raw, sizeof(raw)}, &got, e))
		return false;
	if (got == sizeof(raw) && has(bytes_of(raw, got), MAGIC_AT, "HdrS"))
		return read_bzimage(k, f, bytes_of(raw, got), e);
	if (has(bytes_of(raw, got), IMAGE_MAGIC_AT, "ARM\x64"))
		return scan_range(k, &all.stream, e);
	return true;
}

bool kernel_read(struct kernel *k, const char *path, struct err *e)
{
	struct file f = FILE_NONE;
	bool good = file_open(&f, path, e) && (f.stream || read_all(k, &f, e));

	file_close(&f);
	return good || err_subject(e, path);
}
