#!/bin/sh
# A guest with its root on a disk, booted by an emulator without SEV: what the init does, and what it
# does with an image that is not the one of the command line. Takes the kernel of Debian that
# ci/setup demo has put aside; skips without it, or without the emulator.
kernel_package=${XDG_CACHE_HOME:-$HOME/.cache}/measure/kernel.deb
. "${0%/*}/../lib.sh"
need qemu-system-x86_64
need busybox
need dpkg-deb
if [ ! -s "$kernel_package" ] || [ "$(dpkg-deb -f "$kernel_package" Architecture)" != amd64 ]; then
	skip 'the init of guests with a root image' 'ci/setup demo has not brought a kernel for x86_64'
	plan done
fi

"$BUILD/tests/forge_ovmf" fw.fd
dpkg-deb --fsys-tarfile "$kernel_package" | tar -x --wildcards './boot/vmlinuz-*' './boot/config-*'
mv boot/vmlinuz-* kernel
mv boot/config-* config
mkdir -p root/bin root/etc root/data
cp "$(command -v busybox)" root/bin/busybox
for name in sh id cat mount touch grep ls; do
	ln -s busybox "root/bin/$name"
done
printf 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:/bin/sh\n' >root/etc/passwd
printf 'a file of the image, which ends at its marker\n' >root/data/file
seq -f 'line %06.0f of a file with blocks of its own' 10000 >root/data/large
cat >root/bin/look <<'END'
#!/bin/sh
echo
echo "> $(id)"
echo "> $(cat file)"
echo "> $MODE, $# words: $1"
mount | while read -r what on where is type rest; do echo "> $where $type"; done
echo "> $(ls /)" | tr '\n' ' '
echo
touch /data/new 2>&1 | sed 's/^/> /'
echo "> $(grep -cE '^(dm_verity|erofs|virtio_blk|virtio_pci) ' /proc/modules) modules for it"
cat large >/dev/null && echo '> all of it can be read'
exit 3
END
chmod 755 root/bin/look

run build snp -q --ovmf fw.fd --vcpus 1 --vcpu-type EPYC-v4 --kernel kernel --kernel-config config \
	--root root --cmd look --cmd 'a  b' --env PATH=/bin --env MODE=live --user web --workdir /data \
	--modules "$kernel_package" -o guest \
	--append 'console=ttyS0 panic=1 quiet tsc_early_khz=1000000'
expect_status 0
expect_stderr ''

# boot IMAGE [CMDLINE]: what the console says goes to stdout, as far as it is the init's, the
# command's, or of dm-verity
boot()
{
	status=0
	timeout 120 qemu-system-x86_64 -M q35 -accel tcg -m 512 -nographic -no-reboot -nic none \
		-kernel guest/kernel -initrd guest/initrd -append "${2:-$(cat guest/cmdline)}" \
		${1:+-drive if=virtio,format=raw,readonly=on,file="$1"} </dev/null >console 2>&1 || status=$?
	[ "$status" -eq 0 ] || cat console
	expect test "$status" -eq 0
	tr -d '\r' <console | sed -n 's/.*\(init: \)/\1/; s/.*\(device-mapper: verity: \)/\1/
		s/.*\(reboot: \)/\1/; /^init: \|^> \|^device-mapper: \|^reboot: /p' >"$STDOUT"
}

boot guest/root.img
expect_stdout - <<'END'
> uid=33(web) gid=34
> a file of the image, which ends at its marker
> live, 1 words: a  b
> / erofs
> /dev devtmpfs
> /proc proc
> /sys sysfs
> /dev/pts devpts
> /dev/shm tmpfs
> /run tmpfs
> /tmp tmpfs
> /sys/fs/cgroup cgroup2
> bin data dev etc proc run sys tmp var 
> touch: /data/new: Read-only file system
> 4 modules for it
> all of it can be read
init: the command has ended with status 3
reboot: Power down
END
ok 'a command runs as its user, in its folder, from a root that nobody can write'

cp guest/root.img changed.img
at=$(grep -abo 'line 005000' changed.img | cut -d : -f 1)
put_at changed.img "$at" 4c
boot changed.img
expect_stdout_has "device-mapper: verity: 254:0: data block $((at / 4096)) is corrupted"
expect_stdout_has "reboot: Restarting system with command 'dm-verity device corrupted'"
expect grep -q '^> a file of the image' "$STDOUT"
expect test "$(grep -c 'all of it' "$STDOUT")" -eq 0
ok 'a changed byte ends the guest when it is read'

boot guest/root.img "$(sed 's/measure.verity=./measure.verity=g/; y/g/0/; s/verity=00/verity=10/' guest/cmdline)"
expect_stdout_has 'device-mapper: verity: 254:0: metadata block '
expect test "$(grep -c '^init: \|^> ' "$STDOUT")" -eq 0
ok 'another root hash ends the guest before anything runs'

head -c 8192 guest/root.img >short.img
boot short.img
expect_stdout_has 'init: the kernel refuses dm-verity for the root image: '
expect_stdout_has 'reboot: Power down'
boot guest/root.img 'console=ttyS0 panic=1 quiet tsc_early_khz=1000000'
expect_stdout 'init: the command line names no root image
reboot: Power down'
boot guest/root.img 'console=ttyS0 panic=1 quiet tsc_early_khz=1000000 measure.root=/dev/vda'
expect_stdout 'init: the command line does not name one root image
reboot: Power down'
boot ''
expect_stdout 'init: cannot open the disk /dev/vda: ENOENT
reboot: Power down'
ok 'a disk that is too short, or not there, or not named powers the guest off'

plan done
