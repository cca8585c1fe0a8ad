#!/bin/sh
# ID blocks from outside: the parts that are the same each time are those of the peer's tool, and so
# are all bytes once a published signature is attached. The signatures are those of RFC 6979, made
# here by a few lines of Python with keys that everybody has, and those of signed IGVM files.
. "${0%/*}/../lib.sh"
need_shared vectors/snp/idblock.json
need python3
vectors=$SHARED/vectors/snp
export vectors

cat >second.py <<'EOT'
import base64, hashlib, hmac, json, os, subprocess, sys

P = 2**384 - 2**128 - 2**96 + 2**32 - 1
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
G = (0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
     0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F)

def plus(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] ** 2 - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P

def times(k, a):
    sum = None
    while k:
        if k & 1:
            sum = plus(sum, a)
        a, k = plus(a, a), k >> 1
    return sum

def sign(d, message):
    """RFC 6979, section 3.2"""
    h = hashlib.sha384(message).digest()
    z = int.from_bytes(h, "big")
    mac = lambda k, *x: hmac.new(k, b"".join(x), "sha384").digest()
    seed = d.to_bytes(48, "big") + (z % N).to_bytes(48, "big")
    k, v = bytes(48), b"\1" * 48
    for sep in b"\0", b"\1":
        k = mac(k, v, sep, seed)
        v = mac(k, v)
    while True:
        v = mac(k, v)
        nonce = int.from_bytes(v, "big")
        if 0 < nonce < N:
            break
        k = mac(k, v, b"\0")
        v = mac(k, v)
    r = times(nonce, G)[0] % N
    s = pow(nonce, -1, N) * (z + r * d) % N
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")

def secret(pem):
    text = subprocess.run(["openssl", "pkey", "-in", pem, "-noout", "-text"], check=True,
                          capture_output=True, text=True).stdout
    hexes = text.split("priv:")[1].split("pub:")[0]
    return int("".join(hexes.split()).replace(":", ""), 16)

if __name__ == "__main__":
    if sys.argv[1] == "sign":
        open(sys.argv[4], "wb").write(sign(secret(sys.argv[2]), open(sys.argv[3], "rb").read()))
    elif sys.argv[1] == "table":
        for x in json.load(open(sys.argv[2]))["vectors"]:
            print(x["id_key"], x["author_key"], x["launch_digest_b64"], x["policy"], x["svn"],
                  x["id_block_b64"], x["id_auth_zeroed_sigs_sha256"], x["id_auth_rfc6979_sha256"],
                  x["id_key_digest_hex"], x["author_key_digest_hex"])
    elif sys.argv[1] == "zeroed":
        auth = bytearray(open(sys.argv[2], "rb").read())
        auth[0x40:0x240] = bytes(512)
        auth[0x680:0x880] = bytes(512)
        print(hashlib.sha256(auth).hexdigest())
    else:  # the two signatures of a signed IGVM file, r and s big-endian
        body = open(sys.argv[2], "rb").read()[0x150:][:696]
        turn = lambda at: body[at:at + 48][::-1] + body[at + 72:at + 120][::-1]
        open("id.sig", "wb").write(turn(104))
        open("author.sig", "wb").write(turn(400))
EOT

digest() { sha256sum "$1" | cut -d ' ' -f 1; }
python3 second.py table "$vectors/idblock.json" >blocks
count=0
while read -r id author ld policy svn block zeroed whole id_digest author_digest; do
	rm -f auth
	run idblock create --measurement "$ld" --policy "$policy" --guest-svn "$svn" -o block --base64
	expect_status 0
	expect test "$(cat block)" = "$block"
	run idblock sign block --id-key "$vectors/$id" --author-key "$vectors/$author" -o auth
	expect_status 0
	expect_stdout_has "id_key_digest      $id_digest"
	expect_stdout_has "author_key_digest  $author_digest"
	expect test "$(python3 second.py zeroed auth)" = "$zeroed"
	run idblock verify block auth --measurement "$ld" --policy "$policy" --id-key "$vectors/$id" --author-key "$vectors/$author"
	expect_status 0

	run idblock sign block --tbs-out block.tbs --id-key "$vectors/$id" --author-tbs-out key.tbs
	expect_status 0
	expect python3 second.py sign "$vectors/$id" block.tbs id.sig
	expect python3 second.py sign "$vectors/$author" key.tbs author.sig
	run idblock sign block --id-key "$vectors/$id" --attach id.sig --author-key "$vectors/$author" --author-attach author.sig -o auth
	expect_status 0
	expect test "$(digest auth)" = "$whole"
	count=$((count + 1))
done <blocks
expect test "$count" -gt 0
ok "$count of $count blocks, and $count of $count authentications with the signatures of RFC 6979"

keys=$vectors/fixtures
count=0
for name in minimal-signed minimal-signed-no-author; do
	expect python3 second.py igvm "$vectors/igvm/$name.igvm"
	set -- --id-key "$keys/id_key_test.pem" --attach id.sig
	[ $name = minimal-signed-no-author ] ||
		set -- "$@" --author-key "$keys/author_key_test.pem" --author-attach author.sig
	run idblock sign "$vectors/igvm/minimal.igvm" "$@" -o signed.igvm
	expect_status 0
	expect_same signed.igvm "$vectors/igvm/$name.igvm"
	run idblock verify "$vectors/igvm/$name.igvm" --id-key "$keys/id_key_test.pem"
	expect_status 0
	count=$((count + 1))
done
run idblock verify "$vectors/igvm/minimal-signed.igvm" --profile qemu
expect_status 1
expect_stderr_has 'measure: error[id-block]: '
ok "$count of $count signed IGVM files are made again, byte for byte"

plan done
