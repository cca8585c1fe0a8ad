#!/bin/sh
# `measure inspect` of firmware, which is known by its end
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

forge=$BUILD/tests/forge_ovmf
"$forge" fw.fd volumes

run inspect fw.fd
expect_status 0
expect_stderr ''
sha=$(sha256sum <fw.fd | cut -d ' ' -f 1)
expect test "$(head -n 2 "$STDOUT")" = "    0 28672  firmware  launched at 0xffff9000, with SEV metadata, with a place for kernel hashes
        sha256 $sha"
grep -v '^  *sha256 ' "$STDOUT" | tail -n +2 >parts
expect cmp parts - <<'END'
    0  4096    variable store  variable store
 4096  8192    volume1  FFS2
 4168    68      SecMain  SECURITY_CORE, 13121110-1514-1716-1819-1a1b1c1d1e1f
 4192    22        PE32
 4216    20        USER_INTERFACE  SecMain
 4240    64      padding
 4304    58      23222120-2524-2726-2829-2a2b2c2d2e2f  FIRMWARE_VOLUME_IMAGE
 4328    34        GUID_DEFINED  compressed (LZMA), left closed: size of the unpacked bytes needs 8 bytes, 5 are left
 4368   540      33323130-3534-3736-3839-3a3b3c3d3e3f  FIRMWARE_VOLUME_IMAGE
 4392   516        FIRMWARE_VOLUME_IMAGE  FFS2
 4468    40          Inner  DRIVER, 63626160-6564-6766-6869-6a6b6c6d6e6f
 4492    16            USER_INTERFACE  Inner
 4912    33      43424140-4544-4746-4849-4a4b4c4d4e4f  RAW
 4952   179      53525150-5554-5756-5859-5a5b5c5d5e5f  FIRMWARE_VOLUME_IMAGE
 4976   155        GUID_DEFINED  compressed (LZMA)
    0   132          unpacked
    0   132            FIRMWARE_VOLUME_IMAGE  FFS2
   76    42              Packed  DRIVER, 83828180-8584-8786-8889-8a8b8c8d8e8f
  100    18                USER_INTERFACE  Packed
12288 16384    no volume
28160    88    SEV metadata  version 1, 6 sections
28176    12      SEC_MEM  0x800000 to 0x808fff
28188    12      SECRETS  0x80d000 to 0x80dfff
28200    12      CPUID  0x80e000 to 0x80efff
28212    12      SVSM_CAA  0x80f000 to 0x80ffff
28224    12      KERNEL_HASHES  0x810000 to 0x810fff
28236    12      SEC_MEM  0x811000 to 0x81ffff
28552    88    table of GUIDs  3 entries
28552    26      SEV hash table  at 0x810c00, 1024 bytes
28578    22      SEV metadata offset  512 bytes before the end
28600    22      SEV-ES reset block  further processors start at 0x80b004
28622    18      footer
28656    16    reset vector  the first processor starts here, at 0xfffffff0
END
ok 'volumes, files, sections, tables'

run inspect fw.fd --json
expect_status 0
expect_json 'j["type"] == "snp" and j["part"]["sha256"] == "'"$sha"'"'
expect_json 'j["part"]["parts"][1]["parts"][0]["name"] == "SecMain"'
dd if=fw.fd bs=1 skip=4168 count=68 status=none >module
expect_json 'j["part"]["parts"][1]["parts"][0]["sha256"] == "'"$(sha256sum <module | cut -d ' ' -f 1)"'"'
packed='j["part"]["parts"][1]["parts"][5]["parts"][0]'
expect_json "'unpacked' not in $packed and ${packed}['parts'][0]['unpacked'] is True"
ok '--json nests them, with the digests of their bytes'

"$forge" plain.fd plain -88=0 -66=0
run inspect plain.fd
expect_status 0
expect_stdout_has 'firmware  launched at 0xffffc000, without SEV metadata: no SNP guest starts from it, without a place for kernel hashes'
expect_stdout_has 'entry  00000000-1a7e-4fcb-890e-68c77e2fb44e, which is not known'
"$forge" odd.fd volumes 4142=0
run inspect odd.fd
expect_status 0
expect_stdout_has 'volume1  damaged at 4128: a volume of 8192 bytes with a header of 0, 24576 are left'
ok 'what is missing, odd or damaged is told'

"$forge" bad.fd -508=0xffffffff
run inspect bad.fd
expect_status 3
expect_stdout ''
expect_stderr 'measure: error[firmware]: bad.fd: the metadata have 4294967295 bytes, 512 are left in the image, at offset 15876 (0x3e04)'
"$forge" longer.fd -508=104
run inspect longer.fd
expect_status 0
expect_stdout_has '104    SEV metadata  version 1, 6 sections'
expect_stdout_has '  SEC_MEM  0x811000 to 0x81ffff'
truncate -s 64M large.fd
cat fw.fd >>large.fd
run inspect large.fd
expect_status 3
expect_stderr_has 'large.fd: 67137536 bytes are more than the 67108864 of the largest firmware'
ok 'what has no digest is not shown'

run extract fw.fd -C out
expect_status 3
expect_stderr 'measure: error[unknown-type]: fw.fd: has no parts that are files of their own'
expect_no_file out
run fw.fd
expect_status 2
expect_stderr 'measure: error[usage]: '"'fw.fd'"' is a word too many: files are named by options
measure: hint: `measure snp --ovmf FILE --vcpus N --vcpu-type NAME`; `measure inspect FILE` shows its parts'
ok 'firmware alone is no guest'

plan done
