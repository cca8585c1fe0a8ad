#!/bin/sh
# Replays the kept inputs of every fuzz harness under the ordinary compiler, as TAP: one line per
# harness. A harness without a corpus fails.
set -eu
: "${BUILD:=build}"

said=$(mktemp)
trap 'rm -f "$said"' EXIT
count=0 failed=0
for source in tests/fuzz/fuzz_*.c; do
	[ -e "$source" ] || continue
	count=$((count + 1))
	name=${source##*/fuzz_}
	name=${name%.c}
	corpus=tests/fuzz/corpus/$name
	files=$(find "$corpus" -type f 2>/dev/null | wc -l)
	if [ "$files" -eq 0 ]; then
		echo "not ok $count - $name has no corpus $corpus"
		failed=1
	elif "$BUILD/tests/fuzz/fuzz_$name" "$corpus" >"$said" 2>&1; then
		echo "ok $count - $name: $files inputs"
	else
		echo "not ok $count - $name"
		tail -n 60 "$said" | sed 's/^/# /'
		failed=1
	fi
done
echo "1..$count"
exit "$failed"
