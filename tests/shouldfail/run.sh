#!/bin/sh
# Every broken image of cases.txt: made from a good one by `mutate`, which proves that the defect is
# there and makes the checksum right, then refused by every verb that reads images, with the exit
# status and the text of the table, and nothing on stdout or left behind. At the end an independent
# reader in Python gives its opinion on all of them.
. "${0%/*}/../lib.sh"
need openssl
MUTATE=$BUILD/tests/mutate CASES=$ROOT/tests/shouldfail/cases.txt

# certificate NAME KEY-OPTIONS...: self-signed, to files/NAME
certificate()
{
	name=$1
	shift
	openssl req -x509 -nodes -keyout "files/$name.key" -out "files/$name" -days 3650 \
		-subj "/CN=$name" "$@" 2>/dev/null
}

# repeat COUNT TEXT
repeat() { head -c "$1" /dev/zero | sed "s/\\x0/$2/g"; }

make_certificates()
{
	"$MUTATE" certificate - files/p256 256
	"$MUTATE" certificate - files/p384 384
	"$MUTATE" certificate - files/expired expired
	"$MUTATE" key - files/pem-key 256
	certificate other -newkey ec -pkeyopt ec_paramgen_curve:P-256
	certificate pem-rsa -newkey rsa:2048
	certificate pem-secp256k1 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1
	certificate pem-ed25519 -newkey ed25519
	certificate pem-explicit-curve -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
		-pkeyopt ec_param_enc:explicit
	cat files/p256 files/p384 >files/chain
	cat files/p384 files/p256 >files/wrong-first
}

# What stands in place of a certificate in PEM.
make_non_certificates()
{
	: >files/pem-empty
	echo 'no certificate at all' >files/pem-text
	{ echo 'Certificate:' && cat files/p256; } >files/pem-text-before
	{ echo && cat files/p256; } >files/pem-blank-before
	{ printf '\357\273\277' && cat files/p256; } >files/pem-bom
	sed '$d' files/p256 >files/pem-no-end
	sed '3s/.*/**** no base64 ****/' files/p256 >files/pem-no-base64
	sed 's/CERTIFICATE/X509 CRL/' files/p256 >files/pem-other-label
	sed 's/CERTIFICATE/CERTIF\xbbCATE/' files/p256 >files/pem-label-no-utf-8
	sed '4s/.$/\x0/' files/p256 >files/pem-nul
	openssl x509 -in files/p256 -outform DER -out files/pem-der-itself
	in_pem() { echo '-----BEGIN CERTIFICATE-----' && base64 -w 64 && echo '-----END CERTIFICATE-----'; }
	echo 'these bytes are no certificate' | in_pem >files/pem-not-der
	{ cat files/pem-der-itself && echo more; } | in_pem >files/pem-der-and-more
	head -c -1 files/pem-der-itself | in_pem >files/pem-der-cut
}

# What stands behind a certificate and is none.
make_followers()
{
	behind() { cat files/p256 - >"files/behind-$1"; }
	behind key <files/pem-key
	openssl pkcs8 -topk8 -nocrypt -in files/pem-key | behind pkcs8-key
	echo 'subject=CN=next' | behind junk
	printf '\0' | behind nul
	printf '\n\033[31m' | behind escape
	behind broken <files/pem-no-base64
	behind cut <files/pem-no-end
	echo '-----BEGIN ' | behind label-alone
	{ echo && cat files/pem-rsa && printf '\r\n' && cat files/p384; } | behind chain
	printf ' \t\r\n\n' | behind space
}

make_contents()
{
	repeat 100000 '[' >files/deep
	{ repeat 128 '[' && repeat 128 ']'; } >files/deep128
	{ printf '"' && repeat 1048574 x && printf '"'; } >files/mib
	{ printf '[0' && repeat 65536 ,0 && printf ']'; } >files/values
	{ printf '"' && repeat 262143 x && printf '"'; } >files/over
	head -c 262145 /dev/zero >files/over-signature
}

# step IN OUT WORDS: one step of a mutation
step()
{
	in=$1 out=$2
	case $3 in
	signed) set -- sign "$in" "$out" 256 ;;
	'metadata '*)
		printf '%b' "${3#metadata }" >text
		set -- content "$in" "$out" metadata text
		;;
	'metadata-file '*) set -- content "$in" "$out" metadata "files/${3#* }" ;;
	'signature-file '*) set -- append "$in" "$out" 4 "files/${3#* }" ;;
	'sign-pem '*) set -- sign "$in" "$out" 256 - "files/${3#* }" ;;
	*)
		# shellcheck disable=SC2086
		set -- $3
		keep=
		[ "$1" != -k ] || { keep=-k && shift; }
		kind=$1
		shift
		set -- ${keep:+"$keep"} "$kind" "$in" "$out" "$@"
		;;
	esac
	"$MUTATE" "$@"
}

# mutation OUT STEPS: steps are separated by " ; "
mutation()
{
	cp base.eif "$1"
	rest=$2
	while [ -n "$rest" ]; do
		words=${rest%% ; *}
		case $rest in *' ; '*) rest=${rest#* ; } ;; *) rest= ;; esac
		step "$1" next.eif "$words" || return 1
		mv next.eif "$1"
	done
}

# What is printed for an image that is refused, or "" for one that is not. A text that ends in *
# goes on with words of a library.
expect_refusal()
{
	case $4 in
	*'*') expect_stderr_has "measure: error[$3]: $1: ${4%?}" ;;
	*) expect_stderr "measure: error[$3]: $1: $4" ;;
	esac
	expect_status "$2"
	expect_stdout ''
}

# Verbs that look first at what a file is: without the magic it is nothing that they know.
expect_guess()
{
	if [ "$(head -c 4 "$1" | tr -d '\0')" = .eif ]; then
		expect_refusal "$@"
	else
		expect_refusal "$1" 3 unknown-type 'the first *'
	fi
}

# Signing replaces a signature section, whatever stands in it, and nothing else.
signed_again()
{
	run sign eif "$1" --key files/pem-key --cert files/p256 -o signed.eif
	case $3:$4 in
	signature-form:* | certificate:*)
		expect_status 0
		run eif signed.eif
		expect_status 0
		expect_stderr ''
		rm -f signed.eif
		;;
	*) expect_refusal "$@" ;;
	esac
}

# The other verbs refuse it alike; a signature that does not hold may be looked at.
other_verbs()
{
	run_stdin "$1" eif -
	expect_status "$2"
	expect_stdout ''
	run "$1"
	expect_guess "$@"
	[ "$2" -eq 3 ] || return 0
	run inspect "$1"
	expect_guess "$@"
	run extract "$1" -C parts
	expect_guess "$@"
	signed_again "$@"
	run eif --lenient "$1"
	expect_status 3
	expect test "$(tr -d '\12\40-\176' <"$STDOUT" | wc -c)" -eq 0
	run eif --lenient --json "$1"
	expect_status 3
	# without a whole header there is nothing to read
	[ "$(wc -c <"$1")" -lt 548 ] || expect_stdout_has '"readings": ['
	expect rmdir parts
	expect_no_file signed.eif
	mkdir parts
}

# All verbs take every fourth image, or all of them with SOAK=1.
refused()
{
	run eif "$1"
	expect_refusal "$@"
	if [ -n "${SOAK:-}" ] || [ $((count % 4)) -eq 1 ]; then
		other_verbs "$@"
	fi
}

# Registers are those of the second opinion, which has the last word below.
accepted()
{
	run eif "$1"
	expect_status 0
	expect_stderr "${3:+measure: warning[$3]: $1: $4}"
	cp "$STDOUT" "$1.registers"
}

mkdir files parts images
make_certificates
make_non_certificates
make_followers
make_contents
"$MUTATE" base - base.eif
count=0

while IFS='|' read -r name steps status reason text; do
	case $name in '#'* | '') continue ;; esac
	name=${name% } steps=${steps# } steps=${steps% }
	status=${status# } status=${status% } reason=${reason# } reason=${reason% }
	text=${text# }
	count=$((count + 1))
	if ! mutation "$name.eif" "$steps"; then
		not_ok "$name" 'the image cannot be made'
		continue
	fi
	if [ "$status" -eq 0 ]; then
		accepted "$name.eif" "$status" "$reason" "$text"
	else
		refused "$name.eif" "$status" "$reason" "$text"
	fi
	ok "$name"
	mv "$name.eif" images
	echo "$status $name" >>expected
done <"$CASES"

# second_opinion: the same verdict on every image, and the same registers
# shellcheck disable=SC2317 # called by expect
second_opinion()
{
	python3 "$ROOT/tests/shouldfail/second_opinion.py" images/*.eif >opinions || return 1
	while read -r status name; do
		if [ "$status" -eq 0 ]; then
			registers=$(sed 's/^\(PCR[0-9]*\)  /\1=/' "$name.eif.registers" | paste -sd ' ')
			grep -Fqx "images/$name.eif	0	$registers" opinions && continue
		else
			grep -Fq "images/$name.eif	$status	" opinions && continue
		fi
		grep -F "images/$name.eif	" opinions
		return 1
	done <expected
}

if command -v python3 >/dev/null; then
	expect second_opinion
	ok "an independent reader agrees on $count images"
else
	skip "an independent reader agrees on $count images" 'no python3'
fi
plan done
