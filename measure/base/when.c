#include "measure/base/when.h"

#include <stdio.h>
#include <time.h>

#define DAY 86400
#define ERA_DAYS 146097 /* 400 years */
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define FIRST (-62167219200) /* 0000-01-01T00:00:00Z */

/*
 * Civil dates by counting from 1 March, so that the leap day is the last of its year; after the
 * well-known days_from_civil arithmetic.
 */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	int64_t z = days + EPOCH_DAYS;
	int64_t era = (z >= 0 ? z : z - ERA_DAYS + 1) / ERA_DAYS;
	int64_t doe = z - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

/* `width` digits at *s, then the character `then` unless it is 0; -1 when they are not there. */
static int64_t digits(const char **s, int width, char then)
{
	int64_t x = 0;

	for (int i = 0; i < width; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		x = x * 10 + (**s - '0');
	}
	if (then && *(*s)++ != then)
		return -1;
	return x;
}

/* "Z" or "+hh:mm" or "-hh:mm", and the end. */
static bool zone_of(const char *s, int64_t *seconds)
{
	int64_t sign = *s == '-' ? -1 : 1, hours, minutes;

	*seconds = 0;
	if (strcmp(s, "Z") == 0)
		return true;
	if (*s != '+' && *s != '-')
		return false;
	s++;
	hours = digits(&s, 2, ':');
	minutes = hours < 0 ? -1 : digits(&s, 2, 0);
	*seconds = sign * (hours * 3600 + minutes * 60);
	return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 && *s == '\0';
}

static bool civil_read(const char *s, int64_t *when)
{
	static const int separators[6] = {'-', '-', 'T', ':', ':', 0};
	int64_t field[6], zone, y, m, d, x;

	for (int i = 0; i < 6; i++) {
		field[i] = digits(&s, i == 0 ? 4 : 2, (char)separators[i]);
		if (field[i] < 0)
			return false;
	}
	if (field[3] > 23 || field[4] > 59 || field[5] > 59 || !zone_of(s, &zone))
		return false;
	if (field[1] < 1 || field[1] > 12 || field[2] < 1 || field[2] > 31)
		return false;
	date_of(days_of(field[0], field[1], field[2]), &y, &m, &d);
	if (y != field[0] || m != field[1] || d != field[2])
		return false;
	x = days_of(y, m, d) * DAY + field[3] * 3600 + field[4] * 60 + field[5] - zone;
	if (x < FIRST || x > WHEN_LAST)
		return false;
	*when = x;
	return true;
}

bool when_read(const char *s, const char *what, int64_t *when, struct err *e)
{
	if (!civil_read(s, when))
		return err_set(e, REASON_USAGE,
			       "%s: \"%s\" is no time such as 2026-11-20T13:38:29Z", what, s);
	return true;
}

void when_put(struct buf *out, int64_t when, const char *zone)
{
	int64_t days = when >= 0 ? when / DAY : (when - DAY + 1) / DAY;
	int64_t second = when - days * DAY, y, m, d;

	if (when < FIRST || when > WHEN_LAST) {
		buf_fail(out, REASON_LIMIT);
		return;
	}
	date_of(days, &y, &m, &d);
	buf_fmt(out, "%04d-%02d-%02dT%02d:%02d:%02d%s", (int)y, (int)m, (int)d,
		(int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60), zone);
}

int64_t when_now(void)
{
	return (int64_t)time(NULL);
}

bool when_choose(const char *s, bool document, struct when *w, struct err *e)
{
	struct when chosen = {.clock = CLOCK_AT};

	if (!s || strcmp(s, "now") == 0)
		chosen = (struct when){CLOCK_NOW, when_now()};
	else if (strcmp(s, "none") == 0)
		chosen.clock = CLOCK_NONE;
	else if (document && strcmp(s, "document") == 0)
		chosen.clock = CLOCK_DOCUMENT;
	else if (!when_read(s, "--at", &chosen.at, e))
		return false;
	*w = chosen;
	return true;
}
