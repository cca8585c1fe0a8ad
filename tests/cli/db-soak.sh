#!/bin/sh
# `measure db publish`, killed at any instant, and many at once: nothing is lost, nothing is there
# twice. 200 kills and 100 publishers with SOAK=1, otherwise a few.
. "${0%/*}/../lib.sh"
need git
need openssl
need python3

XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME
kills=10 publishers=10
if [ -n "${SOAK:-}" ]; then
	kills=200 publishers=100
fi

printf 'kernel' >kernel
printf 'ramdisk' >ramdisk
"$MEASURE" build eif -q --kernel kernel --cmdline quiet --ramdisk ramdisk -o image
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out alice.key 2>/dev/null
openssl pkey -in alice.key -pubout -out alice.pub
"$MEASURE" trust add -q alice.pub --name alice --role publisher --trust trust.yml
"$MEASURE" db init -q --db db.git

# statements PREFIX COUNT: signed manifests, in files of these names
statements()
{
	for version in $(seq -f "$1.%g" "$2"); do
		"$MEASURE" manifest make image --product example.org/box --version "$version" -q -o unsigned >made
		"$MEASURE" sign manifest unsigned --signer alice --key alice.key -q -o "$version"
		echo "$version"
	done
}

# soak MODE VERSION...: nothing lost or doubled, and nothing in the repository that git would mind
soak()
{
	# shellcheck disable=SC2086 # names are words
	run_command python3 "$ROOT/tests/cli/db-soak.py" "$1" "$MEASURE" $2
	expect_status 0
	expect_stdout '0 lost, 0 doubled'
	[ -z "${SOAK:-}" ] || cat "$STDERR" >&2
	run_command sh -c 'git -C db.git fsck --strict --full 2>&1 | grep -v ^dangling'
	expect_stdout ''
}

soak kill "$(statements 1 $((kills + 3)))"
find db.git -name '*.tmp*' -o -name 'tmp*' >left
expect_same left /dev/null
ok 'a publisher that is killed leaves the old database or the new one'

soak crowd "$(statements 2 "$publishers")"
ok 'of publishers at once each has its place'

plan done
