#!/bin/sh
# Enclave images booted by an emulator, without the hypervisor of enclaves: what the init does. Takes
# the kernel of Debian that ci/setup demo has put aside; skips without it, or without the emulator.
kernel_package=${XDG_CACHE_HOME:-$HOME/.cache}/measure/kernel.deb
. "${0%/*}/../lib.sh"
need qemu-system-x86_64
need busybox
need dpkg-deb
if [ ! -s "$kernel_package" ] || [ "$(dpkg-deb -f "$kernel_package" Architecture)" != amd64 ]; then
	skip 'the init of enclaves' 'ci/setup demo has not brought a kernel for x86_64'
	plan done
fi

dpkg-deb --fsys-tarfile "$kernel_package" |
	tar -x --wildcards './boot/vmlinuz-*' './boot/config-*' './lib/modules/*/virtio.ko*'
mv boot/vmlinuz-* kernel
mv boot/config-* config
mkdir -p root/bin root/etc root/data
cp "$(command -v busybox)" root/bin/busybox
for name in sh id cat mount pwd env kill ls; do
	ln -s busybox "root/bin/$name"
done
printf 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:/bin/sh\n' >root/etc/passwd
printf 'ssl:x:101:web\n' >root/etc/group
printf 'data\n' >root/data/file

# boot ARGS...: an image made of these; what its console says goes to stdout, as far as it is the
# init's or the command's
boot()
{
	run build eif -q --kernel kernel --kernel-config config --rootfs root --env PATH=/bin \
		--cmdline 'console=ttyS0 reboot=k panic=1 quiet tsc_early_khz=1000000' -o image "$@"
	expect_status 0
	expect_stderr ''
	rm -rf parts
	"$MEASURE" extract -q image -C parts
	cat parts/ramdisk0 parts/ramdisk1 >ramdisk
	status=0
	timeout 120 qemu-system-x86_64 -M pc -accel tcg -m 512 -nographic -no-reboot -nic none \
		-kernel parts/kernel -initrd ramdisk -append "$(cat parts/cmdline)" \
		</dev/null >console 2>&1 || status=$?
	[ "$status" -eq 0 ] || cat console
	expect test "$status" -eq 0
	tr -d '\r' <console | sed -n 's/.*\(init: \)/\1/; /^init: \|^> /p' >"$STDOUT"
}

cat >root/bin/look <<'END'
#!/bin/sh
echo "> $(id)"
echo "> $(pwd), $# words: $1|$2"
echo "> $MODE, $(env | grep -c .) variables"
mount | while read -r what on where rest; do echo "> $where"; done
echo "> $(ls /)" | tr '\n' ' '
echo
echo "> $(cat /dev/null)stdout is open" >/dev/stdout
echo "> $(cat /proc/modules | while read -r name rest; do echo -n "$name "; done)"
exit 3
END
chmod 755 root/bin/look
boot --cmd look --cmd 'a  b' --cmd '' --env MODE=live --user web --workdir /data \
	--modules "$kernel_package" --module virtio_mmio --module vmw_vsock_virtio_transport
expect_stdout - <<'END'
init: no vsock, so no heartbeat is sent: ENODEV
> uid=33(web) gid=34 groups=101(ssl)
> /data, 2 words: a  b|
> live, 4 variables
> /
> /dev
> /proc
> /sys
> /dev/pts
> /dev/shm
> /run
> /tmp
> /sys/fs/cgroup
> bin data dev etc proc run sys tmp var 
> stdout is open
> vmw_vsock_virtio_transport vmw_vsock_virtio_transport_common vsock virtio_mmio virtio virtio_ring 
init: the command has ended with status 3
END
ok 'a command runs as its user, in its folder, with its words, mounts and modules'

boot --cmd /bin/nothing --env 'LINES=1
2'
expect_stdout - <<'END'
init: no vsock, so no heartbeat is sent: EAFNOSUPPORT
init: cannot run /bin/nothing: ENOENT
init: the command has ended with status 127
END
ok 'a command that is not there is told'

# shellcheck disable=SC2016 # for the shell inside
boot --cmd sh --cmd -c --cmd '(sleep 0.1; echo "> an orphan") & kill -9 $$'
expect_stdout - <<'END'
init: no vsock, so no heartbeat is sent: EAFNOSUPPORT
init: the command was ended by signal 9
END
ok 'a command that is ended by a signal ends the enclave'

# a module that was changed, and is not what was signed
for packed in lib/modules/*/kernel/drivers/virtio/virtio.ko*; do
	case $packed in
	*.xz) xz -dc "$packed" ;;
	*) cat "$packed" ;;
	esac
done | perl -pe 's/depends=virtio_ring/depends=\0irtio_ring/' >virtio.ko
boot --cmd sh --module ./virtio.ko
expect_stdout 'init: cannot load /modules/virtio.ko: EKEYREJECTED'
ok 'a module that cannot be loaded ends the enclave'

plan done
