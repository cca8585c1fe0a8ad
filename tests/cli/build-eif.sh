#!/bin/sh
# `measure build eif`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

mkdir in
printf 'kernel bytes' >in/vmlinuz
printf 'first ramdisk' >rd1
printf 'second' >rd2

# build ARGS...: with kernel, command line and a ramdisk
build() { run build eif --kernel in/vmlinuz --cmdline console=ttyS0 --ramdisk rd1 "$@"; }
metadata() { run eif "$1" --json; }

build -o image
expect_status 0
expect_stderr 'measure: warning[kernel-format]: the kernel is no bzImage, which x86_64 needs'
cp "$STDOUT" registers
run eif image
expect_stdout @registers
ok 'build prints the registers of what it wrote'

python3 - <<'END' >expected
import struct, sys, zlib
text = (b'{"ImageName":"vmlinuz","ImageVersion":"1.0","BuildMetadata":{"BuildTime":'
        b'"1970-01-01T00:00:00+00:00","BuildTool":"eif_build","BuildToolVersion":"0.3.1",'
        b'"OperatingSystem":"OS","KernelVersion":"kernel"},"DockerInfo":null,"CustomMetadata":null}')
sections = [(1, b"kernel bytes"), (2, b"console=ttyS0"), (5, text), (3, b"first ramdisk")]
body, offsets = b"", []
for kind, data in sections:
    offsets.append(548 + len(body))
    body += struct.pack(">HHQ", kind, 0, len(data)) + data
pad = [0] * (32 - len(sections))
head = b".eif" + struct.pack(">HHQQHH", 4, 0, 1 << 30, 2, 0, len(sections))
head += struct.pack(">32Q", *offsets, *pad)
head += struct.pack(">32Q", *(len(d) for k, d in sections), *pad) + bytes(4)
crc = zlib.crc32(body, zlib.crc32(head))
sys.stdout.buffer.write(head + struct.pack(">I", crc) + body)
END
expect_same image expected
ok 'every byte is the one that the format asks for, with the reference builder'\''s defaults'

sleep 1.1
TZ=Asia/Tokyo LC_ALL=C.UTF-8 build -o again
expect_same again image
ok 'clock, time zone and locale reach no byte'

SOURCE_DATE_EPOCH=1700000000 build -o dated
expect_status 0
metadata dated
expect_json 'j["metadata"]["BuildMetadata"]["BuildTime"] == "2023-11-14T22:13:20+00:00"'
SOURCE_DATE_EPOCH=1700000000 build --build-time 'any text' -o dated
metadata dated
expect_json 'j["metadata"]["BuildMetadata"]["BuildTime"] == "any text"'
SOURCE_DATE_EPOCH=253402300799 build -o dated
metadata dated
expect_json 'j["metadata"]["BuildMetadata"]["BuildTime"] == "9999-12-31T23:59:59+00:00"'
SOURCE_DATE_EPOCH=0 build -o dated
expect_same dated image
for epoch in '' x -1 1.5 0x10 253402300800 18446744073709551616 9223372036854775808; do
	SOURCE_DATE_EPOCH=$epoch build -o none
	expect_status 2
	expect_stdout ''
	expect_stderr "measure: error[usage]: SOURCE_DATE_EPOCH: '$epoch' is no number of seconds up to the year 9999
measure: hint: see \`measure help build eif\`"
	expect_no_file none
done
ok 'the build time is SOURCE_DATE_EPOCH, or told'

printf '{"b": 1e3, "a": [true, "\\u00e9"]}' >custom.json
printf '{"RepoTags":["x:y"]}' >docker.json
build --name n --version 2 --build-tool t --build-tool-version 3 --img-os Linux --img-kernel 6.1 \
	--metadata custom.json --docker-info docker.json --build-time then -o named
expect_status 0
metadata named
expect_json 'list(j["metadata"].items())[:2] == [("ImageName", "n"), ("ImageVersion", "2")]'
expect_json 'j["metadata"]["BuildMetadata"] == dict(BuildTime="then", BuildTool="t", BuildToolVersion="3", OperatingSystem="Linux", KernelVersion="6.1")'
expect_json 'j["metadata"]["DockerInfo"] == {"RepoTags": ["x:y"]}'
run extract named -C parts
expect grep -aqF '"CustomMetadata":{"a":[true,"é"],"b":1000.0}}' parts/metadata.json
run eif named
expect_stdout @registers
ok 'metadata are what they are told to be, and not measured'

printf '#\n# Automatically generated\n# Linux/x86_64 4.14.256-209.484 Kernel Configuration\n' >config
build --kernel-config config -o configured
metadata configured
expect_json 'j["metadata"]["BuildMetadata"]["OperatingSystem"] == "Linux"'
expect_json 'j["metadata"]["BuildMetadata"]["KernelVersion"] == "4.14.256"'
build --kernel-config config --img-os BSD --img-kernel 9 -o configured
metadata configured
expect_json 'j["metadata"]["BuildMetadata"]["OperatingSystem"] == "BSD"'
expect_json 'j["metadata"]["BuildMetadata"]["KernelVersion"] == "9"'
ok 'a kernel configuration fills two fields, unless they are told'

build --arch aarch64 -o arm
expect_status 0
metadata arm
expect_json 'j["arch"] == "aarch64"'
build --arch=x86_64 -o x86
expect_same x86 image
build --arch arm64 -o none
expect_status 2
expect_stderr_has "measure: error[usage]: option '--arch' takes x86_64 or aarch64, not 'arm64'"
expect_no_file none
ok 'the architecture is one of two'

printf 'console=ttyS0' >cmdline
printf '@x' >at.txt
run build eif --kernel in/vmlinuz --cmdline @cmdline --ramdisk rd1 -o from-file
expect_same from-file image
run build eif --kernel in/vmlinuz --cmdline @at.txt --ramdisk rd1 -o at1
run build eif --kernel in/vmlinuz --cmdline @@x --ramdisk rd1 -o at2
expect_same at1 at2
printf 'console=ttyS0\n' >line
run build eif --kernel in/vmlinuz --cmdline @line --ramdisk rd1 -o newline
expect_status 0
expect_stderr_has 'measure: warning[cmdline-newline]: '
run build eif --kernel in/vmlinuz --cmdline @line --ramdisk rd1 -o newline -q
expect_stderr ''
run build eif --kernel in/vmlinuz --cmdline @line --ramdisk rd1 -o newline --json
expect_json 'j["kind"] == "build-eif" and [w["reason"] for w in j["warnings"]] == ["kernel-format", "cmdline-newline"]'
expect_json 'list(j["measurements"]) == ["PCR0", "PCR1", "PCR2"]'
ok 'a command line comes from the words or from a file, as it is'

# refused STATUS START ARGS...: and nothing is written
refused()
{
	status=$1 start=$2
	shift 2
	run build eif "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr_has "measure: error$start"
	expect_no_file none
}
refused 2 "[usage]: option '--kernel' is missing" --cmdline x --ramdisk rd1 -o none
refused 2 "[usage]: option '--cmdline' is missing" --kernel in/vmlinuz --ramdisk rd1 -o none
refused 2 "[usage]: option '--output' is missing" --kernel in/vmlinuz --cmdline x --ramdisk rd1
refused 2 '[usage]: ' --kernel in/vmlinuz --cmdline x -o none
refused 2 "[usage]: 'rd2' is a word too many" --kernel in/vmlinuz --cmdline x --ramdisk rd1 rd2 -o none
refused 5 '[no-such-file]: missing: kernel: cannot be opened: No such file or directory' \
	--kernel missing --cmdline x --ramdisk rd1 -o none
refused 5 '[no-such-file]: missing: ramdisk: cannot be opened: No such file or directory' \
	--kernel in/vmlinuz --cmdline x --ramdisk missing -o none
refused 5 '[no-such-file]: missing: cannot be opened: No such file or directory' \
	--kernel in/vmlinuz --cmdline @missing --ramdisk rd1 -o none
refused 3 '[not-a-file]: in: kernel: is a directory, not a regular file' \
	--kernel in --cmdline x --ramdisk rd1 -o none
refused 2 '[usage]: @: is followed by no name of a file' \
	--kernel in/vmlinuz --cmdline @ --ramdisk rd1 -o none
refused 2 '[usage]: the name of the file to be written is empty' \
	--kernel missing --cmdline x --ramdisk rd1 -o ''
refused 2 "[usage]: what is written needs a name of its own, not '-'" \
	--kernel missing --cmdline x --ramdisk rd1 -o -
refused 5 '[no-such-file]: no/none: ' --kernel in/vmlinuz --cmdline x --ramdisk rd1 -o no/none
refused 3 '[not-a-file]: in: is a directory, so nothing is written there' \
	--kernel in/vmlinuz --cmdline x --ramdisk rd1 -o in
: >empty
refused 2 '[usage]: ' --kernel empty --cmdline x --ramdisk rd1 -o none
refused 2 '[usage]: ' --kernel in/vmlinuz --cmdline '' --ramdisk rd1 -o none
refused 2 '[usage]: ' --kernel in/vmlinuz --cmdline x --ramdisk empty -o none
many=$(awk 'BEGIN { for (i = 0; i < 30; i++) printf " --ramdisk rd1" }')
# shellcheck disable=SC2086 # words
refused 2 '[usage]: 30 ramdisks are given, and 29 is the most there is room for' \
	--kernel in/vmlinuz --cmdline x $many -o none
ok 'parts that make no image are refused'

printf '{}' >meta.json
for in in in/vmlinuz line rd1 meta.json; do
	cp "$in" before
	refused 2 "[usage]: $in: would be replaced, and it is the input '$in'" \
		--kernel in/vmlinuz --cmdline @line --ramdisk rd1 --metadata meta.json -o "$in"
	expect_same "$in" before
done
ok 'an output that is an input is refused'

SOURCE_DATE_EPOCH=never run build eif --kernel in/vmlinuz --cmdline x --ramdisk rd1 \
	--build-time 2020-01-01T00:00:00+00:00 -o timed -q
expect_status 0
SOURCE_DATE_EPOCH=never run build eif --kernel in/vmlinuz --cmdline x --ramdisk rd1 -o none
expect_status 2
expect_stderr_has "measure: error[usage]: SOURCE_DATE_EPOCH: 'never' is no number of seconds up to the year 9999"
ok 'the environment is not asked for a build time that is given'

ln -s target link
printf old >target
chmod 600 target
run build eif --kernel in/vmlinuz --cmdline x --ramdisk rd1 -o link -q
expect_status 0
expect test -L link
expect test "$(stat -c %a target)" = 600
run eif target
expect_status 0
ok 'a link stays, and the file behind it keeps its mode'

printf '{"a": 1, "a": 2}' >twice.json
printf 'no json' >not.json
printf '1.2345678901234567890' >long.json
head -c 5000 /dev/zero | tr '\0' 1 >big.json
refused 3 '[json]: twice.json: ' --kernel in/vmlinuz --cmdline x --ramdisk rd1 --metadata twice.json -o none
refused 3 '[json]: not.json: ' --kernel in/vmlinuz --cmdline x --ramdisk rd1 --docker-info not.json -o none
refused 3 '[metadata-number]: long.json: ' --kernel in/vmlinuz --cmdline x --ramdisk rd1 --metadata long.json -o none
refused 3 '[limit]: big.json: is larger than the limit of 4096 bytes' \
	--kernel in/vmlinuz --cmdline x --ramdisk rd1 --metadata big.json -o none
bad=$(printf 'a\377')
refused 2 '[usage]: ' --kernel in/vmlinuz --cmdline x --ramdisk rd1 --name "$bad" -o none
ok 'metadata that cannot be written are refused'

cp image kept
run build eif --kernel missing --cmdline x --ramdisk rd1 -o kept
expect_same kept image
expect test "$(find . -name '.*tmp*' | wc -l)" -eq 0
ok 'a failure leaves the old file, and no temporary one'

plan done
