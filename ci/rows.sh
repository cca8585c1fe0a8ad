#!/bin/sh
# Each TEE image format, a word of MODULES with a tee.c or a tee_X.c beside it, has help with options,
# a manual page, vectors and a fuzz harness.
. "${0%/*}/lib.sh"

measure=${MEASURE:-${BUILD:-build}/measure}
faults=$(mktemp)
trap 'rm -f "$faults"' EXIT

some() { [ -e "$1" ]; }

# row FILE NAME
row()
{
	"$measure" help "$2" 2>/dev/null | grep -qE '^ +(-[a-z], )?--' ||
		echo "$1: measure help $2 shows no options"
	"$measure" help --topics 2>/dev/null | grep -qx "measure-$2\.1" ||
		echo "$1: has no page measure-$2.1"
	some tests/vectors/*"$2"*.sh || echo "$1: has no tests/vectors/$2*.sh"
	some tests/fuzz/fuzz_*"$2"*.c || echo "$1: has no tests/fuzz/fuzz_$2*.c"
}

sed -n 's/^MODULES := *//p' Makefile | tr ' ' '\n' | while read -r module; do
	for file in "$module"/tee.c "$module"/tee_*.c; do
		[ -e "$file" ] || continue
		name=${file##*/tee_}
		case $file in
		*/tee.c) name=${module#ovmf-} ;;
		*) name=${name%.c} ;;
		esac
		row "$file" "$name"
	done
done >"$faults"
verdict rows "$faults"
