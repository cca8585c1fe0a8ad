#!/bin/sh
# `measure build eif --rootfs`: ramdisks made on the way
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

cat >cpio.py <<'END'
"""list FILE | cat FILE NAME: of an archive in the newc format"""
import sys
data, at = open(sys.argv[2], 'rb').read(), 0
while True:
    field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
    name = data[at + 110:at + 110 + field[11] - 1].decode()
    begin = (at + 110 + field[11] + 3) & ~3
    body = data[begin:begin + field[6]]
    at = (begin + field[6] + 3) & ~3
    if name == 'TRAILER!!!':
        break
    if sys.argv[1] == 'list':
        node = f' {field[9]},{field[10]}' if field[1] & 0o170000 in (0o20000, 0o60000) else ''
        link = f' -> {body.decode()}' if field[1] & 0o170000 == 0o120000 else ''
        print(f'{field[1]:06o} {field[2]}:{field[3]} {field[5]} {name}{node}{link}')
    elif name == sys.argv[3]:
        sys.stdout.buffer.write(body)
END
cat >make.py <<'END'
"""Modules, packages and images as tests need them."""
import gzip, hashlib, io, json, os, struct, sys, tarfile

def module(path, depends='', magic='6.1.0-1-test SMP', pad=0):
    info = f'license=GPL\0depends={depends}\0vermagic={magic}\0'.encode() + b'x' * pad
    names = b'\0.modinfo\0.shstrtab\0'
    head = b'\x7fELF\2\1\1' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 1, 62, 1, 0, 0,
        64 + len(info) + len(names), 0, 64, 0, 0, 64, 3, 2)
    def section(name, at, size):
        return struct.pack('<IIQQQQIIQQ', name, 1, 0, 0, at, size, 0, 0, 1, 0)
    data = head + info + names + bytes(64) + section(1, 64, len(info)) + \
        section(10, 64 + len(info), len(names))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with (gzip.open if path.endswith('.gz') else open)(path, 'wb') as f:
        f.write(data)

def kernel(path, version):
    b = bytearray(4096)
    b[0x1f1] = 1
    b[0x202:0x208] = b'HdrS\x0f\x02'
    b[0x20e:0x210] = struct.pack('<H', 0x300)
    text = version.encode() + b' (nobody) #1\0'
    b[0x500:0x500 + len(text)] = text
    open(path, 'wb').write(b)

def package(path, folder):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode='w:gz') as t:
        t.add(folder, './lib')
    out = b'!<arch>\n'
    for name, body in (('debian-binary', b'2.0\n'), ('data.tar.gz', data.getvalue())):
        out += f'{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(body):<10}`\n'.encode()
        out += body + b'\n' * (len(body) & 1)
    open(path, 'wb').write(out)

def image(path, layers, config, arch='amd64'):
    """layers: lists of (name, mode, text or None for a folder, or '->target')"""
    os.makedirs(path + '/blobs/sha256')
    def blob(data, kind):
        name = hashlib.sha256(data).hexdigest()
        open(f'{path}/blobs/sha256/{name}', 'wb').write(data)
        return {'mediaType': kind, 'digest': 'sha256:' + name, 'size': len(data)}
    made, diffs = [], []
    for layer in layers:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode='w') as t:
            for name, mode, text in layer:
                i = tarfile.TarInfo(name)
                i.mode, i.mtime = mode, 1700000000
                if text is None:
                    i.type = tarfile.DIRTYPE
                elif text.startswith('->'):
                    i.type, i.linkname = tarfile.SYMTYPE, text[2:]
                else:
                    i.size = len(text)
                t.addfile(i, io.BytesIO((text or '').encode()))
        diffs.append('sha256:' + hashlib.sha256(raw.getvalue()).hexdigest())
        made.append(blob(gzip.compress(raw.getvalue(), mtime=0),
                         'application/vnd.oci.image.layer.v1.tar+gzip'))
    c = blob(json.dumps({'architecture': arch, 'os': 'linux', 'config': config,
                         'rootfs': {'type': 'layers', 'diff_ids': diffs}}).encode(),
             'application/vnd.oci.image.config.v1+json')
    m = blob(json.dumps({'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
                         'config': c, 'layers': made}).encode(),
             'application/vnd.oci.image.manifest.v1+json')
    json.dump({'schemaVersion': 2, 'manifests': [m]}, open(path + '/index.json', 'w'))
    json.dump({'imageLayoutVersion': '1.0.0'}, open(path + '/oci-layout', 'w'))

exec(sys.stdin.read())
END
make() { python3 make.py; }
list() { python3 cpio.py list "$@"; }
part() { python3 cpio.py cat "$@"; }
# ramdisk IMAGE N: into the file ramdiskN
ramdisks()
{
	rm -rf parts
	"$MEASURE" extract -q "$1" -C parts && mv parts/ramdisk0 parts/ramdisk1 .
}

printf 'Linux/x86 6.1 configuration\n\n# Linux/x86_64 6.1.0 Kernel Configuration\n' >config
for option in BLK_DEV_INITRD BINFMT_ELF VIRTIO_MMIO NSM VSOCKETS VIRTIO_VSOCKETS DEVTMPFS PROC_FS \
	SYSFS TMPFS UNIX98_PTYS CGROUPS VIRTIO_MMIO_CMDLINE_DEVICES MODULES OF; do
	echo "CONFIG_$option=y"
done >>config
mkdir -p root/bin root/etc root/srv
printf '#!/bin/sh\n' >root/bin/app
chmod 4755 root/bin/app
ln -s app root/bin/sh
printf 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:/bin/sh\n' >root/etc/passwd
printf 'root:x:0:\nssl:x:101:web\nadm:x:4:web,root\n' >root/etc/group
make <<'END'
kernel('bzImage', '6.1.0-1-test')
END

# build ARGS...: from the directory
build() { run build eif --kernel bzImage --kernel-config config --cmdline console=ttyS0 "$@"; }
built() { build --rootfs root "$@"; }

built --cmd /bin/app --cmd 'a b' --env PATH=/bin --env EMPTY= -o image
expect_status 0
expect_stderr ''
cp "$STDOUT" registers
run eif image
expect_stdout @registers
ramdisks image
list ramdisk0 >listing
expect diff -u - listing <<'END'
040755 0:0 0 dev
020600 0:0 0 dev/console 5,1
020666 0:0 0 dev/null 1,3
100755 0:0 0 init
END
list ramdisk1 >listing
expect diff -u - listing <<'END'
100644 0:0 0 cmd
100644 0:0 0 env
040755 0:0 0 rootfs
040755 0:0 0 rootfs/bin
104755 0:0 0 rootfs/bin/app
120777 0:0 0 rootfs/bin/sh -> app
040755 0:0 0 rootfs/dev
040755 0:0 0 rootfs/etc
100644 0:0 0 rootfs/etc/group
100644 0:0 0 rootfs/etc/passwd
040755 0:0 0 rootfs/proc
040755 0:0 0 rootfs/run
040755 0:0 0 rootfs/srv
040755 0:0 0 rootfs/sys
041777 0:0 0 rootfs/tmp
040755 0:0 0 rootfs/var
END
part ramdisk1 cmd >cmd.got
part ramdisk1 env >env.got
printf '/bin/app\na b\n' >expected
expect_same cmd.got expected
printf 'PATH=/bin\nEMPTY=\n' >expected
expect_same env.got expected
part ramdisk0 init >init.got
expect_same init.got "$BUILD/init-eif-x86_64"
ok 'a directory becomes two ramdisks, with the init of this program'

(
	umask 077
	mkdir other
	cp -a root other/copy
	TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$MEASURE" build eif -q --kernel bzImage --kernel-config config \
		--cmdline console=ttyS0 --rootfs other/copy --cmd /bin/app --cmd 'a b' --env PATH=/bin \
		--env EMPTY= -o other/image
)
expect_same other/image image
ok 'umask, times, time zone, locale and path reach no byte'

make <<'END'
passwd, group = open('root/etc/passwd').read(), open('root/etc/group').read()
image('layout', [
    [('bin', 0o755, None), ('bin/app', 0o4755, '#!/bin/sh\n'), ('bin/old', 0o755, 'old'),
     ('etc', 0o755, None), ('etc/passwd', 0o644, 'old'), ('etc/group', 0o644, group)],
    [('bin/.wh.old', 0, ''), ('bin/sh', 0o777, '->app'), ('etc/passwd', 0o644, passwd),
     ('srv', 0o755, None)],
], {'Entrypoint': ['/bin/app'], 'Cmd': ['a b'], 'Env': ['PATH=/bin', 'EMPTY=']})
END
build --rootfs layout -o same
expect_status 0
expect_stderr ''
expect_same same image
build --rootfs layout --json -o same
expect_json 'j["rootfs"]["type"] == "oci" and j["dropped"] == []'
expect_json 'all(j["rootfs"][k].startswith("sha256:") for k in ("manifest", "image"))'
expect_json 'j["init"]["own"] is False and j["modules"] == []'
expect_json '[len(r["sha256"]) for r in j["ramdisks"]] == [64, 64] and len(j["ramdisks"][1]["content"]) == 64'
init_digest=$(sha256sum "$BUILD/init-eif-x86_64" | cut -c 1-64)
expect_json "j['init']['sha256'] == '$init_digest'"
ok 'an image of layers that is the same tree gives the same bytes'

# words ARGS...: what /cmd and /env hold, with the image that has both
words()
{
	build --rootfs layout "$@" -q -o image
	expect_status 0
	ramdisks image
	{
		part ramdisk1 cmd
		echo --
		part ramdisk1 env
		printf .
	} | tr '\n\0' '|@' | tr . '\n' >"$STDOUT"
}
words
expect_stdout '/bin/app|a b|--|PATH=/bin|EMPTY=|'
words --cmd b --cmd c
expect_stdout '/bin/app|b|c|--|PATH=/bin|EMPTY=|'
words --cmd ''
expect_stdout '/bin/app|--|PATH=/bin|EMPTY=|'
words --entrypoint /bin/sh
expect_stdout '/bin/sh|--|PATH=/bin|EMPTY=|'
words --entrypoint /bin/sh --entrypoint -c --cmd 'true
false'
expect_stdout '/bin/sh@-c@true|false@--|PATH=/bin|EMPTY=|'
words --env PATH=/sbin:/bin --env NEW=x=y --env NEW=2
expect_stdout '/bin/app|a b|--|PATH=/sbin:/bin|EMPTY=|NEW=2|'
ok 'entry point, command and variables follow the rules of container engines'

# place ARGS...: what /user and /workdir hold
place()
{
	built --cmd /bin/app "$@" -q -o image
	expect_status 0
	ramdisks image
	{
		part ramdisk1 user
		part ramdisk1 workdir
		echo .
	} >"$STDOUT"
}
place
expect_stdout .
place --user web --workdir /srv
expect_stdout '33 34 101 4
/srv.'
place --user 33:7 --workdir /new/folder
expect_stdout '33 7
/new/folder.'
list ramdisk1 >listing
expect grep -qxF '040755 0:0 0 rootfs/new/folder' listing
make <<'END'
image('placed', [[('bin', 0o755, None), ('bin/app', 0o755, 'x'), ('etc', 0o755, None),
                  ('etc/passwd', 0o644, 'app:x:5:6::/:\n')]],
      {'Cmd': ['app'], 'User': 'app', 'WorkingDir': '/work', 'Env': ['PATH=/bin']})
END
build --rootfs placed -o image
expect_stderr ''
ramdisks image
part ramdisk1 user >user.got
printf '5 6\n' >expected
expect_same user.got expected
build --rootfs placed --user '' --workdir '' -o image
ramdisks image
list ramdisk1 >listing
expect test "$(grep -cE ' (user|workdir)$' listing)" -eq 0
ok 'user and folder are those of the image unless others are given'

built --cmd /bin/nothing -o image
expect_status 0
expect_stderr "measure: warning[command]: '/bin/nothing' is no program of the image"
built --cmd nothing --env PATH=/srv:/bin -o image
expect_stderr "measure: warning[command]: 'nothing' is no program of the image"
built --cmd sh --env PATH=/srv:/bin -o image
expect_stderr ''
built --cmd ./app --workdir /bin -o image
expect_stderr ''
built --cmd /etc/passwd -o image
expect_stderr "measure: warning[command]: '/etc/passwd' is no program of the image"
ok 'a command that the image does not have is warned about'

sed 's/CONFIG_NSM=y/CONFIG_NSM=m/' config >config.m
run build eif --kernel bzImage --kernel-config config.m --cmdline x --rootfs root --cmd /bin/app -o image
expect_stderr 'measure: warning[kernel-option]: CONFIG_NSM=m, and its module nsm is not in the ramdisk: no security module, and so no attestation from inside'
run build eif --kernel bzImage --cmdline x --rootfs root --cmd /bin/app -o image
expect_stderr "measure: warning[kernel-config]: the kernel's configuration is not known, so it was not looked at: --kernel-config, or kernel-config in a recipe, gives it"
gzip -nc config >disk.gz
build --rootfs root --cmd /bin/app --ramdisk disk.gz -o image
expect_status 0
expect_stderr 'measure: warning[kernel-option]: CONFIG_RD_GZIP is not set: no ramdisk compressed by gzip can be read'
run extract -q image -C more
expect_same more/ramdisk2 disk.gz
ok 'a kernel that cannot do what an enclave needs is warned about'

make <<'END'
top = 'lib/modules/6.1.0-1-test/kernel/'
module(top + 'net/vsock.ko')
module(top + 'net/common.ko.gz', 'vsock')
module(top + 'net/transport.ko', 'vsock,common,virtio-ring,inside')
module(top + 'virtio/virtio_ring.ko')
module(top + 'nsm-mod.ko', 'virtio_ring')
open('lib/modules/6.1.0-1-test/modules.builtin', 'w').write('kernel/lib/inside.ko\n')
package('linux.deb', 'lib')
module('own/other.ko', 'vsock', '6.1.0-1-test other')
END
built --cmd /bin/app --module transport --module nsm_mod --modules lib/modules/6.1.0-1-test -o image
expect_status 0
expect_stderr ''
ramdisks image
part ramdisk0 modules/order >order
expect diff -u - order <<'END'
virtio_ring.ko
vsock.ko
common.ko
transport.ko
nsm_mod.ko
END
list ramdisk0 >listing
expect diff -u - listing <<'END'
040755 0:0 0 dev
020600 0:0 0 dev/console 5,1
020666 0:0 0 dev/null 1,3
100755 0:0 0 init
040755 0:0 0 modules
100644 0:0 0 modules/common.ko
100644 0:0 0 modules/nsm_mod.ko
100644 0:0 0 modules/order
100644 0:0 0 modules/transport.ko
100644 0:0 0 modules/virtio_ring.ko
100644 0:0 0 modules/vsock.ko
END
part ramdisk0 modules/common.ko >common
gzip -dc lib/modules/6.1.0-1-test/kernel/net/common.ko.gz >expected
expect_same common expected
cp image first
built --cmd /bin/app --module transport --module nsm_mod --modules linux.deb -o image --json
expect_same image first
expect_json '[m["name"] for m in j["modules"]] == ["virtio_ring", "vsock", "common", "transport", "nsm_mod"]'
digest=$(sha256sum common | cut -c 1-64)
expect_json "j['modules'][2]['sha256'] == '$digest'"
cat >lib/modules/6.1.0-1-test/modules.dep <<'END'
kernel/net/vsock.ko:
kernel/net/common.ko.gz: kernel/net/vsock.ko
kernel/net/transport.ko: kernel/net/common.ko.gz kernel/net/vsock.ko kernel/virtio/virtio_ring.ko
kernel/virtio/virtio_ring.ko:
kernel/nsm-mod.ko: kernel/virtio/virtio_ring.ko
END
built --cmd /bin/app --module transport --module nsm_mod --modules lib/modules/6.1.0-1-test -q -o image
expect_same image first
built --cmd /bin/app --module inside --modules lib/modules/6.1.0-1-test -o image --json
expect_json 'j["modules"] == []'
built --cmd /bin/app --module ./own/other.ko --modules linux.deb -o image --json
expect_json '[m["name"] for m in j["modules"]] == ["vsock", "other"]'
ok 'modules come with what they need, in the order of loading, from a folder or a package'

printf '\177ELF an init' >vendor
built --cmd /bin/app --init vendor --module nsm-mod --modules linux.deb -o image --json
expect_status 0
expect_json 'j["init"]["own"] is True'
ramdisks image
part ramdisk0 init >init.got
expect_same init.got vendor
built --cmd /bin/app --workdir /srv --init vendor --profile nitro-cli --module virtio_ring --modules linux.deb -o image
expect_status 0
expect_stderr "measure: warning[command]: the vendor's init takes no user and no working directory"
ramdisks image
list ramdisk0 >listing
expect diff -u - listing <<'END'
040755 0:0 1492533000 dev
100755 0:0 1492533000 init
100644 0:0 1492533000 virtio_ring.ko
END
build --rootfs layout --init vendor --profile nitro-cli -q -o image
ramdisks image
part ramdisk1 cmd >cmd.got
echo 'a b' >expected
expect_same cmd.got expected
list ramdisk1 >listing
expect grep -qxF '040755 0:0 1492533000 rootfs/proc' listing
ok 'another init is taken, also with the layout of its maker'

built --cmd /bin/app --mtime keep -q -o image
ramdisks image
list ramdisk1 >listing
expect grep -qxF "100644 0:0 $(stat -c %Y root/etc/passwd) rootfs/etc/passwd" listing
ok 'times are kept when that is asked for'

# refused STATUS TEXT ARGS...: and nothing is written
refused()
{
	status=$1 text=$2
	shift 2
	build "$@" -o none
	expect_status "$status"
	expect_stdout ''
	expect_stderr_has "measure: error$text"
	expect_no_file none
}
refused 2 '[usage]: --cmd has a meaning with --rootfs alone' --ramdisk config --cmd x
refused 2 '[usage]: --drop-xattrs has a meaning with --rootfs alone' --ramdisk config --drop-xattrs
refused 2 '[usage]: root: there is no command, neither in the image nor by --cmd' --rootfs root
refused 2 '[usage]: root: there is no command' --rootfs root --cmd ''
refused 2 "[usage]: root: --env: 'NAME' is not NAME=VALUE" --rootfs root --cmd x --env NAME
refused 2 "[usage]: root: --env: '=x' is not NAME=VALUE" --rootfs root --cmd x --env =x
refused 3 "[user]: root: the user, in the image's /etc/passwd: 'nobody': is not there" \
	--rootfs root --cmd x --user nobody
refused 3 "[rootfs]: root: the working directory '/etc/passwd' is none in the image" \
	--rootfs root --cmd x --workdir /etc/passwd
refused 2 "[usage]: --module: 'nsm' is a name, and --modules is not given" --rootfs root --cmd x --module nsm
refused 3 "[module]: linux.deb: no module is called 'nsm'" --rootfs root --cmd x --module nsm --modules linux.deb
refused 3 "[module]: linux.deb: '.ko' is no name of a module" --rootfs root --cmd x --module .ko --modules linux.deb
refused 3 "[module]: ./vendor: is no ELF file of 64 bits, least byte first, as modules are" \
	--rootfs root --cmd x --module ./vendor
refused 2 '[usage]: --profile nitro-cli is for the vendor'\''s init: give it by --init' \
	--rootfs root --cmd x --profile nitro-cli
refused 2 '[usage]: the init is no program: neither ELF nor a script' --rootfs root --cmd x --init config
refused 2 '[usage]: root: /cmd: an item has a newline, and another init would split it there' \
	--rootfs root --init vendor --cmd 'a
b'
refused 2 "[usage]: --mtime: 'now' is none of 0, clamp:N with N below 2^32, keep" \
	--rootfs root --cmd x --mtime now
refused 2 '[usage]: layout: the image is for amd64, and the enclave for arm64' --rootfs layout --arch aarch64
refused 5 '[no-such-file]: nowhere: ' --rootfs nowhere --cmd x
refused 5 '[no-such-file]: missing: ' --rootfs root --cmd x --init missing
make <<'END'
module('bad/a.ko', 'b'); module('bad/b.ko', 'a'); module('bad/c.ko', 'gone')
module('bad/d.ko', '', '5.10.0 SMP'); module('bad/e.ko'); module('bad/x/e.ko.gz')
module('bad/h.ko', magic=''); module('bad/i.ko', ','.join(f'gone{i}' for i in range(513)))
module('many/first.ko', ','.join(['inside'] * 512)); module('many/last.ko', ','.join(['first', 'inside'] * 256))
open('many/modules.builtin', 'w').write('kernel/lib/inside.ko\n' + ''.join(f'x/{i:x}.ko\n' for i in range(300000)))
module('bad/f.ko', 'a/'); open('bad/g.ko', 'wb').write(b'\x1f\x8b\x08\0not gzip')
END
refused 3 "[module]: bad: module 'a' depends on itself" --rootfs root --cmd x --modules bad --module a
refused 3 "[module]: bad: '' is no name of a module" --rootfs root --cmd x --modules bad --module ''
refused 2 "[usage]: root: --env: '' is not NAME=VALUE" --rootfs root --cmd x --env ''
refused 3 "[module]: bad: 'c' depends on 'gone', which is not there" --rootfs root --cmd x --modules bad --module c
refused 3 "[module]: bad: module 'd': is of Linux 5.10.0, and the kernel is 6.1.0-1-test" \
	--rootfs root --cmd x --modules bad --module d
refused 3 "[module]: bad: two files are called 'e'" --rootfs root --cmd x --modules bad --module e
refused 3 "[module]: bad: module 'f': depends on 'a/', which is no name" --rootfs root --cmd x --modules bad --module f
refused 3 "[module]: bad: module 'h': has no vermagic, without which no kernel loads it" \
	--rootfs root --cmd x --modules bad --module h
refused 3 "[limit]: bad: module 'i': depends on more than 512 modules" --rootfs root --cmd x --modules bad --module i
refused 3 "[truncated]: bad: module 'g': " --rootfs root --cmd x --modules bad --module g
mkdir -p two/lib/modules/6.1 two/lib/modules/6.2
refused 3 "[module]: two: has the modules of two kernels, '6.1' and '6.2'" \
	--rootfs root --cmd x --modules two --module vsock
head -c 90 linux.deb >short.deb
refused 3 '[package]: short.deb: ' --rootfs root --cmd x --modules short.deb --module vsock
ok 'what makes no ramdisk is refused'

run_command timeout 20 "$MEASURE" build eif --kernel bzImage --cmdline x --rootfs root --cmd x \
	--modules many --module last -q -o image
expect_status 0
ok 'a list of 300 000 built-in modules, asked a thousand times, takes no time'

run build eif --kernel bzImage --cmdline x --rootfs root --cmd x -o root/image
expect_status 2
expect_stderr_has "measure: error[usage]: root/image: would be a part of what it is made from, 'root'"
expect_no_file root/image
expect test "$(find . -name '.*' -type f | wc -l)" -eq 0
ok 'an output is no part of what it is made from'

plan done
