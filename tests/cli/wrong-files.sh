#!/bin/sh
# The wrong kind of file as every operand and option of the verbs about manifests: one reason with
# its exit status for each, never a wait, never a yes, and nothing written.
. "${0%/*}/../lib.sh"
need openssl
need git
MUTATE=$BUILD/tests/manifest_mutate

# every run ends by itself
program=$MEASURE
cat >"$lib_top/run/bounded" <<EOT
#!/bin/sh
exec timeout -k 5 60 '$program' "\$@"
EOT
chmod 755 "$lib_top/run/bounded"
MEASURE=$lib_top/run/bounded

# The kinds, and what is right in each place.
"$BUILD/tests/mutate" base - image
"$BUILD/tests/mutate" certificate - certificate 384
"$MUTATE" private-key private p384
"$MUTATE" public-key public p384
"$MUTATE" manifest nitro
"$MUTATE" signed statement 'sign p384'
"$MUTATE" bundle bundle 'sign p384'
"$MUTATE" detached detached 'sign p384'
run trust add public-key --role publisher --trust trust
expect_status 0
run manifest export manifest --to json -o json-manifest
expect_status 0
printf '{"a": [1, 2, 3]}\n' >json
printf 'first: 1\nsecond: [a, b]\n' >yaml
printf 'a text, which is nothing else\n' >text
gzip -nc image >zipped
git init -q repository
git -C repository -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m t
git -C repository repack -a -d -q
cp repository/.git/objects/pack/*.pack pack
: >empty
mkdir directory
mkfifo fifo
truncate -s 3G sparse
run sign manifest manifest --signer t --public-key public-key --tbs-out to-sign
expect_status 0
openssl dgst -sha384 -sign private-key -out signature to-sign
openssl pkey -in private-key -aes256 -passout pass:secret -out locked-key
cp trust trust-before
ok 'there is a file of each kind'

kinds='image private-key public-key certificate manifest signed bundle detached trust json-manifest
json yaml text zipped pack signature empty directory fifo /dev/zero sparse missing'

# reason KIND REASON KIND=REASON...: "STATUS REASON" of that kind: its own, that of all, or the rest's
reason()
{
	kind=$1 rest=$2
	shift 2
	for own; do
		[ "${own%%=*}" != "$kind" ] || rest=${own#*=}
	done
	case $kind:$rest in
	*:no-trust) echo "4 $rest" ;;
	missing:*) echo '5 no-such-file' ;;
	directory:* | fifo:* | /dev/zero:*) echo '3 not-a-file' ;;
	sparse:magic) echo '3 magic' ;;
	sparse:*) echo '3 limit' ;;
	*) echo "3 $rest" ;;
	esac
}

# refused FILE STATUS REASON COMMAND...: {} in the command is the file
refused()
{
	file=$1 status=$2 why=$3
	shift 3
	n=$#
	while [ $n -gt 0 ]; do
		word=$1
		shift
		[ "$word" != '{}' ] || word=$file
		set -- "$@" "$word"
		n=$((n - 1))
	done
	run "$@"
	expect_status "$status"
	case $* in *lint*) ;; *) expect_stdout '' ;; esac
	expect test "$(grep -c '^measure: error' "$STDERR")" -eq 1
	expect grep -q "^measure: error\\[$why\\]: $file: " "$STDERR"
	expect_no_file out
}

# COMMAND | kinds that are right there | reason for all others | reasons of some
# shellcheck disable=SC2086 # words of ours, without blanks in them
while IFS='|' read -r command right rest own; do
	for kind in $kinds; do
		case " $right " in *" $kind "*) continue ;; esac
		# shellcheck disable=SC2046
		refused "$kind" $(reason "$kind" $rest $own) $command
	done
	ok "$command"
done <<'END'
manifest show {} | manifest signed bundle | corim
manifest show --diag {} | manifest signed bundle detached | trailing | json-manifest=truncated json=truncated zipped=cbor empty=truncated
manifest lint {} | manifest signed bundle | corim
manifest export {} --to json -o out | manifest signed bundle | corim
manifest bundle {} -o out | manifest signed bundle | corim | detached=statement
manifest bundle signed {} -o out | manifest signed bundle detached | corim
manifest bundle signed --collateral {} -o out | certificate | certificate
manifest make {} --product p --version 1 -o out | image | magic | empty=truncated
manifest make image --record {} -o out | | json | json-manifest=build-record json=build-record
manifest make image --product p --version 1 --certificate {} -o out | certificate | certificate
sign manifest {} --signer t --key private-key -o out | manifest signed bundle | corim
sign manifest {} --signer t --public-key public-key --tbs-out out | manifest signed bundle | corim
sign manifest manifest --signer t --key {} -o out | private-key | key
sign manifest manifest --signer t --public-key {} --tbs-out out | public-key certificate | key
sign manifest manifest --signer t --public-key public-key --attach {} -o out | signature | signature-form
trust show --trust {} | trust | yaml | missing=no-trust
trust add {} --role publisher --trust out | public-key certificate | key
trust add public-key --role root --trust {} | trust missing | yaml
check {} --manifest signed --trust trust | image | magic | empty=truncated
check image --manifest {} --trust trust | manifest signed bundle | corim | detached=statement
check image --manifest signed --manifest {} --trust trust | manifest signed bundle detached | corim
check image --manifest signed --trust {} | trust | yaml | missing=no-trust
END

# a passphrase is any line of text, which opens the key or does not
for kind in image text empty zipped; do
	run sign manifest manifest --signer t --key locked-key --passphrase-file $kind -o out
	expect_status 3
	expect_stderr_has 'measure: error[key]: locked-key: the passphrase does not open the private key'
done
# shellcheck disable=SC2046
for kind in directory fifo /dev/zero sparse missing; do
	refused $kind $(reason $kind key) \
		sign manifest manifest --signer t --key locked-key --passphrase-file '{}' -o out
done
expect_no_file out
ok 'nothing else opens a locked key'

expect_same trust trust-before
run check image --manifest bundle --trust trust -q
expect_status 0
expect test "$(find . -name '.*.tmp' | wc -l)" -eq 0
ok 'all the files are as they were'

plan done
