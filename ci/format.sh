#!/bin/sh
# clang-format has nothing to change; `make format` changes it. What it cannot change keeps to 100
# columns too, tabs being 8: comments. Only a line of code with a string in it may be longer.
. "${0%/*}/lib.sh"

faults=$(mktemp)
trap 'rm -f "$faults"' EXIT
c_sources | tr '\n' '\0' | xargs -0 -r clang-format --style=file --dry-run -Werror 2>&1 |
	grep -E '(error|warning):' >"$faults" || true
c_sources | while read -r file; do
	expand "$file" | awk -v file="$file" 'length($0) > 100 && (/^ *(\/\*|\* )/ || !/"/) {
		print file ":" FNR ": " length($0) " columns, 100 is the limit"
	}'
done >>"$faults"
verdict format "$faults"
