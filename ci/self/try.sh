#!/bin/sh
# The release of this tree's commit, tried out: ci/self/release.sh in a clone, against a database in a
# scratch folder; then the archive is held against the commit, and everything is built once more, by the
# program that was released, as an independent rebuilder does; and what was released is checked by the
# measure-verify that was released, before and after, also when it is not what was released. Takes some
# minutes, builds three times, and prints the digests.
#	ci/self/try.sh [--store DIR] [--bases "ARCHIVE=URL..."] [--vary LIST]
# MEASURE and MEASURE_FETCH name programs that are there already. What is left is in out/self. The
# first publisher needs the lists of packages in the store: see measure-fetch(1), lists. Not a part of
# ci/check.
set -eu
cd "$(dirname "$0")/../.."
LC_ALL=C TZ=UTC
export LC_ALL TZ
umask 022

[ -n "${MEASURE:-}" ] || make -s -j"$(nproc)" all
top=$PWD/out/self
export MEASURE="${MEASURE:-$PWD/build/measure}" MEASURE_FETCH="${MEASURE_FETCH:-$PWD/build/measure-fetch}"
rm -rf "$top"
mkdir -p "$top/keys" "$top/state" "$top/cache"
git clone -q . "$top/clone"
commit=$(git rev-parse HEAD)
GIT_AUTHOR_NAME=release GIT_AUTHOR_EMAIL=release@example.org
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
XDG_STATE_HOME=$top/state XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}
export XDG_STATE_HOME XDG_CACHE_HOME
cd "$top"

say() { echo "${0##*/}: $*"; }

# refused STATUS COMMAND...
refused()
{
	wanted=$1 status=0
	shift
	"$@" >said 2>&1 || status=$?
	[ $status -eq "$wanted" ] || {
		cat said
		say "exit status $status instead of $wanted: $*"
		exit 1
	}
	say "refused: $(grep 'error\[' said)"
}

for name in publisher rebuilder withdrawer root; do
	openssl genpkey -algorithm ed25519 -out keys/$name.key 2>/dev/null
	openssl pkey -in keys/$name.key -pubout -out keys/$name.pub
	"$MEASURE" trust add keys/$name.pub --role $name -q --trust trust.yml
done
set -- --db "$top/releases.git" --trust "$top/trust.yml" "$@"
"$MEASURE" db init --db releases.git
"$MEASURE" db keys --db releases.git --from trust.yml --trust trust.yml --key keys/root.key

begin=$(date +%s)
clone/ci/self/release.sh "$@" --key "$top/keys/publisher.key" --signer publisher --out "$top/release"
say "released in $(($(date +%s) - begin)) s"

# ---- somebody who has the published files, and her own trust: nobody has rebuilt them yet
mkdir download changed renamed
for file in measure measure-fetch measure-verify measure.tar.gz; do
	cp release/image/$file download/
done
chmod +x download/measure*
files='download/measure download/measure-fetch download/measure-verify download/measure.tar.gz'
# check FILES BUNDLE
check()
{
	# shellcheck disable=SC2086 # words
	download/measure-verify check $1 --manifest "$2" --trust trust.yml --product measure
}
refused 4 check "$files" release/measure.bundle

# ---- the archive is the commit's tree, and tells which
mkdir tree
git -C clone archive --prefix=measure/ "$commit" | tar -x -C tree
echo "$commit" >tree/measure/.commit
mkdir unpacked
tar -xzf download/measure.tar.gz -C unpacked
diff -r tree unpacked
[ "$(download/measure version --json | sed -n 's/^ *"commit": "\(.*\)",*$/\1/p')" = "$commit" ]
say "the archive is the tree of $commit, and so says the program"

# ---- an independent rebuilder, with the program that was released
begin=$(date +%s)
MEASURE=$top/download/measure MEASURE_FETCH=$top/download/measure-fetch XDG_STATE_HOME=$top/rebuilder \
	clone/ci/reproduce-release.sh "$@" --source "$top/clone" --recipe ci/self/measure.yml \
	--key "$top/keys/rebuilder.key" --signer rebuilder --out "$top/rebuilt" "$(sed -n '1s/  .*//p' release/status)"
say "rebuilt in $(($(date +%s) - begin)) s"
download/measure who "$(sha256sum download/measure-verify | cut -c 1-64)" --db releases.git --trust trust.yml

# ---- with the bundle that the rebuilder hands out
check "$files" rebuilt/release.bundle
cp download/measure-verify changed/
byte=$(od -An -tu1 -j 5000 -N 1 changed/measure-verify)
# shellcheck disable=SC2059 # the format is the byte
printf "\\$(printf %o $((byte ^ 1)))" | dd of=changed/measure-verify bs=1 seek=5000 conv=notrunc status=none
cp download/measure-verify renamed/measure
refused 1 check changed/measure-verify rebuilt/release.bundle
refused 1 check renamed/measure rebuilt/release.bundle

# ---- and withdrawn
"$MEASURE" db withdraw "$(sed -n '1s/  .*//p' release/status)" --db releases.git --trust trust.yml \
	--reason 'it was only tried out' --key keys/withdrawer.key
refused 1 download/measure check download/measure --db releases.git --trust trust.yml
# shellcheck disable=SC2086 # words
sha256sum $files
