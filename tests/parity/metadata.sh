#!/bin/sh
# `measure build eif` and eif_build: CustomMetadata as serde_json spells it
. "${0%/*}/../lib.sh"
need eif_build
. "$ROOT/tests/parity/lib.sh"

# value JSON: printf's %b has undone its own escapes; JSON's backslashes are written twice
value()
{
	printf '%b' "$1" >custom.json
	both "custom metadata $1" --kernel kernel --cmdline c --ramdisk rd2 --metadata custom.json
}

# refused JSON: eif_build writes something, which two of its builds, or two readers, could disagree
# about; ours says why it does not
refused()
{
	printf '%b' "$1" >custom.json
	rm -f ours.eif
	run_command eif_build --build-time "$EPOCH" --kernel kernel --cmdline c --ramdisk rd2 \
		--metadata custom.json --output theirs.eif
	expect_status 0
	run build eif --kernel kernel --cmdline c --ramdisk rd2 --metadata custom.json -o ours.eif
	expect_status 3
	expect_no_file ours.eif
	named "refused here alone: custom metadata $1"
}

# neither JSON
neither()
{
	printf '%b' "$1" >custom.json
	rm -f ours.eif
	run_command eif_build --kernel kernel --cmdline c --ramdisk rd2 --metadata custom.json \
		--output theirs.eif
	expect [ "$STATUS" != 0 ]
	run build eif --kernel kernel --cmdline c --ramdisk rd2 --metadata custom.json -o ours.eif
	expect_status 3
	expect_no_file ours.eif
	named "refused by both: custom metadata $1"
}

for number in 0 1 -1 10 -0 -0.0 0.0 0e5 0e400 0.1 -0.1 1.0 1.10 1.50 100.0 1e0 1e3 1E3 1e+3 1e03 \
	1E-2 123456.789e-10 0.001 0.0001 0.00001 1e-5 1e-6 1e-7 1.5e-5 0.000012345 1e-10 1e-20 1e-22 \
	1e15 9e15 1.5e15 9.99e15 0.1e16 123456789012345 123456789012345.0 12345678901234.5 1.23456789012345 \
	123456789012345678 9007199254740993 9223372036854775807 9223372036854775808 \
	18446744073709551615 -9223372036854775808 3.14 99.99 17.76 0.7 2.5 0.3; do
	value "$number"
done
# above 1e16 the exponent has a plus sign in newer releases; beyond 15 digits, or far exponents,
# eif_build does not round correctly
for number in 1e16 1e17 1e22 1e23 1.5e300 18446744073709551616 -9223372036854775809 \
	123456789012345680000 0.12345678901234567 57e-28 6e-42; do
	refused "$number"
done
for number in 01 -01 00 1. .5 +1 - 1e 1e+ 0x10 1_000 NaN Infinity -Infinity 1e309 1e99999999999 \
	True nul; do
	neither "$number"
done

for c in 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c \
	1d 1e 1f 22 2f 5c 7f 80 9f a0 e9; do
	value "\"\\\\u00$c\""
done
value '"\\u2028\\u2029\\ufeff\\ufffe\\uffff\\ue000"'
value '"\\ud83d\\ude00 \\uD83D\\uDE00 \\udbff\\udfff"'
value '"\\b\\f\\n\\r\\t\\"\\\\\\/"'
value '"é ☃ 😀 \0177"'
for text in '"\\ud83d"' '"\\ude00"' '"\\ud83d\\ud83d"' '"\\ud83dx"' '"\\a"' '"\\x41"' '"\\u004"' \
	'"\\u00g0"' '"\t"' '"\n"' '"\0001"' '"\0377"' '"\0300\0257"' '"\0355\0240\0200"' '"a' "'a'"; do
	neither "$text"
done

for json in null true false '"x"' '{}' '[]' '[null]' '[[],{},[[]],[{}]]' '{"a":{},"b":[]}' \
	' { "a" : [ 1 , 2 ] } ' '\t\n\r1\t\n\r' '{"b":1,"A":2,"aa":3,"a":4,"é":5,"":6,"Z":7}' \
	'{"\\u0000":1,"\\uffff":2,"\\ud83d\\ude00":3,"~":4}' '{"z":{"z":1,"a":{"y":[{"q":1,"p":2}]}}}' \
	'{"BuildTime":"x","CustomMetadata":{"ImageName":1}}'; do
	value "$json"
done
for json in '' ' ' '[1,]' '{"a":1,}' '{,}' '{"a"}' '{a:1}' '{1:2}' '[1 2]' '1 2' '{}{}' '[]]' '[[]' \
	'//c\n1' '/*c*/1' '\0357\0273\02771' '1\0000' '\v1' '\f1'; do
	neither "$json"
done
refused '{"a":1,"a":2}'
refused '{"\\u0061":1,"a":2}'

# nested DEPTH
nested()
{
	printf '[%.0s' $(seq "$1")
	printf ']%.0s' $(seq "$1")
}
# one level more is what nitro-cli cannot read back
value "$(nested 126)"
refused "$(nested 127)"
neither "$(nested 128)"

# sized BYTES: a string of that many bytes in the file
sized()
{
	printf '"%s"' "$(head -c $(($1 - 2)) /dev/zero | tr '\0' a)"
}
for size in 4095 4096; do
	sized $size >custom.json
	both "custom metadata of $size bytes" --kernel kernel --cmdline c --ramdisk rd2 \
		--metadata custom.json
done
sized 4097 >custom.json
rm -f ours.eif
run build eif --kernel kernel --cmdline c --ramdisk rd2 --metadata custom.json -o ours.eif
expect_status 3
expect_no_file ours.eif
ok 'custom metadata of 4097 bytes is refused by both'

plan done
