#!/bin/sh
# clang-format has nothing to change; `make format` changes it.
. "${0%/*}/lib.sh"

faults=$(mktemp)
trap 'rm -f "$faults"' EXIT
c_sources | tr '\n' '\0' | xargs -0 -r clang-format --style=file --dry-run -Werror 2>&1 |
	grep -E '(error|warning):' >"$faults" || true
verdict format "$faults"
