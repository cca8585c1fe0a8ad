#!/bin/sh
# `measure build root`: a root image as others read it, the same bytes from whatever holds the files
. "${0%/*}/../lib.sh"
need python3

mkdir -p first/bin first/etc first/tmp
chmod 1777 first/tmp
printf 'hello\n' >first/etc/greeting
head -c 700000 /dev/zero | tr '\0' 'x' >first/bin/tool
chmod 755 first/bin/tool
ln -s tool first/bin/other
touch -d @1700000000 first/etc/greeting
(cd first && tar -c --owner=0 --group=0 --numeric-owner --sort=name -f ../first.tar bin etc tmp)

run build root --rootfs first -o image
expect_status 0
expect_stderr ''
cp "$STDOUT" said
hash=$(sed -n 's/^root-hash  *//p' said)
blocks=$(sed -n 's/^blocks  *//p' said)
expect_stdout "sha256           $(sha256sum image | cut -c 1-64)
root-hash        $hash
blocks           $blocks
words            measure.root=/dev/vda measure.verity=$hash measure.blocks=$blocks"
ok 'digest, root hash and the words of the command line are told'

run build root --rootfs first.tar --json -o again
expect_status 0
expect_same image again
expect_json 'j["root"]["root_hash"] == "'"$hash"'" and j["root"]["blocks"] == '"$blocks"
expect_json 'j["root"]["hash_offset"] == 4096 * j["root"]["blocks"] and j["root"]["size"] == '"$(stat -c %s image)"
expect_json 'j["words"].endswith(" measure.blocks='"$blocks"'") and j["rootfs"]["type"] == "tar"'
(cp -a first second && touch second second/*/* && umask 077 && TZ=Asia/Tokyo "$MEASURE" build root -q --rootfs second -o again) >/dev/null
expect_same image again
ok 'a directory and an archive give the same bytes, whoever runs it'

for folder in /proc/self /sys/kernel; do
	name=proc
	[ $folder = /proc/self ] || name=sysfs
	[ "$(stat -f -c %T $folder 2>/dev/null)" = $name ] || continue
	for verb in root initrd; do
		run build $verb --rootfs $folder -o made
		expect_status 3
		expect_stdout ''
		expect_stderr "measure: error[rootfs]: $folder: lies in the file system '$name', whose files the kernel makes up"
		expect_no_file made
	done
done
ok 'what the kernel makes up as it is asked is no folder of files'

if command -v veritysetup >/dev/null; then
	expect veritysetup verify image image "$hash" --hash-offset $((blocks * 4096))
	cp image changed
	put_at changed 300000 79
	run_command veritysetup verify changed changed "$hash" --hash-offset $((blocks * 4096))
	expect test "$STATUS" -ne 0
	expect veritysetup format --salt=- --uuid=a4aae976-b3fa-8679-9ffb-39fbae8b4af9 \
		--root-hash-file=hash --data-blocks="$blocks" --hash-offset $((blocks * 4096)) again again
	expect_same image again
	ok 'cryptsetup makes the same hash area, and finds a changed byte'
else
	skip 'cryptsetup makes the same hash area, and finds a changed byte' 'veritysetup is missing'
fi

if command -v fsck.erofs >/dev/null; then
	expect fsck.erofs --extract=out image
	expect diff -r first/bin out/bin
	expect diff -r first/etc out/etc
	expect test "$(find out -type d | LC_ALL=C sort | tr '\n' ' ')" = \
		'out out/bin out/dev out/etc out/proc out/run out/sys out/tmp out/var '
	expect test "$(stat -c %a out/tmp)" = 1777
	ok 'the files are there, and the folders that an init mounts upon'
else
	skip 'the files are there, and the folders that an init mounts upon' 'fsck.erofs is missing'
fi

for how in keep clamp:1600000000; do
	run build root --rootfs first --mtime $how -o timed
	expect_status 0
	expect test "$(sed -n 's/^root-hash  *//p' "$STDOUT")" != "$hash"
done
run build root --rootfs first --root-device /dev/nvme0n1 -o again
expect_stdout_has "words            measure.root=/dev/nvme0n1 measure.verity=$hash"
ok 'times may be kept, and the disk may have another name'

# refused STATUS TEXT ARGS...
refused()
{
	status=$1 text=$2
	shift 2
	run build root "$@"
	expect_status "$status"
	expect_stdout ''
	expect test "$(head -n 1 "$STDERR")" = "measure: error[$text"
	expect_no_file new
}
refused 2 "usage]: option '--rootfs' is missing" -o new
refused 2 "usage]: option '--output' is missing" --rootfs first
refused 5 'no-such-file]: nothing: cannot be opened: No such file or directory' --rootfs nothing -o new
for device in vda /dev/ '/dev/a b' '/dev/"x"' "/dev/$(printf '%060d' 0)"; do
	refused 2 "usage]: --root-device: '$device' is no path of a device such as /dev/vda" \
		--rootfs first --root-device "$device" -o new
done
refused 2 "usage]: --mtime: 'now' is none of 0, clamp:N with N below 2^32, keep" \
	--rootfs first --mtime now -o new
refused 2 "usage]: first/new: would be a part of what it is made from, 'first'" \
	--rootfs first -o first/new
ok 'what is refused leaves nothing'

plan done
