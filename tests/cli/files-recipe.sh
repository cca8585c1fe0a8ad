#!/bin/sh
# A recipe that makes no image, from its lock to a release of files alone that others rebuild
# shellcheck disable=SC2016 # the recipe's own variables, and backquotes in messages
. "${0%/*}/../lib.sh"
need busybox
need bwrap
need git
need openssl

GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
MEASURE_FETCH=$BUILD/measure-fetch XDG_CACHE_HOME=$PWD/cache
export MEASURE_FETCH XDG_CACHE_HOME
for name in alice carol root; do
	openssl genpkey -algorithm ed25519 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
trust() { "$MEASURE" trust add -q "$@" --trust trust.yml; }
trust alice.pub --role publisher
trust carol.pub --role rebuilder
trust root.pub --role root
"$MEASURE" db init -q --db srv.git
"$MEASURE" db keys -q --db srv.git --from trust.yml --trust trust.yml --key root.key

# ---- the product: a program, a text of the source; the recipe lies in a folder of the repository
mkdir -p tree/bin project/src project/ci
cp "$(command -v busybox)" tree/bin/busybox
ln -s busybox tree/bin/sh
tar -cf project/ci/root.tar -C tree .
echo hello >project/src/greeting
# recipe VERSION COMMAND
recipe()
{
	cat >project/ci/measure.yml <<END
recipe: 1
product: example.org/box
version: "$1"
vendor: example.org
source: {git: .}
inputs:
  base: {file: root.tar, unpack: true}
stages:
  app:
    root: base
    use: {src: source:src}
    run: $2
    outputs: {boxd: boxd}
files:
  licence: source:src/greeting
  boxd: app/boxd
END
	git -C project add .
	git -C project commit -q -m "$1"
	run lock project/ci/measure.yml --source project -q
	expect_status 0
	git -C project add .
	git -C project commit -q -m "lock of $1"
}
git -C project init -q -b main
recipe 1.0 'busybox rev src/greeting >boxd'
sum() { sha256sum "$1" | cut -c 1-64; }

run lock --feeds project/ci/measure.yml
expect_status 0
sed 's/[0-9a-f]\{64\}$/DIGEST/' "$STDOUT" >feeds
run_command cat feeds
expect_stdout 'licence  DIGEST
  inputs source
  stages
boxd  DIGEST
  inputs source base
  stages app'
ok 'of each file it is told what can reach it'

run build project/ci/measure.yml --source project -o built
if grep -q 'error\[sandbox\]' "$STDERR"; then
	skip 'files are built' 'no sandbox can be made here'
	plan done
fi
expect_status 0
expect_json_file()
{
	cp "$1" "$STDOUT"
	expect_json "$2"
}
expect_json_file built/build.json '"artefact" not in j and "origin" not in j'
expect_json_file built/build.json 'j["components"] == {"licence": "source", "boxd": "source"}'
run manifest make --record built/build.json -o box.corim
expect_status 0
expect_stdout "$(sum built/boxd)  boxd
$(sum built/licence)  licence"
ok 'a recipe without an image leaves a record of its files'

run reproduce box.corim --source project --recipe project/ci/measure.yml
expect_status 0
expect_stdout_has 'pass  manifest          what was rebuilt gives the published payload, byte for'
expect_stdout_has 'boxd              reproduced (toolchain pinned, not rebuilt)'
expect_stdout_has 'PASS'
ok 'and its manifest is rebuilt'

echo other >built/boxd
echo more >built/more
sed -i 's/"licence": "source"/"more": "source"/' built/build.json
run manifest make --record built/build.json -o other.corim
expect_status 0
run reproduce other.corim --source project --recipe project/ci/measure.yml
expect_status 1
expect_stdout_has 'fail  part              boxd is another one than the manifest'
expect_stdout_has 'fail  part              more was not built'
expect_stdout_has 'fail  part              licence was built, and is not in the manifest'
expect_stdout_has 'boxd              differs'
expect_stderr_has 'error[not-reproduced]: other.corim: '
ok 'what was not built so is told file by file'

# ---- released
# release OUT OPTION...
release()
{
	out=$1
	shift
	run_command "$ROOT/ci/release.sh" --db srv.git --trust trust.yml --source project --key alice.key --out "$out" \
		"$@" project/ci/measure.yml
}
release one --vary home,timezone --signer alice
expect_status 0
expect_stderr_has 'release.sh: released: example.org/box 1.0, which does not count yet'
expect_same one/manifest.corim box.corim
expect_stderr_has 'measure: error[rebuilders]: one/database.git: release: rebuilt with equal bytes by 0, and 1 are needed'
expect grep -qxF 'It does not count yet: rebuilt with equal bytes by 0, and 1 are needed.' one/summary.md
expect grep -q "^$(sum one/image/boxd)  boxd$" one/subjects
run check one/image/boxd one/image/licence --manifest one/box.bundle --trust trust.yml
expect_status 4
expect_stderr 'measure: error[rebuilders]: one/box.bundle: release: rebuilt with equal bytes by 0, and 1 are needed'
ok 'one call releases files'

run_command "$ROOT/ci/reproduce-release.sh" --db srv.git --trust trust.yml --source project --recipe ci/measure.yml \
	--key carol.key --out rebuilt example.org/box/1.0
expect_status 0
run who "$(sum one/image/boxd)" --db srv.git --trust trust.yml
expect_status 0
expect_stdout_has '  rebuilt      carol'
run check one/image/boxd one/image/licence --manifest rebuilt/release.bundle --trust trust.yml
expect_status 0
ok 'somebody else rebuilds the release'

recipe 1.1 'busybox cp /proc/sys/kernel/random/uuid boxd'
release two --vary none
expect_status 0
expect grep -q '^| boxd | `[0-9a-f]*` | `[0-9a-f]*` | changed |$' two/summary.md
expect grep -q '^| licence | `[0-9a-f]*` | the same | the same |$' two/summary.md
sed -i 's/"1.1"/"1.2"/' project/ci/measure.yml
git -C project commit -q -a -m 1.2
run lock project/ci/measure.yml -q --source project
git -C project commit -q -a -m 'lock of 1.2'
chmod -R u+w cache/measure/build
rm -rf cache/measure/build
release three --vary none
expect_status 1
expect_stderr_has 'release.sh: boxd was '
expect_stderr_has ', although nothing that feeds it changed: inputs source base'
expect_stderr_has 'release.sh: failed: hold the files against those of example.org/box/1.1'
release three --vary none --because 'it is only a test'
expect_status 0
expect grep -q '^Released all the same, because: it is only a test$' three/summary.md
ok 'a file that changes by itself stops the release'

plan done
