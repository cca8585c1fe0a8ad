#!/bin/sh
# The prose of man pages as C arrays: embed.sh NAME FILE.in... >NAME.c
# Arrays of bytes, since C11 promises no string literal longer than 4095 characters.
# A line `.\" include FILE` stands for the lines of that file, as they are.
set -eu
LC_ALL=C
export LC_ALL

# shellcheck disable=SC2016 # awk's own variables
expand()
{
	awk '/^\.\\" include / {
		while ((getline line <$3) > 0) {
			gsub(/\\/, "\\e", line)
			gsub(/-/, "\\-", line)
			if (line ~ /^[.\047]/)
				line = "\\&" line
			print line
		}
		next
	}
	{ print }' "$1"
}

printf '#include "measure/cli/man.h"\n#include <stddef.h>\n'
name=$1
shift
n=0
for file; do
	printf '\nstatic const char prose_%d[] = {\n' "$n"
	expand "$file" | od -An -v -to1 | sed "s/ \([0-7]*\)/'\\\\\1', /g; s/^/\t/; s/ \$//"
	printf "\t'\\\\0',\n};\n"
	n=$((n + 1))
done

printf '\nconst struct man_prose %s[] = {\n' "$name"
n=0
for file; do
	topic=${file##*/}
	printf '\t{ "%s", prose_%d },\n' "${topic%.in}" "$n"
	n=$((n + 1))
done
printf '\t{ NULL, NULL },\n};\n'
