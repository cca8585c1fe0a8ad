#!/bin/sh
# `measure solve`: the guest behind a launch digest
# shellcheck disable=SC2016,SC2059 # backquotes in messages are text; formats are given
. "${0%/*}/../lib.sh"

forge=$BUILD/tests/forge_ovmf
"$forge" fw.fd
"$forge" plain.fd plain
printf kernel >kernel
printf initrd >initrd
mkdir bin
ln -s "$MEASURE" bin/measure
given="--ovmf fw.fd --kernel kernel --initrd initrd --vcpus 4 --vcpu-type EPYC-Milan-v2"

# digest ARGS...: what `measure snp` says, to $digest
digest()
{
	run snp "$@"
	expect_status 0
	digest=$(cat "$STDOUT")
}

# yields: the command that was printed gives the digest
yields()
{
	head -n 1 "$STDOUT" >line.sh
	run_command env PATH="$PWD/bin:$PATH" sh ./line.sh
	expect_status 0
	expect_stdout "$digest"
}

# shellcheck disable=SC2086 # several words
{
	digest $given --append console=ttyS0
	run solve "$digest" $given --append console=ttyS0
	expect_status 0
	expect_stdout 'measure snp --ovmf fw.fd --kernel kernel --initrd initrd --append console=ttyS0 --vcpus 4 --vcpu-type EPYC-Milan-v2 --profile qemu --guest-features 0x1'
	expect_stderr ''
	yields
	ok 'where nothing differs the command alone is printed'

	digest --ovmf fw.fd --vcpus 512 --vcpu-type EPYC-Turin --guest-features 0x8021
	run solve "$digest" $given --profile ec2 --guest-features 0x1
	expect_status 0
	expect_stdout 'measure snp --ovmf fw.fd --vcpus 512 --vcpu-type EPYC-Turin --profile qemu --guest-features 0x8021
differs from what was given: --vcpus 512 instead of 4, --vcpu-type EPYC-Turin instead of EPYC-Milan-v2, --profile qemu instead of ec2, --guest-features 0x8021 instead of 0x1 (DebugSwap on, SmtProtection on), no --kernel: its hashes were not launched'
	yields
	run solve "$(echo "$digest" | tr a-f A-F)" --ovmf fw.fd
	expect_status 0
	expect_stdout 'measure snp --ovmf fw.fd --vcpus 512 --vcpu-type EPYC-Turin --profile qemu --guest-features 0x8021'
	ok 'all that differs is told in one line; without beliefs nothing can'

	while IFS='|' read -r profile type features; do
		digest --ovmf fw.fd --vcpus 3 --profile "$profile" --guest-features "$features" $type
		run solve "$digest" --ovmf fw.fd
		expect_status 0
		expect_stdout "measure snp --ovmf fw.fd --vcpus 3 ${type:+$type }--profile $profile --guest-features $features"
	done <<'END'
qemu-legacy|--vcpu-type EPYC-Rome|0x21
ec2||0x0
ec2-legacy||0x201
gce||0x1
gce-genoa||0x5
END
	ok 'each profile is found'

	while IFS=';' read -r format append what; do
		printf "$format" >words
		digest $given --append-file words
		run solve "$digest" $given --append '  a  b'
		expect_status 0
		expect_stdout "$append --vcpus 4 --vcpu-type EPYC-Milan-v2 --profile qemu --guest-features 0x1
differs from what was given: $what"
		yields
	done <<'END'
  a  b ;measure snp --ovmf fw.fd --kernel kernel --initrd initrd --append '  a  b ';--append with a blank behind it
  a  b\n;printf '  a  b\n' | measure snp --ovmf fw.fd --kernel kernel --initrd initrd --append-file -;--append with a newline behind it
  a  b\000;printf '  a  b\000' | measure snp --ovmf fw.fd --kernel kernel --initrd initrd --append-file -;--append with a NUL behind it
a  b;measure snp --ovmf fw.fd --kernel kernel --initrd initrd --append 'a  b';--append without the blanks around it
;measure snp --ovmf fw.fd --kernel kernel --initrd initrd;no --append
END
	ok 'each spelling of the command line is found'

	printf '%s' "it's 100%\\ \"\$x\" \`y\`" >words
	digest $given --append-file words
	run solve "$digest" $given --append-file words
	expect_status 0
	expect_stdout_has "--append 'it'\\''s 100%\\ \"\$x\" \`y\`'"
	yields
	printf '\055it'"'"'s 100%%\\ \033[31m\302\205\t' >words
	digest $given --append-file words
	run solve "$digest" $given --append-file words
	expect_status 0
	expect_stdout_has "printf '\\055it\\047s 100%%\\\\ \\033[31m\\302\\205\\011' | measure snp"
	yields
	cp fw.fd "a b'c.fd"
	cp fw.fd "$(printf 'red\033[31m')"
	digest --ovmf fw.fd --vcpus 1 --vcpu-type EPYC
	run solve "$digest" --ovmf "a b'c.fd"
	expect_stdout_has "measure snp --ovmf 'a b'\\''c.fd' --vcpus 1 --vcpu-type EPYC "
	yields
	run solve "$digest" --ovmf "$(printf 'red\033[31m')"
	expect_stdout_has "measure snp --ovmf \"\$(printf 'red\\033[31m')\" --vcpus 1"
	yields
	ok 'the command is quoted for a shell, and harmless to a terminal'

	digest --ovmf fw.fd --vcpus 2 --vcpu-sig 0xdeadb --guest-features 0x800
	run solve "$digest" --ovmf fw.fd
	expect_status 1
	run solve "$digest" --ovmf fw.fd --vcpu-sig 0xdeadb --guest-features 0x1,0x800
	expect_stdout 'measure snp --ovmf fw.fd --vcpus 2 --vcpu-sig 0xdeadb --profile qemu --guest-features 0x800'
	run solve "$digest" --ovmf fw.fd --vcpu-type EPYC --vcpu-sig 0xdeadb --guest-features 0x800
	expect_stdout 'measure snp --ovmf fw.fd --vcpus 2 --vcpu-sig 0xdeadb --profile qemu --guest-features 0x800'
	expect_stderr_has '--vcpu-sig counts, and the others that name a processor name another one'
	digest --ovmf fw.fd --vcpus 600 --vcpu-type EPYC
	run solve "$digest" --ovmf fw.fd
	expect_status 1
	run solve "$digest" --ovmf fw.fd --max-vcpus 600
	expect_status 0
	run solve "$digest" --ovmf fw.fd --vcpus 590-610
	expect_stdout 'measure snp --ovmf fw.fd --vcpus 600 --vcpu-type EPYC --profile qemu --guest-features 0x1'
	ok 'what is believed is tried, known or not'

	digest --ovmf plain.fd --vcpus 7 --profile ec2 --guest-features 0x21
	run solve "$digest" $given --append x --ovmf plain.fd
	expect_status 0
	expect_stdout 'measure snp --ovmf plain.fd --vcpus 7 --profile ec2 --guest-features 0x21
differs from what was given: --vcpus 7 instead of 4, no --kernel: its hashes were not launched'
	digest --mode snp:ovmf-hash --ovmf plain.fd
	run solve "$digest" --ovmf fw.fd --ovmf plain.fd
	expect_stdout "measure snp --mode snp:ovmf-hash --ovmf plain.fd
differs from what was given: it is the digest of the firmware's pages alone"
	yields
	ok 'several firmware images, and the digest of their pages alone'

	digest --mode sev $given --append console=ttyS0
	run solve "$digest" $given --append console=ttyS0
	expect_status 0
	expect_stdout 'measure snp --mode sev --ovmf fw.fd --kernel kernel --initrd initrd --append console=ttyS0'
	expect_stderr ''
	yields
	digest --mode seves $given --append 'a '
	run solve "$digest" --ovmf fw.fd --kernel kernel --initrd initrd --append a --vcpus 2 --vcpu-type EPYC --profile ec2 --guest-features 0x21
	expect_status 0
	expect_stdout "measure snp --mode seves --ovmf fw.fd --kernel kernel --initrd initrd --append 'a ' --vcpus 4 --vcpu-type EPYC-Milan --profile qemu
differs from what was given: --vcpus 4 instead of 2, --vcpu-type EPYC-Milan instead of EPYC, --profile qemu instead of ec2, --append with a blank behind it"
	yields
	run solve "$digest" $given --append 'a ' --json
	expect_json 'j["parameters"] == {"mode": "seves", "profile": "qemu", "vcpu_type": "EPYC-Milan-v2", "vcpu_sig": 0xa00f11, "vcpus": 4, "kernel_hashes": True, "append": "6120"} and j["differs"] == ""'
	digest --mode seves --ovmf fw.fd --vcpus 512 --profile ec2-legacy
	run solve "$digest" $given --append x
	expect_status 0
	expect_stdout_has 'measure snp --mode seves --ovmf fw.fd --vcpus 512 --profile ec2-legacy'
	yields
	"$forge" noreset.fd -66=0
	"$forge" type.fd -488=99
	for firmware in noreset.fd type.fd plain.fd; do
		digest --mode sev --ovmf $firmware
		run solve "$digest" --ovmf fw.fd --ovmf $firmware --kernel kernel --json
		expect_status 0
		expect_json "j['command'] == 'measure snp --mode sev --ovmf $firmware' and j['parameters'] == {'mode': 'sev', 'kernel_hashes': False}"
	done
	no=$(printf %064d 1)
	run solve "$no" $given --ovmf plain.fd --append x --max-vcpus 2
	expect_status 1
	expect_stdout 'tried: 2 firmware images, without a kernel and with it and 5 command lines (1 of the images without a place for its hash), SEV and SEV-ES, 6 profiles, 5 types of processors, 1 to 4 processors: 399 combinations'
	ok 'guests of SEV and SEV-ES are found by their digests, which are shorter'

	no=$(printf %096d 1)
	run solve "$no" $given --ovmf plain.fd --append x
	expect_status 1
	expect_stdout 'tried: 2 firmware images, without a kernel and with it and 5 command lines (1 of the images without a place for its hash), 6 profiles, 5 types of processors, 27 features, 1 to 512 processors: 1354754 combinations'
	expect_stderr "measure: error[not-solved]: $no: none of 1354754 combinations gives this digest
measure: hint: try other firmware, kernels or command lines: they must be the very bytes that were launched"
	run solve "$no" --ovmf fw.fd --max-vcpus 1 --json
	expect_status 1
	expect_json 'j["reason"] == "not-solved" and j["tried"] == {"firmware": 1, "firmware_without_hashes": 0, "kernel_hashes": 1, "profiles": 6, "vcpu_types": 5, "guest_features": 27, "vcpus": 1, "combinations": 379}'
	ok 'what is not found says what was tried'

	digest $given --append 'x '
	run solve "$digest" $given --append x --json
	expect_status 0
	expect_json 'j["kind"] == "solve" and j["ok"] and j["differs"] == "--append with a blank behind it"'
	expect_json 'j["parameters"] == {"mode": "snp", "profile": "qemu", "vcpu_type": "EPYC-Milan-v2", "vcpu_sig": 0xa00f11, "guest_features": 1, "vcpus": 4, "kernel_hashes": True, "append": "7820"}'
	expect_json 'j["command"].startswith("measure snp --ovmf fw.fd --kernel kernel ")'
	ok '--json has the parameters'
}

usage()
{
	text=$1
	shift
	run solve "$@"
	expect_status 2
	expect_stdout ''
	expect_stderr "measure: error[usage]: $text
measure: hint: see \`measure help solve\`"
}
usage 'one HEX is needed, 0 are given' --ovmf fw.fd
usage 'HEX: 31 bytes, a launch digest has 48 (SEV-SNP) or 32 (SEV, SEV-ES)' "$(printf %062d 1)" --ovmf fw.fd
usage '--ovmf is missing' "$no"
usage '--initrd means nothing without --kernel' "$no" --ovmf fw.fd --initrd initrd
usage '--append means nothing without --kernel' "$no" --ovmf fw.fd --append x
usage '--append-file means nothing without --kernel' "$no" --ovmf fw.fd --append-file words
usage '--vcpu-family, --vcpu-model and --vcpu-stepping belong together' "$no" --ovmf fw.fd \
	--vcpu-type EPYC --vcpu-model 1
usage '--profile says more than --vmm-type; one is enough' "$no" --ovmf fw.fd --vmm-type ec2 \
	--profile ec2
usage '2 files are - , and standard input is one stream' "$no" --ovmf - --ovmf -
usage "--max-vcpus: '0' is no number from 1 to 8192" "$no" --ovmf fw.fd --max-vcpus 0
usage "--max-vcpus: '8193' is no number from 1 to 8192" "$no" --ovmf fw.fd --max-vcpus 8193
run solve "$(printf %096d 0)" --ovmf fw.fd
expect_status 2
expect_stderr_has 'measure: error[zero-measurement]: HEX is all zero'
run solve xyz --ovmf fw.fd
expect_status 2
set --
while [ $# -lt 34 ]; do
	set -- "$@" --ovmf fw.fd
done
usage '--ovmf is given more than 16 times' "$no" "$@"
"$forge" bad.fd -508=0xffffffff
run solve "$no" --ovmf fw.fd --max-vcpus 1 --ovmf bad.fd
expect_status 3
expect_stderr_has 'measure: error[firmware]: bad.fd: the metadata have 4294967295 bytes, 512 are left in the image'
"$forge" noreset.fd -66=0
run solve "$no" --ovmf noreset.fd
expect_status 3
expect_stderr_has 'measure: error[firmware]: noreset.fd: the firmware does not say where further processors start'
ok 'what cannot be searched'

plan done
