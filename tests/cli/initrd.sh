#!/bin/sh
# `measure initrd`, and ramdisks in `inspect` and `extract`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

initrd() { python3 "$ROOT/tests/cli/initrd.py" "$@"; }

initrd make plain
initrd sums plain >digests
run initrd plain
expect_status 0
expect_stdout @digests
expect_stderr ''
run plain
expect_stdout @digests
ok 'digests of the bytes and of the content, as another reader has them'

run initrd plain --json
expect_status 0
expect_json 'j["kind"] == "initrd" and sorted(j["measurements"]) == ["content", "sha256", "sha384"]'
expect_json 'j["size"] == j["unpacked"] == len(open("plain", "rb").read())'
expect_json 'j["entries"] == 11 and j["names"] == 10'
expect_json 'j["parts"] == [{"compression": "none", "offset": 0, "size": j["size"], "unpacked": j["size"], "archives": 1, "entries": 11}]'
ok '--json tells of the parts'

formats='gzip xz'
initrd pack gzip plain gzip
initrd pack xz plain xz
if zstd -q plain -o zstd 2>/dev/null; then formats="$formats zstd"; fi
for f in $formats; do
	{
		cat digests
		printf 'file-sha256  %s\n' "$(sha256sum <"$f" | cut -d' ' -f1)"
		printf 'file-sha384  %s\n' "$(sha384sum <"$f" | cut -d' ' -f1)"
	} >expected
	run initrd "$f"
	expect_status 0
	expect_stdout @expected
	run "$f" --json
	expect_status 0
	expect_json "j['kind'] == 'initrd' and [p['compression'] for p in j['parts']] == ['$f']"
done
ok 'a compressed one has the same digests, and those of the file'

# as processor microcode stands in front of what a distribution makes
python3 - <<'END' >early
import sys
sys.path.insert(0, __import__("os").environ["ROOT"] + "/tests/cli")
import initrd
w = sys.stdout.buffer
w.write(initrd.entry(b"kernel", 0o40755, nlink=2) + initrd.entry(b"kernel/ucode", 0o100644, b"bits"))
w.write(initrd.trailer() + bytes(512 - 480 % 512))
END
cat early gzip >both
run initrd both --json
expect_status 0
expect_json '[(p["compression"], p["offset"], p["entries"]) for p in j["parts"]] == [("none", 0, 2), ("gzip", len(open("early", "rb").read()), 11)]'
expect_json 'j["measurements"]["sha256"] == __import__("hashlib").sha256(open("early", "rb").read() + open("plain", "rb").read()).hexdigest()'
python3 -c 'import gzip; open("rest", "wb").write(bytes(5) + gzip.compress(open("early", "rb").read()) + bytes(7))'
cat both rest >three
run initrd three
expect_status 0
ok 'archives, compressed ones and zeros may follow each other'

run inspect plain
expect_status 0
expect_stdout_has '  cpio  archives: 1, entries: 11'
expect_stdout_has ' 352    0      bin/busybox  file 4755 1000:100 2 names mtime 1700000000'
expect_stdout_has ' 472    6      bin/sh  file 4755 1000:100 2 names mtime 1700000000'
expect_stdout_has "        sha256 $(printf '#!code' | sha256sum | cut -d' ' -f1)"
expect_stdout_has '      bin/esc  symbolic link 0777 0:0 to /etc/passwd'
expect_stdout_has '      dev/console  character device 5:1 0600 0:0'
expect_stdout_has '      dev/sda  block device 8:0 0660 0:6'
expect_stdout_has '      odd \xff\x1b[0m  file 0600 0:0'
run inspect gzip
expect_status 0
expect_stdout_has '  gzip  archives: 1, entries: 11, unpacked: '
expect_stdout_has ' 352    0      bin/busybox  file'
ok 'inspect lists every entry'

printf kernel >kernel
run build eif --kernel kernel --cmdline x --ramdisk plain --ramdisk gzip -o image -q
run inspect image --json
expect_status 0
expect_json '[len(p["parts"][0]["parts"]) for p in j["part"]["parts"] if p["name"].startswith("ramdisk")] == [11, 11]'
expect_json 'all(open("image", "rb").read()[f["offset"]:][:f["size"]] == b"#!code" for f in j["part"]["parts"][4]["parts"][0]["parts"] if f["name"] == "bin/sh")'
python3 -c 'd = open("plain", "rb").read(); open("torn", "wb").write(d[:700])'
run build eif --kernel kernel --cmdline x --ramdisk plain --ramdisk torn -o image -q
run inspect image
expect_status 0
expect_stdout_has '  ramdisk1  its files are listed up to a fault, truncated: '
ok 'and those of the ramdisks of an image'

run extract gzip -C out
expect_status 0
expect_stdout ''
expect test "$(cat out/root/bin/sh)" = '#!code'
expect test out/root/bin/sh -ef out/root/bin/busybox
expect test "$(stat -c %a out/root/bin/sh out/root/dev out/root/empty | tr '\n' ' ')" = '755 777 444 '
expect test "$(readlink out/root/bin/esc)" = /etc/passwd
expect_no_file out/root/dev/console out/root/dev/sda out/root/dev/pipe
expect grep -qxF "./bin/sh type=file mode=4755 uid=1000 gid=100 time=1700000000.0 nlink=2 size=6 sha256digest=$(printf '#!code' | sha256sum | cut -d' ' -f1)" out/root.mtree
expect grep -qxF './dev/console type=char mode=0600 uid=0 gid=0 time=0.0 device=linux,5,1' out/root.mtree
expect grep -qF './odd\040\377\033\1330m type=file' out/root.mtree
if command -v bsdtar >/dev/null; then
	bsdtar -tf out/root.mtree >names 2>/dev/null
	expect test "$(wc -l <names)" -eq 11
fi
ok 'extract writes the files, and a listing of what a disk is not given'

run extract plain -C out
expect_status 2
expect_stderr 'measure: error[usage]: out: is not empty, and a ramdisk'"'"'s files need a folder of their own
measure: hint: see `measure help extract`'
mkdir empty
run extract torn -C empty
expect_status 3
expect rmdir empty
mkdir trap
ln -s "$PWD/trap" aside
python3 - <<'END'
import sys
sys.path.insert(0, __import__("os").environ["ROOT"] + "/tests/cli")
from initrd import entry, trailer
def put(name, *entries):
    open(name, "wb").write(b"".join(entries) + trailer())
put("through", entry(b"x", 0o120777, b"../../trap"), entry(b"x/y", 0o100644, b"1"))
put("upwards", entry(b"../trap/y", 0o100644, b"1"))
put("absolute", entry(b"/y", 0o100644, b"1"))
put("dropped", entry(b"a/b", 0o100644, b"1"), entry(b"c", 0o100644, b"1"), entry(b"c", 0o100644, b"2"))
END
for f in through upwards; do
	run extract "$f" -C "into-$f"
	expect_status 3
	expect_no_file "into-$f"
done
run extract absolute -C into-absolute
expect_status 0
expect test -f into-absolute/root/y
expect test -z "$(ls trap)"
ok 'nothing is written outside of the folder, and nothing is left behind'

run initrd dropped
expect_status 0
expect_stderr "measure: warning[ramdisk-dropped]: dropped: entries that the kernel passes over, since their folder is not there: 1, the first 'a/b'
measure: warning[ramdisk-repeated]: dropped: entries that replace one of the same name: 1, the first 'c'"
run initrd absolute
expect_stderr "measure: warning[ramdisk-absolute]: absolute: names that begin with a slash, which the kernel does not mind: 1, the first '/y'"
run inspect dropped
expect_stdout_has '      a/b  file 0644 0:0 passed over by the kernel'
ok 'what the kernel passes over or replaces is told'

head -c 65536 /dev/zero >zeros
: >nothing
printf junk | gzip -n >gzipped-junk
cat plain zeros gzipped-junk >tail-junk
for case in \
	'zeros|ramdisk|zeros: nothing but zeros, and no archive' \
	'nothing|ramdisk|nothing: nothing but zeros, and no archive' \
	"gzipped-junk|ramdisk|gzipped-junk: unpacked from gzip at 0: neither an archive nor zeros: the kernel stops there, at offset 0 (0x0)" \
	"tail-junk|ramdisk|tail-junk: unpacked from gzip at 72288: neither an archive nor zeros: the kernel stops there, at offset 0 (0x0)"; do
	file=${case%%|*} rest=${case#*|}
	run initrd "$file"
	expect_status 3
	expect_stdout ''
	expect_stderr_has "measure: error[${rest%%|*}]: ${rest#*|}"
done
run gzipped-junk
expect_status 3
expect_stderr_has 'error[unknown-type]'
cat plain >stream
run_command sh -c 'cat stream | "$1" initrd -' sh "$MEASURE"
expect_status 2
expect_stderr_has 'a ramdisk is read at several places at once; a stream it cannot be'
run initrd
expect_status 2
expect_stderr_has 'one FILE is needed, 0 are given'
ok 'what is no ramdisk is refused'

plan done
