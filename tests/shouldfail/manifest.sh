#!/bin/sh
# Every broken manifest, signed manifest and bundle of manifest_cases.txt: made from a good one by
# `manifest_mutate`, which proves that the defect is there, signed by a trusted key where that is
# not the defect itself, and then refused by every verb that reads manifests, with the exit status
# and the text of the table, nothing on stdout but the checks of a no, nothing written.
. "${0%/*}/../lib.sh"
need openssl
MUTATE=$BUILD/tests/manifest_mutate CASES=$ROOT/tests/shouldfail/manifest_cases.txt

# make OUT BASE STEPS: steps are separated by " ; "
make()
{
	rest=$3
	set -- "$1" "$2"
	while [ -n "$rest" ]; do
		set -- "$@" "${rest%% ; *}"
		case $rest in *' ; '*) rest=${rest#* ; } ;; *) rest= ;; esac
	done
	"$MUTATE" "$@"
}

# refusal STATUS REASON SUBJECT TEXT: what the last run printed, and nothing else
refusal()
{
	expect_status "$1"
	expect_stdout ''
	expect_first_line "measure: error[$2]: $3: $4"
}

# A hint may follow.
expect_first_line()
{
	head -n 1 "$STDERR" >line
	printf '%s\n' "$1" >wanted
	expect diff wanted line
	expect test "$(grep -c '^measure: error' "$STDERR")" -eq 1
}

# check FILE STATUS REASON TEXT: what is said is said of the image once the manifest was read
check()
{
	subject=$1
	case $2:$3 in 1:* | 4:* | *:wrong-manifest) subject=image.eif ;; esac
	run check image.eif --manifest "$1" --trust trust.yml
	if [ "$subject" = image.eif ] && [ "$3" != wrong-manifest ]; then
		end=FAIL
		[ "$2" -ne 4 ] || end=UNDECIDED
		expect test "$(tail -n 1 "$STDOUT")" = $end
		harmless
		: >"$STDOUT"
	fi
	refusal "$2" "$3" "$subject" "$4"
}

# lint FILE REASON TEXT: lint tells all; its error is the first of them
lint()
{
	run manifest lint "$1"
	expect_status 3
	sed -n '1s/: the first of [0-9]* errors: /: /p; 1!d; t; p' "$STDERR" >line
	printf 'measure: error[%s]: %s: %s\n' "$2" "$1" "$3" >wanted
	expect diff wanted line
	expect grep -q '^error    \[' "$STDOUT"
	harmless
}

# A file whose fault lint does not look at, or takes for none.
lint_accepts()
{
	run manifest lint "$1"
	expect_status 0
	expect_stderr ''
	harmless
}

harmless() { expect test "$(tr -d '\12\40-\176' <"$STDOUT" | wc -c)" -eq 0; }

# unsigned FILE REASON TEXT: verbs that read it but for check
unsigned()
{
	lint "$1" "$2" "$3"
	run manifest show "$1"
	refusal 3 "$2" "$1" "$3"
	run sign manifest "$1" --signer alice --key p384.key -o out.corim
	refusal 3 "$2" "$1" "$3"
	run manifest export "$1" --to json -o out.json
	expect_status 3
	expect_stdout ''
	expect_no_file out.corim out.json
}

# signed FILE STATUS REASON TEXT: its envelope, as lint sees it and as bundles take it
signed()
{
	if [ "$2" -ne 3 ]; then
		lint_accepts "$1"
		return
	fi
	run manifest lint "$1"
	case $(head -n 1 "$STDERR") in
	'measure: error[statement]: '*) lint "$1" statement "${4% (0x*}" ;;
	*) lint "$1" "$3" "$4" ;;
	esac
	case $3 in statement | content-type)
		run manifest bundle "$1" -o out.bundle
		refusal 3 "$3" "$1" "$4"
		expect_no_file out.bundle
		;;
	esac
}

for key in p256 p384 ed25519; do
	"$MUTATE" $key.pub public $key
	"$MUTATE" $key.key private $key
done
"$BUILD/tests/mutate" base - image.eif
for who in alice=p384 carl=p256 dora=ed25519; do
	run trust add "${who#*=}.pub" --name "${who%=*}" --role publisher --trust trust.yml
	expect_status 0
done
run manifest make image.eif --product example.org/blindbox --version 1.2.3 -o made.corim
make good.corim nitro ''
expect_same made.corim good.corim
run manifest lint good.corim
expect_status 0
expect_stdout 'no findings'
ok 'the manifest that is broken below is the one that the program makes'

# shellcheck disable=SC2016 # words of manifest_mutate
for steps in 'sign p384' '$ALG -> -7 ; sign p256' '$ALG -> -8 ; sign ed25519'; do
	for base in statement bundle; do
		make good $base "$steps"
		run check image.eif --manifest good --trust trust.yml
		expect_status 0
		expect_stderr ''
		run manifest lint good
		expect_status 0
		expect_stdout 'no findings'
	done
done
for base in foreign snp; do
	make good $base ''
	run manifest lint good
	expect_status 0
	expect_stdout 'no findings'
done
ok 'without a defect there is nothing to refuse'

while IFS='|' read -r name base steps status reason text read_otherwise; do
	case $name in '#'* | '') continue ;; esac
	name=${name% } base=${base# } base=${base% } steps=${steps# } steps=${steps% }
	status=${status# } status=${status% } reason=${reason# } reason=${reason% }
	text=${text# } text=${text% } read_otherwise=${read_otherwise# }
	if ! make "$name" "$base" "$steps"; then
		not_ok "$name" 'it cannot be made'
		continue
	fi
	check "$name" "$status" "$reason" "$text"
	case $base:$read_otherwise in
	*:accepted) lint_accepts "$name" ;;
	statement:?* | bundle:?* | detached:?*)
		lint "$name" "${read_otherwise%%: *}" "${read_otherwise#*: }"
		;;
	statement: | bundle: | detached:) signed "$name" "$status" "$reason" "$text" ;;
	*:?*) unsigned "$name" "${read_otherwise%%: *}" "${read_otherwise#*: }" ;;
	*) unsigned "$name" "$reason" "$text" ;;
	esac
	ok "$name"
done <"$CASES"

# Under it a signature of zeros would hold over anything (RFC 8032, 5.1.7).
{
	printf '\60\52\60\5\6\3\53\145\160\3\41\0\1'
	head -c 31 /dev/zero
} >small.der
cat >small.yml <<END
version: 1
keys:
  - name: small
    id: "$(sha256sum <small.der | cut -d ' ' -f 1)"
    spki: "$(base64 -w 0 small.der)"
    roles: [publisher]
roles:
  publisher:
    threshold: 1
END
make small.corim statement "\$KID -> h'$(sha256sum <small.der | cut -d ' ' -f 1)' ; \$ALG -> -8 ; \$SIGNATURE -> h'01$(printf '%0126d' 0)'"
run check image.eif --manifest small.corim --trust small.yml
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[key]: small.yml: '
expect_stderr_has 'the key is a point of small order, or no number below the prime'
ok '13-small-order-key'

make old.corim nitro 'prefix d901f4d901f6'
run manifest lint old.corim
expect_stdout - <<'END'
warning  [prefix-tag] begins with tag 500 or 502, which the draft no longer has
0 errors, 1 warning
END
run manifest show old.corim
expect_status 0
expect_stderr 'measure: warning[manifest-lint]: old.corim: begins with tag 500 or 502, which the draft no longer has'
ok '16-old-prefix is read with a warning'

make odd foreign "0: \"Them\" -> 0: x'681b5b33316de280ae'"
run manifest show odd
expect_status 0
expect_stdout_has '\x1b[31m\u{202e}'
harmless
run manifest show odd --json
expect_status 0
harmless
run manifest show odd --diag
expect_status 0
harmless
ok '10: what cannot be shown is escaped'

plan done
