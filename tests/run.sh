#!/bin/sh
# Runs the tests of one stage and ends with one line, `STAGE: N passed, M failed, K skipped`.
#	tests/run.sh STAGE TEST...
# A TEST is a program that prints TAP: a cmocka program or a script upon tests/lib.sh. It is run
# from the root of the source tree, several at a time, each with a TMPDIR of its own. Printed are
# failures with their diagnostics, with V=1 everything. A test that dies, prints no plan or stops
# before its end is one more failure; so is a stage without tests.
set -eu
: "${BUILD:=build}" "${V:=}" "${TEST_TIMEOUT:=900}" "${JOBS:=$(nproc)}"

# counts OUTPUT STATUS: "passed failed skipped", and to stderr what went wrong
counts()
{
	awk -v status="$2" -v all="$V" '
	function tell(text) { print text >"/dev/stderr" }
	/^(not )?ok [^#]*# *[Ss][Kk][Ii][Pp]/ { skip++; show = 0; if (!all) tell($0) }
	/^ok / && !/# *[Ss][Kk][Ii][Pp]/ { pass++; show = 0 }
	/^not ok / && !/# *[Ss][Kk][Ii][Pp]/ { fail++; show = 1 }
	/^1\.\.[0-9]+/ { planned = 1; plan += substr($1, 4); show = 0 }
	/^1\.\.0 *#/ { skip++; plan++; if (!all) tell($0) }
	/^Bail out!/ { show = 1 }
	all || show { tell($0) }
	END {
		done = pass + fail + skip
		if (status == 124)
			why = "ran out of time"
		else if (status > 128)
			why = "was killed by signal " (status - 128)
		else if (!planned)
			why = "printed no plan, exit status " status
		else if (done != plan)
			why = "planned " plan " tests and ran " done ", exit status " status
		else if (status && !fail)
			why = "exit status " status " without a failed test"
		if (why) {
			fail++
			tell("not ok - the test program " why)
		}
		print pass + 0, fail + 0, skip + 0
	}' "$1"
}

# one DIR TEST: runs it; leaves KEY.sum, and KEY.msg with what is to be shown
one()
{
	key=$(printf '%s' "$2" | tr -c 'A-Za-z0-9_' '_')
	export TMPDIR="$1/$key.tmp" CMOCKA_MESSAGE_OUTPUT=TAP
	mkdir "$TMPDIR"
	status=0
	timeout -k 10 "$TEST_TIMEOUT" "$2" >"$1/$key.out" 2>"$1/$key.err" </dev/null || status=$?
	counts "$1/$key.out" "$status" >"$1/$key.sum" 2>"$1/$key.msg"
	read -r _ failed _ <"$1/$key.sum"
	if [ "$failed" -gt 0 ] || [ -n "$V" ]; then
		tail -n 60 "$1/$key.err" | sed 's/^/# /' >>"$1/$key.msg"
	fi
	chmod -R u+rwX "$TMPDIR"
	rm -rf "$TMPDIR"
}

if [ "$1" = --one ]; then
	one "$2" "$3"
	exit 0
fi

stage=$1
shift
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
: "${MEASURE:=$BUILD/measure}" "${SHARED:=$PWD/../shared}"
export BUILD MEASURE SHARED V TEST_TIMEOUT
# the options' own quotes, for a path with colons
export LSAN_OPTIONS="print_suppressions=0:suppressions='$PWD/tests/lsan.supp'"
dir=$(mktemp -d "${TMPDIR:-/tmp}/measure $stage.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$dir"

for test; do
	case $test in /*) ;; *) test=./$test ;; esac
	printf '%s\0' "$test"
done | xargs -0 -r -n 1 -P "$JOBS" "$0" --one "$dir"

passed=0 failed=0 skipped=0
for test; do
	case $test in /*) path=$test ;; *) path=./$test ;; esac
	key=$(printf '%s' "$path" | tr -c 'A-Za-z0-9_' '_')
	if [ -s "$dir/$key.msg" ]; then
		printf '# %s\n' "$test"
		cat "$dir/$key.msg"
	fi
	p=0 f=1 k=0
	read -r p f k <"$dir/$key.sum" || echo "not ok - no result of $test"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + k))
done
if [ $# -eq 0 ]; then
	echo "not ok - stage $stage has no tests"
	failed=1
fi
echo "$stage: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
