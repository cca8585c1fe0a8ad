#!/bin/sh
# A few bytes of CBOR that promise gigabytes, or nest without end, to every verb that reads CBOR:
# exit status 3, within a mebibyte of what the same verb takes for a harmless file, and 50 ms of CPU.
. "${0%/*}/../lib.sh"
MUTATE=$BUILD/tests/manifest_mutate

# what the sanitizers take is not the program's
case $BUILD in *asan* | *fuzz*) room=1000000 time=5000000 ;; *) room=1024 time=50000 ;; esac

# spent COMMAND...: its exit status, and the KiB and microseconds that it took
spent()
{
	# the shell gives its child's exit status away
	cat >spent.sh <<-'EOT'
		status=0
		"$@" >out 2>err </dev/null || status=$?
		echo $status >status
	EOT
	figures=$("$BUILD/tests/spent" 1 log sh spent.sh "$@")
	status=$(cat status) kib=${figures##* } us=${figures% *} us=${us#* }
}

# bounded FILE COMMAND...: {} in the command is the file. Twice at most, since the machine may be busy.
bounded()
{
	file=$1
	shift
	n=$#
	while [ $n -gt 0 ]; do
		word=$1
		shift
		[ "$word" != '{}' ] || word=$file
		set -- "$@" "$word"
		n=$((n - 1))
	done
	spent "$MEASURE" "$@"
	if [ "$kib" -gt $((idle + room)) ] || [ "$us" -gt $time ]; then
		spent "$MEASURE" "$@"
	fi
}

# verb FOLDERS COMMAND...: every bomb of the folders to it, and first $idle_file
verb()
{
	folders=$1
	shift
	bounded "$idle_file" "$@"
	rm -rf none
	idle=$kib most=0 longest=0
	for bomb in $folders; do
		bounded "$bomb" "$@"
		[ "$status" -eq 3 ] || lib_problem "$bomb: exit status $status" <err
		case $* in *lint*) ;; *) [ ! -s out ] || lib_problem "$bomb: it prints" <out ;; esac
		[ "$kib" -le $((idle + room)) ] ||
			lib_problem "$bomb: $kib KiB, where $idle_file takes $idle" </dev/null
		[ "$us" -le $time ] || lib_problem "$bomb: $us microseconds" </dev/null
		[ $((kib - idle)) -le $most ] || most=$((kib - idle))
		[ "$us" -le "$longest" ] || longest=$us
	done
	expect_no_file none
	echo "# $*: at most $most KiB over $idle, $longest us"
}

mkdir bombs inside envelopes
for head in 9a10000000 9b0000000100000000 9bffffffffffffffff bb7fffffffffffffff 5a7fffffff \
	5bffffffffffffffff 7bffffffffffffffff 9f9f9f9f9f dbffffffffffffffff; do
	unhex $head >bombs/$head
	for front in d901f5 d901f4d901f6 d284 d28440a0; do
		unhex $front$head >bombs/$front-$head
	done
	"$MUTATE" inside/comid-$head nitro "506(<<\$COMID>>) -> 506(<<x'$head'>>)"
	"$MUTATE" inside/registers-$head nitro "[\$PCR0, \$PCR1, \$PCR2] -> x'$head'"
	"$MUTATE" inside/payload-$head statement "\$PAYLOAD -> x'$head'" 'sign p384'
	"$MUTATE" inside/bundled-$head bundle "\$PAYLOAD -> x'$head'" 'sign p384'
	"$MUTATE" envelopes/header-$head statement "\$HEADER -> x'$head'" 'sign p384'
	"$MUTATE" envelopes/meta-$head statement "\$META -> x'$head'" 'sign p384'
	"$MUTATE" envelopes/bundled-$head bundle "\$HEADER -> x'$head'" 'sign p384'
done
for each in 81 9f c1 a100 bf00 a16161 5f; do
	"$MUTATE" bombs/deep-$each nitro "fill $each 100000"
	"$MUTATE" bombs/deep-behind-tag-$each nitro "fill $each 100000" 'prefix d901f5'
	"$MUTATE" bombs/deep-signed-$each nitro "fill $each 100000" 'prefix d284'
done
"$MUTATE" good.signed statement 'sign p384'
"$MUTATE" p384.pub public p384
"$MUTATE" p384.key private p384
"$BUILD/tests/mutate" base - image.eif
run trust add p384.pub --role publisher --trust trust.yml
expect_status 0
ok "there are $(find bombs inside envelopes -type f | wc -l) bombs"

printf '\0' >idle
idle_file=idle
verb 'bombs/* inside/* envelopes/*' manifest lint '{}'
verb 'bombs/* inside/* envelopes/*' check image.eif --manifest '{}' --trust trust.yml
verb 'bombs/* inside/*' check image.eif --manifest good.signed --manifest '{}' --trust trust.yml
verb 'bombs/* inside/* envelopes/*' manifest bundle '{}' -o none
ok 'no bomb reaches a yes, or a bundle'

# the envelope of a signature is nothing to these
verb 'bombs/* inside/*' manifest show '{}'
verb 'bombs/* inside/*' manifest export '{}' --to json -o none
verb 'bombs/* inside/*' sign manifest '{}' --signer x --key p384.key -o none
verb 'bombs/*' manifest show --diag '{}'
ok 'nor words, an export or a signature'

# in the signature section of an image
mkdir images
for bomb in bombs/*; do
	"$BUILD/tests/mutate" append image.eif "images/${bomb#*/}" 4 "$bomb"
done
idle_file=image.eif
verb 'images/*' eif '{}'
verb 'images/*' inspect '{}'
verb 'images/*' extract '{}' -C none
ok 'nor registers of an image'

plan done
