/* Two deliberate faults: a sanitizer build in which either passes unnoticed proves nothing. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	volatile size_t past = 8;
	volatile int most = INT_MAX;
	char *volatile block; /* its size is not the compiler's business */

	if (argc == 2 && !strcmp(argv[1], "overflow")) {
		block = calloc(1, 8);
		if (block)
			printf("read %d\n", block[past]);
		free(block);
	} else if (argc == 2 && !strcmp(argv[1], "signed")) {
		printf("sum %d\n", most + 1);
	}
	return 0;
}
