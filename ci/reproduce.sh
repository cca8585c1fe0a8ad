#!/bin/sh
# Builds the tree twice, in other paths of other lengths, by other users where root can, with other
# umask, home, locale, time zone, clock, number of jobs; every file of both builds must be equal.
. "${0%/*}/lib.sh"

say() { echo "reproduce: $*"; }

work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
chmod 755 "$work"
one=$work/a
two="$work/another path, which is longer/and deeper/tree"
mkdir -p "$one" "$two"
tar -c --exclude=./.git --exclude='./build*' --exclude=./out . | tee "$work/tree.tar" | tar -x -C "$one"
tar -x -C "$two" -f "$work/tree.tar"
rm "$work/tree.tar"

# both are built from the commit of this tree
commit=$(make -s commit 2>/dev/null || echo unknown)
printf '%s\n' "$commit" >"$one/.commit"
printf '%s\n' "$commit" >"$two/.commit"

user='' clock=''
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chown -R 65534:65534 "$work/another path, which is longer"
else
	say "the same user builds both: only root can take another"
fi
if command -v faketime >/dev/null; then
	clock='faketime -f +400d'
else
	say "the same clock for both: faketime is missing"
fi

targets='all man completions'
# shellcheck disable=SC2086 # words
first()
{
	cd "$one"
	umask 022
	env -i PATH="$PATH" HOME=/ TZ=UTC LC_ALL=C make -s -j1 $targets ${CC:+CC="$CC"}
}
# shellcheck disable=SC2086 # words
second()
{
	cd "$two"
	umask 077
	$user env -i PATH="$PATH" HOME="$two" USER=other LOGNAME=other TZ=Asia/Kathmandu LC_ALL=C.UTF-8 \
		LANG=C.UTF-8 $clock make -s -j3 $targets ${CC:+CC="$CC"}
}
(first) >"$work/first.log" 2>&1 &
first_id=$!
built=yes
(second) >"$work/second.log" 2>&1 || built=
wait $first_id || built=
if [ -z "$built" ]; then
	tail -n 30 "$work/first.log" "$work/second.log"
	say "the tree does not build"
	exit 1
fi

# section_at FILE OFFSET: the ELF section there
section_at()
{
	readelf -SW "$1" 2>/dev/null | tr -d '[]' | while read -r _ name _ _ offset size _; do
		case $offset in *[!0-9a-f]* | '') continue ;; esac
		if [ "$2" -ge $((0x$offset)) ] && [ "$2" -lt $((0x$offset + 0x$size)) ]; then
			echo " in section $name"
			break
		fi
	done
}

(cd "$one/build" && find . -type f | sort) >"$work/files.1"
(cd "$two/build" && find . -type f | sort) >"$work/files.2"
faults=$work/faults
diff "$work/files.1" "$work/files.2" | sed -n 's/^[<>]/only one build has/p' >"$faults"
while read -r file; do
	cmp -s "$one/build/$file" "$two/build/$file" && continue
	at=$(cmp -l "$one/build/$file" "$two/build/$file" 2>/dev/null | awk 'NR == 1 { print $1 }')
	if [ -z "$at" ]; then
		echo "$file: one is the beginning of the other"
		continue
	fi
	echo "$file: differs from offset $((at - 1)) on$(section_at "$one/build/$file" $((at - 1)))"
	for tree in "$one" "$two"; do
		tail -c +"$at" "$tree/build/$file" | head -c 16 | od -An -tx1 -c | sed 's/^/	/'
	done
done <"$work/files.1" >>"$faults"
verdict reproduce "$faults" || exit 1
say "$(wc -l <"$work/files.1") files are equal; measure has sha256 $(sha256sum "$one/build/measure" | cut -c 1-64)"
