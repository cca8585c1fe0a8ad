#!/bin/sh
# `measure lock`: names of Debian packages by signed lists that lie in the store
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need gpg
need gpgv

store=$HOME/.cache/measure/store
digest_of() { sha256sum "$1" | cut -d ' ' -f 1; }
# the path of the agent's socket has to be short
GNUPGHOME=$(mktemp -d /tmp/gnupg.XXXXXX)
export GNUPGHOME
gpg() { command gpg --batch --pinentry-mode loopback --passphrase '' "$@" 2>/dev/null; }
gpg --quick-gen-key 'archive <a@example.org>' ed25519 sign never
key=$(gpg --with-colons --list-keys | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p')
gpg --export >ring.gpg

# expect_lock EXPRESSION: true of the lock, l
expect_lock()
{
	python3 -c 'import json, sys
l = json.load(open("measure.lock")); sys.exit(not eval(sys.argv[1]))' "$1" ||
		lib_problem "not true of the lock: $1" <measure.lock
}

# package NAME VERSION FIELD...: a paragraph of Packages
package()
{
	sum=$(printf '%s' "$1$2" | sha256sum | cut -d ' ' -f 1)
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nFilename: pool/%s_%s.deb\nSize: 100\nSHA256: %s\n' \
		"$1" "$2" "$1" "$2" "$sum"
	shift 2
	for field; do echo "$field"; done
	echo
}

# lists SUITE VALID-UNTIL: Packages from standard input becomes the list of a suite in the store
lists()
{
	mkdir -p "$store/sha256" "$store/lists/debian/$1"
	cat >Packages
	install -m 444 Packages "$store/sha256/$(digest_of Packages)"
	{
		printf 'Origin: Test\nSuite: %s\nCodename: %s\n' "$1" "$1"
		echo 'Date: Sun, 01 Nov 2026 00:00:00 UTC'
		[ -z "$2" ] || echo "Valid-Until: $2"
		printf 'SHA256:\n %s %s main/binary-amd64/Packages\n' "$(digest_of Packages)" "$(stat -c %s Packages)"
	} >Release
	rm -f InRelease
	gpg --clearsign -o InRelease Release
	cp InRelease "$store/lists/debian/$1/InRelease"
}

cat >measure.yml <<END
recipe: 1
product: example.org/blindbox
version: "1"
vendor: example.org
epoch: 2026-11-01T00:00:00Z
suites:
  stable:
    archive: debian
    suite: stable
    keyring: ring.gpg
    keys: [$key]
inputs:
  tools:
    packages: [gcc]
    from: [stable]
  kernel:
    packages: [linux]
    from: [stable]
    dependencies: false
files:
  cc: tools:usr/bin/cc
  vmlinuz: kernel:boot/vmlinuz
END

run lock
expect_status 4
expect_stderr "measure: error[input-missing]: measure.yml: input 'tools': suite 'stable': there are no lists of it in the store
measure: hint: \`measure-fetch lists\` brings them"
expect_no_file measure.lock
ok 'without lists nothing is resolved'

{
	package gcc 12.1 'Depends: libc6 (>= 2)'
	package libc6 2.36
	package linux 6.1 'Depends: initramfs'
} | lists stable ''
run lock
expect_status 0
expect_stderr ''
expect_lock '[(i["input"], i["name"], i["version"]) for i in l["inputs"]] == [("kernel", "linux", "6.1"), ("tools", "gcc", "12.1"), ("tools", "libc6", "2.36")]'
expect_lock 'l["inputs"][1]["origins"] == ["debian:pool/gcc_12.1.deb"] and l["inputs"][1]["size"] == 100'
expect_lock "[(x['archive'], x['suite'], x['signer'], x['date'], x['sha256']) for x in l['lists']] == [('debian', 'stable', '$key', '2026-11-01T00:00:00Z', '$(digest_of InRelease)')]"
ok 'names become packages with what they depend on'

cp measure.lock before
{
	package gcc 12.2 'Depends: libc6 (>= 2), libgcc'
	package libc6 2.36
	package libgcc 1
	package linux 6.2
} | lists stable ''
run lock
expect_status 0
expect cmp before measure.lock
run lock --update tools
expect_status 0
expect_stdout "tools/gcc: 12.1 -> 12.2
tools/libgcc: none -> 1
$(sed -n 's/.*inputs_digest": "sha256:\(.*\)".*/inputs  \1/p' measure.lock)"
expect_lock '[i["version"] for i in l["inputs"]] == ["6.1", "12.2", "2.36", "1"]'
sed -i 's/\[linux\]/[linux=6.2]/' measure.yml
run lock
expect_stdout_has 'kernel/linux: 6.1 -> 6.2'
expect_lock '[i["version"] for i in l["inputs"]] == ["6.2", "12.2", "2.36", "1"]'
ok 'what is locked stays until it is asked for, or the recipe says something else'

# a .buildinfo, in whose versions all is locked anew
buildinfo()
{
	printf 'Format: 1.0\nSource: box\nVersion: 1\nBuild-Architecture: %s\n' "$1"
	printf 'Installed-Build-Depends:\n gcc (= %s),\n libc6 (= 2.36)\n' "$2"
	printf 'Environment:\n SOURCE_DATE_EPOCH="%s"\n' "$(date -u -d 2026-11-01 +%s)"
}
cp measure.lock newest
{
	package gcc 12.2 'Depends: libc6 (>= 2), libgcc'
	package gcc 12.1 'Depends: libc6 (>= 2)'
	package libc6 2.36
	package libc6 2.37
	package libgcc 1
	package linux 6.2
} | lists stable ''
buildinfo amd64 12.1 >box.buildinfo
run lock --buildinfo box.buildinfo
expect_status 0
expect_stdout_has 'tools/gcc: 12.2 -> 12.1'
expect_stderr 'measure: warning[buildinfo-differs]: 1 of 3 packages are none of the .buildinfo'"'s"
expect_lock '[i["version"] for i in l["inputs"]] == ["6.2", "12.1", "2.36"]'
run lock
expect_status 0
expect_lock '[i["version"] for i in l["inputs"]] == ["6.2", "12.1", "2.36"]'
gpg --clearsign -o signed.buildinfo box.buildinfo
run lock --buildinfo signed.buildinfo
expect_status 0
expect_stderr_has 'measure: warning[buildinfo-signed]: the .buildinfo is signed; its text was taken, and nobody judged by whom'
ok 'a .buildinfo pins the versions, and they stay'

cp measure.lock before
buildinfo amd64 12.9 >box.buildinfo
run lock --buildinfo box.buildinfo
expect_status 4
expect_stderr "measure: error[packages]: measure.yml: input 'tools': 'gcc' is asked for, which is in none of the lists as 12.9"
buildinfo arm64 12.1 >box.buildinfo
run lock --buildinfo box.buildinfo
expect_status 3
expect_stderr "measure: error[buildinfo]: box.buildinfo: it was built on arm64, and the packages of 'kernel' are for amd64"
buildinfo amd64 12.1 | sed 's/EPOCH="./&9/' >box.buildinfo
run lock --buildinfo box.buildinfo
expect_status 3
expect_stderr_has 'measure: error[buildinfo]: box.buildinfo: its SOURCE_DATE_EPOCH is '
echo 'Build-Path: /elsewhere' >>box.buildinfo
run lock --buildinfo box.buildinfo
expect_status 3
expect_stderr "measure: error[buildinfo]: box.buildinfo: it was built in '/elsewhere', and no stage of the recipe is there"
run lock --buildinfo measure.yml
expect_status 3
expect_stderr_has 'measure: error[buildinfo]: measure.yml: '
expect cmp before measure.lock
mv newest measure.lock
ok 'one of another build, or of versions that are nowhere, is refused'

cp measure.lock before
package gcc 12.3 | lists stable 'Sun, 08 Nov 2026 00:00:00 UTC'
run lock --at 2026-11-09T00:00:00Z --update tools
expect_status 1
expect_stderr "measure: error[expired]: measure.yml: input 'tools': suite 'stable': its lists were valid until 2026-11-08T00:00:00Z
measure: hint: \`measure-fetch lists\` brings newer ones; --at judges by another time"
expect cmp before measure.lock
run lock --at 2026-11-07T00:00:00Z --update tools
expect_status 0
expect_lock '[i["version"] for i in l["inputs"]] == ["6.2", "12.3"]'
expect_lock 'l["lists"][0]["valid_until"] == "2026-11-08T00:00:00Z"'
ok 'lists that have expired are refused, by the time that is given'

package gcc 12.4 'Depends: gone' | lists stable ''
run lock --update tools
expect_status 4
expect_stderr_has "measure: error[packages]: measure.yml: input 'tools': "
rm "$store/sha256/$(digest_of Packages)"
run lock --update tools
expect_status 4
expect_stderr_has "measure: error[input-missing]: $store/sha256/$(digest_of Packages): input 'tools': suite 'stable': 'main/binary-amd64/Packages' is not in the store"
expect_stderr_has 'measure: hint: `measure-fetch lists` brings it'
package gcc 12.4 | lists stable ''
sed -i 's/components.*//; s/    keys:/    components: [contrib]\n    keys:/' measure.yml
run lock
expect_status 3
expect_stderr "measure: error[package-list]: measure.yml: input 'tools': suite 'stable': it has no 'contrib' of amd64"
sed -i '/components/d' measure.yml
sed -i "s/keys: \[.*/keys: [0123456789ABCDEF0123456789ABCDEF01234567]/" measure.yml
run lock
expect_status 1
expect_stderr_has "measure: error[signature]: measure.yml: input 'tools': suite 'stable': "
ok 'packages that are not there, lists that are missing, and foreign signatures are refused'

# of a snapshot, whose lists are old on purpose
sed -i "s/keys: \[.*/keys: [$key]\n    snapshot: 20261101T000000Z/" measure.yml
sed -i 's/linux=6.2/gcc/; s/vmlinuz: .*/x: kernel:usr/' measure.yml
package gcc 12.5 | lists stable 'Sun, 08 Nov 2026 00:00:00 UTC'
mkdir "$store/lists/debian/stable/20261101T000000Z"
mv "$store/lists/debian/stable/InRelease" "$store/lists/debian/stable/20261101T000000Z"
run lock --at 2027-01-01T00:00:00Z
expect_status 0
expect_lock 'l["inputs"][0]["origins"] == ["debian-snapshot:20261101T000000Z/pool/gcc_12.5.deb", "debian:pool/gcc_12.5.deb"]'
expect_lock 'l["lists"][0]["snapshot"] == "20261101T000000Z"'
ok 'of a snapshot the place is locked too'

gpgconf --kill gpg-agent
rm -rf "$GNUPGHOME"
plan done
