#include "measure/cli/progress.h"

#include <time.h>
#include <unistd.h>

#include "measure/base/buf.h"
#include "measure/cli/program.h"
#include "measure/cli/std.h"

#define LINE_MAX_BYTES 256
#define FIRST_MS 500 /* a shorter wait needs no progress */
#define REDRAW_MS 200
#define REPORT_MS 500
#define WIPE "\r\033[K"

static int64_t now_ms(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_start(struct progress *p, const char *form, uint64_t total)
{
	p->json = form && strcmp(form, "json") == 0;
	p->at_once = form != NULL;
	p->on = p->json || (isatty(STDERR_FILENO) && !std_is_dumb());
	p->total = total;
	p->start = now_ms();
	p->last = 0;
}

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* "1.5 GiB" */
static void put_size(struct buf *line, double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t u = 0;

	while (bytes >= 1024 && u + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		u++;
	}
	buf_fmt(line, u ? "%.1f %s" : "%.0f %s", bytes, units[u]);
}

static void put_json(const struct progress *p, struct buf *line, uint64_t position, int64_t ms)
{
	double rate = ms > 0 ? (double)position / seconds(ms) : 0;

	buf_fmt(line, "{\"progress\":{\"bytes\":%llu,", (unsigned long long)position);
	if (p->total)
		buf_fmt(line, "\"total\":%llu,", (unsigned long long)p->total);
	buf_fmt(line, "\"seconds\":%.3f,\"bytes_per_second\":%.0f", seconds(ms), rate);
	if (p->total >= position && rate > 0)
		buf_fmt(line, ",\"seconds_left\":%.3f", (double)(p->total - position) / rate);
	buf_str(line, "}}\n");
}

static void put_line(const struct progress *p, struct buf *line, uint64_t position, int64_t ms)
{
	double rate = ms > 0 ? (double)position / seconds(ms) : 0;

	buf_fmt(line, WIPE "%s: ", program.name);
	put_size(line, (double)position);
	if (p->total) {
		buf_str(line, " of ");
		put_size(line, (double)p->total);
	}
	buf_str(line, ", ");
	put_size(line, rate);
	buf_str(line, "/s");
	if (p->total >= position && rate > 0)
		buf_fmt(line, ", %.0f s left", (double)(p->total - position) / rate);
}

void progress_tick(void *arg, uint64_t position)
{
	owned(buf_free) struct buf line = BUF(LINE_MAX_BYTES);
	struct progress *p = arg;
	int64_t now = now_ms(), ms = now - p->start;

	if (!p->on || (ms < FIRST_MS && !p->at_once))
		return;
	if (p->last && now - p->last < (p->json ? REPORT_MS : REDRAW_MS))
		return;
	p->last = now;
	if (p->json)
		put_json(p, &line, position, ms);
	else
		put_line(p, &line, position, ms);
	p->shown = !p->json;
	std_say(buf_bytes(&line));
}

void progress_clear(struct progress *p)
{
	owned(buf_free) struct buf line = BUF(LINE_MAX_BYTES);

	if (!p->shown)
		return;
	p->shown = false;
	buf_str(&line, WIPE);
	std_say(buf_bytes(&line));
}
