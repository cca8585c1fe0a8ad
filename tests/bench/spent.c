/*
 * spent RUNS LOG COMMAND...: runs COMMAND that often, one after the other, and prints one line: the
 * mean wall-clock microseconds, the mean user + system microseconds, the greatest resident set in
 * KiB. What the command prints goes to LOG, where the last run stays. Exits with the status of the
 * first run that fails (128 + signal when killed), 2 for usage, 126 when nothing could be run.
 * The figures are the kernel's own for that one child (wait4), so no shell stands between; the
 * resident set cannot read lower than this program's own, about 1 MiB.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct spent {
	long long wall_us, cpu_us;
	long rss_kib;
	int status;
};

static long long us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

static long long now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static _Noreturn void become(const char *log, char **argv)
{
	int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out >= 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2)
		execvp(argv[0], argv);
	perror(argv[0]);
	_exit(126);
}

static bool run(const char *log, char **argv, struct spent *s)
{
	struct rusage used;
	int status;
	long long start = now_us();
	pid_t child = fork();
	if (child == 0)
		become(log, argv);
	if (child < 0 || wait4(child, &status, 0, &used) != child)
		return false;
	s->wall_us = now_us() - start;
	s->cpu_us = us(used.ru_utime) + us(used.ru_stime);
	s->rss_kib = used.ru_maxrss;
	s->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

static void add(struct spent *sum, const struct spent *s)
{
	sum->wall_us += s->wall_us;
	sum->cpu_us += s->cpu_us;
	if (s->rss_kib > sum->rss_kib)
		sum->rss_kib = s->rss_kib;
}

int main(int argc, char **argv)
{
	struct spent s, sum = {0};
	char *end = NULL;
	long runs = argc > 3 ? strtol(argv[1], &end, 10) : 0;
	if (runs < 1 || *end != '\0') {
		fputs("usage: spent RUNS LOG COMMAND...\n", stderr);
		return 2;
	}
	for (long i = 0; i < runs; i++) {
		if (!run(argv[2], argv + 3, &s)) {
			perror("spent");
			return 126;
		}
		if (s.status != 0)
			return s.status;
		add(&sum, &s);
	}
	printf("%lld %lld %ld\n", sum.wall_us / runs, sum.cpu_us / runs, sum.rss_kib);
	return 0;
}
