#!/bin/sh
# Each header begins with the comment that is its contract, and compiles alone and twice.
. "${0%/*}/lib.sh"

faults=$(mktemp)
trap 'rm -f "$faults"' EXIT

# one HEADER: the first complaint of the compiler
one()
{
	head -c 2 "$1" | grep -q '^/\*' || echo "$1:1: does not begin with its contract, a comment"
	# shellcheck disable=SC2046 # flags are words
	printf '#include "%s"\n#include "%s"\nextern int not_empty;\n' "$1" "$1" |
		${CC:-cc} $(reading_flags) -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c - 2>&1 |
		grep -E 'error' | head -n 1 | sed "s|^|$1: does not compile alone: |"
}

c_sources | grep '\.h$' | while read -r header; do
	one "$header"
done >"$faults"
verdict headers "$faults"
