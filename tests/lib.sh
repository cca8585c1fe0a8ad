# shellcheck shell=sh
# What scripts of tests stand upon. A script runs the program, says what it expects, and closes
# each behaviour with its name; it is judged by exact stdout, stderr and exit status:
#
#	#!/bin/sh
#	# `measure pcr`: registers of things that are not images
#	. "${0%/*}/../lib.sh"
#
#	run pcr --role-arn arn:aws:iam::123456789012:role/Webserver
#	expect_status 0
#	expect_stdout 'PCR3  78fce75d...'
#	expect_stderr ''
#	ok 'a role gives PCR3'
#
#	run pcr
#	expect_status 2
#	expect_stdout ''
#	expect_stderr_has 'measure: error[usage]: '
#	ok 'pcr without an option is a usage error'
#
#	plan done
#
# The script works in an empty folder of its own (a space in its name), so that it names files
# relatively; HOME is another empty one. $MEASURE is the program, $ROOT the source tree, $BUILD the
# folder of the build, $SHARED the vectors outside the tree (need_shared says when they are absent).
#
# run ARGS...			the program; its output goes to $STDOUT and $STDERR, its end to $STATUS
# run_stdin FILE ARGS...	the same with FILE as standard input (else it is /dev/null)
# run_command COMMAND ARGS...	the same with any other command
# run_unprivileged ARGS...	the program as a user who is not root; files must be readable to others
# expect_status N
# expect_stdout TEXT		exactly TEXT and a newline; '' is nothing at all; @FILE the bytes of FILE;
#				- what stands on standard input
# expect_stderr TEXT		the same of stderr
# expect_stdout_has TEXT	TEXT occurs on a line, taken literally; expect_stderr_has likewise
# expect_json EXPRESSION	stdout is one JSON value, j; the Python expression is true
# expect_same FILE FILE		equal bytes
# expect_no_file FILE...
# expect COMMAND ARGS...	any other command succeeds
# ok NAME			closes a behaviour: passed when everything expected since the last one held
# not_ok NAME REASON		a failure of the test's own finding
# skip NAME REASON
# plan done			ends the script
# need_shared PATH		skips the whole script when $SHARED/PATH is absent
# need COMMAND			skips the whole script when there is no such command
# unhex HEX			the bytes, to standard output
# put_at FILE OFFSET HEX	overwrites bytes of FILE
set -u
LC_ALL=C TERM=dumb TZ=UTC
export LC_ALL TERM TZ
unset NO_COLOR SOURCE_DATE_EPOCH XDG_CONFIG_HOME CDPATH
umask 022

case $0 in /*) lib_script=$0 ;; *) lib_script=$PWD/$0 ;; esac
ROOT=$(cd "${lib_script%/*}/../.." && pwd)
: "${BUILD:=$ROOT/build}"
: "${MEASURE:=$BUILD/measure}" "${SHARED:=$ROOT/../shared}"
lib_top=$(mktemp -d "${TMPDIR:-/tmp}/measure test.XXXXXX")
trap 'chmod -R u+rwX "$lib_top"; rm -rf "$lib_top"' EXIT
trap 'exit 130' INT TERM
mkdir "$lib_top/work" "$lib_top/home" "$lib_top/run"
chmod 755 "$lib_top"
HOME=$lib_top/home
export HOME ROOT BUILD MEASURE SHARED
cd "$lib_top/work" || exit 99

STDOUT=$lib_top/run/stdout STDERR=$lib_top/run/stderr STATUS=
lib_problems=$lib_top/run/problems lib_count=0 lib_failed=0 lib_line=
: >"$lib_problems"

run_command()
{
	lib_line=$*
	STATUS=0
	"$@" >"$STDOUT" 2>"$STDERR" </dev/null || STATUS=$?
}

run()
{
	run_command "$MEASURE" "$@"
	lib_line="measure $*"
}

run_stdin()
{
	lib_line="measure $*"
	STATUS=0
	lib_input=$1
	shift
	"$MEASURE" "$@" <"$lib_input" >"$STDOUT" 2>"$STDERR" || STATUS=$?
}

run_unprivileged()
{
	if [ "$(id -u)" -ne 0 ]; then
		run "$@"
		return
	fi
	cp "$MEASURE" "$lib_top/run/measure"
	run_command setpriv --reuid=65534 --regid=65534 --clear-groups "$lib_top/run/measure" "$@"
	lib_line="measure $*"
}

# lib_problem TITLE: remembers it, with details from standard input
lib_problem()
{
	{
		echo "# $1"
		sed 's/^/#   /'
	} >>"$lib_problems"
}

expect_status()
{
	[ "$STATUS" = "$1" ] || lib_problem "exit status $STATUS, expected $1" </dev/null
}

# lib_compare NAME FILE TEXT
lib_compare()
{
	case $3 in
	-) cat >"$lib_top/run/expected" ;;
	@*) cp "${3#@}" "$lib_top/run/expected" ;;
	'') : >"$lib_top/run/expected" ;;
	*) printf '%s\n' "$3" >"$lib_top/run/expected" ;;
	esac
	cmp -s "$lib_top/run/expected" "$2" ||
		diff -a -u --label expected --label "$1" "$lib_top/run/expected" "$2" |
		lib_problem "$1 differs"
}

expect_stdout() { lib_compare stdout "$STDOUT" "$1"; }
expect_stderr() { lib_compare stderr "$STDERR" "$1"; }

# lib_has NAME FILE TEXT
lib_has()
{
	grep -aqF -e "$3" "$2" || lib_problem "$1 does not say: $3" <"$2"
}

expect_stdout_has() { lib_has stdout "$STDOUT" "$1"; }
expect_stderr_has() { lib_has stderr "$STDERR" "$1"; }

expect_json()
{
	python3 -c 'import json, sys
j = json.load(open(sys.argv[1], encoding="utf-8"))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$STDOUT" "$1" 2>"$lib_top/run/python" ||
		cat "$lib_top/run/python" "$STDOUT" | lib_problem "not true of the JSON: $1"
}

expect_same()
{
	cmp "$1" "$2" >"$lib_top/run/cmp" 2>&1 || lib_problem "files differ" <"$lib_top/run/cmp"
}

expect_no_file()
{
	for lib_file; do
		if [ -e "$lib_file" ] || [ -L "$lib_file" ]; then
			lib_problem "$lib_file should not be there" </dev/null
		fi
	done
}

expect()
{
	"$@" >"$lib_top/run/command" 2>&1 || lib_problem "failed: $*" <"$lib_top/run/command"
}

ok()
{
	lib_count=$((lib_count + 1))
	if [ ! -s "$lib_problems" ]; then
		printf 'ok %s - %s\n' "$lib_count" "$1"
		return
	fi
	lib_failed=$((lib_failed + 1))
	printf 'not ok %s - %s\n' "$lib_count" "$1"
	[ -z "$lib_line" ] || printf '# last run: %s\n' "$lib_line"
	cat "$lib_problems"
	: >"$lib_problems"
}

not_ok()
{
	lib_problem "${2:-failed}" </dev/null
	ok "$1"
}

skip()
{
	lib_count=$((lib_count + 1))
	printf 'ok %s - %s # SKIP %s\n' "$lib_count" "$1" "$2"
	: >"$lib_problems"
}

plan()
{
	[ ! -s "$lib_problems" ] || ok 'every expectation belongs to a named behaviour'
	echo "1..$lib_count"
	[ "$lib_failed" -eq 0 ]
	exit
}

need_shared()
{
	[ -e "$SHARED/$1" ] || {
		echo "1..0 # SKIP ${0##*/}: no vectors ../shared/$1"
		exit 0
	}
}

need()
{
	command -v "$1" >/dev/null || {
		echo "1..0 # SKIP ${0##*/}: no command $1"
		exit 0
	}
}

unhex() { perl -e 'print pack("H*", join("", @ARGV))' "$@"; }
put_at() { unhex "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
