#!/bin/sh
# cppcheck over the program: a finding is a fault.
. "${0%/*}/lib.sh"

list=$(mktemp)
trap 'rm -f "$list"' EXIT
program_sources >"$list"
[ -s "$list" ] || exit 0
# of no interest: headers of the system, an #error for other machines, buffers that a callee fills
# (clang-tidy follows those), a remark on its own patience
for id in missingIncludeSystem preprocessorErrorDirective legacyUninitvar uninitvar \
	normalCheckLevelMaxBranches; do
	set -- "$@" "--suppress=$id"
done
cppcheck -q -j "$(nproc)" --std=c11 --language=c --enable=warning,performance,portability \
	--inline-suppr --error-exitcode=1 "$@" -D_GNU_SOURCE -DMEASURE_VERSION='"0"' \
	-DMEASURE_COMMIT='"0"' -I. --template=gcc --file-list="$list"
