#!/bin/sh
# `measure snp`: launch digests, tables, traces, and what gets none
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

forge=$BUILD/tests/forge_ovmf
"$forge" fw.fd
"$forge" plain.fd plain
printf kernel >kernel
printf initrd >initrd

# The digests are those of sev-snp-measure 0.0.13 for the same bytes.
one=465c713d798a62654208467fb9c3b146283a0466aa7be0867829b516817f8bfa3156cb1257e413659fda2753176199d2
full=46edb749d186c862ba201e0e1eba44e4b546e170aa8c1250be0939a9db328658e30fb170bc01721e02f2d927ae064124
alone=fa22856b6650b768557a96ad6ad818f626f53f45966ce1daaedd0ac60967b21aab62e1f02725f5d5335b62e5e13691ad
es=df614539771cc06508b2adfe575a49ba08d63afd68d55faad5a0b00af730398d

run snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC-v4
expect_status 0
expect_stdout "$one"
expect_stderr 'measure: warning[not-bound]: the digest binds the firmware alone: kernel, initrd, command line and disk can be exchanged without a trace (--kernel binds them)'
run snp --mode snp --ovmf fw.fd --kernel kernel --initrd initrd --append console=ttyS0 --vcpus 4 \
	--vcpu-type EPYC-Milan --vmm-type QEMU
expect_status 0
expect_stdout "$full"
expect_stderr "measure: warning[not-bound]: the digest binds no disk: none of the command line's words is the root of a verity tree"
ok 'one line, as sev-snp-measure prints it, and what it does not bind'

printf console=ttyS0 >words
run snp --ovmf fw.fd --kernel kernel --initrd initrd --append-file words --vcpus 4 \
	--vcpu-sig 0xa00f11
expect_stdout "$full"
run snp --ovmf fw.fd --kernel kernel --initrd initrd --append console=ttyS0 --vcpus 4 \
	--vcpu-family 25 --vcpu-model 1 --vcpu-stepping 1 --profile qemu
expect_stdout "$full"
run snp --ovmf fw.fd --kernel kernel --initrd initrd --append 'console=ttyS0 ' --vcpus 4 \
	--vcpu-type EPYC-Milan
expect_status 0
expect test "$(cat "$STDOUT")" != "$full"
run snp --ovmf fw.fd --kernel kernel --append roothash=00 --vcpus 1 --vcpu-type EPYC
expect_status 0
expect_stderr ''
for words in 'ro roothash=0f' 'usrhash=00' 'dm-mod.create="v,,,ro,0 8 verity 1 /dev/vda"'; do
	run snp --ovmf fw.fd --kernel kernel --append "$words" --vcpus 1 --vcpu-type EPYC
	expect_stderr ''
done
for words in noroothash=00 roothash= 'roothash= 00' 'dm-mod.create="v,,,ro,0 8 linear /dev/vda 0"'; do
	run snp --ovmf fw.fd --kernel kernel --append "$words" --vcpus 1 --vcpu-type EPYC
	expect_stderr_has 'measure: warning[not-bound]: the digest binds no disk'
done
ok 'processors by signature and family, command lines byte for byte'

set -- --ovmf fw.fd --kernel kernel --initrd initrd --append console=ttyS0 --vcpus 4
milan='--vcpu-family 25 --vcpu-model 1 --vcpu-stepping 1'
disk="measure: warning[not-bound]: the digest binds no disk: none of the command line's words is the root of a verity tree"
# shellcheck disable=SC2086 # several words
for way in "--vcpu-type EPYC --vcpu-sig 0xa00f11" "--vcpu-type EPYC,EPYC-Milan --vcpu-sig 0xa00f11" \
	"--vcpu-type EPYC $milan" "--vcpu-sig 1 $milan" "$milan --vcpu-type all --vcpu-sig 0"; do
	run snp "$@" $way
	expect_status 0
	expect_stdout "$full"
	case $way in *family*) counts=family ;; *) counts=sig ;; esac
	expect_stderr "measure: warning[outweighed]: --vcpu-$counts counts, and the others that name a processor name another one
$disk"
done
# shellcheck disable=SC2086 # several words
for way in "--vcpu-type EPYC-Milan --vcpu-sig 0xa00f11" "--vcpu-type EPYC-Milan-v2 $milan" \
	"--vcpu-sig 0xa00f11 $milan"; do
	run snp "$@" $way --json
	expect_status 0
	expect_json "j['digests'][0]['measurement'] == '$full' and [w['reason'] for w in j['warnings']] == ['not-bound']"
done
run snp "$@" --vcpu-type EPYC-Milan-v2 --vcpu-sig 0xa00f11 --json
expect_json 'j["digests"][0]["vcpu_type"] == "EPYC-Milan-v2"'
ok 'family before signature before type; what counts is told when they name different processors'

run snp --mode snp:ovmf-hash --ovmf fw.fd
expect_stdout "$alone"
run snp --ovmf fw.fd --snp-ovmf-hash "$alone" --vcpus 1 --vcpu-type EPYC-v4
expect_stdout "$one"
run snp --mode seves --ovmf fw.fd --kernel kernel --vcpus 2 --vcpu-type EPYC-Genoa
expect_stdout "$es"
run snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC-v4 -v --output-format base64
expect_stdout "Calculated SEV_SNP guest measurement: $(unhex "$one" | base64 -w 0)"
ok 'modes, resuming, base64 and the long answer'

# Scripts name processors whatever the mode.
for mode in sev snp:ovmf-hash; do
	run snp --mode $mode --ovmf fw.fd
	expect_status 0
	cp "$STDOUT" bare
	run snp --mode $mode --ovmf fw.fd --vcpus 0 --vcpu-type EPYC-v4 --guest-features 0x21
	expect_status 0
	expect_stdout "$(cat bare)"
done
expect_stdout "$alone"
ok 'processors are passed over where the digest has none'

# An SVSM: firmware whose entry is named by the GUID of SVSM info.
"$forge" svsm.fd -66=0xa789a612 -62=0x4c4b0597 -58=0xb1cb9fa4 -54=0xdd1d9dfe -72=0x1004
set -- --mode snp:svsm --ovmf fw.fd --svsm svsm.fd --vcpus 2 --vcpu-type EPYC
run snp "$@" --vars-size 4096
expect_status 0
expect_stdout 06763b8fdb16a89a4bad4eafe74efb44226bc98f76e70aefe4ebed7c1aa0fd561e518eafc482bc474b8d1caa9c1c146e
expect_stderr 'measure: warning[not-bound]: the digest binds the firmware and the SVSM alone: kernel, initrd, command line and disk can be exchanged without a trace'
cp "$STDOUT" bare
head -c 4096 /dev/zero >store
run snp "$@" --vars-file store --kernel absent --initrd absent --append x --json
expect_status 0
expect_json "j['digests'][0]['measurement'] == '$(cat bare)'"
expect_json 'j["coverage"] == {"firmware": "direct", "kernel": "none", "initrd": "none", "cmdline": "none", "disk": "none"}'
run snp --mode snp:ovmf-hash --ovmf fw.fd --kernel absent --append roothash=00 --json
expect_status 0
expect_json "j['digests'] == [{'profile': 'qemu', 'measurement': '$alone'}]"
expect_json 'j["coverage"]["kernel"] == "none" and j["coverage"]["disk"] == "none"'
expect_stderr "measure: warning[not-bound]: the digest is of the firmware's pages alone, where --snp-ovmf-hash goes on; no guest reports it"
ok 'what a mode does not bind is passed over, and told'

run snp --ovmf fw.fd --append '' --vcpus 1 --vcpu-type EPYC-v4
expect_stdout "$one"
run snp --ovmf fw.fd --vcpus 0001 --vcpu-type EPYC-v4 --guest-features 0b1
expect_stdout "$one"
ok 'an empty command line is none; leading zeros of a count'

for option in -v --csv; do
	run snp --mode seves --ovmf plain.fd --kernel kernel --vcpus 1 --vcpu-type EPYC $option
	expect_status 3
	expect_stdout ''
done
run snp --ovmf plain.fd --kernel kernel --vcpus 1,2 --vcpu-type EPYC --dump-vmsa
expect_stdout ''
run snp --ovmf plain.fd --kernel kernel --vcpus 1 --vcpu-type EPYC --trace --dump-vmsa
expect_status 3
expect_stdout ''
expect_no_file vmsa0.bin
ok 'a refusal prints no half of an answer, and writes no page'

run snp --ovmf fw.fd --vcpus 1-3,5 --vcpu-type EPYC-v4,EPYC-Milan --guest-features 0x1,0x21 --csv
expect_status 0
expect test "$(wc -l <"$STDOUT")" -eq 17
expect_stdout_has profile,vcpu_type,guest_features,vcpus,measurement
expect_stdout_has "qemu,EPYC-v4,0x1,1,$one"
cp "$STDOUT" table.csv
tail -n +2 table.csv | while IFS=, read -r profile type features vcpus digest; do
	run snp --ovmf fw.fd --profile "$profile" --vcpu-type "$type" --guest-features "$features" \
		--vcpus "$vcpus"
	expect_stdout "$digest"
done
run snp --mode seves --ovmf fw.fd --kernel kernel --vcpus 1-3 --vcpu-type EPYC-Genoa,EPYC --guest-features 0x1,0x21 --csv
expect test "$(wc -l <"$STDOUT")" -eq 7
expect_stdout_has "qemu,EPYC-Genoa,0x0,2,$es"
run snp --mode snp:svsm --ovmf fw.fd --svsm svsm.fd --vars-size 4096 --vcpus 2 --vcpu-type EPYC \
	--guest-features 0x0,0x21
expect_stdout @bare
timeout 20 "$MEASURE" snp --mode seves --ovmf fw.fd --vcpus 1-8192 --vcpu-type all --csv >table.csv 2>notes
expect test "$(wc -l <table.csv)" -eq $((8192 * 22 + 1))
run snp --ovmf fw.fd --vcpus 1,2 --vcpu-type EPYC-v4
expect_stdout_has "profile      vcpu_type      features  vcpus  measurement"
expect_stdout_has "qemu         EPYC-v4        0x1           1  $one"
ok 'each row of a table is the digest of its own run'

run snp --ovmf fw.fd --vcpus 1-2 --vcpu-type all --profile all --json
expect_status 0
expect_json 'j["kind"] == "snp" and j["ok"] and len(j["digests"]) == 6 * 22 * 2'
expect_json "j['digests'][10]['vcpus'] == 1 and j['digests'][10]['measurement'] == '$one'"
expect_json 'j["coverage"] == {"firmware": "direct", "kernel": "none", "initrd": "none", "cmdline": "none", "disk": "none"}'
expect_json 'j["warnings"][0]["reason"] == "not-bound"'
ok '--json has all rows and what they bind'

run snp --ovmf fw.fd --vcpus 2 --vcpu-type EPYC-v4 --trace
expect_status 0
expect test "$(grep -c '^0x' "$STDOUT")" -eq $((4 + 9 + 1 + 1 + 1 + 1 + 15 + 2))
expect test "$(tail -n 1 "$STDOUT")" = "$(tail -n 2 "$STDOUT" | head -n 1 | sed 's/.* //')"
expect_stdout_has '0x00000080d000  SECRETS     SECRETS'
expect_stdout_has '0xfffffffff000  VMSA        vcpu'
run snp --ovmf fw.fd --vcpus 1,2 --vcpu-type EPYC-v4 --trace
expect_status 2
expect_stderr_has '--trace follows one guest, and several are asked for'
ok 'the steps of a launch'

run snp --ovmf fw.fd --vcpus 3 --vcpu-type EPYC-Milan --dump-vmsa
expect_status 0
expect test "$(stat -c %s vmsa0.bin vmsa1.bin vmsa2.bin | sort -u)" = 4096
expect cmp vmsa1.bin vmsa2.bin
expect_no_file vmsa3.bin
ok 'the pages of the processors'

usage()
{
	text=$1
	shift
	run snp "$@"
	expect_status 2
	expect_stdout ''
	expect_stderr_has "measure: error[usage]: $text"
}
g='--ovmf fw.fd --vcpu-type EPYC-v4'
# shellcheck disable=SC2086 # several words
{
	usage '--vcpus: 0 to 0 is outside 1 to 8192' $g --vcpus 0
	usage "--vcpus: '-1' is no number of processors, nor a range of them" $g --vcpus=-1
	usage '--vcpus: 1 to 8193 is outside 1 to 8192' $g --vcpus 1-8193
	usage '--vcpus: 3 to 2 is outside 1 to 8192' $g --vcpus 3-2
	usage "--vcpus: '' is no number of processors, nor a range of them" $g --vcpus 1,
	usage '--vcpus is missing in --mode snp' $g
	usage "--guest-features: '0x10000000000000000' is no number of at most 64 bits" $g --vcpus 1 \
		--guest-features 0x10000000000000000
	usage '--ovmf is missing' --vcpus 1
	usage '--initrd means nothing without --kernel' $g --vcpus 1 --initrd initrd
	usage '--append means nothing without --kernel' $g --vcpus 1 --append x
	usage '--append-file means nothing without --kernel' $g --vcpus 1 --append-file words
	usage '--append and --append-file say the same; one is enough' $g --vcpus 1 --kernel kernel \
		--append x --append-file words
	usage "--vcpu-type: 'none' is no type of processor that is known" --mode sev --ovmf fw.fd \
		--vcpu-type none
	usage "--vcpu-sig: 'none' is no number" --mode snp:ovmf-hash --ovmf fw.fd --vcpu-sig none
	usage "--vcpus: 'many' is no number of processors, nor a range of them" --mode sev $g \
		--vcpus 0,many
	usage "--guest-features: 'x' is no number of at most 64 bits" --mode sev $g --guest-features x
	usage "--vcpu-type: 'none' is no type of processor that is known" --ovmf fw.fd --vcpus 1 \
		--vcpu-type none --vcpu-sig 0x800f12
	usage '--vcpu-family, --vcpu-model and --vcpu-stepping belong together' --ovmf fw.fd --vcpus 1 \
		--vcpu-family 25
	usage 'family 271, model 0, stepping 0: 270, 255 and 15 are the highest that CPUID can tell' \
		--ovmf fw.fd --vcpus 1 --vcpu-family 271 --vcpu-model 0 --vcpu-stepping 0
	usage "--vcpu-model: '01' is octal to some readers" --ovmf fw.fd --vcpus 1 --vcpu-family 25 \
		--vcpu-model 01 --vcpu-stepping 1
	usage '--vcpu-sig: 0x100000000 has more than 32 bits' --ovmf fw.fd --vcpus 1 \
		--vcpu-sig 0x100000000
	usage "--vcpu-sig: 'x' is no number" --ovmf fw.fd --vcpus 1 --vcpu-sig x
	usage '--vcpu-type is missing: QEMU measures the type of processor' --ovmf fw.fd --vcpus 1
	usage '--profile says more than --vmm-type; one is enough' $g --vcpus 1 --profile qemu \
		--vmm-type QEMU
	usage "--profile: 'kvm' is none of qemu, qemu-legacy, ec2, ec2-legacy, gce, gce-genoa" $g \
		--vcpus 1 --profile kvm
	usage "--vmm-type: 'xen' is none of QEMU, ec2, gce" $g --vcpus 1 --vmm-type xen
	usage '--vmm-type: libkrun loads no OVMF, so there is no digest to compute' $g --vcpus 1 \
		--vmm-type krun
	usage '--svsm means nothing in --mode snp' $g --vcpus 1 --svsm fw.fd
	usage '--snp-ovmf-hash means nothing in --mode sev' --mode sev --ovmf fw.fd --snp-ovmf-hash 00
	usage '--mode snp:svsm needs --svsm' --mode snp:svsm $g --vcpus 1
	usage '--mode snp:svsm needs either --vars-size or --vars-file' --mode snp:svsm $g --vcpus 1 \
		--svsm fw.fd
	usage '--mode snp:svsm is known of QEMU alone' --mode snp:svsm $g --vcpus 1 --svsm fw.fd \
		--vars-size 0 --vmm-type ec2
	usage 'a variable store of 9223372036854775807 bytes does not fit below the firmware' \
		--mode snp:svsm $g --vcpus 1 --svsm fw.fd --vars-size 9223372036854775807
	usage 'a variable store of 4097 bytes is no whole number of pages, so the SVSM below it would not begin at one' \
		--mode snp:svsm $g --vcpus 1 --svsm fw.fd --vars-size 4097
	usage '--vars-file: a stream has no size; --vars-size tells it' --mode snp:svsm $g --vcpus 1 \
		--svsm fw.fd --vars-file -
	usage "--guest-features: '010' is octal to some readers and decimal to others: write 0o, 0x or no zero in front" \
		$g --vcpus 1 --guest-features 1,010
	usage "--vcpu-sig: '07' is octal to some readers" --ovmf fw.fd --vcpus 1 --vcpu-sig 07
	usage '2 files are - , and standard input is one stream' $g --vcpus 1 --kernel - --initrd -
	usage "the name of a file to be read is empty" $g --vcpus 1 --kernel ''
	usage '2 files are - , and standard input is one stream' --ovmf - --vcpus 1 --vcpu-type EPYC \
		--kernel kernel --append-file -
	usage '--snp-ovmf-hash: 1 bytes, 48 are needed' $g --vcpus 1 --snp-ovmf-hash 00
	usage "'x' is a word too many: files are named by options" x $g --vcpus 1
	usage '--dump-vmsa writes one guest' $g --vcpus 1,2 --dump-vmsa
}
ok 'what cannot be asked for'

run snp --ovmf fw.fd --vcpus 1 --vcpu-type epyc-millan
expect_status 2
expect_stderr "measure: error[usage]: --vcpu-type: 'epyc-millan' is no type of processor that is known
measure: hint: did you mean 'EPYC-Milan'?"
run snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC --snp-ovmf-hash "$(printf %096d 0)"
expect_status 2
expect_stderr_has 'measure: error[zero-measurement]: --snp-ovmf-hash is all zero'
printf 'a\0b' >nul
run snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC --kernel kernel --append-file nul
expect_status 2
expect_stderr_has "--append-file: 'nul' holds a NUL, which ends a command line"
run snp --ovmf fw.fd --vcpus 1 --vcpu-type EPYC --guest-features 0x800
expect_status 0
expect_stderr_has 'measure: warning[unknown-features]: --guest-features 0x800 has bits without a name: 0x800'
ok 'near misses are told'

# refused TEXT WORDS...: firmware with those words in it
refused()
{
	text=$1
	shift
	"$forge" bad.fd "$@"
	run snp --ovmf bad.fd --vcpus 1 --vcpu-type EPYC
	expect_status 3
	expect_stdout ''
	expect_stderr_has "measure: error[firmware]: bad.fd: $text"
}
meta=-512
refused 'there is no table of GUIDs 32 bytes before the end, so this is no OVMF firmware (a variable store has none)' -48=0
refused 'the table of GUIDs says that it has 65535 bytes, 16352 stand before its end' -50=0x82deffff
refused 'the table of GUIDs says that it has 17 bytes' -50=0x82de0011
refused 'an entry of the table of GUIDs has 65535 bytes' -68=0x71deffff
refused 'an entry of the table of GUIDs has 0 bytes' -68=0x71de0000
refused 'the metadata are said to begin 4294967295 bytes before the end, of 16384' -94=0xffffffff
refused 'the metadata have 87 bytes, 6 sections need 88' $((meta + 4))=87
# metadata longer than their sections, as QEMU and sev-snp-measure take them
"$forge" long.fd $((meta + 4))=100
run snp --ovmf long.fd --vcpus 1 --vcpu-type EPYC
expect_status 0
# where no section is launched it does not matter what they are
"$forge" type.fd $((meta + 24))=99
for mode in sev seves snp:ovmf-hash 'snp:svsm --svsm svsm.fd --vars-size 0'; do
	# shellcheck disable=SC2086 # several words
	run snp --mode $mode --ovmf type.fd --vcpus 1 --vcpu-type EPYC
	expect_status 0
done
run snp --mode sev --ovmf type.fd
expect_stdout "$(sha256sum <type.fd | cut -d ' ' -f 1)"
refused 'the metadata are said to begin 0 bytes before the end, of 16384' -94=0
refused "the metadata do not begin with 'ASEV'" $meta=0
refused 'the metadata have 4294967295 bytes, 512 are left in the image' -508=0xffffffff
refused 'the metadata have version 2, 1 is known' -504=2
refused 'the metadata list 4294967295 sections, 64 are allowed' -500=0xffffffff
refused 'section 0 has type 9, which is not known' -488=9
refused 'section 0 (SEC_MEM) is at 0x800001 with 0x9000 bytes: no whole pages' -496=0x800001
refused 'section 1 (SECRETS) is at 0x80d000 with 0x1001 bytes: no whole pages' -480=0x1001
refused 'section 1 (SECRETS) has 0x2000 bytes: of other than one page monitors measure different things' -484=0x820000 -480=0x2000
refused 'section 2 (CPUID) has 0x0 bytes: of other than one page monitors measure different things' -468=0
refused 'section 0 (SEC_MEM) at 0xffffd000 with 0x9000 bytes lies over the image itself, which begins at 0xffffc000' -496=0xffffd000
refused 'sections 0 and 1 overlap at 0x801000' -484=0x801000
refused 'the sections have more than 65536 pages' -496=0x900000 -492=0x10001000
ok 'firmware that no guest is launched from has no digest'

run snp --ovmf plain.fd --kernel kernel --vcpus 1 --vcpu-type EPYC
expect_status 3
expect_stderr 'measure: error[firmware]: a kernel is given, and the firmware has no place for its hash
measure: hint: take an AmdSev build, or generic firmware of edk2 2024.05 or later'
run snp --mode sev --ovmf plain.fd --kernel kernel
expect_status 3
for place in -120=0 -116=175; do
	"$forge" at.fd $place
	for mode in snp seves sev; do
		run snp --mode $mode --ovmf at.fd --kernel kernel --vcpus 1 --vcpu-type EPYC
		expect_status 3
		expect_stderr_has 'a kernel is given, and the firmware has no place for its hash'
	done
	run snp --ovmf at.fd --vcpus 1 --vcpu-type EPYC
	expect_status 0
	expect_stderr_has '(and this firmware has no place for their hashes)'
done
"$forge" at.fd -120=0x810fff
run snp --ovmf at.fd --kernel kernel --vcpus 1 --vcpu-type EPYC
expect_status 3
expect_stderr_has 'the table of kernel hashes at 0x810fff needs 176 bytes, 1 are left in its page'
"$forge" at.fd -120=0x812c00
run snp --ovmf at.fd --kernel kernel --vcpus 1 --vcpu-type EPYC
expect_status 3
expect_stderr_has 'the section for kernel hashes is at 0x810000 with 0x1000 bytes, their table at 0x812c00'
"$forge" noreset.fd -66=0
run snp --ovmf noreset.fd --vcpus 1 --vcpu-type EPYC
expect_status 3
expect_stderr_has 'the firmware does not say where further processors start (it has no SEV-ES reset block)'
"$forge" nometa.fd -88=0
run snp --ovmf nometa.fd --vcpus 1 --vcpu-type EPYC
expect_status 0
expect_stderr_has 'measure: warning[no-sev-metadata]: the firmware has no SEV metadata'
run snp --mode snp:svsm --ovmf fw.fd --svsm fw.fd --vars-size 4096 --vcpus 1 --vcpu-type EPYC
expect_status 3
expect_stderr_has 'the SVSM does not say where it starts'
"$forge" over.fd -66=0xa789a612 -62=0x4c4b0597 -58=0xb1cb9fa4 -54=0xdd1d9dfe -72=0x4000
run snp --mode snp:svsm --ovmf fw.fd --svsm over.fd --vars-size 4096 --vcpus 1 --vcpu-type EPYC
expect_status 3
expect_stderr_has 'over.fd: the SVSM is said to start at byte 0x4000, and has 0x4000'
"$forge" over.fd -66=0xa789a612 -62=0x4c4b0597 -58=0xb1cb9fa4 -54=0xdd1d9dfe -72=0x1004 -496=0xffffc000 -492=0x1000
run snp --mode snp:svsm --ovmf fw.fd --svsm over.fd --vars-size 4096 --vcpus 1 --vcpu-type EPYC
expect_status 3
expect_stderr_has 'over.fd: section 0 (SEC_MEM) at 0xffffc000 with 0x1000 bytes lies over the firmware, which begins at 0xffffc000'
ok 'firmware that lacks what is asked of it'

for size in 0 1 4095 4097; do
	head -c $size fw.fd >cut.fd
	run snp --ovmf cut.fd --vcpus 1 --vcpu-type EPYC
	expect_status 3
	expect_stderr "measure: error[firmware]: cut.fd: $size bytes are not a whole number of pages of 4096"
done
seq 1000 9999 | head -c 8192 >text.fd
for mode in snp snp:ovmf-hash seves sev; do
	run snp --mode $mode --ovmf text.fd --vcpus 1 --vcpu-type EPYC
	expect_status 3
	expect_stdout ''
	expect_stderr_has 'text.fd: there is no table of GUIDs 32 bytes before the end'
done
truncate -s 65M big.fd
run snp --ovmf big.fd --vcpus 1 --vcpu-type EPYC
expect_status 3
ok 'firmware of no size that there is'

plan done
