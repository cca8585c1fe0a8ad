#!/bin/sh
# `measure build initrd` of tar archives: each with a defect is refused for it and leaves nothing;
# those that GNU tar, bsdtar and Python write are read as bsdtar reads them.
. "${0%/*}/../lib.sh"
need python3

mkdir defects
python3 "$ROOT/tests/shouldfail/tar_defects.py" defects >cases || not_ok 'each archive has its defect' 'see above'
count=0
while IFS="$(printf '\t')" read -r name slug words; do
	run build initrd --rootfs "defects/$name" -o out
	[ "$STATUS" -eq 3 ] || lib_problem "$name: exit status $STATUS, expected 3" <"$STDERR"
	expect_stderr_has "measure: error[$slug]: "
	expect_stderr_has "$words"
	expect_stdout ''
	expect_no_file out
	count=$((count + 1))
done <cases
[ "$count" -ge 68 ] || lib_problem "only $count archives" <cases
ok "archives with a defect are refused for it: $count"

# every kind of file that an archive of each format can hold, and long names
mkdir -p "tree/d/$(printf 'n%.0s' $(seq 90))/$(printf 'm%.0s' $(seq 90))"
printf 'some bytes\n' >tree/a
chmod 4755 tree/a
ln tree/a tree/h
ln -s ../a tree/d/s
mkfifo tree/fifo
printf 'x' >"tree/d/$(printf 'n%.0s' $(seq 90))/$(printf 'm%.0s' $(seq 90))/x"
find tree -exec touch -h -d @1000000000 {} +

# listing FILE: mode, owners and name of all but the root itself, sorted; hard links as files
listing()
{
	bsdtar --numeric-owner -tvf "$1" |
		awk '$9 != "./" && $9 != "." { $2 = $5 = $6 = $7 = $8 = ""; print }' |
		sed 's| \./| |; s|/$||; s| link to .*||; s/^h/-/' | sort
}

# alike NAME: what is built of the archive lists as the archive does
alike()
{
	run build initrd --rootfs "$1" -o out.cpio -q
	[ "$STATUS" -eq 0 ] || lib_problem "$1: exit status $STATUS" <"$STDERR"
	listing "$1" >archive.txt
	listing out.cpio >built.txt
	[ -s archive.txt ] || lib_problem "$1: bsdtar lists nothing" <archive.txt
	diff archive.txt built.txt >differ || lib_problem "$1: built differs" <differ
	rm -f out.cpio
}

if command -v bsdtar >/dev/null; then
	for format in ustar pax gnu; do
		tar --format=$format -cf gnu-$format.tar -C tree .
		alike gnu-$format.tar
	done
	for format in ustar pax gnutar paxr; do
		bsdtar --format=$format -cf bsd-$format.tar -C tree .
		alike bsd-$format.tar
	done
	python3 -c 'import tarfile
for name, kind in (("ustar", 0), ("gnu", 1), ("pax", 2)):
    with tarfile.open("python-%s.tar" % name, "w", format=kind) as archive:
        archive.add("tree", ".")'
	for format in ustar gnu pax; do
		alike python-$format.tar
	done
	mkdir short
	cp tree/a short/a
	tar --format=v7 -cf v7.tar -C short .
	alike v7.tar
	gzip -k gnu-pax.tar
	alike gnu-pax.tar.gz
	ok 'archives of GNU tar, bsdtar and Python are read as bsdtar reads them'
else
	skip 'archives of GNU tar, bsdtar and Python are read as bsdtar reads them' 'no bsdtar'
fi

plan done
