#!/bin/sh
# Fuzzes with every harness of a build folder (make fuzz): FUZZ_SECONDS of wall time shared evenly,
# two harnesses at a time. Each starts from its kept corpus; what it finds new stays in the build
# folder. A crash, a leak, a hang or a harness that does not start fails, and its input is kept.
set -eu

build=$1
: "${FUZZ_SECONDS:=180}" "${FUZZ_JOBS:=2}"

# one BUILD NAME SECONDS
one()
{
	corpus=$1/corpus/$2 log=$1/logs/$2.log
	mkdir -p "$corpus"
	set -- "$1" "$2" "$3" "$corpus"
	[ ! -d "tests/fuzz/corpus/$2" ] || set -- "$@" "tests/fuzz/corpus/$2"
	fuzzer=$1/tests/fuzz/fuzz_$2 crashes=$1/crashes/$2- seconds=$3 dictionary=tests/fuzz/$2.dict
	shift 3
	[ ! -e "$dictionary" ] || set -- "-dict=$dictionary" "$@"
	status=0
	"$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$crashes" "$@" >"$log" 2>&1 || status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
	if [ "$status" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "ok - $fuzzer: $runs runs in $seconds s"
		return
	fi
	echo "not ok - $fuzzer: exit status $status"
	grep -vE '^(#[0-9]|INFO|stat::)' "$log" | tail -n 60 | sed 's/^/# /'
	sed -n 's/.*Test unit written to /# the input is kept in /p' "$log"
}

if [ "$1" = --one ]; then
	one "$2" "$3" "$4"
	exit 0
fi

names=$(find tests/fuzz -name 'fuzz_*.c' | sed 's|.*/fuzz_||; s|\.c$||' | LC_ALL=C sort)
count=$(printf '%s' "$names" | grep -c . || true)
if [ "$count" -eq 0 ]; then
	echo "fuzzing: 0 passed, 1 failed, 0 skipped"
	exit 1
fi
seconds=$((FUZZ_SECONDS * FUZZ_JOBS / count))
if [ "$count" -lt "$FUZZ_JOBS" ]; then
	seconds=$FUZZ_SECONDS
fi
if [ "$seconds" -lt 1 ]; then
	seconds=1
fi
rm -rf "$build/logs"
mkdir -p "$build/crashes" "$build/logs"
results=$build/logs/results
printf '%s\n' "$names" | xargs -P "$FUZZ_JOBS" -I '{}' "$0" --one "$build" '{}' "$seconds" >"$results"
if [ -n "${V:-}" ]; then
	cat "$results"
else
	grep -vE '^ok ' "$results" || true
fi
passed=$(grep -c '^ok ' "$results" || true)
echo "fuzzing: $passed passed, $((count - passed)) failed, 0 skipped"
[ "$passed" -eq "$count" ]
