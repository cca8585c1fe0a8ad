#!/bin/sh
# `measure build snp`: the bundle that a guest is started from, with all its launch digests
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

forge=$BUILD/tests/forge_ovmf
"$forge" fw.fd
"$forge" plain.fd plain
printf kernel >kernel
printf initrd >initrd
disk="measure: warning[not-bound]: the digest binds no disk: none of the command line's words is the root of a verity tree"

run snp --ovmf fw.fd --kernel kernel --initrd initrd --append "it's" --vcpus 1-2 \
	--vcpu-type EPYC-v4,EPYC-Milan --csv
tail -n +2 "$STDOUT" >digests
# hexadecimal digests of measure snp, one a row
digest() { sed -n "$1s/.*,//p" digests; }
run build snp --ovmf fw.fd --kernel kernel --initrd initrd --append "it's" --vcpus 1-2 \
	--vcpu-type EPYC-v4,EPYC-Milan -o guest
expect_status 0
expect_stdout "EPYC-v4 x1, qemu  $(digest 1)
EPYC-v4 x2, qemu  $(digest 2)
EPYC-Milan x1, qemu  $(digest 3)
EPYC-Milan x2, qemu  $(digest 4)"
expect_stderr "$disk"
expect test "$(find guest -type f | sort | tr '\n' ' ')" = 'guest/cmdline guest/firmware.fd guest/hashes.bin guest/initrd guest/kernel guest/launch.json guest/qemu.sh '
expect_same fw.fd guest/firmware.fd
expect_same kernel guest/kernel
expect_same initrd guest/initrd
expect test "$(cat guest/cmdline)" = "it's"
ok 'the files are the ones given, and the digests those of `measure snp`'

hash() { sha256sum | cut -d ' ' -f 1; }
expect test "$(wc -c <guest/hashes.bin)" -eq 4096
hashes=$(od -An -v -tx1 guest/hashes.bin | tr -d ' \n')
for content in "it's" initrd kernel; do
	case $content in
	"it's") sum=$(printf "it's\\0" | hash) ;;
	*) sum=$(printf %s "$content" | hash) ;;
	esac
	expect test "${hashes#*"$sum"}" != "$hashes"
done
ok 'hashes.bin is the page with the digests of command line, initrd and kernel'

expect python3 - <<END
import hashlib, json
j = json.load(open('guest/launch.json'))
assert list(j) == ['schema', 'mode', 'policy', 'files', 'firmware_digest', 'digests']
assert (j['schema'], j['mode'], j['policy']) == ('measure-launch/1', 'snp', '0x30000')
assert list(j['files']) == ['firmware', 'kernel', 'initrd', 'cmdline', 'hashes']
for f in j['files'].values():
    data = open('guest/' + f['name'], 'rb').read()
    assert f['size'] == len(data) and f['sha256'] == hashlib.sha256(data).hexdigest()
rows = [(r['profile'], r['vcpu_type'], r['guest_features'], str(r['vcpus']), r['measurement'])
        for r in j['digests']]
assert [','.join(r) for r in rows] == open('digests').read().split()
assert j['digests'][2]['vcpu_signature'] == '0xa00f11'
END
run snp --mode snp:ovmf-hash --ovmf fw.fd
expect_stdout "$(sed -n 's/.*"firmware_digest": "\(.*\)",/\1/p' guest/launch.json)"
ok 'launch.json has every digest and every parameter'

expect sh -n guest/qemu.sh
cat >qemu <<'END'
#!/bin/sh
printf '%s\n' "$PWD" "$@"
END
chmod +x qemu
mkdir -p elsewhere/guest # where a shell looks first that is told so by CDPATH
run_command env CDPATH="$PWD/elsewhere" QEMU="$PWD/qemu" VCPUS=2 CPU=EPYC-Milan \
	sh guest/qemu.sh -device x
expect_status 0
expect_stdout "$PWD/guest
-enable-kvm
-nographic
-no-reboot
-cpu
EPYC-Milan
-smp
2
-m
2G
-machine
q35,confidential-guest-support=sev0,memory-backend=ram1
-object
memory-backend-memfd,id=ram1,size=2G,share=true
-object
sev-snp-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x30000,kernel-hashes=on
-bios
firmware.fd
-kernel
kernel
-initrd
initrd
-append
it's
-device
x"
ok 'the command hands to QEMU what was measured'

mkdir empty 'another folder'
cp kernel 'another folder/vmlinuz'
run build snp -q --ovmf fw.fd --kernel 'another folder/vmlinuz' --initrd initrd --append "it's" \
	--vcpus 2,1 --vcpu-type EPYC-v4,EPYC-Milan --policy 0x30000 -o empty/
expect_status 0
expect diff -r guest empty
ok 'the same again gives the same bytes, whatever the names of the inputs; an empty folder is taken'

run build snp -q --ovmf fw.fd --vcpus 3 --profile ec2 -o bare
expect_status 0
expect test "$(find bare -type f | sort | tr '\n' ' ')" = 'bare/firmware.fd bare/launch.json '
run build snp --json --ovmf fw.fd --vcpus 3 --vmm-type EC2 -o json
expect_status 0
expect_json 'j["kind"] == "build-snp" and j["launch"] == __import__("json").load(open("bare/launch.json"))'
expect_json '"vcpu_type" not in j["launch"]["digests"][0]'
run build snp --ovmf fw.fd --vcpus 3 --vcpu-sig 0x123456 --guest-features 0x21 -o sig
expect_stdout_has 'CPU 0x123456 x3, qemu, features 0x21  '
expect_no_file sig/qemu.sh
run build snp --ovmf fw.fd --vcpus 3 --vcpu-type EPYC --vcpu-sig 0x123456 --guest-features 0x10001 -o both
expect_stdout_has 'CPU 0x123456 x3, qemu, features 0x10001  '
expect_stderr_has 'measure: warning[outweighed]: --vcpu-sig counts, and the others that name a processor name another one'
expect_stderr_has 'measure: warning[unknown-features]: --guest-features 0x10001 has bits without a name: 0x10000'
ok 'without a kernel there is no command line and no page of hashes, without QEMU no command'

# refused MESSAGE OPTION...: exit 2, nothing written
refused()
{
	message=$1
	shift
	run build snp --vcpus 1 --vcpu-type EPYC -o new "$@"
	expect_status 2
	expect_stdout ''
	expect_stderr_has "measure: error[usage]: $message"
	expect_no_file new new.*
}
refused "option '--ovmf' is missing"
refused '--append means nothing without --kernel' --ovmf fw.fd --append x
refused '--append-file means nothing without --kernel' --ovmf fw.fd --append-file kernel
refused '--initrd means nothing without --kernel' --ovmf fw.fd --initrd initrd
refused '--profile says more than --vmm-type; one is enough' --ovmf fw.fd --profile ec2 --vmm-type ec2
refused '2 files are - , and standard input is one stream' --ovmf fw.fd --kernel - --initrd -
refused '--vcpu-family, --vcpu-model and --vcpu-stepping belong together' --ovmf fw.fd --vcpu-family 25
refused "--policy: '0200000' is octal to some readers and decimal to others: write 0o, 0x or no zero in front" \
	--ovmf fw.fd --policy 0200000
refused '--policy 0x10000: bit 17 is clear, which no guest has' --ovmf fw.fd --policy 0x10000
refused '--policy 0x80030000: the bits 0x80000000 have no meaning' --ovmf fw.fd --policy 0x80030000
printf 'x\0' >nul
refused 'the command line ends with a NUL, which QEMU cannot be told' --ovmf fw.fd --kernel kernel --append-file nul
run build snp --ovmf fw.fd --vcpus 1 -o new
expect_status 2
expect_stderr_has 'measure: error[usage]: --vcpu-type is missing: QEMU measures the type of processor'
for folder in guest kernel; do
	run build snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC -o $folder
	expect_status 2
	expect_stderr_has "measure: error[usage]: $folder: is there already, and "
	expect_no_file $folder.*
done
mkdir -p empty
ln -s empty link
ln -s nowhere dangling
for folder in link dangling; do
	run build snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC -o $folder
	expect_status 2
	expect_stderr_has "measure: error[usage]: $folder: is a symbolic link, which no folder can replace"
	expect_no_file $folder.*
done
run build snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC -o absent/new
expect_status 5
expect_stderr_has 'measure: error[no-such-file]: absent/new: cannot be created: '
ok 'what cannot be meant is refused, and nothing is written'

run build snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC --policy 0xb0000 -o new
expect_status 1
expect_stderr_has 'measure: error[debug-mode]: --policy 0xb0000: bit 19 allows debugging'
expect_no_file new
run build snp -q --ovmf fw.fd --vcpus 1 --vcpu-type EPYC --policy 0xb0000 --allow-debug -o new
expect_status 0
ok 'a policy that allows debugging is refused unless that is wanted'

# the GUID of the entry that leads to the metadata is another one
perl -0777 -pe 's/\x66\x65\x88\xdc\x4a\x98/\x66\x65\x88\xdc\x4a\x99/' fw.fd >bare.fd
expect test "$(cmp -l fw.fd bare.fd | wc -l)" -eq 1
for case in 'plain.fd --kernel kernel' 'kernel' 'bare.fd'; do
	# shellcheck disable=SC2086 # a list of words
	run build snp --vcpus 1 --vcpu-type EPYC -o other --ovmf $case
	expect_status 3
	expect_stdout ''
	expect_stderr_has "measure: error[firmware]: ${case%% *}: "
	expect_no_file other other.*
done
expect_stderr_has 'bare.fd: the image has no SEV metadata, so no SNP guest starts from it'
run build snp --vcpus 1 --vcpu-type EPYC -o other --ovmf fw.fd --kernel absent
expect_status 5
expect_no_file other other.*
run build snp --vcpus 1-8192 --vcpu-type EPYC,EPYC-Milan -o other --ovmf fw.fd
expect_status 3
expect_stderr_has 'measure: error[limit]: more than 8192 launch digests'
ok 'firmware that starts no such guest leaves nothing behind'

# Copying a ramdisk of this size takes long enough to be killed on the way, at any moment.
truncate -s 512M large
for sig in TERM INT HUP KILL; do
	for delay in 0.02 0.1; do
		timeout -s $sig $delay "$MEASURE" build snp -q --ovmf fw.fd --kernel kernel \
			--initrd large --vcpus 1 --vcpu-type EPYC -o killed 2>killed.err
		expect_no_file killed killed.[!e]*
	done
done
ok 'a build that is killed leaves no folder'

plan done
