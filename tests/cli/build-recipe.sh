#!/bin/sh
# `measure build` of a recipe: an EIF from a stage that runs in the sandbox, all from files that the
# test makes
# shellcheck disable=SC2016 # the recipe's own variables, and backquotes in messages
. "${0%/*}/../lib.sh"
need busybox
need bwrap
need openssl

XDG_CACHE_HOME=$PWD/cache
export XDG_CACHE_HOME

# a root file system with a shell
mkdir -p root/bin project
cp "$(command -v busybox)" root/bin/busybox
for name in sh cat mkdir sed cp ln sleep chmod touch truncate; do
	ln -s busybox "root/bin/$name"
done
tar -cf project/root.tar -C root .
echo hello >project/greeting
head -c 65536 /dev/zero >project/kernel

recipe()
{
	cat <<END
recipe: 1
product: example.org/demo
version: "1.0"
vendor: example.org
epoch: 2026-01-01T00:00:00Z
inputs:
  base: {file: root.tar, unpack: true}
  greeting: {file: greeting}
  kernel: {file: kernel}
stages:
  app:
    root: base
    use:
      root: base
      in/greeting: greeting
    environment:
      GREETING: hallo
    run: |
$1
    outputs:
      root: root
      text: root/app/greeting
      tool: tool
eif:
  artefact: demo.eif
  kernel: kernel
  cmdline: console=ttyS0
  rootfs: app/root
  entrypoint: [/bin/cat, /app/greeting]
files:
  greeting.txt: app/text
END
}
script='      mkdir root/app
      sed "s/hello/$GREETING/" in/greeting >root/app/greeting
      echo "made at $SOURCE_DATE_EPOCH in $PWD"
      cp in/greeting tool
      chmod 755 tool'
recipe "$script" >project/measure.yml

run build project/measure.yml -o out
expect_status 4
expect_stdout ''
expect_stderr 'measure: error[unlocked]: project/measure.lock: is not there, and nothing is built that is not locked
measure: hint: `measure lock` writes it'
expect_no_file out
ok 'nothing is built without a lock'

run lock project/measure.yml
expect_status 0
run build project/measure.yml -o out
case $(cat "$STDERR") in
*'error[sandbox]'*)
	skip 'a recipe is built' 'no sandbox can be made here'
	plan done
	;;
esac
expect_status 0
expect_stderr_has "measure: stage 'app': building"
expect_stdout_has "greeting.txt  $(echo hallo | sha256sum | cut -c 1-64)"
expect_stdout_has "demo.eif  $(sha256sum out/demo.eif | cut -c 1-64)"
expect test "$(cat out/greeting.txt)" = hallo
expect test "$(cd out && echo *)" = 'build.json demo.eif greeting.txt measurements.json'
expect test "$(stat -c %Y out/demo.eif)" -eq 1767225600
cp "$STDOUT" first
run eif out/demo.eif
expect_status 0
tail -n 3 first >registers
expect_stdout @registers
ok 'a recipe is built'

# whatever compressed a part of it would have to be in the lock
expect grep -qF '"libraries": [],' project/measure.lock
run inspect out/demo.eif
expect_status 0
expect test "$(grep -c 'ramdisk' "$STDOUT")" -gt 0
expect test "$(grep -cE 'gzip|zstd|xz' "$STDOUT")" -eq 0
ok 'no library has a part in the image, and the lock says so'

run build project/measure.yml -o again
expect_status 0
expect_stdout @first
expect_stderr ''
expect diff -r out again
run build project/measure.yml -o again2 -v
expect_stderr_has "measure: stage 'app': as it was built before"
ok 'what was built before is taken from the cache, and is the same'

run build project/measure.yml --cache elsewhere -o other
expect_status 0
expect diff -r out other
cp -r project another
run build another/measure.yml --cache elsewhere2 -o other2
expect_status 0
expect diff -r out other2
ok 'another cache and another place give the same bytes'

run build project/measure.yml -o again3 --json
expect_status 0
expect_json 'j["kind"] == "build-recipe" and j["stages"] == 1 and j["cached"] == 1'
expect_json 'set(j["built"]["files"]) == {"demo.eif", "greeting.txt"}'
expect_json 'set(j["built"]["registers"]) == {"PCR0", "PCR1", "PCR2"}'
ok '--json tells what was built'

run manifest make out/demo.eif --record out/build.json -o demo.corim
expect_status 0
expect_status 0
run manifest show demo.corim
expect_status 0
expect_stdout_has 'Part        ramdisk1'
expect_stdout_has "Recipe      sha256:$(sha256sum project/measure.yml | cut -c 1-64)"
openssl genpkey -algorithm ED25519 -out key 2>/dev/null
openssl pkey -in key -pubout -outform DER -out key.der
cat >trust.yml <<END
version: 1
keys:
  - name: key
    id: "$(sha256sum <key.der | cut -c 1-64)"
    spki: "$(base64 -w0 key.der)"
    roles: [publisher]
roles:
  publisher:
    threshold: 1
END
run sign manifest demo.corim --signer key --key key --expires 2100-01-01T00:00:00Z -q -o signed.corim
expect_status 0
run check out/demo.eif --manifest signed.corim --trust trust.yml
expect_status 0
expect_stderr ''
ok 'a manifest is made of the record, and the image is what it says'

# damaged entries of the cache do not count
for file in cache/measure/build/sha256/*/file/text cache/measure/build/images/*/folder/demo.eif; do
	chmod u+w "$file"
	printf x >>"$file"
done
run build project/measure.yml -o again4
expect_status 0
expect_stderr_has "measure: stage 'app': building"
expect diff -r out again4
for log in cache/measure/build/sha256/*/log; do
	rm "$log"
	ln -s /etc/passwd "$log"
done
run build project/measure.yml --stage app --logs -o again5
expect_status 0
expect_stderr "measure: stage 'app': building"
expect test "$(cat again5/logs/app.log)" = 'made at 1767225600 in /build/app'
ok 'what was changed in the cache is built anew'

# another build has the lock, and mends what this one finds damaged
if command -v flock >/dev/null; then
	text=$(echo cache/measure/build/sha256/*/file/text)
	cp "$text" good
	chmod u+w "$text"
	printf x >>"$text"
	flock cache/measure/build/sha256 sh -c ">locked; sleep 1; cp good '$text'" &
	while [ ! -e locked ]; do sleep 0.01; done
	run build project/measure.yml -o mended
	wait
	expect_status 0
	expect_stderr ''
	expect diff -r out mended
	image=$(echo cache/measure/build/images/*/folder/demo.eif)
	rm locked
	cp "$image" good
	chmod u+w "$image"
	printf x >>"$image"
	flock cache/measure/build/images sh -c ">locked; sleep 1; cp good '$image'" &
	while [ ! -e locked ]; do sleep 0.01; done
	number=$(stat -c %i "$image")
	run build project/measure.yml -o mended2
	wait
	expect_status 0
	expect diff -r out mended2
	expect test "$(stat -c %i cache/measure/build/images/*/folder/demo.eif)" = "$number"
	ok 'what another build made meanwhile is not taken from it'
fi

mkdir -m 777 open
chmod 777 open
run build project/measure.yml --cache open -o x
expect_status 5
expect_stderr 'measure: error[permission]: open: others may write there, its mode is 0777
measure: hint: who could write to a cache could choose what is built; --cache names another'
chmod 755 open
mkdir open/sha256
chmod 775 open/sha256
run build project/measure.yml --cache open -o x
expect_status 5
expect_stderr_has 'measure: error[permission]: open/sha256/: others may write there, its mode is 0775'
if [ "$(id -u)" -eq 0 ]; then
	mkdir foreign
	chown 65534 foreign
	run build project/measure.yml --cache foreign -o x
	expect_status 5
	expect_stderr_has 'measure: error[permission]: foreign: belongs to user 65534, and this is user 0'
fi
expect_no_file x
ok 'a cache of others is not believed'

run build project/measure.yml -o out
expect_status 2
expect_stderr_has 'measure: error[usage]: out: is there already, and not empty'
mkdir empty
run build project/measure.yml -o empty
expect_status 0
expect diff -r out empty
ok 'an empty folder is filled, another one is not touched'

run build project/measure.yml --stage app -o stage --logs
expect_status 0
expect test "$(cd stage && echo *)" = 'logs root text tool'
expect test "$(cat stage/root/app/greeting)" = hallo
expect test -x stage/tool
expect test ! -x stage/text
expect test "$(cat stage/logs/app.log)" = 'made at 1767225600 in /build/app'
umask 077
run build project/measure.yml --stage app -o stage2 --logs
umask 022
expect test "$(cd stage2 && stat -c '%n %a %Y' . logs logs/app.log root text tool)" = '. 755 1767225600
logs 755 1767225600
logs/app.log 644 1767225600
root 755 1767225600
text 644 1767225600
tool 755 1767225600'
run build project/measure.yml --stage app
expect_status 0
expect_stdout ''
run build project/measure.yml --stage apple -o x
expect_status 2
expect_stderr_has "measure: error[usage]: --stage: the recipe has no stage 'apple'"
ok 'a stage alone'

recipe "$script" | sed 's/^    run:/    jobs: 256\n&/' >project/measure.yml
run lock project/measure.yml
run build project/measure.yml -o many
expect_status 0
expect_stderr_has "stage 'app': the recipe says 256 processors, and this machine has $(nproc)"
expect diff many/demo.eif out/demo.eif
recipe "$script" >project/measure.yml
run lock project/measure.yml
ok 'a machine with fewer processors than the recipe says is told'

# ---- inputs and locks that are not what they should be
echo changed >>project/measure.yml
run build project/measure.yml -o x
expect_status 3
recipe "$script" | sed 's/"1.0"/"1.1"/' >project/measure.yml
run build project/measure.yml -o x
expect_status 4
expect_stderr_has 'measure: error[unlocked]: project/measure.lock: is of another recipe: of sha256 '
expect_no_file x
ok 'a lock of another recipe is refused'

recipe "$script" >project/measure.yml
run lock project/measure.yml
sed 's/"size": 65536/"size": 65537/' project/measure.lock >edited
run build project/measure.yml --lock edited -o x
expect_status 3
expect_stderr_has 'measure: error[lock]: edited: '
ok 'a lock that was edited is refused'

hex=$(sha256sum project/greeting | cut -c 1-64)
object=cache/measure/store/sha256/$hex
chmod u+w "$object"
echo HELLO >"$object"
run build project/measure.yml -o healed
expect_status 0
expect_same project/greeting "$object"
chmod u+w "$object"
echo HELLO >"$object"
mv project/greeting kept
run build project/measure.yml -o x
expect_status 3
expect_stderr_has 'measure: error[input-digest]: '
expect_no_file x
rm -f "$object"
run build project/measure.yml -o x
expect_status 5
expect_stderr_has 'measure: error[no-such-file]: project/greeting: '
mv kept project/greeting
run build project/measure.yml -o x1
expect_status 0
ok 'an input that is missing or damaged is taken from the project, and refused when it is not there'

if command -v git >/dev/null; then
	git init -q repository
	echo of the source >repository/text
	git -C repository add text
	git -C repository -c user.name=a -c user.email=a@example.org commit -q -m one
	mkdir alone
	cat >alone/measure.yml <<-END
	recipe: 1
	product: example.org/demo
	version: "1.0"
	vendor: example.org
	source: {git: .}
	files:
	  text: source:text
	END
	run lock alone/measure.yml --source repository
	expect_status 0
	run build alone/measure.yml --store empty-store -o x
	expect_status 3
	expect_stderr 'measure: error[source]: alone: lies in no repository'
	ok 'a recipe whose source is around it, and that lies in no repository, is refused'
fi

# ---- stages that fail
failing()
{
	recipe "      $1" >project/measure.yml
	run lock project/measure.yml
	expect_status 0
	run build project/measure.yml -o x
	expect_no_file x
}
failing 'echo one; echo two; exit 7'
expect_status 1
expect_stdout ''
expect_stderr "measure: stage 'app': building
measure: app: one
measure: app: two
measure: error[stage-failed]: project/measure.yml: stage 'app': its commands ended with status 7
measure: hint: all that it printed is in $PWD/cache/measure/build/failed/app.log"
expect test "$(cat cache/measure/build/failed/app.log)" = 'one
two'
ok 'commands that fail are told with their last lines'

failing 'kill -9 $$'
expect_status 1
expect_stderr_has "error[stage-failed]: project/measure.yml: stage 'app': its commands were ended by signal 9"
failing 'true'
expect_status 1
expect_stderr_has "error[output]: project/measure.yml: stage 'app': the output 'text' ('root/app/greeting') is not there"
failing 'ln -s /bin root/app'
expect_status 1
expect_stderr_has "error[output]: project/measure.yml: stage 'app': the output 'text' ('root/app/greeting') lies in something that is no folder"
failing 'mkdir root/app; ln -s x root/app/greeting'
expect_status 1
expect_stderr_has "error[output]: project/measure.yml: stage 'app': the output 'text' ('root/app/greeting') is a symbolic link"
failing 'mkdir root/app; echo >root/app/greeting'
expect_status 1
expect_stderr_has "error[output]: project/measure.yml: stage 'app': the output 'tool' ('tool') is not there"
failing 'mkdir root/app; echo >root/app/greeting; busybox mkfifo tool'
expect_status 1
expect_stderr_has "the output 'tool' ('tool') is neither a file nor a folder"
ok 'outputs are files or folders that are there, and no links'

failing 'mkdir root/app; busybox mkfifo root/app/x'
expect_status 1
expect_stderr_has "error[output]: project/measure.yml: stage 'app': output 'root': 'app/x' is a pipe, which no output may be"
failing 'mkdir root/app; truncate -s 1000G root/app/x'
expect_status 1
expect_stderr_has 'its commands were ended by signal 25'
ok "a folder has files, folders and links alone, and no file a hole larger than its stage's disk"

# used USE TEXT: what the message begins with, behind its bracket
used()
{
	recipe "$script" | sed "s|in/greeting: greeting|$1|" >project/measure.yml
	run lock project/measure.yml
	run build project/measure.yml -o x
	expect_status 3
	expect_stderr_has "measure: error[$2"
	expect_no_file x
}
used 'root/bin/sh: greeting' "recipe]: project/measure.yml: stage 'app': line 15: there is a 'root/bin/sh' already in what is used"
used 'in: base:none' "recipe]: project/measure.yml: stage 'app': 'base:none': there is no 'none'"
used 'in: base:bin/busybox/x' "rootfs]: project/measure.yml: stage 'app': 'base:bin/busybox/x': "
ok 'what is used is there, and has a place of its own'

# the machine's other writers count as well where a disk is watched: the limit is far from theirs
recipe "      mkdir root/app; echo >root/app/greeting; >tool
      truncate -s 100M root/app/0; truncate -s 100M root/app/1" |
	sed 's/^    outputs:/    limits: {disk: 192}\n&/' >project/measure.yml
run lock project/measure.yml
run build project/measure.yml -o x
expect_status 1
expect_stderr_has "error[output]: project/measure.yml: stage 'app': output 'root': 'app/1': needs more than the "
expect_stderr_has ' bytes that are left of the stage'"'s disk"
expect_no_file x
recipe "      mkdir root/app; truncate -s 100M root/app/greeting; truncate -s 100M tool" |
	sed 's/^    outputs:/    limits: {disk: 192}\n&/; s/root: root$/root: root\/bin/' >project/measure.yml
run lock project/measure.yml
run build project/measure.yml -o x
expect_status 1
expect_stderr_has "error[output]: project/measure.yml: stage 'app': output 'tool': needs more than the "
expect_no_file x
ok 'holes in outputs count as what they take'

failing 'echo x >/bin/new'
expect_status 1
expect_stderr_has 'Read-only file system'
ok 'the root cannot be written'

# ---- what somebody published
recipe "$script" >project/measure.yml
cat >>project/measure.yml <<END
expect:
  app/text: "$(echo hallo | sha256sum | cut -c 1-64)"
  greeting.txt: "00"
END
run lock project/measure.yml
expect_status 3
recipe "$script" >project/measure.yml
cat >>project/measure.yml <<END
expect:
  app/text: $(echo other | sha256sum | cut -c 1-64)
END
run lock project/measure.yml
run build project/measure.yml -o x
expect_status 1
expect_stderr_has "measure: error[expectation]: project/measure.yml: 'app/text': expected $(echo other | sha256sum | cut -c 1-64), built $(echo hallo | sha256sum | cut -c 1-64)"
expect_no_file x
recipe "$script" >project/measure.yml
cat >>project/measure.yml <<END
expect:
  app/text: $(echo hallo | sha256sum | cut -c 1-64)
  demo.eif: $(sha256sum out/demo.eif | cut -c 1-64)
  PCR2: $(sed -n 's/^PCR2  //p' first)
END
run lock project/measure.yml
run build project/measure.yml -o expected
expect_status 0
expect_same out/demo.eif expected/demo.eif
zeros=$(printf %096d 0)
recipe "$script" >project/measure.yml
printf 'expect:\n  PCR8: "%s"\n' "$zeros" >>project/measure.yml
run lock project/measure.yml
run build project/measure.yml -o x
expect_status 1
expect_stderr_has "measure: error[expectation]: project/measure.yml: 'PCR8' is expected, and the image has none"
expect_no_file x
ok 'what is expected is compared'

# ---- a guest of SEV-SNP
"$BUILD/tests/forge_ovmf" project/fw.fd
recipe "$script" | sed '/^eif:/,$d; s/^  kernel: .*/&\n  fw: {file: fw.fd}/' >project/snp.yml
cat >>project/snp.yml <<'END'
snp:
  artefact: guest
  ovmf: fw
  kernel: kernel
  cmdline: console=ttyS0
  rootfs: app/root
  entrypoint: [/bin/cat, /app/greeting]
  vcpus: "1-2"
  vcpu-types: [EPYC-v4]
END
run lock project/snp.yml -o project/snp.lock
expect_status 0
run build project/snp.yml --lock project/snp.lock -o guest
expect_status 0
expect_stdout_has 'EPYC-v4 x2, qemu  '
cp "$STDOUT" launches
expect test "$(cd guest && echo *)" = 'build.json guest measurements.json'
expect test -s guest/guest/root.img
run build project/snp.yml --lock project/snp.lock -o guest2 --cache elsewhere3
expect_status 0
expect_stdout @launches
expect diff -r guest guest2
run manifest make guest/guest --record guest/build.json -o guest.corim
expect_status 0
run manifest show guest.corim
expect_stdout_has 'Part        root, '
expect test "$(grep -c ', source$' "$STDOUT")" -eq 5
ok 'a bundle of SEV-SNP with a root image is built'

sed -i 's/ovmf: fw/ovmf: greeting/' project/snp.yml
run lock project/snp.yml -o project/snp.lock
run build project/snp.yml --lock project/snp.lock -o x
expect_status 3
expect_stderr_has "measure: error[firmware]: project/snp.yml: 'greeting': "
expect_no_file x
ok 'what a builder refuses is told by its name in the recipe'

# ---- killed at any moment
recipe "$script" >project/measure.yml
run lock project/measure.yml
for delay in 0.02 0.05 0.1 0.2 0.3; do
	rm -rf killed cache/measure/build
	"$MEASURE" build project/measure.yml -o killed >/dev/null 2>&1 &
	pid=$!
	sleep $delay
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	if [ -e killed ]; then
		expect diff -r out killed
	else
		run build project/measure.yml -o killed
		expect_status 0
		expect diff -r out killed
	fi
done
run build project/measure.yml -o last
expect_status 0
expect test "$(find . -maxdepth 1 -name '.killed*' | wc -l)" -le 1
expect test "$(find cache/measure/build -maxdepth 1 -name '.work*' | wc -l)" -eq 0
ok 'a build that is killed leaves nothing that the next one minds'

plan done
