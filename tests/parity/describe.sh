#!/bin/sh
# `measure eif --json=nitro-cli` and `nitro-cli describe-eif`, byte for byte, of one release each
. "${0%/*}/../lib.sh"
. "$ROOT/tests/parity/lib.sh"

# lines of RELEASE and the command that describes a file
for release in 1.4 1.5; do
	! command -v "describe-eif-$release" >/dev/null || echo "$release describe-eif-$release"
done >describers
if command -v nitro-cli >/dev/null; then
	release=$(nitro-cli --version | grep -o '[0-9]*\.[0-9]*' | head -n 1)
	echo "$release nitro-cli describe-eif --eif-path" >>describers
fi
[ -s describers ] || {
	echo '1..0 # SKIP describe.sh: neither nitro-cli nor describe-eif-RELEASE'
	exit 0
}

# described NAME FILE: each describer prints what the program prints
described()
{
	while read -r release describe; do
		# shellcheck disable=SC2086
		run_command $describe "$2"
		expect_status 0
		cp "$STDOUT" theirs.json
		run eif "$2" --json=nitro-cli --nitro-cli-release "$release"
		expect_status 0
		expect_stdout @theirs.json
		named "$release: $1"
	done <describers
}

# image FILE OPTION...
image()
{
	image_file=$1
	shift
	run build eif --kernel kernel --cmdline c --ramdisk rd0 --ramdisk rd2 -o "$image_file" "$@"
	expect_status 0
}

image plain.eif
described 'an image without a signature' plain.eif
image named.eif --name 'a"b\c/é😀	' --version '' --img-os "$(printf '\001\177')" --arch aarch64
described 'names with quotes, controls and UTF-8' named.eif

while read -r json; do
	printf '%b' "$json" >free.json
	image free.eif --metadata free.json
	described "custom metadata $json" free.eif
	image free.eif --docker-info free.json
	described "docker info $json" free.eif
done <<'VALUES'
{}
{"a":{},"b":[],"c":[[]],"d":[{}],"e":[{"x":[],"y":{}}]}
{"z":1,"A":[1.5,1e3,-7,18446744073709551615,-0.0,1e-7,0.00001],"a":{"q":null,"b":[true,false]}}
{"k\\u0001\\n":"\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\/\0177é\\u2028\\ud83d\\ude00","é":"日本"}
{"Key":"x","CustomMetadata":{"a":1},"ImageName":"i","HashAlgorithm":"h"}
VALUES
# these names are printed twice, which is what nitro-cli does
for key in BuildTime BuildTool DockerInfo KernelVersion; do
	printf '{"%s":"again"}' "$key" >free.json
	image free.eif --metadata free.json
	described "custom metadata with the key $key" free.eif
done

# ---- certificates

openssl ecparam -name prime256v1 -genkey -noout -out p256.key
openssl ecparam -name secp384r1 -genkey -noout -out p384.key
openssl ecparam -name secp521r1 -genkey -noout -out p521.key

# signed NAME CERT KEY
signed()
{
	run sign eif plain.eif --cert "$2" --key "$3" -o signed.eif
	expect_status 0
	described "$1" signed.eif
}

# issued CERT KEY MASK LINE...: a certificate of its own issuer; MASK chooses the type of strings
# and LINE is a line of the name
issued()
{
	issued_cert=$1 issued_key=$2
	printf '[req]\nprompt=no\nutf8=yes\ndistinguished_name=n\nstring_mask=%s\n[n]\n' "$3" >req.cnf
	shift 3
	printf '%s\n' "$@" >>req.cnf
	openssl req -new -x509 -days 30 -key "$issued_key" -config req.cnf -out "$issued_cert" 2>req.log ||
		lib_problem "openssl req" <req.log
}

for key in p256 p384 p521; do
	issued "$key.pem" "$key.key" utf8only CN="$key"
	signed "a key on $key" "$key.pem" "$key.key"
done
for digest in sha1 sha224 sha256 sha384 sha512; do
	openssl req -new -x509 -days 30 -key p256.key -subj "/CN=d" "-$digest" -out d.pem
	signed "a certificate signed with $digest" d.pem p256.key
done

while IFS='|' read -r what mask name; do
	issued n.pem p256.key "$mask" "$name"
	signed "issuer with $what" n.pem p256.key
done <<'NAMES'
quotes|utf8only|CN=a \"b\" "c
a backslash|utf8only|CN=a\\b \\\\c\\\"
separators|utf8only|CN=a,b/c+d\=e;<f>'g
UTF-8|utf8only|CN=é ☃ 😀 日本
a BMPString|MASK:0x800|CN=aé日
a T61String|MASK:0x4|CN=aéb
a UniversalString|MASK:0x100|CN=a😀
an IA5String|default|emailAddress=a@b.example
control characters|utf8only|CN=a\tb\nc\rd
blanks|utf8only|CN= a  b 
NAMES
issued n.pem p256.key utf8only C=US ST=WA L=Seattle O=Org 0.OU=b 1.OU=a CN=cn emailAddress=a@b.c \
	0.DC=x 1.DC=y UID=u serialNumber=1 SN=s GN=g title=t
signed 'an issuer with many and repeated fields' n.pem p256.key
issued n.pem p256.key utf8only CN=one +OU=two 1.2.3.4=three
signed 'an issuer with several values in one set, and a field without a name' n.pem p256.key

# ca KEY OPTION...: leaf.pem of p256.key, issued by a certificate of KEY
ca()
{
	openssl req -new -x509 -days 30 -key "$1" -subj "/CN=ca" -out ca.pem
	openssl req -new -key p256.key -subj "/CN=leaf" -out leaf.csr
	openssl x509 -req -in leaf.csr -CA ca.pem -CAkey "$1" -CAcreateserial -days 30 -out leaf.pem \
		2>/dev/null
}

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>/dev/null
openssl genpkey -algorithm ED25519 -out ed.key
for key in rsa ed; do
	ca $key.key
	signed "a certificate issued with a key of $key" leaf.pem p256.key
done

# dated FROM TO: leaf.pem, valid between
dated()
{
	: >index.txt
	printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes
default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >ca.cnf
	openssl req -new -key p256.key -subj "/CN=dated" -out leaf.csr
	openssl ca -batch -config ca.cnf -selfsign -keyfile p256.key -in leaf.csr -startdate "$1" \
		-enddate "$2" -out leaf.pem -notext 2>/dev/null
}

while read -r from to; do
	dated "$from" "$to"
	signed "a certificate valid from $from to $to" leaf.pem p256.key
done <<'DATES'
260101000000Z 260209030405Z
491231235959Z 20500101000000Z
700101000000Z 99991231235959Z
DATES

# an image that nitro-cli's own builder signed
if command -v eif_build >/dev/null; then
	run_command eif_build --kernel kernel --cmdline c --ramdisk rd0 --build-time "$EPOCH" \
		--private-key p384.key --signing-certificate p384.pem --output theirs.eif
	described 'an image that eif_build signed' theirs.eif
fi

# every vector that is to be accepted
for file in "$SHARED"/vectors/eif/*.eif; do
	[ -e "$file" ] || break
	run eif "$file"
	[ "$STATUS" = 0 ] || continue
	described "${file##*/}" "$file"
done

plan done
