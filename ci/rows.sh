#!/bin/sh
# Each TEE image format, a word of MODULES with a tee.c, has help with options, a manual page,
# vectors and a fuzz harness.
. "${0%/*}/lib.sh"

measure=${MEASURE:-${BUILD:-build}/measure}
faults=$(mktemp)
trap 'rm -f "$faults"' EXIT

some() { [ -e "$1" ]; }

sed -n 's/^MODULES := *//p' Makefile | tr ' ' '\n' | while read -r module; do
	[ -e "$module/tee.c" ] || continue
	name=${module#ovmf-}
	"$measure" help "$name" 2>/dev/null | grep -qE '^ +(-[a-z], )?--' ||
		echo "$module: measure help $name shows no options"
	"$measure" help --topics 2>/dev/null | grep -qx "measure-$name\.1" ||
		echo "$module: has no page measure-$name.1"
	some tests/vectors/"$name"*.sh || echo "$module: has no tests/vectors/$name*.sh"
	some tests/fuzz/fuzz_"$name"*.c || echo "$module: has no tests/fuzz/fuzz_$name*.c"
done >"$faults"
verdict rows "$faults"
