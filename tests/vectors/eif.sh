#!/bin/sh
# Images and verdicts from outside: every file of the vectors answers as expected.json says, and what
# the reference builder and signer wrote is built and signed again, byte for byte.
. "${0%/*}/../lib.sh"
if [ -n "${MEASURE_VECTORS:-}" ]; then
	vectors=$MEASURE_VECTORS/eif
else
	need_shared vectors/eif
	vectors=$SHARED/vectors/eif
fi
need python3

# of NAME: exit status, reason or -, registers as text, one per line
python3 - "$vectors/expected.json" <<'EOT' >table
import json, sys
for name, want in json.load(open(sys.argv[1])).items():
    registers = " ".join("%s %s" % r for r in want.get("measurements", {}).items())
    print(name, want["exit"], want.get("reason", "-"), registers)
EOT

# What a refusal of that file has to be about, by the words of the table of reasons.
reason_of()
{
	case $1 in
	d_badmagic.eif) echo magic ;;
	d_cmdfirst.eif | d_nokernel.eif | d_rdbeforecmd.eif) echo section-order ;;
	d_emptyk.eif | d_metaempty.eif) echo section-empty ;;
	d_gap_* | d_swaptab.eif | d_wrongsize.eif) echo section-table ;;
	d_hdronly.eif | d_short.eif) echo truncated ;;
	d_metaarr.eif | d_metanull.eif | d_metanocustom.eif) echo metadata ;;
	d_metadup.eif) echo json ;;
	d_resv.eif) echo reserved ;;
	d_secflags.eif) echo section-flags ;;
	d_sigempty.eif | d_sigextra.eif | d_sigswapkeys.eif) echo signature-form ;;
	d_sigprefix.eif) echo certificate ;;
	d_trail20.eif | hidden_section_crc_ok_both.eif) echo trailing ;;
	d_twocmd.eif | d_twometa.eif | d_twosig.eif) echo section-set ;;
	d_ver*) echo version ;;
	*) echo - ;;
	esac
}

check()
{
	file=$vectors/$1 status=$2 reason=$3
	shift 3
	[ "$reason" != - ] || reason=$(reason_of "${file##*/}")
	run eif "$file"
	expect_status "$status"
	if [ "$status" -eq 0 ]; then
		printf '%s  %s\n' "$@" >registers
		expect_stdout @registers
	else
		expect_stdout ''
		expect_stderr_has "measure: error[$reason]: $file: "
	fi
	cp "$STDERR" told
	run_stdin "$file" eif -
	expect_status "$status"
	run eif --lenient "$file"
	if [ "$status" -eq 3 ]; then
		expect_status 3
		cmp -s told "$STDERR" || expect grep -qF "[$reason]" "$STDERR"
	fi
}

count=0
while read -r name status reason registers; do
	# shellcheck disable=SC2086 # names and values by turns
	check "$name" "$status" "$reason" $registers
	ok "$name answers as expected"
	count=$((count + 1))
done <table
expect test "$count" -ge 42
expect test "$count" -eq "$(find "$vectors" -name '*.eif' | wc -l)"
ok 'every image of the vectors has an expectation'

# An empty command line is accepted with a warning, and never written.
run eif "$vectors/d_emptyc.eif"
expect_stderr "measure: warning[empty-cmdline]: $vectors/d_emptyc.eif: the command line is empty"
run build eif --kernel "$vectors/kernel" --cmdline '' --ramdisk "$vectors/rd1" -o none.eif
expect_status 2
expect_no_file none.eif
ok 'an empty command line is read and not written'

# What the files' own metadata show was given to the reference builder.
reference()
{
	run build eif --kernel "$vectors/kernel" --name kernel --version 1.0 --img-os OS \
		--img-kernel kernel --build-tool eif_build --build-tool-version 0.3.1 "$@"
	expect_status 0
}

reference --cmdline 'console=ttyS0 a=b' --ramdisk "$vectors/rd1" --ramdisk "$vectors/rd2" -o a.eif
expect_same a.eif "$vectors/a.eif"
ok 'an image of two ramdisks is built as by eif_build'

reference --arch aarch64 --cmdline x --ramdisk "$vectors/rd1" --build-time T \
	--metadata "$vectors/cm.json" -o m.eif
expect_same m.eif "$vectors/m.eif"
ok 'an image with its own metadata is built as by eif_build'

run eif --kernel "$vectors/kernel" --cmdline 'console=ttyS0 a=b' --ramdisk "$vectors/rd1" \
	--ramdisk "$vectors/rd2"
cp "$STDOUT" parts
run eif a.eif
expect_stdout @parts
ok 'parts have the registers of the image'

# The signature that was published, attached to the unsigned image that was just rebuilt.
attach()
{
	mkdir "parts$1"
	run extract "$vectors/s$1.eif" -C "parts$1"
	expect_status 0
	run sign eif a.eif --cert "parts$1/certificate.pem" --attach "parts$1/signature.raw" \
		-o "s$1.eif"
	expect_status 0
	expect_same "s$1.eif" "$vectors/s$1.eif"
	expect_same "parts$1/certificate.pem" "$vectors/c$1.pem"
}

attach 256
attach 384
ok 'a published signature makes a rebuilt image the signed one, byte for byte'

# Own signatures differ in their numbers and in nothing else.
for bits in 256 384 521; do
	run sign eif a.eif --key "$vectors/k$bits.pem" --cert "$vectors/c$bits.pem" -o own.eif
	expect_status 0
	cp "$STDOUT" signed
	run eif own.eif
	expect_status 0
	expect_stdout @signed
	expect python3 "$ROOT/tests/shouldfail/second_opinion.py" own.eif
	python3 "$ROOT/tests/shouldfail/second_opinion.py" own.eif >opinion
	expect grep -q '	0	PCR0=' opinion
	# signed again, the new one is no longer nor shorter by what the first one was
	run sign eif own.eif --key "$vectors/k384.pem" --cert "$vectors/c384.pem"
	expect_status 0
	run eif own.eif
	expect_status 0
	grep -v PCR8 "$STDOUT" >without
	run eif a.eif
	expect_stdout @without
	ok "an image is signed with a key on P-$bits, and again"
done

run sign eif a.eif --key "$vectors/k256.pem" --cert "$vectors/c384.pem" -o none.eif
expect_status 1
expect_stderr_has 'measure: error[key-mismatch]: '
run sign eif a.eif --cert "$vectors/c384.pem" --attach parts256/signature.raw -o none.eif
expect_status 3
run sign eif m.eif --cert "$vectors/c384.pem" --attach parts384/signature.raw -o none.eif
expect_status 1
expect_stderr_has 'measure: error[signature]: '
expect_no_file none.eif
ok 'keys and signatures of something else sign nothing'

expect python3 "$ROOT/tests/shouldfail/second_opinion.py" "$vectors"/*.eif
python3 "$ROOT/tests/shouldfail/second_opinion.py" "$vectors"/*.eif >opinions
while read -r name status reason registers; do
	line=$vectors/$name'	'$status'	'
	# shellcheck disable=SC2086
	[ "$status" -ne 0 ] || line=$line$(printf ' %s=%s' $registers | cut -c2-)
	expect grep -qF "$line" opinions
done <table
ok 'the second opinion of the tests answers as expected too'

plan done
