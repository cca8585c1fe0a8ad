#!/bin/sh
# cppcheck over the program: a finding is a fault.
. "${0%/*}/lib.sh"

list=$(mktemp)
trap 'rm -f "$list"' EXIT
program_sources >"$list"
[ -s "$list" ] || exit 0
cppcheck -q -j "$(nproc)" --std=c11 --language=c --enable=warning,performance,portability \
	--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
	--suppress=preprocessorErrorDirective --suppress=legacyUninitvar -D_GNU_SOURCE \
	-DMEASURE_VERSION='"0"' -DMEASURE_COMMIT='"0"' -I. --template=gcc --file-list="$list"
