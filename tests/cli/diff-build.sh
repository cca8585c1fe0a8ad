#!/bin/sh
# `measure diff`: what builds leave: root images, firmware in bundles, ramdisks and records in folders
. "${0%/*}/../lib.sh"

# ---- root images: a superblock, zeros, and a hash tree behind them

cat >root.py <<'PY'
import struct, sys
name, kind, time, uuid, tree, salt = sys.argv[1:7]
x = bytearray(8192)
if kind == "erofs":
    struct.pack_into("<IIIBBHQQIIII16s", x, 1024, 0xe0f5e1e2, 7, 0, 12, 0, 36, 1, int(time), 0, 2, 0, 0, bytes.fromhex(uuid) * 16)
else:
    struct.pack_into("<I", x, 1028, 8)
    struct.pack_into("<H", x, 1024 + 0x38, 0xef53)
    x[1024 + 0x68:1024 + 0x78] = bytes.fromhex(uuid) * 16
    x[1024 + 0xec:1024 + 0xfc] = bytes.fromhex(salt) * 16
    struct.pack_into("<I", x, 1024 + 0x108, int(time))
if tree != "-":
    s = bytes.fromhex(salt) * 4
    x += b"verity\0\0" + struct.pack("<II16s32sIIQH6x256s", 1, 1, bytes.fromhex(tree) * 16, b"sha256", 4096, 4096, 2, len(s), s)
    x += bytes(4096 - 344)
open(name, "wb").write(x)
PY
root() { python3 root.py "$@"; }
mkdir r1 r2
root r1/root.img erofs 1700000000 aa 11 01
root r2/root.img erofs 1700000007 bb 22 02
root r1/var.img ext4 5 cc 33 03
root r2/var.img ext4 5 dd 33 04
root r1/usr.img erofs 5 ee - 00
root r2/usr.img ext4 5 ee - 00
hex() { python3 -c 'import sys; print(sys.argv[1] * int(sys.argv[2]))' "$1" "$2"; }
cat >expected <<END
the directories differ
directory  3 entries in both
  3 of 3 entries differ; content in 3
  root.img
    content  byte 1048: 0x00 and 0x07
    time of the file system  1700000000 and 1700000007  [build-time]
    UUID of the file system  $(hex aa 16) and $(hex bb 16)  [random-id]
    UUID of the hash tree  $(hex 11 16) and $(hex 22 16)  [random-id]
    salt of the hash tree  $(hex 01 4) and $(hex 02 4)  [random-id]
  usr.img
    content  byte 1024: 0xe2 and 0x00
    file system  EROFS and ext4
    hash seed of the file system  none and $(hex 00 16)  [random-id]
  var.img
    content  byte 1128: 0xcc and 0xdd
    UUID of the file system  $(hex cc 16) and $(hex dd 16)  [random-id]
    hash seed of the file system  $(hex 03 16) and $(hex 04 16)  [random-id]
    salt of the hash tree  $(hex 03 4) and $(hex 04 4)  [random-id]
cause: build-time (1): the clock of the build was written down
  fix: set SOURCE_DATE_EPOCH for the build, or leave the time out
cause: random-id (7): the tool that made the file system or hash tree drew them
  fix: give them: mkfs.erofs -U, mkfs.ext4 -U -E hash_seed=, veritysetup --uuid --salt
END
run diff r1 r2
expect_status 1
expect_stdout - <expected
ok 'root images: UUIDs, salts and times of file systems and hash trees'

# ---- ramdisks below a directory: order, times, compressors

cat >cpio.py <<'PY'
import gzip, sys
def entry(name, body, mtime):
    f = (1, 0o100644, 0, 0, 1, mtime, len(body), 0, 0, 0, 0, len(name) + 1, 0)
    x = b"070701" + b"".join(b"%08x" % v for v in f) + name.encode() + b"\0"
    x += bytes(-len(x) % 4) + body
    return x + bytes(-len(x) % 4)
def ramdisk(mtime, names):
    return b"".join(entry(n, n.encode(), mtime) for n in names) + entry("TRAILER!!!", b"", 0)
for d, mtime, names, level in ("d1", 1, "abc", 9), ("d2", 7, "acb", 1):
    open(d + "/initrd.cpio", "wb").write(ramdisk(mtime, names))
    open(d + "/same.gz", "wb").write(gzip.compress(ramdisk(0, "abc" * 99), level, mtime=0))
PY
mkdir d1 d2
python3 cpio.py
run diff d1 d2
expect_status 1
expect_stdout - <<END
the directories differ
directory  2 entries in both
  2 of 2 entries differ; content in 2
  initrd.cpio
    content  byte 53: 0x31 and 0x37
  same.gz
    content  $(stat -c %s d1/same.gz) and $(stat -c %s d2/same.gz) bytes; gzip header, byte 8
initrd.cpio  $(stat -c %s d1/initrd.cpio) bytes in both
  3 of 4 entries differ; in another order; mtime in 3
  a
    mtime  1 and 7  [mtime]
  c
    mtime  1 and 7  [mtime]
  b
    mtime  1 and 7  [mtime]
same.gz  $(stat -c %s d1/same.gz) and $(stat -c %s d2/same.gz) bytes
  compression  gzip and gzip; unpacked, both are the same bytes  [compressor]
cause: mtime (3): files were made or copied at another time
  fix: write the ramdisk with one time for all entries (mtime 0)
cause: order (1): names were listed as the file system or the locale has them
  fix: sort entries bytewise by path (LC_ALL=C)
cause: compressor (1): equal bytes were compressed by another library, version or level
  fix: do not compress, or pin the compressor with its version and level
END
run diff d1 d2 --json
expect_json '[s["name"] for s in j["sections"]] == ["directory", "initrd.cpio", "same.gz"]'
ok 'ramdisks below a directory: order, times and compressors'

# ---- records of builds that had other inputs

record()
{
	cat >"$1/build.json" <<END
{
  "schema": "measure-build/1",
  "product": "example.org/x",
  "version": "1",
  "vendor": "Example",
  "artefact": "image.eif",
  "origin": "source",
  "source": {"commit": "$(hex 12 20)"},
  "recipe": "sha256:$(hex 34 32)",
  "inputs": "sha256:$(hex "$2" 32)",
  "components": {"kernel": "pinned"}
}
END
}
mkdir b1 b2
record b1 56
record b2 78
run diff b1 b2
expect_status 1
expect_stdout_has "inputs: sha256:$(hex 56 32) and sha256:$(hex 78 32)
  fix: build both from one measure.lock; \`measure diff\` of the two locks names the packages and versions"
run diff b1 b2 --json
expect_json 'j["inputs"] == ["sha256:" + "56" * 32, "sha256:" + "78" * 32]'
echo x >b2/build.json
run diff b1 b2 --json
expect_json '"inputs" not in j'
ok 'folders of builds from other inputs'

# ---- firmware in bundles: one module, with more blank room in the second

cat >fw.py <<'PY'
import struct, sys
name, room, code, tail = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode(), open(sys.argv[4], "rb").read()
file, words = sys.argv[5] if len(sys.argv) > 5 else "", sys.argv[6:] or ["data"]
def pe(word):
    x = bytearray(0x400)
    x[0:2], x[0x80:0x84] = b"MZ", b"PE\0\0"
    struct.pack_into("<I", x, 0x3c, 0x80)
    struct.pack_into("<H", x, 0x86, 2)
    struct.pack_into("<H", x, 0x94, 240)
    struct.pack_into("<H", x, 0x98, 0x20b)
    struct.pack_into("<I", x, 0x98 + 108, 16)
    data = word.encode().ljust(8, b"\0") + bytes(56 + room)
    if file:
        record = b"RSDS" + bytes(20) + file.encode() + b"\0"
        struct.pack_into("<II", x, 0x98 + 112 + 48, 0x440 + len(data), 28)
        data += struct.pack("<12xIIII", 2, len(record), 0x440 + len(data) + 28, 0) + record
    for i, (n, body, flags) in enumerate(((b".text", code, 0x60000020), (b".data", data, 0xc0000040))):
        body += bytes(-len(body) % 64)
        struct.pack_into("<8sIIII12xI", x, 0x98 + 240 + 40 * i, n, len(body), len(x), len(body), len(x), flags)
        x += body
    return bytes(x)
def section(t, body): return struct.pack("<I", len(body) + 4 | t << 24) + body
f = b""
for word in words:
    body = section(0x10, pe(word))
    body += bytes(-len(body) % 4) + section(0x15, "Module\0".encode("utf-16le"))
    f += bytes(-len(f) % 8)
    f += bytes(range(16)) + b"\0\0\x07\0" + struct.pack("<I", len(body) + 24)[:3] + b"\xf8" + body
head = bytearray(bytes(16) + bytes.fromhex("78e58c8c3d8a1c4f9935896185c32dd3") + struct.pack("<Q4sIHHHBBIIQ", 8192, b"_FVH", 0, 72, 0, 0, 0, 2, 2, 4096, 0))
struct.pack_into("<H", head, 50, -sum(struct.unpack("<36H", head)) & 0xffff)
fv = bytes(head) + f
open(name, "wb").write(fv + b"\xff" * (8192 - len(fv)) + tail)
PY
"$BUILD/tests/forge_ovmf" tail.fd
python3 fw.py one.fd 0 code tail.fd
python3 fw.py two.fd 64 code tail.fd
python3 fw.py three.fd 64 edoc tail.fd
told='1 of 1 PE images without an address differ, in blank room alone, of which the second has more, as a build path leaves that is longer'
run diff one.fd two.fd
expect_status 1
expect_stdout_has "
modules: $told
cause: path-length (1): "
for i in one two three; do
	run build snp --ovmf $i.fd --append x --kernel root.py --vcpus 1 --vcpu-type EPYC-v4 -o $i -q
	expect_status 0
done
run diff one two
expect_status 1
expect_stdout_has "
  modules  $told  [path-length]
cause: path-length (1): the room that the path of the build took stays in each module
  fix: build both at one path (\`path\` of the stage in measure.yml)
would match if: the bytes of firmware were as in the second"
run diff one two --json
expect_json '[c["name"] for c in j["causes"]] == ["path-length"]'
run diff one three --json
expect_json 'j["causes"] == []'
ok 'firmware in bundles: what is told of two firmware files'

# each: of two files, and of two bundles around them
differ_by() { # CAUSE SENTENCE FIX
	run diff a.fd b.fd
	expect_status 1
	expect_stdout_has "
modules: $2
cause: $1 (1): "
	expect_stdout_has "
  fix: $3
"
	rm -rf a b
	for i in a b; do
		run build snp --ovmf $i.fd --append x --kernel root.py --vcpus 1 --vcpu-type EPYC-v4 -o $i -q
		expect_status 0
	done
	run diff a b
	expect_status 1
	expect_stdout_has "
  modules  $2  [$1]
cause: $1 (1): "
}
python3 fw.py a.fd 0 code tail.fd /b/one/edk2/Module.dll x y
python3 fw.py b.fd 0 code tail.fd /c/two/edk2/Module.dll x y
differ_by build-path "2 of 2 images name another file that they were linked as, below '/b/one' in the first, '/c/two' in the second" \
	'build both at one path, or compile with -ffile-prefix-map=PATH=.'
ok 'firmware whose modules name where they were built'

python3 fw.py a.fd 0 code tail.fd '' drawn-1a shared-w
python3 fw.py b.fd 0 code tail.fd '' /random/ WHATELSE
differ_by stack-cookie '2 of 2 images differ, each in one random word of its data alone, as the stack cookies do that edk2 draws' \
	'give both builds the same StackCookieValues32.json and StackCookieValues64.json'
python3 fw.py b.fd 0 edoc tail.fd '' /random/ WHATELSE
run diff a.fd b.fd --json
expect_json 'j["causes"] == []'
ok 'firmware whose modules differ in their stack cookies'

plan done
