#!/bin/sh
# `measure diff`: firmware, images, records of launches
. "${0%/*}/../lib.sh"

forge=$BUILD/tests/forge_ovmf
why='(all pages of firmware are measured, so every launch digest differs)'
"$forge" a.fd volumes

# differs A B: exit 1, and the text of standard input
differs()
{
	run diff "$1" "$2"
	expect_status 1
	expect_stderr "measure: error[differs]: $1: differs from '$2'"
	expect_stdout -
}

cp a.fd same.fd
run diff a.fd same.fd
expect_status 0
expect_stdout ''
expect_stderr ''
run diff a.fd a.fd --json
expect_status 0
expect_json 'j["ok"] and j["type"] == "snp" and j["differences"] == []'
ok 'equal files'

"$forge" module.fd volumes 4196=0x12345678
differs a.fd module.fd <<END
differ: volume1 $why
firmware
  volume1
    SecMain
      PE32  4 bytes differ, in 1 page, first at 4196: 0x63 and 0x78
END
"$forge" section.fd volumes 28180=0xa000
differs a.fd section.fd <<END
differ: no volume, SEV metadata $why
firmware
  no volume  1 byte differs, in 1 page, first at 28181: 0x90 and 0xa0
  SEV metadata
    SEC_MEM  0x800000 to 0x808fff | 0x800000 to 0x809fff  1 byte differs, in 1 page, first at 28181: 0x90 and 0xa0
END
"$forge" eip.fd volumes 28600=0x80c004 16384=0x01010101 20480=0x01010101
run diff a.fd eip.fd
expect_status 1
expect_stdout_has "differ: no volume, table of GUIDs $why"
expect_stdout_has '  no volume  9 bytes differ, in 3 pages, first at 16384: 0xff and 0x01'
expect_stdout_has '    SEV-ES reset block  further processors start at 0x80b004 | further processors start at 0x80c004  1 byte differs, in 1 page, first at 28601: 0xb0 and 0xc0'
# the compressed volume again, with another byte in its driver, and with none
python3 - <<'EOT'
import lzma, struct
image = open("a.fd", "rb").read()
at = image.index(b"\x5d\0\0\1\0" + struct.pack("<Q", 132))
plain = lzma.decompress(image[at:at + 131])
for name, inside in ("packed.fd", plain.replace(b"\xf8\x12", b"\xf9\x12")), ("again.fd", plain):
    packed = lzma.compress(inside, format=lzma.FORMAT_ALONE)
    packed = packed[:5] + struct.pack("<Q", len(inside)) + packed[13:]
    out = bytearray(image)
    out[at:at + 131] = packed + b"\xff" * (131 - len(packed))
    out[at - 24:at - 21] = struct.pack("<I", 24 + len(packed))[:3]
    out[at - 28:at - 25] = struct.pack("<I", 48 + len(packed))[:3]
    open(name, "wb").write(out)
EOT
run diff a.fd packed.fd
expect_status 1
expect test "$(tail -n 1 "$STDOUT")" = '            Packed'
run diff a.fd again.fd
expect_status 1
expect_stdout_has '      GUID_DEFINED  155 and 1'
ok 'firmware: which regions, which module, which page, also of compressed volumes'

"$forge" small.fd
differs a.fd small.fd <<END
differ: variable store, volume1 $why
firmware  launched at 0xffff9000, with SEV metadata, with a place for kernel hashes | launched at 0xffffc000, with SEV metadata, with a place for kernel hashes
  variable store  only in the first
  volume1  only in the first
END
run diff small.fd a.fd
expect_status 1
expect_stdout_has '  volume1  only in the second'
"$forge" plain.fd plain
run diff small.fd plain.fd
expect_status 1
expect_stdout_has '    KERNEL_HASHES  only in the first'
expect_stdout_has '    SEV hash table  only in the first'
ok 'what only one of them has'

run diff a.fd module.fd --json
expect_status 1
expect_json 'j["reason"] == "differs" and [d["name"] for d in j["differences"]] == ["firmware", "volume1", "SecMain", "PE32"]'
expect_json 'j["differences"][3] == {"name": "PE32", "depth": 3, "first": {"offset": 4192, "size": 22}, "second": {"offset": 4192, "size": 22}, "bytes": 4, "at": 4196}'
run diff a.fd small.fd --json
expect_json 'j["differences"][1]["second"] is None'
ok '--json has them all'

# image NAME CMDLINE RAMDISK... [OPTIONS]: built of the kernel
image()
{
	name=$1 cmdline=$2 parts=
	shift 2
	while [ $# -gt 0 ] && [ -e "$1" ]; do
		parts="$parts --ramdisk $1"
		shift
	done
	# shellcheck disable=SC2086 # several words
	run build eif --kernel kernel --cmdline "$cmdline" $parts -o "$name.eif" -q "$@"
	expect_status 0
}
printf kernel >kernel
printf 'ramdisk\nbuilt at 10:00:00\n' >one
printf 'ramdisk\nbuilt at 10:07:12\n' >two
printf 'ramdisk\nbuilt at noon\n' >three
image a x one one
image b x one two
image noon x one three
image both xy one two
image timed x one one --build-time 2026-11-01T10:00:00Z
image fewer x one
run diff a.eif a.eif
expect_status 0
expect_stdout ''
run diff a.eif a.eif --json
expect_json 'j["sections"] == [] and j["causes"] == [] and "headline" not in j and "would_match" not in j'
differs a.eif b.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  26 bytes in both
  content  line 2: "built at 10:00:00" and "built at 10:07:12"  [build-time]
cause: build-time (1): the clock of the build was written down
  fix: set SOURCE_DATE_EPOCH for the build, or leave the time out
would match if: the times of the build in ramdisk1 were as in the second
END
differs a.eif noon.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  26 and 22 bytes
  content  line 2: "built at 10:00:00" and "built at noon"
would match if: the bytes of ramdisk1 were as in the second
END
differs a.eif both.eif <<END
PCR0, PCR1 and PCR2 differ, through cmdline and ramdisk1 (2 of 5 sections)
cmdline  1 and 2 bytes
  content  line 1: "x" and "xy"
ramdisk1  26 bytes in both
  content  line 2: "built at 10:00:00" and "built at 10:07:12"  [build-time]
cause: build-time (1): the clock of the build was written down
  fix: set SOURCE_DATE_EPOCH for the build, or leave the time out
PCR0 would match if: the bytes of cmdline and the times of the build in ramdisk1 were as in the second
PCR1 would match if: the bytes of cmdline were as in the second
PCR2 would match if: the times of the build in ramdisk1 were as in the second
END
differs a.eif timed.eif <<END
no register differs; metadata: not measured
metadata (not measured)  240 and 235 bytes
  BuildMetadata.BuildTime  "1970-01-01T00:00:00+00:00" and "2026-11-01T10:00:00Z"  [build-time]
cause: build-time (1): the clock of the build was written down
  fix: set SOURCE_DATE_EPOCH for the build, or leave the time out
END
differs fewer.eif a.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  only in the second, 26 bytes
would match if: the section ramdisk1 were as in the second
END
differs a.eif fewer.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  only in the first, 26 bytes
would match if: the section ramdisk1 were as in the second
END
ok 'EIFs: which registers, through which section, and what would make them equal'

tail -c +2 one >rest
image moved xr rest one
run diff a.eif moved.eif
expect_status 1
expect_stdout_has 'no register differs, though parts do: cmdline and ramdisk0 (2 of 5 sections); bytes moved from one part to another'
ok 'bytes that moved between sections'

run diff a.eif both.eif --json
expect_status 1
expect_json 'j["reason"] == "differs" and j["type"] == "eif" and j["headline"].startswith("PCR0, PCR1 and PCR2 differ, ")'
expect_json '[r["differs"] for r in j["registers"]] == [True, True, True, False]'
expect_json '[(s["name"], s["registers"]) for s in j["sections"]] == [("cmdline", ["PCR0", "PCR1"]), ("ramdisk1", ["PCR0", "PCR2"])]'
expect_json 'j["sections"][1]["fields"][0]["cause"] == "build-time" and j["causes"][0]["count"] == 1'
expect_json 'j["would_match"][1] == {"registers": ["PCR1"], "if": ["the bytes of cmdline"], "holds": True}'
ok 'EIFs: --json has the same'

run diff a.eif b.eif --limit many
expect_status 2
expect_stderr_has "measure: error[usage]: --limit is a number, not 'many'"
ok 'a limit that is none'

why_mtime='cause: mtime (1): files were made or copied at another time
  fix: write the ramdisk with one time for all entries (mtime 0)'

# ramdisk NAME ENTRY...: NAME.cpio, and NAME.eif with it as its second ramdisk
ramdisk()
{
	name=$1
	shift
	python3 "$ROOT/tests/cli/newc.py" "$name.cpio" "$@"
	image "$name" x one "$name.cpio"
}
shadow='root:*:20391:0:99999:7:::\nme:!:20391:0:99999:7:::\n'
dated='root:*:20402:0:99999:7:::\nme:!:9999:0:99999:7:::\n'
ramdisk plain etc mode=040755 nlink=2 etc/shadow data="$shadow" bin/x data=hello mtime=1
ramdisk touched etc mode=040755 nlink=2 etc/shadow data="$shadow" bin/x data=hello mtime=7
differs plain.eif touched.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  1024 bytes in both
  1 of 4 entries differs; mtime in 1
  bin/x
    mtime  1 and 7  [mtime]
$why_mtime
would match if: the times of last change in ramdisk1 were as in the second
END
ramdisk dated etc mode=040755 nlink=2 etc/shadow data="$dated" bin/x data=hello mtime=7
differs plain.eif dated.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  1024 bytes in both
  2 of 4 entries differ; content in 1, mtime in 1
  etc/shadow
    content  50 and 49 bytes; line 1, field 3 (last change): 20391 and 20402  [shadow-date]
  bin/x
    mtime  1 and 7  [mtime]
$why_mtime
cause: shadow-date (1): adding a user writes the day into etc/shadow
  fix: set SOURCE_DATE_EPOCH (shadow 4.9 or later), or chage -d 0 USER
would match if: the days of password changes in etc/shadow and the times of last change in ramdisk1 were as in the second
END
ramdisk moved etc mode=040755 nlink=2 ino=1 bin/x data=hello mtime=1 ino=3 etc/shadow data="$shadow" ino=2
differs plain.eif moved.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  1024 bytes in both
  0 of 4 entries differ; in another order
cause: order (1): names were listed as the file system or the locale has them
  fix: sort entries bytewise by path (LC_ALL=C)
would match if: the order of entries in ramdisk1 were as in the second
END
ramdisk more etc mode=040755 nlink=2 etc/shadow data="$shadow" bin/x data=hello mtime=1 etc/ssh/ssh_host_rsa_key data=secret
differs plain.eif more.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  1024 bytes in both
  0 of 4 entries differ; 1 only in the second
  etc/ssh/ssh_host_rsa_key  only in the second  [ssh-host-key]
cause: ssh-host-key (1): installing the server makes a key of random numbers
  fix: delete etc/ssh/ssh_host_* at the end of the build; make them at first boot
would match if: the entries that only one has in ramdisk1 were as in the second
END
differs more.eif plain.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  1024 bytes in both
  0 of 4 entries differ; 1 only in the first
  etc/ssh/ssh_host_rsa_key  only in the first  [ssh-host-key]
cause: ssh-host-key (1): installing the server makes a key of random numbers
  fix: delete etc/ssh/ssh_host_* at the end of the build; make them at first boot
would match if: the entries that only one has in ramdisk1 were as in the second
END
ok 'EIFs: down to the entry of a ramdisk and its field'

ramdisk one-a a nlink=2 ino=1 b data=bytes nlink=2 ino=1 dev mode=020600 rdev=1:3
ramdisk one-b ./a nlink=1 data=bytes ino=1 dev=8:1 b data=bytes ino=2 uid=1000 gid=1000 dev mode=020644 rdev=5:1 ino=3 --upper
differs one-a.eif one-b.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  512 bytes in both
  4 of 4 entries differ; content in 1, mode in 1, uid in 1, gid in 1, nlink in 2, rdev in 1, ino in 1, dev in 1, name in 1, digits in 3
  a
    content  0 and 5 bytes; a hard link, whose bytes stand with one name  [hard-link]
    nlink  2 and 1  [hard-link]
    dev  0:0 and 8:1  [device]
    name  spelt in two ways ("./", a slash at its end, zeros behind it)  [writer]
    digits  the header has another magic, or its digits another case  [writer]
  dev
    mode  020600 and 020644  [mode]
    rdev  1:3 and 5:1  [device-node]
  b
    uid  0 and 1000  [owner]
    gid  0 and 1000  [owner]
    nlink  2 and 1  [hard-link]
    ino  1 and 2
    digits  the header has another magic, or its digits another case  [writer]
  TRAILER!!!
    digits  the header has another magic, or its digits another case  [writer]
cause: owner (2): another user unpacked or built the files
  fix: take owners from the archive, or set them to 0:0, never from the disk
cause: mode (1): another umask, or files copied without their modes
  fix: build under umask 022, and take modes from the archive, not from the disk
cause: device (1): the number of the device that the files lay on was written
  fix: write 0 in its place (cpio --reproducible)
cause: device-node (1): a device node was made with other numbers, or as an empty file
  fix: make nodes from a list, not with mknod of the builder
cause: hard-link (3): names that share a file in one build are copies in the other
  fix: keep or break hard links alike: copy with tar, not file by file
cause: writer (4): another program wrote the archive
  fix: write both with the same program, of one version
would match if: the bytes of a, the modes, the owners, the hard links, the numbers of device nodes, the inode numbers, the device numbers and the spelling of headers in ramdisk1 were as in the second
END
ok 'EIFs: owners, modes, nodes, links and writers'

# a number in its order moves with the links; one that moves alone is of the disk
ramdisk disk-a a ino=77 b data=bytes ino=78
ramdisk disk-b a ino=77 b data=bytes ino=90
differs disk-a.eif disk-b.eif <<END
PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)
ramdisk1  512 bytes in both
  1 of 3 entries differs; ino in 1
  b
    ino  78 and 90  [inode]
cause: inode (1): inode numbers of the disk were written
  fix: number entries in their order, as \`measure build initrd\` does
would match if: the inode numbers in ramdisk1 were as in the second
END
ok 'inode numbers are a cause where nothing else moves them'

run diff plain.eif dated.eif --limit 1
expect_status 1
expect_stdout_has '  ... and 1 more'
run diff plain.eif dated.eif --limit 1 --json
expect_json 'len(j["sections"][0]["entries"]) == 1 and j["sections"][0]["left_out"] == 1'
expect_json '[c["name"] for c in j["causes"]] == ["mtime", "shadow-date"]'
expect_json 'j["sections"][0]["entries"][0] == {"path": "etc/shadow", "fields": [{"name": "content", "text": "50 and 49 bytes; line 1, field 3 (last change): 20391 and 20402", "cause": "shadow-date"}]}'
run diff plain.eif dated.eif --limit 0
expect_status 1
ok 'of many entries the first are listed, and all are counted'

differs plain.cpio dated.cpio <<END
the ramdisks differ
ramdisk  1024 bytes in both
  2 of 4 entries differ; content in 1, mtime in 1
  etc/shadow
    content  50 and 49 bytes; line 1, field 3 (last change): 20391 and 20402  [shadow-date]
  bin/x
    mtime  1 and 7  [mtime]
$why_mtime
cause: shadow-date (1): adding a user writes the day into etc/shadow
  fix: set SOURCE_DATE_EPOCH (shadow 4.9 or later), or chage -d 0 USER
would match if: the days of password changes in etc/shadow and the times of last change were as in the second
END
run diff plain.cpio plain.cpio
expect_status 0
expect_stdout ''
run diff plain.cpio touched.cpio --json
expect_json 'j["type"] == "initrd" and j["would_match"] == [{"registers": ["SHA-256"], "if": ["the times of last change"], "holds": True}]'
python3 -c 'import gzip
for name, level in ("fast", 1), ("best", 9):
    open(name + ".gz", "wb").write(gzip.compress(open("plain.cpio", "rb").read(), level, mtime=0))
open("touched.gz", "wb").write(gzip.compress(open("touched.cpio", "rb").read(), 9, mtime=0))
open("early.cpio", "wb").write(open("plain.cpio", "rb").read() + open("touched.gz", "rb").read())
open("later.cpio", "wb").write(open("plain.cpio", "rb").read() + open("best.gz", "rb").read())
open("broken.gz", "wb").write(open("best.gz", "rb").read()[:-9] + b"\0" * 9)'
image fast x one fast.gz
image best x one best.gz
run diff fast.eif best.eif
expect_status 1
expect_stdout_has '  compression  gzip and gzip; unpacked, both are the same bytes  [compressor]'
expect_stdout_has '  fix: do not compress, or pin the compressor with its version and level'
expect_stdout_has 'would match if: the compressors in ramdisk1 were as in the second'
run diff best.gz touched.gz
expect_status 1
expect_stdout_has '    mtime  1 and 7  [mtime]'
expect_stdout_has 'would match if: the compressors and the times of last change were as in the second'
run diff later.cpio early.cpio
expect_status 1
expect_stdout_has '  1 of 8 entries differs; mtime in 1'
run diff best.gz plain.cpio
expect_stdout_has '  compression  gzip and none; unpacked, both are the same bytes  [compressor]'
ok 'two ramdisks, plain and compressed'

run diff best.gz broken.gz
expect_status 3
expect_stderr 'measure: error[unknown-type]: best.gz: one of the two is no ramdisk'
image broken x one broken.gz
run diff best.eif broken.eif
expect_status 1
expect_stdout_has 'would match if: the bytes of ramdisk1 were as in the second'
run diff plain.cpio a.eif
expect_status 2
expect_stderr_has "measure: error[usage]: 'plain.cpio' is of type initrd, 'a.eif' of type eif"
ok 'what is no ramdisk is compared as bytes, or not at all'

mkdir -p left/sub right/sub
echo a >left/file
echo b >right/file
chmod 600 right/file
ln -s one left/link
ln -s two right/link
: >left/sub/alone
run diff left left
expect_status 0
expect_stdout ''
differs left right <<END
the directories differ
directory  4 and 3 entries
  2 of 3 entries differ; 1 only in the first; content in 2, mode in 1
  file
    content  line 1: "a" and "b"
    mode  100644 and 100600  [mode]
  link
    target  one and two
  sub/alone  only in the first
cause: mode (1): another umask, or files copied without their modes
  fix: build under umask 022, and take modes from the archive, not from the disk
END
run diff left a.eif
expect_status 2
expect_stderr_has "measure: error[usage]: 'left' is a directory, 'a.eif' is none"
run diff a.eif left
expect_stderr_has "measure: error[usage]: 'left' is a directory, 'a.eif' is none"
ok 'two directories'

# bundle NAME ARGS...: its record goes to NAME.json
bundle()
{
	name=$1
	shift
	run build snp "$@" -o "$name" -q
	expect_status 0
	cp "$name/launch.json" "$name.json"
}
printf 'other kernel' >kernel2
"$forge" fw.fd
"$forge" fw2.fd 5000=0x11223344
g='--ovmf fw.fd --vcpus 4 --vcpu-type EPYC-v4'
# shellcheck disable=SC2086 # several words
{
	bundle base $g --kernel kernel --append x
	bundle newkernel $g --kernel kernel2 --append x
	bundle firmware --ovmf fw2.fd --vcpus 4 --vcpu-type EPYC-v4 --kernel kernel --append x
	bundle bare $g
	bundle more --ovmf fw.fd --vcpus 8 --vcpu-type EPYC-v4
	bundle milan --ovmf fw.fd --vcpus 8 --vcpu-type EPYC-Milan --guest-features 0x21
	bundle gce --ovmf fw.fd --vcpus 4 --vmm-type gce
	bundle ec2 --ovmf fw.fd --vcpus 4 --vmm-type ec2
	bundle genoa --ovmf fw.fd --vcpus 4 --profile gce-genoa
	bundle other --ovmf fw.fd --vcpus 8 --vcpu-type EPYC-Milan --vmm-type gce
	bundle table --ovmf fw.fd --vcpus 4-5 --vcpu-type EPYC-v4
}
sha() { sha256sum <"$1" | cut -d ' ' -f 1; }
differs base.json newkernel.json <<END
the launches part at KERNEL_HASHES: the page of hashes differs
kernel: $(sha kernel) (6 bytes) and $(sha kernel2) (12 bytes)
END
differs base.json firmware.json <<END
the launches part at firmware: its pages differ
firmware: $(sha fw.fd) (16384 bytes) and $(sha fw2.fd) (16384 bytes)
END
differs bare.json more.json <<END
the launches part at vcpu 4: only one of them has it
vcpus: 4 and 8
END
differs more.json milan.json <<END
the launches part at vcpu 0: its page has other registers
vcpu_type: EPYC-v4 (0x800f12) and EPYC-Milan (0xa00f11)
guest_features: 0x1 and 0x21
END
run diff bare.json gce.json
expect_status 1
expect_stdout_has 'the launches part at SEC_MEM: one profile measures zeros there, the other no content'
expect_stdout_has 'profile: qemu and gce'
run diff bare.json ec2.json
expect_stdout_has 'the launches part at CPUID: one profile launches it behind all other sections'
differs gce.json genoa.json <<END
the launches part at vcpu 0: its page has another address
profile: gce and gce-genoa
END
differs gce.json other.json <<END
the launches part at vcpu 4: only one of them has it
vcpu_type: none (0x0) and EPYC-Milan (0xa00f11)
vcpus: 4 and 8
END
differs bare.json table.json <<END
EPYC-v4 x5, qemu: only in the second
END
sed 's/"policy": "0x30000"/"policy": "0x70000"/' base.json >policy.json
differs base.json policy.json <<END
policy: 0x30000 and 0x70000 (no part of the digest)
END
run diff base.json bare.json
expect_status 1
expect_stdout_has "kernel: $(sha kernel) (6 bytes) and none"
run diff bare.json more.json --json
expect_status 1
expect_json 'j["type"] == "launch" and j["differences"][1] == "vcpus: 4 and 8"'
cp bare.json again.json
run diff bare.json again.json
expect_status 0
expect_stdout ''
printf '{"schema": "measure-launch/1"}' >bad.json
run diff bare.json bad.json
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[launch-record]: bad.json: '
ok 'records of launches'

# guest NAME OPTIONS...: a bundle that stays one
guest()
{
	name=$1
	shift
	run build snp --ovmf fw.fd --vcpu-type EPYC-v4 -o "$name" -q "$@"
	expect_status 0
}
guest g1 --vcpus 4 --kernel kernel --initrd plain.cpio --append x
guest g2 --vcpus 4 --kernel kernel --initrd dated.cpio --append x
guest g3 --vcpus 8 --kernel kernel --append xy
guest g4 --vcpus 4 --kernel kernel --initrd plain.cpio --append x --policy 0x70000
run diff g1 g1
expect_status 0
expect_stdout ''
differs g1 g2 <<END
launch digest differs, through initrd (1 of 5 parts)
launch  1 launch digest in both
  they part at  step 17, KERNEL_HASHES: NORMAL page at 0x810000
initrd  1024 bytes in both
  2 of 4 entries differ; content in 1, mtime in 1
  etc/shadow
    content  50 and 49 bytes; line 1, field 3 (last change): 20391 and 20402  [shadow-date]
  bin/x
    mtime  1 and 7  [mtime]
$why_mtime
cause: shadow-date (1): adding a user writes the day into etc/shadow
  fix: set SOURCE_DATE_EPOCH (shadow 4.9 or later), or chage -d 0 USER
would match if: the days of password changes in etc/shadow and the times of last change in initrd were as in the second
END
run diff g1 g3
expect_status 1
expect_stdout_has 'launch digest differs, through initrd, cmdline and parameters (3 of 5 parts)'
expect_stdout_has '  vcpus  4 and 8'
expect_stdout_has 'initrd  only in the first, 1024 bytes'
expect_stdout_has 'would match if: the parameters, the file initrd and the bytes of cmdline were as in the second'
run diff g3 g1
expect_stdout_has 'initrd  only in the second, 1024 bytes'
expect_stdout_has 'would match if: the parameters, the file initrd and the bytes of cmdline were as in the second'
run diff g1 g4
expect_status 1
expect_stdout_has 'no register differs; policy and qemu.sh: not measured'
expect_stdout_has '  policy (not measured)  0x30000 and 0x70000'
run diff g1 g2 --json
expect_json 'j["type"] == "bundle" and [s["name"] for s in j["sections"]] == ["launch", "initrd"]'
expect_json 'j["would_match"][0]["holds"] and j["would_match"][0]["registers"] == ["launch digest"]'
ok 'two bundles of SEV-SNP guests: the step at which they part, and through what'

run diff a.fd
expect_status 2
expect_stderr_has 'measure: error[usage]: two files are needed, 1 are given'
run diff a.fd a.eif
expect_status 2
expect_stderr_has "measure: error[usage]: 'a.fd' is of type snp, 'a.eif' of type eif"
run diff a.fd kernel
expect_status 3
expect_stderr_has 'measure: error[unknown-type]: kernel: '
run diff bare.json a.fd
expect_status 3
expect_stderr_has 'measure: error[json]: a.fd: '
run diff a.fd missing
expect_status 5
"$forge" broken.fd -508=0xffffffff
run diff a.fd broken.fd
expect_status 3
expect_stderr_has 'measure: error[firmware]: broken.fd: '
ok 'what cannot be compared'

plan done
