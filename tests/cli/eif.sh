#!/bin/sh
# `measure eif`: text, JSON, nitro-cli's text, readings, stream, parts
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

printf 'kernel bytes' >kernel
printf 'console=ttyS0' >cmdline
printf 'first ramdisk' >rd1
printf 'second' >rd2
printf 'third' >rd3
run build eif --kernel kernel --cmdline @cmdline --ramdisk rd1 --ramdisk rd2 --ramdisk rd3 -o image -q
expect_status 0
python3 - <<'END' >expected
import hashlib
def pcr(*names):
    content = b"".join(open(n, "rb").read() for n in names)
    return hashlib.sha384(bytes(48) + hashlib.sha384(content).digest()).hexdigest()
print("PCR0  " + pcr("kernel", "cmdline", "rd1", "rd2", "rd3"))
print("PCR1  " + pcr("kernel", "cmdline", "rd1"))
print("PCR2  " + pcr("rd2", "rd3"))
END

run eif image
expect_status 0
expect_stdout @expected
expect_stderr ''
ok 'registers are those of the formula'

run_stdin image eif -
expect_status 0
expect_stdout @expected
expect_stderr ''
run_command sh -c 'cat image | "$0" eif -' "$MEASURE"
expect_status 0
expect_stdout @expected
ok 'a stream gives the same'

run eif --kernel kernel --cmdline @cmdline --ramdisk rd1 --ramdisk rd2 --ramdisk rd3
expect_status 0
expect_stdout @expected
run eif --kernel kernel --cmdline console=ttyS0 --ramdisk rd1 --ramdisk rd2 --ramdisk rd3
expect_stdout @expected
run eif --ramdisk rd1 --cmdline console=ttyS0 --ramdisk rd2 --kernel=kernel --ramdisk rd3
expect_stdout @expected
ok 'so do the parts'

printf '@x' >at.txt
run eif --kernel kernel --cmdline @at.txt --ramdisk rd1
cp "$STDOUT" expected.at
run eif --kernel kernel --cmdline @@x --ramdisk rd1
expect_stdout @expected.at
ok 'two @ stand for one'

run eif image --json
expect_status 0
expect_stderr ''
expect_json 'j["kind"] == "eif" and j["ok"] and list(j["measurements"]) == ["PCR0", "PCR1", "PCR2"]'
expect_json 'j["measurements"]["PCR0"] in open("expected").read()'
expect_json 'j["size"] == len(open("image", "rb").read()) and j["version"] == 4 and j["arch"] == "x86_64"'
expect_json '[s["type"] for s in j["sections"]] == ["kernel", "cmdline", "metadata", "ramdisk", "ramdisk", "ramdisk"]'
expect_json '[s["index"] for s in j["sections"]] == list(range(6))'
expect_json '__import__("hashlib").sha256(open("image", "rb").read()).hexdigest() == j["sha256"]'
expect_json '__import__("hashlib").sha384(b"second").hexdigest() == j["sections"][4]["sha384"]'
expect_json '__import__("hashlib").sha256(b"second").hexdigest() == j["sections"][4]["sha256"]'
expect_json 'j["signature"] == {"present": False}'
expect_json 'j["metadata"]["ImageName"] == "kernel" and j["metadata"]["DockerInfo"] is None'
ok '--json has sections, digests, signature and metadata'

run eif image --json=nitro-cli
expect_status 0
expect_stderr ''
expect_stdout_has '    "HashAlgorithm": "Sha512_48 { .. }",'
expect_json '"schema" not in j and j["EifVersion"] == 4 and j["CheckCRC"] is True and j["IsSigned"] is False'
run eif image --json=nitro-cli --nitro-cli-release 1.4
expect_stdout_has '    "HashAlgorithm": "Sha384 { ... }",'
run eif image --json=nitrocli
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: option '--json' takes nitro-cli, not 'nitrocli'
measure: hint: did you mean '--json=nitro-cli'?"
ok '--json=nitro-cli prints what nitro-cli prints, in either spelling'

cp image flipped
put_at flipped 565 ff
run eif flipped --json=nitro-cli
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[crc]: flipped: '
run eif flipped
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[crc]: flipped: '
ok 'a flipped byte is refused without a register, in every format'

run eif flipped --lenient
expect_status 3
expect_stderr_has 'measure: error[crc]: flipped: '
expect_stdout_has 'walk: '
expect_stdout_has 'tables: '
run eif flipped --lenient --json
expect_status 3
expect_json 'j["ok"] is False and j["reason"] == "crc" and "measurements" not in j'
expect_json '[r["reader"] for r in j["readings"]] == ["strict", "walk", "tables"]'
run eif image --lenient
expect_status 0
expect_stderr ''
run_stdin image eif - --lenient
expect_status 2
expect_stdout ''
ok '--lenient shows all readings, and the strict one decides'

run eif
expect_status 2
expect_stdout ''
expect_stderr 'measure: error[usage]: one FILE is needed, 0 are given
measure: hint: see `measure help eif`'
run eif image flipped
expect_status 2
expect_stderr 'measure: error[usage]: one FILE is needed, 2 are given
measure: hint: see `measure help eif`'
run eif image --kernel kernel
expect_status 2
expect_stderr 'measure: error[usage]: no FILE is needed beside parts, 1 is given
measure: hint: see `measure help eif`'
run eif --kernel kernel --ramdisk rd1
expect_status 2
expect_stderr 'measure: error[usage]: --cmdline is needed to measure parts
measure: hint: see `measure help eif`'
run eif --cmdline x --ramdisk rd1
expect_status 2
expect_stderr 'measure: error[usage]: --kernel is needed to measure parts
measure: hint: see `measure help eif`'
run eif --kernel kernel --kernel kernel --cmdline x --ramdisk rd1
expect_status 2
expect_stderr "measure: error[usage]: option '--kernel' is given twice
measure: hint: see \`measure help eif\`"
run eif --kernel kernel --cmdline x
expect_status 2
expect_stdout ''
expect_stderr_has 'measure: error[usage]: '
ok 'too little or too much is a usage error'

parts='--kernel kernel --cmdline x --ramdisk rd1'
# no_meaning TEXT ARGS...
no_meaning()
{
	text=$1
	shift
	run eif "$@"
	expect_status 2
	expect_stdout ''
	expect_stderr "measure: error[usage]: $text
measure: hint: see \`measure help eif\`"
}
# shellcheck disable=SC2086 # several words
{
	no_meaning '--lenient shows readings of an image, and parts are given' $parts --lenient
	no_meaning '--json=nitro-cli describes an image, and parts are given' $parts --json=nitro-cli
	no_meaning '--at judges a signature, and parts are given, which have none' $parts --at none
}
no_meaning '--nitro-cli-release has no meaning without --json=nitro-cli' image --nitro-cli-release 1.4
no_meaning '--lenient shows readings, which --json=nitro-cli has no form for' \
	image --lenient --json=nitro-cli
ok 'an option without a meaning is a usage error'

run eif --kernel kernel --cmdline '' --ramdisk rd1 --ramdisk rd2
expect_status 0
expect_stderr_has 'measure: warning[empty-cmdline]: the command line is empty'
# shellcheck disable=SC2046 # several words
run eif --kernel kernel --cmdline x $(printf ' --ramdisk=rd%.0s1' $(seq 40))
expect_status 2
expect_stderr_has 'measure: error[usage]: 40 ramdisks are given, and 29 is the most there is room for'
ok 'what no image is written of: an empty command line is measured, 40 ramdisks are not'

for when in now none 2026-11-20T13:38:29Z 2026-11-20T13:38:29+01:00; do
	run eif image --at "$when"
	expect_status 0
	expect_stdout @expected
done
for when in document yesterday 2026-11-20 2026-02-30T00:00:00Z; do
	run eif image --at "$when"
	expect_status 2
	expect_stdout ''
	expect_stderr "measure: error[usage]: --at: \"$when\" is no time such as 2026-11-20T13:38:29Z
measure: hint: see \`measure help eif\`"
done
ok '--at takes now, none or a time'

mkdir folder
mkfifo fifo
run eif missing
expect_status 5
expect_stderr 'measure: error[no-such-file]: missing: cannot be opened: No such file or directory'
run eif folder
expect_status 3
expect_stderr 'measure: error[not-a-file]: folder: is a directory, not a regular file'
run eif fifo
expect_status 3
expect_stderr 'measure: error[not-a-file]: fifo: is a pipe, not a regular file
measure: hint: a stream is read from standard input, as -'
run eif /dev/null
expect_status 3
expect_stderr 'measure: error[not-a-file]: /dev/null: is a device, not a regular file'
: >empty
run eif empty
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[truncated]: empty: '
run_stdin /dev/null eif -
expect_status 3
expect_stderr_has 'measure: error[truncated]: standard input: '
cp image secret
chmod 000 secret
chmod 711 .
run_unprivileged eif "$PWD/secret"
expect_status 5
expect_stderr "measure: error[permission]: $PWD/secret: cannot be opened: Permission denied"
ok 'what is no readable file is refused'

plan done
