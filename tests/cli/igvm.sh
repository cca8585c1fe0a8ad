#!/bin/sh
# `measure igvm`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need python3

# The file that the unit tests measure: the same numbers, from another maker.
PYTHONPATH=$ROOT/tests/cli PYTHONDONTWRITEBYTECODE=1 python3 - <<'EOT'
import struct
from igvm import *
base = [
    platform(1, SNP),
    platform(2, TDX),
    policy(0x30000),
    page(0x1000, 3, 288),
    page(0x2000, 1),
    header(0x301, struct.pack("<QII", 0x2000, 0, 0)),
    header(0x307, struct.pack("<II", 0, 4)),
    header(0x303, struct.pack("<QII", 0x10000, 1, 0)),
    context(1, 4384),
    header(0x305, struct.pack("<QIIII", 0, 3, 0x100000, 0, 0)),
]
data = b"\x11" * 4096 + b"\x22" * 4096
write("guest.igvm", base, data)
write("crc.igvm", base, data, crc=1)
write("large.igvm", base[:4] + [page(0x200000, 1, 0, 1)] + base[5:], data)
write("native.igvm", [platform(1, 0)])
write("overlap.igvm", [platform(1, SNP), page(0x1000, 1), page(0x1000, 1)])
EOT
snp=c940fa7d1a41dcd4b8e90b1279b73f43e917992f61b0f3c0a612c040e56ad65865a4234c23d34be9780de3c31905bf1c

run igvm guest.igvm --profile igvmmeasure
expect_status 0
expect_stdout "MEASUREMENT  $snp"
expect_stderr ''
cp "$STDOUT" text
run guest.igvm --profile igvmmeasure --platform snp
expect_stdout @text
run igvm guest.igvm --native-zero --profile igvmmeasure
expect_stdout 'MEASUREMENT  fc885b315b8112ae9e6bd17b45335a44a7180f9e922777d37627cd1c48e3f56a2c102115242ef4ef1f461966fd0e2549'
run igvm guest.igvm --profile qemu
expect_stdout 'MEASUREMENT  338ecf8c38bca8756fc57eca0e0b8bbbee6769739ef86bacbb18cc818fc53f7c17575561765e09659de67950bd72f3ea'
expect_stderr ''
run igvm guest.igvm --platform tdx
expect_status 0
expect_stdout 'MRTD  2bf2572172bc90dd78f7b17f3f8291806e03e31c3b059a24b35f4283ecaa337020187bb5c429c030cec10fd20f94b656'
expect_stderr ''
ok 'each profile has its digest'

run igvm guest.igvm
expect_status 0
expect_stdout @text
expect_stderr - <<'END'
measure: warning[igvm-profiles]: guest.igvm: the digest is by 'igvmmeasure'; 'igvm-crate' gives another
measure: warning[igvm-profiles]: guest.igvm: the digest is by 'igvmmeasure'; 'qemu' gives another
END
run igvm guest.igvm --json
expect_json "j['measurements'] == {'MEASUREMENT': '$snp'} and j['policy'] == 0x30000"
expect_json 'j["platform"] == "snp" and j["profile"] == "igvmmeasure" and j["version"] == 1'
expect_json 'j["platforms"] == ["snp", "tdx"] and len(j["warnings"]) == 2'
run igvm large.igvm --profile qemu
expect_status 0
expect_stderr 'measure: warning[igvm-profiles]: large.igvm: a page of 2 MiB is one step of the digest, as igvm-tools has it; by its source KVM launches 512 small ones'
ok 'where the profiles differ and none is chosen, a warning says so'

run inspect guest.igvm
expect_status 0
expect_stdout_has '  96   32    page data  for snp+tdx, 0x1000 to 0x1fff, normal'
expect_stdout_has ' 200   24    parameter insert  for snp, 0x10000 to 0x11fff, number 0'
expect_stdout_has '4384 4096      vp0.snp'
run extract guest.igvm -C parts
expect_status 0
expect test "$(cd parts && echo *)" = '00000120-page-0x1000.snp+tdx 00001120-vp0.snp'
expect test "$(wc -c <parts/00001120-vp0.snp)" -eq 4096
mkdir planted
printf kept >victim
ln -s ../victim planted/00000120-page-0x1000.snp+tdx
run extract guest.igvm -C planted
expect_status 3
expect_stderr 'measure: error[not-a-file]: planted/00000120-page-0x1000.snp+tdx: is a symbolic link, so nothing is written there'
expect test "$(cat victim)" = kept
ok 'its parts are shown and extracted'

# refused STATUS MESSAGE ARGS...
refused()
{
	status=$1 message=$2
	shift 2
	run igvm "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr "$message"
}
refused 3 "measure: error[igvm]: guest.igvm: the file is not for the platform 'sev'" guest.igvm --platform sev
refused 3 'measure: error[igvm]: native.igvm: the file is for none of the platforms snp, seves, sev and tdx' native.igvm
refused 3 'measure: error[igvm]: overlap.igvm: page data: it lies at 0x1000, and the page data at offset 48 of the file reaches to 0x2000, at offset 80 (0x50)' overlap.igvm
refused 2 "measure: error[usage]: guest.igvm: the profile 'qemu' does not measure 'tdx'
measure: hint: see \`measure help igvm\`" guest.igvm --profile qemu --platform tdx
refused 2 "measure: error[usage]: guest.igvm: --native-zero has no meaning for 'snp' by 'qemu'
measure: hint: see \`measure help igvm\`" guest.igvm --profile qemu --native-zero
refused 2 "measure: error[usage]: one FILE is needed, 0 are given
measure: hint: see \`measure help igvm\`"
run igvm crc.igvm
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[crc]: crc.igvm: the checksum is 0x00000001, that of the headers is 0x'
head -c 100 guest.igvm >short.igvm
refused 3 'measure: error[igvm]: short.igvm: the file says that it has 8480 bytes, and has 100, at offset 16 (0x10)' short.igvm
printf 'IGVM' >four.igvm
refused 3 'measure: error[truncated]: four.igvm: version needs 4 bytes, 0 are left, at offset 4 (0x4)' four.igvm
ok 'what nobody starts a guest from has no digest'

run_stdin guest.igvm igvm - --profile igvmmeasure
expect_status 0
expect_stdout @text
ok 'a stream is read'

plan done
