#!/bin/sh
# `measure build`: the same payload by two builders, from two mirrors, by two versions of the program
# shellcheck disable=SC2016 # the recipe's own variables
. "${0%/*}/../lib.sh"
need busybox
need bwrap
need openssl
fetch=$BUILD/measure-fetch
here=file://$(pwd | sed 's/ /%20/g')

# a project, and two mirrors of what it does not keep itself, one of which packs its file elsewhere
mkdir -p root/bin project here/pool 'there/an other/pool'
cp "$(command -v busybox)" root/bin/busybox
for name in sh cat mkdir sed; do
	ln -s busybox "root/bin/$name"
done
tar -cf here/pool/root.tar -C root .
cp here/pool/root.tar 'there/an other/pool'
head -c 65536 /dev/zero >project/kernel
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key 2>/dev/null
openssl req -x509 -new -key key -subj /CN=x -days 3650 -out project/certificate 2>/dev/null
cat >project/measure.yml <<END
recipe: 1
product: example.org/demo
version: "1.0"
vendor: example.org
epoch: 2026-01-01T00:00:00Z
inputs:
  base: {file: "things:pool/root.tar", sha256: $(sha256sum here/pool/root.tar | cut -c 1-64), unpack: true}
  kernel: {file: kernel}
  certificate: {file: certificate}
stages:
  app:
    root: base
    use: {root: base}
    run: |
      mkdir root/app
      echo hallo >root/app/greeting
    outputs:
      root: root
eif:
  artefact: demo.eif
  kernel: kernel
  certificate: certificate
  cmdline: console=ttyS0
  rootfs: app/root
  entrypoint: [/bin/cat, /app/greeting]
END
mkdir -p one/sha256
cp here/pool/root.tar "one/sha256/$(sha256sum here/pool/root.tar | cut -c 1-64)"
run lock project/measure.yml --store one
expect_status 0
cp -r project 'another place'
rm -rf one

# ---- the first: with the key of the certificate
run_command "$fetch" inputs --store one --base "things=$here/here" project/measure.lock
expect_status 0
run build project/measure.yml --store one --cache one.cache -o one.out
case $(cat "$STDERR") in
*'error[sandbox]'*)
	skip 'two builders have one payload' 'no sandbox can be made here'
	plan done
	;;
esac
expect_status 0
run sign eif one.out/demo.eif --key key --cert project/certificate -o signed.eif
expect_status 0
expect test "$(stat -c %s signed.eif)" -gt "$(stat -c %s one.out/demo.eif)"
run manifest make signed.eif --record one.out/build.json -q -o signed.corim
expect_status 0
run manifest make one.out/demo.eif --record one.out/build.json -q -o one.corim
expect_status 2
expect_stderr_has 'measure: error[usage]: the build record has a certificate: --certificate must give it, since the image is not signed'
expect_no_file one.corim
ok 'the one builder, with one mirror'

# ---- the second: a program of another patch version, which differs in nothing else
version=$("$MEASURE" version | sed -n '1s/^[^0-9]*\([0-9][0-9.]*\).*/\1/p')
other=${version%?}$(((${version##*.} + 1) % 10))
perl -pe "s/\\b\\Q$version\\E\\b/$other/g" "$MEASURE" >measure
chmod 755 measure
run_command ./measure version
expect_stdout_has "$other"
run_command "$fetch" inputs --store two --base "things=$here/there/an%20other" 'another place/measure.lock'
expect_status 0
expect diff -r one/sha256 two/sha256
run_command ./measure build 'another place/measure.yml' --store two --cache two.cache -o two.out
expect_status 0
expect_stderr_has "measure: warning[tool-version]: another place/measure.yml: the lock was written by version $version of this program, and this is $other: what is built decides"
run_command ./measure manifest make two.out/demo.eif --record two.out/build.json --certificate project/certificate -q -o two.corim
expect_status 0
expect_same one.out/demo.eif two.out/demo.eif
expect_same signed.corim two.corim
expect_same one.out/measurements.json two.out/measurements.json
ok 'the other builder, with another mirror, place and version of the program, has the same payload'

plan done
