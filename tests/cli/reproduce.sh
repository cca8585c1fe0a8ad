#!/bin/sh
# `measure reproduce`: an auditor's session, from a clone, a store and a manifest
# shellcheck disable=SC2016 # the recipe's own variables, and backquotes in messages
. "${0%/*}/../lib.sh"
need busybox
need bwrap
need git
need openssl

XDG_CACHE_HOME=$PWD/cache
GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='2026-01-01T00:00:00Z'
GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export XDG_CACHE_HOME GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE
export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE

# ---- the project: a source in git, a root with a shell, a kernel
mkdir -p root/bin project/src
cp "$(command -v busybox)" root/bin/busybox
for name in sh cat mkdir sed cp ln sleep chmod date id hostname; do
	ln -s busybox "root/bin/$name"
done
tar -cf root.tar -C root .
base=$(sha256sum root.tar | cut -c 1-64)
mkdir -p store/sha256
cp root.tar "store/sha256/$base"
echo hello >project/src/greeting
head -c 65536 /dev/zero >project/kernel
cat >project/measure.yml <<END
recipe: 1
product: example.org/demo
version: "1.0"
vendor: example.org
source: {git: .}
inputs:
  base: {file: "https://example.org/root.tar", sha256: $base, unpack: true}
  kernel: {file: kernel}
stages:
  app:
    root: base
    use:
      root: base
      src: source:src
    run: |
      mkdir root/app
      sed "s/hello/hallo/" src/greeting >root/app/greeting
    outputs:
      root: root
eif:
  artefact: demo.eif
  kernel: kernel
  cmdline: console=ttyS0
  rootfs: app/root
  entrypoint: [/bin/cat, /app/greeting]
END
git -C project init -q -b main
git -C project add .
git -C project commit -q -m one
commit=$(git -C project rev-parse HEAD)

# ---- its maker
run lock project/measure.yml --store store
expect_status 0
git -C project add measure.lock
git -C project commit -q -m lock
run build project/measure.yml --store store -o out
case $(cat "$STDERR") in
*'error[sandbox]'*)
	skip 'a release is reproduced' 'no sandbox can be made here'
	plan done
	;;
esac
expect_status 0
run manifest make out/demo.eif --record out/build.json -q -o plain.corim
expect_status 0
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out maker.key 2>/dev/null
run sign manifest plain.corim --key maker.key -o demo.corim
expect_status 0
ok 'a release is made'

# ---- an auditor, who has a clone, the store, the manifest and a cache of his own
XDG_CACHE_HOME=$PWD/auditor
git clone -q project clone
cp -r store theirs
run reproduce demo.corim --source clone --store theirs
expect_status 0
expect_stdout - <<'END'
pass  release           release: as in the manifest
pass  source            source: as in the manifest
pass  recipe            recipe: as in the manifest
pass  inputs            inputs: as in the manifest
pass  manifest          what was rebuilt gives the published payload, byte for
                        byte
kernel            reproduced (toolchain pinned, not rebuilt)
cmdline           reproduced (toolchain pinned, not rebuilt)
ramdisk0          reproduced (toolchain pinned, not rebuilt)
ramdisk1          reproduced (toolchain pinned, not rebuilt)
not proven: who released it (that takes `measure check`), nor the toolchain, which
            is known by its digests and was not rebuilt
PASS
END
expect_stderr_has "measure: stage 'app': building"
expect test "$(find auditor/measure/build -maxdepth 1 -name '.*[a-z]*' | wc -l)" -eq 0
ok 'a release is reproduced from a clone and a store, and nothing is left'

cd clone || exit 99
run reproduce ../demo.corim --store ../theirs --json
cd .. || exit 99
expect_status 0
expect_json 'j["kind"] == "reproduce" and j["ok"] and j["id"] == "example.org/demo/1.0"'
expect_json '[x["name"] for x in j["components"]] == ["kernel", "cmdline", "ramdisk0", "ramdisk1"]'
expect_json 'all(x["result"] == "pass" for x in j["checks"])'
ok 'the recipe is looked for in the folder where one is'

run build clone/measure.yml --store theirs -o theirs.out
expect_status 0
run manifest make theirs.out/demo.eif --record theirs.out/build.json -q -o theirs.corim
expect_status 0
expect_same plain.corim theirs.corim
expect_same out/demo.eif theirs.out/demo.eif
ok 'two builders, one without the key, have one payload'

# ---- what is built here before is not believed
run reproduce demo.corim --source clone --store theirs --cached
expect_status 0
expect test "$(grep -c building "$STDERR")" -eq 0
ok '--cached takes what was built before, and nothing else does'

# ---- one changed byte
git clone -q project changed
echo hellO >changed/src/greeting
run reproduce demo.corim --source changed --store theirs
expect_status 0
ok 'a work tree is not the source'

git -C changed commit -q -a -m other
run lock changed/measure.yml --store theirs --update source
expect_status 0
run reproduce demo.corim --source changed --store theirs
expect_status 1
expect_stdout - <<END
fail  source            source: not as in the manifest
      expected          $commit
      found             $(git -C changed rev-parse HEAD)
pass  recipe            recipe: as in the manifest
fail  inputs            inputs: not as in the manifest
      expected          $(sed -n 's/.*"inputs_digest": "\(.*\)".*/\1/p' project/measure.lock)
      found             $(sed -n 's/.*"inputs_digest": "\(.*\)".*/\1/p' changed/measure.lock)
FAIL
END
expect_stderr 'measure: error[not-reproduced]: demo.corim: source: source: not as in the manifest
measure: hint: nothing was built: the recipe and the lock must be those of the release'
ok 'another source is none of the release'

git clone -q project without
blob=$(git -C without rev-parse "$commit:src/greeting")
git -C without repack -q -a -d
pack=$(echo without/.git/objects/pack/*.pack)
mv "$pack" pack
rm -rf without/.git/objects/pack
git -C without unpack-objects -q <pack
object=without/.git/objects/$(echo "$blob" | sed 's|^..|&/|')
chmod u+w "$object"
printf 'blob 6\0hellO\n' | perl -MIO::Compress::Deflate=:all -e 'local $/; my $in = <STDIN>; deflate \$in => "-"' >"$object"
run reproduce demo.corim --source without --store theirs
expect_status 3
expect_stderr_has "measure: error[source]: without: 'src/greeting': object $blob: "
ok 'a byte that was changed below the commit is found although the store has the source'

cp -r clone input
printf x | dd of=input/kernel bs=1 seek=100 conv=notrunc status=none
run reproduce demo.corim --source input --store theirs
expect_status 3
expect_stdout ''
expect_stderr "measure: error[input-digest]: input/measure.yml: input 'kernel': its SHA-256 is $(sha256sum input/kernel | cut -c 1-64) and must be $(sha256sum clone/kernel | cut -c 1-64)"
cp -r store wrong
chmod u+w "wrong/sha256/$base"
printf x | dd of="wrong/sha256/$base" bs=1 seek=100 conv=notrunc status=none
run reproduce demo.corim --source clone --store wrong
expect_status 3
expect_stdout ''
expect_stderr_has "measure: error[input-digest]: "
rm -f "wrong/sha256/$base"
run reproduce demo.corim --source clone --store wrong
expect_status 4
expect_stderr_has "measure: error[input-missing]: wrong/sha256/$base: 'base' is not in the store"
ok 'one changed input'

sed 's/"epoch": [0-9]*/"epoch": 1/' clone/measure.lock >edited.lock
run reproduce demo.corim --source clone --store theirs --lock edited.lock
expect_status 3
expect_stdout ''
expect_stderr_has "measure: error[lock]: edited.lock: inputs_digest is "
ok 'one changed line of the lock'

sed 's/ttyS0/ttyS1/' clone/measure.yml >input/measure.yml
cp clone/kernel input/kernel
run lock input/measure.yml --store theirs
run reproduce demo.corim --source input --store theirs
expect_status 1
expect_stdout_has 'fail  recipe            recipe: not as in the manifest'
ok 'another recipe'

# ---- what is rebuilt is another image: published is one that the recipe does not give
cp -r out published
chmod u+w published/demo.eif
run build eif --kernel clone/kernel --cmdline console=ttyS9 --rootfs root.tar --entrypoint /bin/cat \
	-q -o published/demo.eif
expect_status 0
run manifest make published/demo.eif --record published/build.json -q -o forged.corim
expect_status 0
run reproduce forged.corim --source clone --store theirs
expect_status 1
expect test "$(head -n 1 "$STDOUT")" = 'PCR0, PCR1 and PCR2 differ, through cmdline and ramdisk1'
expect_stdout_has 'fail  part              cmdline is another one than the manifest'
expect_stdout_has 'kernel            reproduced (toolchain pinned, not rebuilt)'
expect_stdout_has 'cmdline           differs'
expect test "$(tail -n 1 "$STDOUT")" = FAIL
expect_stderr_has "measure: error[not-reproduced]: forged.corim: manifest: what was rebuilt gives another payload than the published one"
run reproduce forged.corim --source clone --store theirs --image published/demo.eif --keep kept
expect_status 1
expect_same kept/demo.eif out/demo.eif
cp "$STDOUT" said
run diff published/demo.eif kept/demo.eif
expect test "$(head -n 1 said)" = "$(head -n 1 "$STDOUT")"
expect test "$(head -n 3 said)" = "$(head -n 3 "$STDOUT")"
run reproduce forged.corim --source clone --store theirs --image published/demo.eif --json
expect_status 1
expect_json 'j["reason"] == "not-reproduced" and j["diff"]["type"] == "eif" and j["headline"]'
expect_json '[x["status"] for x in j["components"]].count("differs") == 2'
ok 'another image is told as measure diff tells it'

# ---- statements
openssl genpkey -algorithm ed25519 -out rebuilder.key 2>/dev/null
openssl pkey -in rebuilder.key -pubout -out rebuilder.pub
# statement FILE OUTCOME MANIFEST [VARIED]: the fields that are known
statement()
{
	run manifest show "$1" --diag
	expect_status 0
	expect_stdout_has '3: "application/vnd.measure.rebuilt+cbor"'
	expect_stdout_has '1: "example.org/demo/1.0"'
	expect_stdout_has "2: h'$(sha256sum "$3" | cut -c 1-64)'"
	expect_stdout_has "    3: $2,"
	expect_stdout_has "6: h'$(sha256sum "$MEASURE" | cut -c 1-64)'"
	tr -d '\n ' <"$STDOUT" >joined
	expect grep -qF "7:${4:-[]}}>>" joined
	run manifest show "$1"
	expect_status 3
}
run reproduce demo.corim --source clone --store theirs --statement rebuilder.key --signer me -o yes.cose
expect_status 0
statement yes.cose 1 plain.corim
expect_stdout ''
run reproduce forged.corim --source clone --store theirs --statement rebuilder.key -o no.cose
expect_status 1
statement no.cose 0 forged.corim
run reproduce demo.corim --source clone --store theirs --public-key rebuilder.pub --signer me --tbs-out tbs
expect_status 0
openssl pkeyutl -sign -inkey rebuilder.key -rawin -in tbs -out signature
run reproduce demo.corim --source clone --store theirs --public-key rebuilder.pub --signer me \
	--attach signature -o attached.cose
expect_status 0
expect_same attached.cose yes.cose
ok 'a signed statement is written of it, whatever came of it'

for file in demo.corim clone/measure.yml clone/measure.lock published/demo.eif; do
	cp "$file" before
	run reproduce demo.corim --source clone --store theirs --image published/demo.eif \
		--statement rebuilder.key -o "$file"
	expect_status 2
	expect_stderr "measure: error[usage]: $file: would be replaced, and it is the input '$file'
measure: hint: see \`measure help reproduce\`"
	expect_same before "$file"
done
ok 'a statement takes the place of nothing that is read for it'

# ---- built again under other conditions
run reproduce demo.corim --source clone --store theirs --vary timezone,home,environment --statement rebuilder.key \
	-o varied.cose
expect_status 0
expect test "$(grep -c "'app': building" "$STDERR")" -eq 2
run reproduce demo.corim --source clone --store theirs --vary timezone,time
expect_status 0
expect_stdout_has 'pass  manifest          what was rebuilt gives the published payload'
expect_stdout_has 'skip  vary              time: its root has no libfaketime'
expect_stdout_has 'pass  vary              timezone: '
expect test "$(tail -n 1 "$STDOUT")" = PASS
statement varied.cose 1 plain.corim '["environment","home","timezone"]'
run reproduce demo.corim --source clone --store theirs --vary umask,home --statement rebuilder.key -o varied.cose
expect_status 1
statement varied.cose 0 plain.corim '["home","umask"]'
run reproduce demo.corim --source clone --store theirs --vary umask,home
expect_status 1
expect test "$(head -n 1 "$STDOUT")" = 'umask: PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)'
expect_stdout_has 'cause: mode (2): another umask, or files copied without their modes'
expect_stdout_has 'fail  vary              umask: another output with umask 077'
expect_stdout_has 'pass  vary              home: '
expect test "$(tail -n 1 "$STDOUT")" = FAIL
expect_stderr_has 'measure: error[not-reproduced]: demo.corim: vary: umask: another output with umask 077'
run reproduce forged.corim --source clone --store theirs --vary home --statement rebuilder.key -o varied.cose
expect_status 1
statement varied.cose 0 forged.corim
run reproduce forged.corim --source clone --store theirs --vary home --json
expect_json '{"id": "vary", "result": "skip", "reason": "not-varied", "detail": "nothing was varied: another image was built already"} in j["checks"]'
ok 'a release is built again under variations, which a statement names'

run reproduce demo.corim --source clone --store theirs --sign-with false -o none
expect_status 2
expect_stderr 'measure: error[usage]: --public-key is needed without --statement
measure: hint: see `measure help reproduce`'
run reproduce demo.corim --source clone --store theirs --statement rebuilder.key
expect_status 2
run reproduce demo.corim --source clone --store theirs -o none
expect_status 2
expect_stderr 'measure: error[usage]: without --statement there is none to be written
measure: hint: see `measure help reproduce`'
run reproduce demo.corim --source clone --store theirs --statement rebuilder.pub -o none
expect test "$STATUS" -ne 0
expect test "$(grep -c building "$STDERR")" -eq 0
run reproduce demo.corim --source clone --store theirs --sign-with false --public-key rebuilder.pub -o none
expect_status 5
expect_stderr_has 'measure: error[sign-with]: '
run reproduce demo.corim --source changed --store theirs --statement rebuilder.key -o none
expect_status 1
expect_no_file none
ok 'what is not rebuilt, or not signed, gives no statement'

run manifest make out/demo.eif --product example.org/demo --version 1.0 -q -o hand.corim
run reproduce hand.corim --source clone --store theirs
expect_status 4
expect_stdout ''
expect_stderr 'measure: error[nothing-to-rebuild]: hand.corim: the manifest was made by hand: its origins are asserted'
ok 'what was made by hand cannot be rebuilt'

# ---- a recipe, which has only itself to compare with
run reproduce clone/measure.yml --store theirs
expect_status 0
expect_stdout_has "demo.eif  $(sha256sum out/demo.eif | cut -c 1-64)"
expect test "$(tail -n 1 "$STDOUT")" = 'equal: built twice, each time from nothing but the inputs'
expect test "$(grep -c building "$STDERR")" -eq 2
run reproduce clone/measure.yml --store theirs --json
expect_json 'j["equal"] and j["built"]["registers"]["PCR0"]'
ok 'two builds of a recipe are compared'

sed 's|src/greeting >|&root/app/id; cat /proc/sys/kernel/random/uuid >|' clone/measure.yml >input/measure.yml
run lock input/measure.yml --store theirs
run reproduce input/measure.yml --store theirs
expect_status 1
expect test "$(head -n 1 "$STDOUT")" = 'PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)'
expect_stderr_has 'measure: error[not-reproduced]: input/measure.yml: two builds of it are not equal'
run reproduce input/measure.yml --store theirs --image out/demo.eif
expect_status 2
expect_stderr 'measure: error[usage]: --image has no meaning for a recipe: it is compared with itself
measure: hint: see `measure help reproduce`'
ok 'a recipe that gives something else each time is none'
expect test "$(find auditor/measure/build -maxdepth 1 -name '.*[a-z]*' | wc -l)" -eq 0
plan done
