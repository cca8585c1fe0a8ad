#!/bin/sh
# `measure build initrd`: the same bytes from whatever holds a root file system, whoever runs it
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need python3

images=$ROOT/tests/shouldfail/oci_defects.py
content=e94c2a89d3166835ae12f27b76537fbb353a09629f03b966429469e67dd14fa0
for kind in plain-tar oci-dir oci-tar docker-tar docker-oci-tar oci-dir-gzip oci-tar-gzip \
	docker-tar-gzip docker-oci-tar-gzip; do
	expect python3 -B "$images" good $kind $kind
done

# build OUT ARGS...: no word but the digests
build()
{
	out=$1
	shift
	run build initrd "$@" -o "$out"
	expect_status 0
	expect_stderr ''
}

# layer: the first of the packed image, as its manifest names it
layer() { python3 -c 'import json, glob
for f in glob.glob("oci-dir-gzip/blobs/sha256/*"):
    try: print("blobs/sha256/" + json.load(open(f))["layers"][0]["digest"][7:])
    except (ValueError, KeyError): pass'; }

# row NAME: of the last answer
row() { sed -n "s/^$1  *//p" "$STDOUT"; }

build flat.cpio --rootfs plain-tar
expect_stdout "sha256           $(sha256sum flat.cpio | cut -d ' ' -f 1)
sha384           $(openssl dgst -sha384 -r flat.cpio | cut -d ' ' -f 1)
content          $content"
ok 'what is printed are the digests of the file, and that of the content'

expect test "$(cpio --quiet -itv <flat.cpio | awk '{ print $1, $2, $3, $4, $NF }' | tr '\n' ';')" = \
	"lrwxrwxrwx 1 root root usr/lib;crw-rw-rw- 1 root root null;drwxr-xr-x 2 root root usr;drwxr-xr-x 2 root root usr/lib;-rw-r--r-- 2 root root usr/lib/again;-rw-r--r-- 2 root root usr/lib/three;-rwsr-xr-x 1 root root usr/lib/two;"
ok 'names, modes, devices and links are those of the archive'

for kind in oci-dir oci-tar docker-tar docker-oci-tar oci-dir-gzip oci-tar-gzip docker-tar-gzip \
	docker-oci-tar-gzip; do
	build out.cpio --rootfs $kind --mtime 0
	expect test "$(row content)" = $content
	expect_same flat.cpio out.cpio
done
ok 'an image of layers and its flattened archive give the same content, and the same bytes'

for pack in gzip 'zstd -q' xz; do
	command -v "${pack%% *}" >/dev/null || continue
	$pack -c plain-tar >packed
	build out.cpio --rootfs packed
	expect_same flat.cpio out.cpio
done
gzip -c docker-oci-tar >packed
build out.cpio --rootfs packed --tag shop:1 --platform linux/amd64
expect_same flat.cpio out.cpio
STATUS=0
"$MEASURE" build initrd --rootfs - -o out.cpio <oci-tar-gzip >"$STDOUT" 2>"$STDERR" || STATUS=$?
expect_status 0
expect_same flat.cpio out.cpio
ok 'archives may be compressed, or come on standard input'

run build initrd --rootfs oci-tar-gzip --mtime 0 --json -o out.cpio
expect_status 0
expect_json 'j["kind"] == "build-initrd" and j["ok"] and j["file"] == j["unpacked"]'
expect_json 'j["file"]["size"] == __import__("os").path.getsize("out.cpio")'
expect_json 'j["content"] == "'$content'" and j["entries"] == 7 and j["profile"] == "native"'
expect_json 'j["rootfs"]["type"] == "oci" and j["rootfs"]["image"].startswith("sha256:")'
expect_json 'j["rootfs"]["config"] == {"os": "linux", "architecture": "amd64", "entrypoint": ["/init"], "env": ["PATH=/bin"], "user": "1:2"}'
expect_json '[l["compression"] for l in j["rootfs"]["layers"]] == ["gzip"] * 2'
expect_json 'all(l["digest"] != l["diff_id"] and l["size"] < l["unpacked_size"] == 10240 for l in j["rootfs"]["layers"])'
expect_json 'j["made"] == [] and j["dropped"] == [] and j["warnings"] == []'
ok '--json tells every digest that was proved'

mkdir -p first second/a/longer/path
for name in b a c; do
	mkdir -p first/$name && echo $name >first/$name/file && ln -s ../$name first/$name/link
done
for name in c b a; do
	mkdir second/a/longer/path/$name
	ln -s ../$name second/a/longer/path/$name/link
	echo $name >second/a/longer/path/$name/file
done
chmod -R u=rwX,go=rX first second
touch -d 2001-01-01 second/a/longer/path/b/file
build one.cpio --rootfs first
build two.cpio --rootfs second/a/longer/path
expect_same one.cpio two.cpio
ok 'neither the order of a directory nor its path nor its times reach the bytes'

for mask in 077 022; do
	(umask $mask && "$MEASURE" build initrd -q --rootfs first -o out$mask.cpio) >/dev/null
	expect_same one.cpio out$mask.cpio
done
for setting in TZ=Pacific/Kiritimati TZ=America/New_York LC_ALL=tr_TR.UTF-8 LC_ALL=C.UTF-8 \
	HOME=/nonexistent SOURCE_DATE_EPOCH=1; do
	run_command env "$setting" "$MEASURE" build initrd --rootfs first -o out.cpio
	expect_status 0
	expect_same one.cpio out.cpio
done
ok 'neither umask nor time zone nor locale nor environment reach the bytes'

chmod 755 . && mkdir open && chmod 777 open
run_unprivileged build initrd --rootfs first -o open/out.cpio
expect_status 0
expect_same one.cpio open/out.cpio
run_unprivileged build initrd --rootfs oci-dir --mtime 0 -o open/out.cpio
expect_same flat.cpio open/out.cpio
ok 'another user, who may make no devices, builds the same'

# shellcheck disable=SC2016 # the inner shell expands
if unshare -m sh -c 'mount --bind first first && mount -o remount,ro,bind first' 2>/dev/null; then
	run_command unshare -m sh -c 'mount --bind first first && mount -o remount,ro,bind first &&
		"$1" build initrd --rootfs first -o out.cpio' - "$MEASURE"
	expect_status 0
	expect_same one.cpio out.cpio
	ok 'a file system that cannot be written gives the same'
else
	skip 'a file system that cannot be written gives the same' 'mounts are refused here'
fi

printf 'init' >init
cat >list <<'END'
# devices
dir /dev 0755 0 0
nod /dev/console 0600 0 0 c 5 1
slink /linuxrc init 0777 0 0
END
build out.cpio --rootfs first --prefix /rootfs/app/ --add @list --add 'file /init init 0755 0 0 /sbin/init'
expect test "$(cpio --quiet -it <out.cpio | tr '\n' ' ')" = \
	'dev dev/console init linuxrc rootfs rootfs/app rootfs/app/a rootfs/app/a/file rootfs/app/a/link rootfs/app/b rootfs/app/b/file rootfs/app/b/link rootfs/app/c rootfs/app/c/file rootfs/app/c/link sbin sbin/init '
run build initrd --rootfs first --prefix rootfs/app --add @list --add 'file init init 755 0 0 sbin/init' --json -o again.cpio
expect_json 'j["made"] == ["rootfs", "rootfs/app", "sbin"] and j["made_count"] == 3'
expect_same out.cpio again.cpio
build out.cpio --add @list
expect test "$(cpio --quiet -it <out.cpio | tr '\n' ' ')" = 'dev dev/console linuxrc '
ok 'a root file system becomes a folder, and things are added beside it'

for pack in gzip zstd; do
	run build initrd --rootfs plain-tar --compress $pack -o out.cpio
	expect_status 0
	expect test "$(row unpacked-sha256)" = "$(sha256sum flat.cpio | cut -d ' ' -f 1)"
	expect test "$(row sha256)" = "$(sha256sum out.cpio | cut -d ' ' -f 1)"
	expect test "$(row content)" = $content
	expect_stderr_has 'measure: warning[compressed]: the file'
	if command -v $pack >/dev/null; then
		$pack -dc <out.cpio >unpacked
		expect_same flat.cpio unpacked
	fi
	mv out.cpio first.cpio
	run build initrd --rootfs plain-tar --compress $pack --json -o out.cpio
	expect_json 'j["compressor"].split()[0] in ("zlib", "libzstd", "zstd") and j["warnings"][0]["reason"] == "compressed"'
	expect_same first.cpio out.cpio
done
ok 'a compressed ramdisk comes with the digests of what is inside, and a warning'

mkdir broken
expect python3 -B "$images" all broken
run build initrd --rootfs broken/capability --drop-xattrs -o out.cpio
expect_status 0
expect_stdout_has 'dropped          usr/lib/four: security.capability'
expect_stderr 'measure: warning[left-out]: 1 things that a ramdisk cannot hold are left out'
expect python3 -B - <<'END'
import io, tarfile
with tarfile.open('labels', 'w', format=tarfile.PAX_FORMAT) as t:
    for n in range(4100):
        x = tarfile.TarInfo(str(n))
        x.pax_headers = {'SCHILY.xattr.security.selinux': 'label'}
        t.addfile(x)
END
run build initrd --rootfs labels -o out.cpio
expect_status 0
expect_stderr 'measure: warning[left-out]: 4100 things that a ramdisk cannot hold are left out'
expect_stdout_has 'dropped          and 4 more'
run build initrd --rootfs labels --json -o out.cpio
expect_json 'j["dropped_count"] == 4100 and len(j["dropped"]) == 4096 and j["dropped"][0] == "0: security.selinux"'
ok '--drop-xattrs names what it drops, and labels of a host are left out without it'

expect python3 -B "$images" good oci-nested nested
build out.cpio --rootfs nested --platform linux/amd64
expect_same flat.cpio out.cpio
run build initrd --rootfs broken/two-platforms --platform linux/arm64 -o out.cpio
expect_status 0
run build initrd --rootfs broken/two-names --tag b -o out.cpio
expect_status 0
run build initrd --rootfs broken/docker-two --platform linux/arm64 -o out.cpio
expect_status 0
run build initrd --rootfs broken/docker-two --platform linux/riscv64 --tag shop:2 -o none.cpio
expect_status 3
expect_stderr "measure: error[choice]: broken/docker-two: holds no image of the name 'shop:2' for that platform"
expect_no_file none.cpio
ok 'one of several images is chosen by platform or by name'

rm -f out.cpio
while IFS='|' read -r options subject text; do
	# shellcheck disable=SC2086 # a list of words
	run build initrd $options
	expect_status 2
	expect_stdout ''
	expect test "$(head -n 1 "$STDERR")" = "measure: error[usage]: ${subject:+$subject: }$text"
	expect_no_file out.cpio
done <<'END'
-o out.cpio||needs --rootfs, or --add for something to hold
--rootfs first -o out.cpio --mtime 1||--mtime: '1' is none of 0, clamp:N with N below 2^32, keep
--rootfs first -o out.cpio --mtime clamp:4294967296||--mtime: 'clamp:4294967296' is none of 0, clamp:N with N below 2^32, keep
--rootfs first -o out.cpio --max-unpacked 0||--max-unpacked: '0' is no number of MiB
--rootfs oci-dir -o out.cpio --platform amd64|oci-dir|--platform: 'amd64' is no OS/ARCHITECTURE[/VARIANT]
--rootfs first -o out.cpio --platform linux/amd64|first|--platform chooses among images, and this is a directory
--rootfs plain-tar -o out.cpio --tag x|plain-tar|--tag chooses among images, and this is a tar archive
--rootfs first -o first/out.cpio|first/out.cpio|would be a part of what it is made from, 'first'
--rootfs plain-tar -o plain-tar|plain-tar|would be replaced, and it is the input 'plain-tar'
--rootfs first -o -||what is written needs a name of its own, not '-'
--add dir -o out.cpio||--add: 1 words, where 'dir NAME MODE UID GID' belongs
END
ok 'what cannot be meant is refused'

mkdir -p web/etc && echo '{"name": "page"}' >web/manifest.json
build out.cpio --rootfs web
expect test "$(cpio --quiet -it <out.cpio | tr '\n' ' ')" = 'etc manifest.json '
rm out.cpio
ok 'a root file system may have a manifest.json of its own'

run build initrd --rootfs list -o out.cpio
expect_status 3
expect_no_file out.cpio
run build initrd --rootfs missing -o out.cpio
expect_status 5
expect_stderr 'measure: error[no-such-file]: missing: cannot be opened: No such file or directory'
run build initrd --rootfs oci-dir-gzip -o missing/out.cpio
expect_status 5
expect_stderr "measure: error[no-such-file]: missing: layer 1 ('$(layer)'): no file for what is unpacked can be made: No such file or directory"
ok 'what is no root file system leaves nothing behind'

if command -v umoci >/dev/null; then
	umoci init --layout made
	umoci new --image made:1
	umoci unpack --rootless --image made:1 unpacked.dir
	cp -R first/. unpacked.dir/rootfs
	umoci repack --image made:1 unpacked.dir
	rm -rf unpacked.dir
	umoci unpack --rootless --image made:1 unpacked.dir
	rm -r unpacked.dir/rootfs/a
	ln unpacked.dir/rootfs/b/file unpacked.dir/rootfs/hard
	umoci repack --image made:1 unpacked.dir
	umoci config --image made:1 --architecture amd64
	build out.cpio --rootfs made --tag 1
	run build initrd --rootfs unpacked.dir/rootfs --drop-xattrs -o again.cpio
	expect_same out.cpio again.cpio
	ok 'an image written by umoci gives what umoci unpacks'
else
	skip 'an image written by umoci gives what umoci unpacks' 'no umoci'
fi

if command -v skopeo >/dev/null; then
	expect skopeo --insecure-policy copy -q oci:oci-dir-gzip docker-archive:skopeo.tar:shop:1
	expect skopeo --insecure-policy copy -q oci:oci-dir oci-archive:skopeo-oci.tar
	for name in skopeo.tar skopeo-oci.tar; do
		build out.cpio --rootfs $name --mtime 0
		expect_same flat.cpio out.cpio
	done
	ok 'archives written by skopeo are read'
else
	skip 'archives written by skopeo are read' 'no skopeo'
fi

plan done
