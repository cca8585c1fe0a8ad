#!/bin/sh
# `measure-fetch lists`: signed lists of a suite, from archives that are good and that are not
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need gpg
need gpgv
need xz
fetch=$BUILD/measure-fetch

# the path of the agent's socket has to be short
GNUPGHOME=$(mktemp -d /tmp/gnupg.XXXXXX)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME" "$lib_top"' EXIT
gpg() { command gpg --batch --pinentry-mode loopback --passphrase '' "$@" 2>/dev/null; }
# key NAME: its fingerprint
key()
{
	gpg --quick-gen-key "$1 <$1@example.org>" ed25519 sign never
	gpg --with-colons --list-keys "$1" | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p'
}
pinned=$(key archive)
foreign=$(key foreign)
gpg --export archive foreign >ring.gpg

digest_of() { sha256sum "$1" | cut -d ' ' -f 1; }
here=file://$(pwd | sed 's/ /%20/g')
dist=archive/dists/stable
lists=$dist/main/binary-amd64
got=store/lists/things/stable/InRelease

# release DATE [LINE...]: of what lies in the archive, signed by the pinned key
release()
{
	{
		printf 'Origin: Test\nSuite: stable\nCodename: bookworm\nDate: %s\n' "$1"
		shift
		for line; do echo "$line"; done
		echo SHA256:
		for file in "$dist"/*/binary-amd64/Packages*; do
			echo " $(digest_of "$file") $(stat -c %s "$file") ${file#"$dist"/}"
		done
	} >Release
	rm -f "$dist/InRelease"
	gpg --clearsign -u "${signer:-archive}" -o "$dist/InRelease" Release
}

# archive VERSION: a component "main" with one package
archive()
{
	rm -rf archive
	mkdir -p "$lists"
	printf 'Package: gcc\nVersion: %s\nArchitecture: amd64\nFilename: pool/gcc.deb\nSize: 100\nSHA256: %064d\n\n' "$1" 1 |
		xz >"$lists/Packages.xz"
}

# recipe COMPONENTS [LINE]
recipe()
{
	cat >measure.yml <<END
recipe: 1
product: example.org/blindbox
version: "1"
vendor: example.org
epoch: 2026-11-01T00:00:00Z
suites:
  stable:
    archive: things
    suite: stable
    components: [$1]
    keyring: ring.gpg
    keys: [$pinned]
${2:+    $2
}inputs:
  tools: {packages: [gcc], from: [stable]}
files:
  cc: tools:usr/bin/cc
END
}

lists() { run_command "$fetch" lists --store store --base "things=$here/archive" "$@"; }

# what is refused leaves the store as it was: expect_nothing
expect_nothing()
{
	expect_stdout ''
	expect_no_file "$got"
	expect test "$(find store/sha256 -type f | wc -l)" -eq 0
	expect test "$(find store -name '*.new' -o -name '.*' -type f | wc -l)" -eq 0
	rm -rf store
}

day='Sun, 01 Nov 2026 00:00:00 UTC'
until='Valid-Until: Sun, 08 Nov 2026 00:00:00 UTC'
within=2026-11-07T00:00:00Z

archive 12.1
recipe main
release "$day" "$until"
lists --at $within
expect_status 0
expect_stdout 'stable  2026-11-01T00:00:00Z, valid until 2026-11-08T00:00:00Z'
expect_stderr ''
expect cmp "$dist/InRelease" "$got"
expect cmp "$lists/Packages.xz" "store/sha256/$(digest_of "$lists/Packages.xz")"
expect cmp "$dist/InRelease" "store/sha256/$(digest_of "$dist/InRelease")"
expect test "$(find store/sha256 -type f | wc -l)" -eq 2
lists --at $within --json
expect_status 0
expect_json "j['suites'] == [{'suite': 'stable', 'date': '2026-11-01T00:00:00Z', 'valid_until': '2026-11-08T00:00:00Z', 'signer': '$pinned'}]"
run lock --store store --at $within
expect_status 0
expect_stderr ''
ok 'a good list is brought, and is locked from'

cp "$got" before
release 'Sat, 31 Oct 2026 00:00:00 UTC' "$until"
lists --at $within
expect_status 4
expect_stdout ''
expect_stderr "measure-fetch: error[stale]: suite 'stable': lists of 2026-10-31T00:00:00Z come from there, and those of 2026-11-01T00:00:00Z are here already"
expect cmp before "$got"
ok 'lists that are older than those at hand are refused'

rm -rf store
release "$day" "$until"
lists --at 2026-11-08T00:00:01Z
expect_status 1
expect_stderr "measure-fetch: error[expired]: suite 'stable': its lists were valid until 2026-11-08T00:00:00Z, and are judged at 2026-11-08T00:00:01Z
measure-fetch: hint: --at judges by another time"
expect_nothing
release "$day"
lists --at 2036-11-08T00:00:01Z
expect_status 0
expect_stdout 'stable  2026-11-01T00:00:00Z, valid for ever'
rm -rf store
ok 'lists that have expired are refused'

signer=foreign
release "$day" "$until"
lists --at $within
expect_status 1
expect_stderr "measure-fetch: error[signature]: $here/archive/dists/stable/InRelease: suite 'stable': the signature was made by a key that is not pinned ($foreign)"
expect_nothing
signer=
release "$day" "$until"
sed -i 's/^Suite: stable/Suite: stable2/' "$dist/InRelease"
lists --at $within
expect_status 1
expect_stderr "measure-fetch: error[signature]: $here/archive/dists/stable/InRelease: suite 'stable': a signature does not hold: the text was changed"
expect_nothing
ok 'lists of another signer, or that were changed, are refused'

sed 's/suite: stable/suite: unstable/' measure.yml >other.yml
cp -r "$dist" archive/dists/unstable
release "$day" "$until"
cp "$dist/InRelease" archive/dists/unstable/InRelease
lists --at $within other.yml
expect_status 3
expect_stderr "measure-fetch: error[package-list]: $here/archive/dists/unstable/InRelease: suite 'stable': is of the suite 'bookworm' (stable), not of 'unstable'"
expect_nothing
ok 'lists of another suite are refused'

printf x | dd of="$lists/Packages.xz" bs=1 seek=20 conv=notrunc status=none
is=$(digest_of "$lists/Packages.xz")
must=$(sed -n 's/^ \([0-9a-f]*\) .*/\1/p' Release)
lists --at $within
expect_status 3
expect_stderr "measure-fetch: error[input-digest]: $here/archive/dists/stable/main/binary-amd64/Packages.xz: suite 'stable': its SHA-256 is $is and must be $must"
expect_nothing
size=$(stat -c %s "$lists/Packages.xz")
printf x >>"$lists/Packages.xz"
lists --at $within
expect_status 3
expect_stderr "measure-fetch: error[limit]: $here/archive/dists/stable/main/binary-amd64/Packages.xz: suite 'stable': more than $size bytes come from there"
expect_nothing
truncate -s 100 "$lists/Packages.xz"
lists --at $within
expect_status 3
expect_stderr "measure-fetch: error[input-digest]: $here/archive/dists/stable/main/binary-amd64/Packages.xz: suite 'stable': it has 100 bytes and must have $size"
expect_nothing
ok 'packages that were changed, or are longer or shorter, are refused'

archive 12.1
release "$day" "$until"
recipe 'main, contrib'
lists --at $within
expect_status 3
expect_stderr "measure-fetch: error[package-list]: suite 'stable': it has no 'contrib' of amd64"
expect_stdout ''
expect_no_file "$got"
rm -rf store
recipe main 'architecture: arm64'
lists --at $within
expect_status 3
expect_stderr "measure-fetch: error[package-list]: suite 'stable': it has no 'main' of arm64"
expect_nothing
recipe main
ok 'a component or architecture that is not there is refused'

rm "$lists/Packages.xz"
lists --at $within
expect_status 5
expect_stderr "measure-fetch: error[not-found]: $here/archive/dists/stable/main/binary-amd64/Packages.xz: suite 'stable': there is no such file"
expect_nothing
rm "$dist/InRelease"
lists --at $within
expect_status 5
expect_stderr "measure-fetch: error[not-found]: $here/archive/dists/stable/InRelease: suite 'stable': there is no such file"
expect_nothing
run_command "$fetch" lists --store store --base "other=$here/archive" --at $within
expect_status 4
expect_stderr "measure-fetch: error[no-base]: suite 'stable': nothing says where the archive 'things' is
measure-fetch: hint: --base things=URL, or a line in \$XDG_CONFIG_HOME/measure/bases.yml"
expect_nothing
ok 'lists that are not there are told by their address'

# who signs it may still have cut it short
archive 12.1
truncate -s 100 "$lists/Packages.xz"
release "$day" "$until"
lists --at $within
expect_status 0
rm -f measure.lock
run lock --store store --at $within
expect_status 3
expect_stderr "measure: error[truncated]: measure.yml: input 'tools': suite 'stable': main/binary-amd64/Packages.xz: the xz data ends within a stream, after 100 bytes, at offset 100 (0x64)"
expect_no_file measure.lock
rm -rf store
ok 'a list that ends early is not locked from'

# ---- a second place
mkdir -p bad
archive 12.1
release "$day" "$until"
cp -r archive/dists bad
sed -i 's/^Suite: stable/Suite: stable2/' bad/dists/stable/InRelease
printf x >>bad/dists/stable/main/binary-amd64/Packages.xz
run_command "$fetch" lists --store store --base "things=$here/bad" --base "things=$here/archive" --at $within
expect_status 0
expect_stderr ''
expect cmp "$dist/InRelease" "$got"
ok 'what is bad in one place is taken from the next'

plan done
