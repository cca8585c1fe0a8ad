# shellcheck shell=sh
# What the gates share. A gate judges the tree it is started in, so that its own test can hand it
# a small broken one; it prints a line per fault and fails when there is one.
set -eu
LC_ALL=C
export LC_ALL

# sources NAME-PATTERN...: files of the tree that bear such a name, generated ones left out
sources()
{
	find . \( -name .git -o -path './build*' -o -path ./out \) -prune -o -type f -print |
		sed 's|^\./||' | grep -E "$1" | sort
}

c_sources() { sources '^(measure|eif|ovmf-snp|reference-db|tests)/.*\.[ch]$'; }
program_sources() { sources '^(measure|eif|ovmf-snp|reference-db)/.*\.c$'; }

# what every compiler and analyser needs to read a source file as the build does
reading_flags()
{
	echo "-std=c11 -D_GNU_SOURCE -I."
	pkg-config --cflags libcrypto libdeflate libcbor yaml-0.1 zlib libzstd liblzma libgit2 2>/dev/null || true
}

# verdict GATE COUNT-FILE: fails when the file of faults is not empty
verdict()
{
	if [ -s "$2" ]; then
		cat "$2"
		echo "$1: $(wc -l <"$2") faults"
		return 1
	fi
}
