#!/bin/sh
# `measure inspect` and `measure extract`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

printf 'kernel bytes' >kernel
printf 'console=ttyS0' >cmdline
printf 'first ramdisk' >ramdisk0
printf 'second' >ramdisk1
run build eif --kernel kernel --cmdline @cmdline --ramdisk ramdisk0 --ramdisk ramdisk1 -o image -q
expect_status 0

run inspect image
expect_status 0
expect_stderr ''
python3 - <<'END' >expected
import hashlib, struct
b = open("image", "rb").read()
crc = b[544:548].hex()
rows = [(0, len(b), "eif", ""), (0, 548, "header", f"  version 4, x86_64, 5 sections, CRC {crc}")]
at, ramdisks = 548, 0
names = {1: "kernel", 2: "cmdline", 3: "ramdisk", 5: "metadata"}
while at < len(b):
    kind, flags, size = struct.unpack(">HHQ", b[at:at + 12])
    name = names[kind]
    if kind == 3:
        name += str(ramdisks)
        ramdisks += 1
    rows.append((at + 12, size, name, ""))
    at += 12 + size
width = len(str(len(b)))
for i, (at, size, name, detail) in enumerate(rows):
    print(f"{at:{width}} {size:{width}}  {'  ' if i else ''}{name}{detail}")
    data = b[at:at + size]
    print("        sha256 " + hashlib.sha256(data).hexdigest())
    if i:
        print("        sha384 " + hashlib.sha384(data).hexdigest())
END
expect_stdout @expected
ok 'inspect prints offset, size, name and digests of every part'

run inspect image --json
expect_status 0
expect_json 'j["kind"] == "inspect" and j["type"] == "eif" and "measurements" not in j'
expect_json 'j["part"]["size"] == len(open("image", "rb").read())'
expect_json '[p["name"] for p in j["part"]["parts"]] == ["header", "kernel", "cmdline", "metadata", "ramdisk0", "ramdisk1"]'
expect_json 'all(open("image", "rb").read()[p["offset"]:][:p["size"]] == open(p["name"], "rb").read() for p in j["part"]["parts"] if p["name"] not in ("header", "metadata"))'
ok '--json nests the parts'

for verb in inspect 'extract -C out'; do
	name=${verb%% *}
	# shellcheck disable=SC2086 # words
	run $verb
	expect_status 2
	expect_stdout ''
	expect_stderr "measure: error[usage]: one FILE is needed, 0 are given
measure: hint: see \`measure help $name\`"
	# shellcheck disable=SC2086 # words
	run $verb image kernel
	expect_status 2
	expect_stderr "measure: error[usage]: one FILE is needed, 2 are given
measure: hint: see \`measure help $name\`"
	# shellcheck disable=SC2086 # words
	run $verb kernel
	expect_status 3
	expect_stderr 'measure: error[unknown-type]: kernel: the first 12 bytes are those of no known image'
	# shellcheck disable=SC2086 # words
	run $verb missing
	expect_status 5
	expect_stderr 'measure: error[no-such-file]: missing: cannot be opened: No such file or directory'
	# shellcheck disable=SC2086 # words
	run_stdin image $verb -
	expect_status 3
	expect_stdout ''
	expect_stderr 'measure: error[not-a-file]: standard input: is a stream, which cannot be read at an offset'
	cp image flipped
	put_at flipped 565 ff
	# shellcheck disable=SC2086 # words
	run $verb flipped
	expect_status 3
	expect_stdout ''
	expect_stderr_has 'measure: error[crc]: flipped: '
	expect_no_file out
	ok "$name refuses what is not one good image"
done

run extract image -C out
expect_status 0
expect_stdout ''
expect_stderr ''
for part in kernel cmdline ramdisk0 ramdisk1; do
	expect_same $part out/$part
done
expect python3 -m json.tool out/metadata.json
expect test "$(find out -type f | wc -l)" -eq 5
run eif --kernel out/kernel --cmdline @out/cmdline --ramdisk out/ramdisk0 --ramdisk out/ramdisk1
cp "$STDOUT" parts
run eif image
expect_stdout @parts
ok 'extract writes the parts into a folder that it makes'

printf old >out/kernel
run extract image --directory=out --json
expect_status 0
expect_json 'j["kind"] == "extract" and j["type"] == "eif" and j["directory"] == "out"'
expect_same kernel out/kernel
ok 'extract writes over files of the same name'

mkdir self
cp image self/ramdisk0
run extract self/ramdisk0 -C self
expect_status 2
expect_stdout ''
expect_stderr_has 'measure: error[usage]: self/ramdisk0: is the image itself, which its own part would replace'
expect_same image self/ramdisk0
expect test "$(ls self)" = ramdisk0
ok 'extract does not replace the image'

mkdir half half/ramdisk0
run extract image -C half
expect_status 3
expect_stderr_has 'measure: error[not-a-file]: half/ramdisk0: '
expect test "$(ls half)" = ramdisk0
ok 'extract leaves nothing of a set that is not whole'

mkdir planted
printf kept >victim
for part in kernel cmdline ramdisk1 metadata.json; do
	ln -s ../victim planted/$part
	run extract image -C planted
	expect_status 3
	expect_stderr "measure: error[not-a-file]: planted/$part: is a symbolic link, so nothing is written there"
	expect test "$(cat victim)" = kept
	expect test "$(ls planted)" = $part
	rm planted/$part
done
ok 'extract follows no link that lies in the folder'

run extract image
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: option '--directory' is missing
measure: hint: see \`measure help extract\`"
run extract image -C no/such/folder
expect_status 5
expect_stderr 'measure: error[no-such-file]: no/such/folder: cannot be made: No such file or directory'
printf x >file
run extract image -C file
expect_status 5
expect_stdout ''
ok 'a folder that cannot be had is an error'

plan done
