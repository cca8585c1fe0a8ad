/*
 * A harness without a fuzzer: LLVMFuzzerTestOneInput() over every file named, and every file in
 * the folders named. Prints how many there were and nothing else; fails when there was none.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(2);
}

/* In memory of exactly that size, so that a sanitizer sees one byte too many. */
static void run_file(const char *path, size_t size)
{
	uint8_t *p = malloc(size ? size : 1);
	FILE *in = fopen(path, "rb");

	need(p && in && fread(p, 1, size, in) == size, path);
	fclose(in);
	LLVMFuzzerTestOneInput(p, size);
	free(p);
}

static size_t run_folder(const char *path)
{
	struct dirent **entry = NULL;
	int n = scandir(path, &entry, NULL, alphasort);
	size_t files = 0;

	need(n >= 0, path);
	for (int i = 0; i < n; i++) {
		struct stat st;
		char *name = NULL;

		need(asprintf(&name, "%s/%s", path, entry[i]->d_name) > 0, path);
		need(stat(name, &st) == 0, name);
		if (S_ISREG(st.st_mode)) {
			run_file(name, (size_t)st.st_size);
			files++;
		}
		free(name);
		free(entry[i]);
	}
	free(entry);
	return files;
}

int main(int argc, char **argv)
{
	size_t files = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		need(stat(argv[i], &st) == 0, argv[i]);
		if (S_ISDIR(st.st_mode)) {
			files += run_folder(argv[i]);
		} else {
			run_file(argv[i], (size_t)st.st_size);
			files++;
		}
	}
	printf("%zu\n", files);
	return files == 0;
}
