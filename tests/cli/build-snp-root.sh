#!/bin/sh
# `measure build snp --root`: a guest whose root is an image on a disk that the launch digest binds
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need python3

"$BUILD/tests/forge_ovmf" fw.fd
printf kernel >kernel
printf initrd >initrd
mkdir -p root/bin root/etc
printf '#!/bin/sh\n' >root/bin/app
chmod 755 root/bin/app
printf 'web:x:33:34::/:/bin/sh\n' >root/etc/passwd
config=config
for option in VIRTIO_PCI VIRTIO_BLK BLK_DEV_INITRD BINFMT_ELF AMD_MEM_ENCRYPT BLK_DEV_DM DM_VERITY \
	CRYPTO_SHA256 EROFS_FS SEV_GUEST DEVTMPFS PROC_FS SYSFS TMPFS UNIX98_PTYS CGROUPS; do
	echo "CONFIG_$option=y"
done >$config
launch='--ovmf fw.fd --vcpus 1-2 --vcpu-type EPYC-v4'

# build ARGS...: into guest
build()
{
	rm -rf guest
	# shellcheck disable=SC2086 # words
	run build snp $launch --kernel kernel --root root "$@" -o guest
}

build --cmd app --env MODE=live --user web --append 'console=ttyS0' --kernel-config $config
expect_status 0
expect_stderr ''
run build root --rootfs root -o root.img
expect_same root.img guest/root.img
words=$(sed -n 's/^words  *//p' "$STDOUT")
hash=$(sed -n 's/^root-hash  *//p' "$STDOUT")
expect test "$(cat guest/cmdline)" = "console=ttyS0 $words"
expect test "$(cd guest && find . -type f | LC_ALL=C sort | tr '\n' ' ')" = './cmdline ./firmware.fd ./hashes.bin ./initrd ./kernel ./launch.json ./qemu.sh ./root.img '
ok 'the image is that of `measure build root`, and its words end the command line'

run inspect guest/initrd
mkdir parts
expect "$MEASURE" extract -q guest/initrd -C parts
expect test "$(cd parts/root && find . | LC_ALL=C sort | tr '\n' ' ')" = '. ./cmd ./dev ./env ./init ./user '
expect test "$(cat parts/root/cmd parts/root/env parts/root/user)" = 'app
MODE=live
33 34'
expect_same parts/root/init "$BUILD/init-ovmf-snp-x86_64"
ok 'the ramdisk holds the init, the command, the environment and the user'

expect python3 - <<END
import hashlib, json
j = json.load(open('guest/launch.json'))
assert list(j['files']) == ['firmware', 'kernel', 'initrd', 'cmdline', 'root', 'hashes']
for f in j['files'].values():
    data = open('guest/' + f['name'], 'rb').read()
    assert f['size'] == len(data) and f['sha256'] == hashlib.sha256(data).hexdigest()
v = j['verity']
assert list(v) == ['root_hash', 'algorithm', 'salt', 'block_size', 'blocks', 'hash_offset']
assert '$words'.endswith('measure.verity=%s measure.blocks=%d' % (v['root_hash'], v['blocks']))
assert (v['algorithm'], v['salt'], v['block_size']) == ('sha256', '', 4096)
assert v['hash_offset'] == 4096 * v['blocks']
END
# shellcheck disable=SC2086 # words
run snp $launch --kernel guest/kernel --initrd guest/initrd --append-file guest/cmdline --csv
expect test "$(tail -n +2 "$STDOUT" | sed 's/.*,//')" = "$(sed -n 's/.*"measurement": "\(.*\)"/\1/p' guest/launch.json)"
expect grep -q -- '-drive if=virtio,id=root,format=raw,readonly=on,file=root.img "\$@"$' guest/qemu.sh
expect sh -n guest/qemu.sh
ok 'launch.json tells of the image, and qemu.sh attaches it'

cp -r guest first
touch root/bin/app
# shellcheck disable=SC2086 # words
(umask 077 && TZ=Asia/Tokyo "$MEASURE" build snp $launch --kernel kernel --root root --cmd app \
	--env MODE=live --user web --append 'console=ttyS0' --kernel-config $config -o again) >/dev/null
expect diff -r first again
ok 'the same bytes each time, whoever builds'

build --cmd app --kernel-config $config --json
expect_json 'j["init"]["own"] is False and j["modules"] == [] and j["rootfs"]["type"] == "directory"'
expect_json 'j["launch"]["verity"]["root_hash"] == "'"$hash"'"'
expect test "$(cat guest/cmdline)" = "$words"
build --initrd initrd --root-device /dev/nvme0n1
expect_status 0
expect_same initrd guest/initrd
expect test "$(cat guest/cmdline)" = "measure.root=/dev/nvme0n1 ${words#* }"
expect grep -q -- '-drive if=none,id=root,format=raw,readonly=on,file=root.img "\$@"$' guest/qemu.sh
ok 'another ramdisk may open the image, and the disk may be another'

build --cmd nothing
expect_status 0
expect_stderr "measure: warning[kernel-config]: the kernel's configuration is not known, so it was not looked at: --kernel-config, or kernel-config in a recipe, gives it
measure: warning[command]: 'nothing' is no program of the image"
sed -i 's/^CONFIG_EROFS_FS=y/CONFIG_EROFS_FS=m/; /SEV_GUEST/d' $config
build --cmd app --kernel-config $config
expect_stderr 'measure: warning[kernel-option]: CONFIG_EROFS_FS=m, and its module erofs is not in the ramdisk: no root image
measure: warning[kernel-option]: CONFIG_SEV_GUEST is not set: no attestation report from inside'
ok 'what will not run is told'

# refused STATUS TEXT ARGS...
refused()
{
	status=$1 text=$2
	shift 2
	# shellcheck disable=SC2086 # words
	run build snp $launch "$@" -o new
	expect_status "$status"
	expect_stdout ''
	expect test "$(head -n 1 "$STDERR" | cut -c 1-200)" = "measure: error[$text"
	expect_no_file new
}
refused 2 'usage]: --root means nothing without --kernel' --root root --cmd app
refused 2 'usage]: root: there is no command, neither in the image nor by --cmd' --kernel kernel --root root
for word in measure.root=/dev/vda measure.verity=x measure.blocks=; do
	refused 2 'usage]: the command line names a root image already, and --root is given' \
		--kernel kernel --root root --cmd app --append "quiet $word"
done
refused 2 'usage]: the command line has 2034 bytes, and of more than 2033 Linux would not see which image is its root' \
	--kernel kernel --root root --cmd app --append "$(head -c $((2034 - 1 - ${#words})) /dev/zero | tr '\0' x)"
refused 2 'usage]: --cmd has a meaning with --root alone' --kernel kernel --cmd app
refused 2 'usage]: --cmd means nothing beside --initrd' \
	--kernel kernel --root root --initrd initrd --cmd app
refused 2 "usage]: --root-device: 'vda' is no path of a device such as /dev/vda" \
	--kernel kernel --root root --cmd app --root-device vda
refused 5 'no-such-file]: nothing: cannot be opened: No such file or directory' \
	--kernel kernel --root nothing --cmd app
refused 2 "usage]: --module: 'dm_verity' is a name, and --modules is not given" \
	--kernel kernel --root root --cmd app --module dm_verity
printf 'just text' >script
refused 2 'usage]: the init is no program: neither ELF nor a script' \
	--kernel kernel --root root --cmd app --init script
ok 'what cannot be is refused, and leaves nothing'

plan done
