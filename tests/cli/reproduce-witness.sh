#!/bin/sh
# `measure reproduce --witness`: compressed ramdisks that were published stand in for those that a
# rebuild compresses otherwise
# shellcheck disable=SC2016 # backquotes in messages
. "${0%/*}/../lib.sh"
need busybox
need bwrap
need git
need openssl
need python3

XDG_CACHE_HOME=$PWD/cache
GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='2026-01-01T00:00:00Z'
GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export XDG_CACHE_HOME GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE
export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE

# ---- a project whose compressor writes other bytes each time
mkdir -p root/bin project files
cp "$(command -v busybox)" root/bin/busybox
for name in sh cat head tail gzip; do
	ln -s busybox "root/bin/$name"
done
tar -cf root.tar -C root .
base=$(sha256sum root.tar | cut -c 1-64)
mkdir -p store/sha256
cp root.tar "store/sha256/$base"
echo hello >files/greeting
run build initrd --rootfs files -q -o project/disk
expect_status 0
head -c 65536 /dev/zero >project/kernel
"$BUILD/tests/forge_ovmf" project/fw.fd
recipe()
{
	cat <<END
recipe: 1
product: example.org/$1
version: "1.0"
vendor: example.org
source: {git: .}
inputs:
  base: {file: "https://example.org/root.tar", sha256: $base, unpack: true}
  kernel: {file: kernel}
  disk: {file: disk}
  fw: {file: fw.fd}
stages:
  packed:
    root: base
    use: {disk: disk}
    run: |
      gzip -c disk >made
      head -c 4 made >disk.gz
      head -c 4 /proc/sys/kernel/random/uuid >>disk.gz
      tail -c +9 made >>disk.gz
    outputs:
      disk: disk.gz
END
}
{
	recipe demo | sed '/^  fw:/d'
	cat <<'END'
eif:
  artefact: demo.eif
  kernel: kernel
  cmdline: console=ttyS0
  ramdisks: [packed/disk]
END
} >project/measure.yml
{
	recipe guest
	cat <<'END'
snp:
  artefact: guest
  ovmf: fw
  kernel: kernel
  initrd: packed/disk
  cmdline: console=ttyS0
  vcpus: "1-2"
  vcpu-types: [EPYC-v4]
END
} >project/guest.yml
git -C project init -q -b main
git -C project add .
git -C project commit -q -m one
run lock project/measure.yml --store store
expect_status 0
run lock project/guest.yml --store store -o project/guest.lock
expect_status 0
run build project/measure.yml --store store -o out
case $(cat "$STDERR") in
*'error[sandbox]'*)
	skip 'a witness' 'no sandbox can be made here'
	plan done
	;;
esac
expect_status 0
run manifest make out/demo.eif --record out/build.json -q -o demo.corim
expect_status 0
run build project/guest.yml --lock project/guest.lock --store store -o guest
expect_status 0
run manifest make guest/guest --record guest/build.json -q -o guest.corim
expect_status 0
ok 'two releases with compressed ramdisks are made'

XDG_CACHE_HOME=$PWD/auditor
# reproduce ARGUMENT...: of the enclave
reproduce() { run reproduce demo.corim --source project --store store "$@"; }
reproduce
expect_status 1
expect_stdout_has 'ramdisk0          differs'
expect_stderr_has 'measure: error[not-reproduced]: demo.corim: manifest: what was rebuilt gives another payload'
ok 'without a witness it is another image'

reproduce --witness out/demo.eif
expect_status 0
expect_stdout - <<'END'
pass  release           release: as in the manifest
pass  source            source: as in the manifest
pass  recipe            recipe: as in the manifest
pass  inputs            inputs: as in the manifest
warn  witness           ramdisk0 was taken from the published image: it is gzip
                        of what was built, and how it was compressed was not
                        reproduced
pass  manifest          what was rebuilt, with what the witness gave, gives the
                        published payload, byte for byte
kernel            reproduced (toolchain pinned, not rebuilt)
cmdline           reproduced (toolchain pinned, not rebuilt)
ramdisk0          reproduced (compressor's choice taken from the published image)
not proven: who released it (that takes `measure check`), nor the toolchain, which
            is known by its digests and was not rebuilt
            nor that the kernel unpacks ramdisk0 as it was unpacked here
PASS but for the compression of ramdisk0
END
expect test "$(find auditor/measure/build -maxdepth 1 -name '.*[a-z]*' | wc -l)" -eq 0
ok 'with one the release is reproduced but for the compressor, and every line says so'

openssl genpkey -algorithm ed25519 -out rebuilder.key 2>/dev/null
reproduce --witness out/demo.eif --statement rebuilder.key -o yes.cose --json
expect_status 0
expect_json 'j["ok"] and j["outcome"] == "witnessed"'
expect_json '[(x["name"], x["packing"], x["unpacked"]) for x in j["witness"]] == [("ramdisk0", "gzip", '"$(wc -c <project/disk)"')]'
expect_json 'j["witness"][0]["unpacked_sha256"] == "'"$(sha256sum project/disk | cut -c 1-64)"'"'
expect_json '[x["status"] for x in j["components"]][2].startswith("reproduced (compressor")'
run manifest show yes.cose --diag
expect_status 0
expect_stdout_has '    0: 2,'
expect_stdout_has '    3: 2,'
expect_stdout_has "\"ramdisk0\": h'$(sha256sum project/disk | cut -c 1-64)'"
ok 'the statement says it in a form of its own'

# ---- what is no witness
printf 'console=ttyS1' >cmdline
run extract out/demo.eif -C parts
expect_status 0
disk=$(find parts -name 'ramdisk0*' -type f | head -n 1)
run build eif --kernel project/kernel --cmdline @cmdline --ramdisk "$disk" -q -o other.eif
expect_status 0
reproduce --witness other.eif
expect_status 1
expect_stdout ''
expect_stderr "measure: error[witness]: other.eif: it is not the released image: PCR0 is another one than the manifest's
measure: hint: nothing was built"
ok 'another image is none, and nothing is built for it'

# ---- a release whose compressor is another one: packed FORMAT, of what was built
packed()
{
	python3 -c 'import lzma, sys
how = {"format": lzma.FORMAT_ALONE} if sys.argv[1] == "lzma" else {"check": lzma.CHECK_CRC32}
sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(), **how))' "$1" <project/disk
}
# release NAME RAMDISK: as if it had been made with that one
release()
{
	cp -r out "$1"
	chmod -R u+w "$1"
	run build eif --kernel project/kernel --cmdline console=ttyS0 --ramdisk "$2" --name demo --version 1.0 \
		--build-time 2026-01-01T00:00:00+00:00 -q -o "$1/demo.eif"
	expect_status 0
	run manifest make "$1/demo.eif" --record "$1/build.json" -q -o "$1.corim"
	expect_status 0
}
for format in xz lzma; do
	packed $format >disk.$format
	release of-$format disk.$format
	run reproduce of-$format.corim --source project --store store --witness of-$format/demo.eif
	expect_status 0
	expect_stdout_has "ramdisk0 was taken from the published image: it is $format"
	expect test "$(tail -n 1 "$STDOUT")" = 'PASS but for the compression of ramdisk0'
done
cat disk.xz disk.xz >disk.twice
release twice disk.twice
run reproduce twice.corim --source project --store store --witness twice/demo.eif
expect_status 1
expect_stderr_has "measure: error[witness]: twice.corim: witness: ramdisk0: the published one: a second part begins in it, at byte $(wc -c <disk.xz)"
ok 'xz and lzma are witnesses as gzip is, and one stream of them alone'

# A release that hides another archive behind the compressed one.
printf evil >files/greeting
run build initrd --rootfs files -q -o evil
gzip -n <evil >evil.gz
cat "$disk" evil.gz >both.gz
release forged both.gz
run reproduce forged.corim --source project --store store --witness forged/demo.eif
expect_status 1
expect test "$(head -n 1 "$STDOUT")" = 'PCR0 and PCR1 differ, through ramdisk0'
expect_stdout_has 'fail  witness           ramdisk0: the published one: a second part begins in'
expect_stdout_has 'ramdisk0          differs'
expect test "$(tail -n 1 "$STDOUT")" = FAIL
expect_stderr_has "measure: error[witness]: forged.corim: witness: ramdisk0: the published one: a second part begins in it, at byte $(wc -c <"$disk")"
ok 'what the kernel would unpack besides is found'

# ---- a guest
rm -rf auditor
# guest ARGUMENT...
guest()
{
	run reproduce guest.corim --source project --recipe project/guest.yml \
		--lock project/guest.lock --store store "$@"
}
guest --witness guest/guest
expect_status 0
expect_stdout_has "initrd            reproduced (compressor's choice taken from the published image)"
expect_stdout_has 'kernel            reproduced (toolchain pinned, not rebuilt)'
expect test "$(tail -n 1 "$STDOUT")" = 'PASS but for the compression of initrd'
cp -r guest/guest changed
chmod -R u+w changed
cat "$disk" evil.gz >changed/initrd
guest --witness changed
expect_status 1
expect_stderr_has 'measure: error[witness]: changed: it is not the released image: '
ok 'an initrd of a guest is witnessed as a ramdisk is'

run reproduce project/measure.yml --store store --witness out/demo.eif
expect_status 2
expect_stderr 'measure: error[usage]: --witness has no meaning for a recipe: it is compared with itself
measure: hint: see `measure help reproduce`'
ok 'a recipe has no witness'
plan done
