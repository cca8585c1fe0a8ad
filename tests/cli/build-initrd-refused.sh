#!/bin/sh
# `measure build initrd`: what no ramdisk is made of, by exit status and text, and nothing is left
. "${0%/*}/../lib.sh"
need python3

# refused STATUS TEXT ARGS...
refused()
{
	status=$1 text=$2
	shift 2
	run build initrd "$@" -o out/file
	expect_status "$status"
	expect_stdout ''
	expect test "$(head -n 1 "$STDERR")" = "measure: error[$text"
	expect test -z "$(ls -A out)"
}

mkdir out
python3 - <<'END'
import tarfile
def archive(name, size=0, mtime=0):
    with tarfile.open(name, "w", format=tarfile.PAX_FORMAT) as t:
        i = tarfile.TarInfo("a")
        i.mtime, i.size = mtime, size
        t.addfile(i, open("/dev/zero", "rb"))
archive("plain")
archive("early", mtime=-1)
archive("late", mtime=2**32)
archive("large", size=3 << 20)
END

run build initrd -q --rootfs late -o late.cpio
expect_status 0
for how in keep clamp:4294967295; do
	refused 3 "newc]: 'a': its time is -1; a ramdisk carries 0 to 4294967295 seconds of 1970" \
		--rootfs early --mtime $how
done
refused 3 "newc]: 'a': its time is 4294967296; a ramdisk carries 0 to 4294967295 seconds of 1970" \
	--rootfs late --mtime keep
ok 'times before 1970 and of 2^32 are refused where they are to be kept'

for pack in gzip 'zstd -q' xz; do
	name=${pack%% *}
	command -v "$name" >/dev/null || continue
	$pack -c plain >packed
	size=$(stat -c %s packed)
	{ cat packed && $pack -c plain; } >twice
	{ cat packed && echo x; } >longer
	$pack -c large >bomb
	for what in twice longer; do
		run build initrd --rootfs $what -o out/file
		expect_status 3
		expect_stderr_has "measure: error[trailing]: $what: "
		expect_stderr_has "at offset $size (0x"
		expect test -z "$(ls -A out)"
	done
	run build initrd --rootfs bomb --max-unpacked 1 -o out/file
	expect_status 3
	expect_stderr_has "measure: error[limit]: bomb: the $name data unpacks to more than the limit of 1048576 bytes"
	expect_stderr_has 'measure: hint: all that is compressed may unpack to 1 MiB; see --max-unpacked'
	expect test -z "$(ls -A out)"
done
ok 'members one behind the other, what follows them, and bombs are refused'

mkdir folder
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("folder/s")'
refused 3 'rootfs]: folder/s: is a socket, which has no place in a ramdisk' --rootfs folder
rm folder/s
truncate -s 4294967296 folder/large
refused 3 "newc]: 'large': the size of a file is 4294967296; a ramdisk carries at most 4294967295" \
	--rootfs folder
rm folder/large
touch 'folder/TRAILER!!!'
refused 3 "newc]: 'TRAILER!!!': a file of this name would end the archive it stands in" --rootfs folder
rm 'folder/TRAILER!!!'
ok 'what a ramdisk has no way to say is refused in directories'

mkfifo pipe
refused 3 'not-a-file]: pipe: is a pipe, not a regular file' --rootfs pipe
refused 3 "not-a-file]: pipe: --add: file 'x': is a pipe, not a regular file" --add 'file x pipe 0644 0 0'
refused 3 'not-a-file]: /dev/zero: is a device, not a regular file' --rootfs /dev/zero
ok 'pipes and devices are not waited for'

plan done
