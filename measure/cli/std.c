#include "measure/cli/std.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The wrong way round: reading from it fails, and so does writing to it. */
void std_occupy(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

bool std_is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

/* The other end may have set it so for both of us. */
static bool await_room(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

static bool write_all(int fd, struct bytes x)
{
	while (x.n > 0) {
		ssize_t n = write(fd, x.p, x.n);

		if (n < 0 && (errno == EINTR || (errno == EAGAIN && await_room(fd))))
			continue;
		if (n < 0)
			return false;
		x = bytes_of(x.p + n, x.n - (size_t)n);
	}
	return true;
}

void std_say(struct bytes x)
{
	(void)!write_all(STDERR_FILENO, x);
}

bool std_answer(struct bytes x, struct err *e)
{
	if (!write_all(STDOUT_FILENO, x))
		return err_errno(e, errno, "standard output cannot be written");
	return true;
}
