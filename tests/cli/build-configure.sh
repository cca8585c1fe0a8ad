#!/bin/sh
# `measure build` of packages that are configured: their own scripts run in the sandbox, as root of
# several ids
# shellcheck disable=SC2016 # scripts of packages, and backquotes in messages
. "${0%/*}/../lib.sh"
for tool in bwrap busybox dpkg dpkg-deb gpg gpgv ldd; do
	need "$tool"
done

XDG_CACHE_HOME=$PWD/cache
export XDG_CACHE_HOME
store=$PWD/cache/measure/store
# the path of the agent's socket has to be short
GNUPGHOME=$(mktemp -d /tmp/gnupg.XXXXXX)
export GNUPGHOME
gpg() { command gpg --batch --pinentry-mode loopback --passphrase '' "$@" 2>/dev/null; }
gpg --quick-gen-key 'archive <a@example.org>' ed25519 sign never
key=$(gpg --with-colons --list-keys | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p')
mkdir project pool "$store" -p
gpg --export >project/ring.gpg
architecture=$(dpkg --print-architecture)

# deb NAME FIELD...: a package of the files in ./NAME, with scripts that lie in ./NAME/DEBIAN
deb()
{
	name=$1
	shift
	mkdir -p "$name/DEBIAN"
	{
		printf 'Package: %s\nVersion: 1\nArchitecture: %s\n' "$name" "$architecture"
		printf 'Maintainer: a <a@example.org>\nDescription: a package\n'
		for field; do echo "$field"; done
	} >"$name/DEBIAN/control"
	find "$name/DEBIAN" -type f ! -name control ! -name conffiles -exec chmod 755 {} +
	dpkg-deb --root-owner-group -Znone -b "$name" "pool/$name.deb" >/dev/null
}

# lists: what is in ./pool is what the suite has
lists()
{
	mkdir -p "$store/sha256" "$store/lists/debian/stable"
	for file in pool/*.deb; do
		sum=$(sha256sum "$file" | cut -c 1-64)
		dpkg-deb -f "$file"
		printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$sum"
		cp -f "$file" "$store/sha256/$sum"
	done >Packages
	sum=$(sha256sum Packages | cut -c 1-64)
	cp -f Packages "$store/sha256/$sum"
	{
		printf 'Origin: Test\nSuite: stable\nCodename: stable\nDate: Sun, 01 Nov 2026 00:00:00 UTC\n'
		printf 'SHA256:\n %s %s main/binary-%s/Packages\n' "$sum" "$(stat -c %s Packages)" "$architecture"
	} >Release
	rm -f InRelease
	gpg --clearsign -o InRelease Release
	cp InRelease "$store/lists/debian/stable/InRelease"
}

# recipe PACKAGES MORE
recipe()
{
	cat >project/measure.yml <<-END
	recipe: 1
	product: example.org/configured
	version: "1"
	vendor: example.org
	epoch: 2026-01-02T00:00:00Z
	suites:
	  stable: {archive: debian, suite: stable, keyring: ring.gpg, keys: [$key], architecture: $architecture}
	inputs:
	  base:
	    packages: [$1]
	    from: [stable]
	    configure: true
	$2
	stages:
	  look:
	    root: base
	    use: {root: base}
	    run: |
	      cat /etc/said
	      cp /etc/said said
	    outputs: {said: said, root: root}
	files:
	  said: look/said
	END
	rm -f project/measure.lock
	run lock project/measure.yml --at none
}

# what this machine's own dpkg consists of, and nothing that a system has besides
mkdir -p base/usr/bin base/usr/sbin base/var/log base/var/cache/ldconfig base/etc base/usr/lib base/root
for tool in dpkg dpkg-deb dpkg-split dpkg-query dpkg-divert tar; do
	cp "$(command -v "$tool")" base/usr/bin/
	ldd "$(command -v "$tool")" | grep -o '/[^ ]*' | grep -v '^/[^ ]*:$' >>libraries
done
sort -u libraries | while read -r library; do
	case $library in /usr/*) ;; *) library=/usr$library ;; esac
	mkdir -p "base${library%/*}"
	cp -L "${library#/usr}" "base$library" 2>/dev/null || cp -L "$library" "base$library"
done
cp "$(command -v busybox)" base/usr/bin/busybox
for tool in sh cat diff mkdir sed cp ln sleep chmod chown touch rm date grep id printf env hostname wget mkfifo; do
	ln -s busybox "base/usr/bin/$tool"
done
for tool in ldconfig start-stop-daemon; do
	ln -s ../bin/busybox "base/usr/bin/$tool"
	printf '#!/bin/sh\ndate +%%s >/var/cache/ldconfig/aux-cache\n' >"base/usr/sbin/$tool"
	rm "base/usr/bin/$tool"
	chmod 755 "base/usr/sbin/$tool"
done
printf 'root:x:0:0:root:/root:/bin/sh\nmail:x:8:8:mail:/var/mail:/bin/sh\n' >base/etc/passwd
: >base/etc/said
printf 'root:x:0:\nmail:x:8:\n' >base/etc/group
mv base dpkg
deb dpkg 'Essential: yes'

# ---- a package that does what packages do
mkdir -p tool/DEBIAN tool/usr/bin tool/etc tool/usr/lib/tool
echo configuration >tool/etc/tool.conf
echo /etc/tool.conf >tool/DEBIAN/conffiles
echo program >tool/usr/bin/tool
echo helper >tool/usr/lib/tool/helper
chmod 4755 tool/usr/lib/tool/helper
cat >tool/DEBIAN/preinst <<'END'
#!/bin/sh
set -e
echo "preinst $1" >>/etc/said
END
cat >tool/DEBIAN/postinst <<'END'
#!/bin/sh
set -e
echo "$DPKG_MAINTSCRIPT_PACKAGE $DPKG_MAINTSCRIPT_NAME $1 as $(id -u), $(hostname), $DEBIAN_FRONTEND, $SOURCE_DATE_EPOCH" >>/etc/said
mkdir -p OUTSIDE
echo x >OUTSIDE/file
/usr/sbin/policy-rc.d || echo "policy $?" >>/etc/said
mkdir -p /var/mail /run/tool /var/lib/dbus
chown mail:mail /var/mail
chmod 2775 /var/mail
cat /proc/sys/kernel/random/uuid >/etc/machine-id
cat /proc/sys/kernel/random/uuid >/run/tool/pid
cat /proc/sys/kernel/random/uuid >/var/log/alternatives.log
cat /proc/sys/kernel/random/uuid >/var/lib/dbus/machine-id
echo "tool:*:$(sed "s/[^0-9]//g" /proc/sys/kernel/random/uuid):0:99999:7:::" >/etc/shadow
echo "none:*::0:99999:7:::" >>/etc/shadow
chmod 640 /etc/shadow
ldconfig
END
sed -i "s|OUTSIDE|'$PWD/outside'|" tool/DEBIAN/postinst
deb tool 'Depends: library (>= 1)'
mkdir -p library/DEBIAN
printf '#!/bin/sh\necho "library $1" >>/etc/said\n' >library/DEBIAN/postinst
deb library 'Pre-Depends: first'
mkdir -p first/DEBIAN
printf '#!/bin/sh\necho "first $1" >>/etc/said\n' >first/DEBIAN/postinst
deb first
lists
recipe tool ""
expect_status 0

run build project/measure.yml --stage look -o out --logs
case $(cat "$STDERR") in
*'error[sandbox]'* | *'error[missing-tool]'*)
	skip 'packages are configured' 'several ids cannot be had here'
	plan done
	;;
esac
expect_status 0
expect_stderr "measure: stage 'look': building
measure: input 'base': running its packages' scripts"
expect_same out/said out/root/etc/said

cat <<'END' >said
first configure
preinst install
library configure
tool postinst configure as 0, build, noninteractive, 1767312000
policy 101
END
expect_same said out/said
ok 'scripts are run in the order of dependencies, as root and in the environment of dpkg'

# what a file of the root is, as its archive says
archive=$(grep -l '^Setting up tool' cache/measure/build/sha256/*/log)
archive=${archive%log}tree/root
listed() { busybox cpio -tv "$1" <"$archive" 2>/dev/null | sed 's/  */ /g' | cut -d ' ' -f 1,2; }
expect test "$(listed usr/lib/tool/helper)" = '-rwsr-xr-x 0/0'
expect test "$(listed var/mail)" = 'drwxrwsr-x 8/8'
expect test "$(grep -c '^Status: install ok installed' out/root/var/lib/dpkg/status)" -eq 4
expect test "$(ls -A out/root/run)" = ''
expect test ! -s out/root/etc/machine-id
expect test "$(cat out/root/etc/shadow)" = 'tool:*:20455:0:99999:7:::
none:*::0:99999:7:::'
expect_no_file out/root/var/log/alternatives.log out/root/var/log/dpkg.log \
	out/root/var/cache/ldconfig/aux-cache out/root/var/lib/dpkg/status-old \
	out/root/var/lib/dbus/machine-id out/root/usr/sbin/policy-rc.d
expect_no_file outside
ok 'owners and set-id bits stay, what is of the moment is taken out, nothing is written outside'

run build project/measure.yml --stage look -o again
expect_status 0
expect_stderr ''
expect diff -r out/said again/said
recipe tool '  other: {packages: [first], from: [stable]}'
run build project/measure.yml --stage look -o again2 --cache elsewhere
expect_status 0
expect diff -r out/root again2/root
expect test -n "$(find elsewhere -name root -type f -exec cmp -s {} "$archive" \; -print)"
ok 'it is taken from the cache, and is the same in another one'

# ---- told as a Debian builder would
run build project/measure.yml --stage look -o told --buildinfo box.buildinfo
expect_status 0
expect diff -r out/said told/said
expect diff - box.buildinfo <<END
Format: 1.0
Source: configured
Architecture: $architecture
Version: 1
Checksums-Sha256:
 $(sha256sum told/said | cut -c 1-64) $(stat -c %s told/said) said
Build-Architecture: $architecture
Build-Path: /build/look
Installed-Build-Depends:
 dpkg (= 1),
 first (= 1),
 library (= 1),
 tool (= 1)
Environment:
$(sed -n '/^Environment:/,$p' box.buildinfo | sed 1d)
END
expect grep -qx ' SOURCE_DATE_EPOCH="1767312000"' box.buildinfo
recipe tool ''
run lock project/measure.yml --at none --buildinfo box.buildinfo
expect_status 0
expect_stderr "measure: warning[buildinfo-differs]: project/measure.yml: the recipe expects the digests of 0 of the .buildinfo's 1 files"
run build project/measure.yml --stage gone -o gone --buildinfo gone.buildinfo
expect_status 2
expect_no_file gone gone.buildinfo
ok 'a build is told as a .buildinfo, which locks the same again'

# ---- without ids
if [ "$(id -u)" -eq 0 ] && ! grep -Eq '^(65534|nobody):' /etc/subuid; then
	mkdir theirs
	cp -r project "$store" theirs
	chmod -R a+rwX theirs
	run_unprivileged build theirs/project/measure.yml --store theirs/store --cache theirs/cache -o theirs/out
	expect_status 5
	expect_no_file theirs/out
	if grep -q 'a user name space cannot be made' "$STDERR"; then
		skip 'who is given no ids is told how to get them' 'no user name spaces for users'
	else
		expect_stderr_has "measure: error[sandbox]: input 'base': /etc/subuid does not give 65535 ids to the user '"
		expect_stderr_has 'measure: hint: as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 '
		ok 'who is given no ids is told how to get them'
	fi
fi

# ---- scripts that do what they should not
# script TEXT MORE: a build with a package whose script is that
script()
{
	rm -rf bad
	mkdir -p bad/DEBIAN
	printf '#!/bin/sh\n%s\n' "$1" >bad/DEBIAN/postinst
	deb bad
	lists
	recipe "bad${2:-}" ''
	[ -z "${3:-}" ] || sed -i "s/configure: true/&\n    limits: $3/" project/measure.yml
	[ -z "${3:-}" ] || run lock project/measure.yml --at none
	run build project/measure.yml -o x
	expect_no_file x
}
failed="measure: error[stage-failed]: project/measure.yml: input 'base': its packages' scripts"
script 'wget -O /etc/page http://127.0.0.1:9/
echo x >/tmp/packages/x
echo this fails
exit 7'
expect_status 1
expect_stderr_has 'measure: base: this fails'
expect_stderr_has "$failed ended with status 1"
expect_stderr_has "measure: hint: all that it printed is in $PWD/cache/measure/build/failed/base.log"
expect grep -q '^this fails' cache/measure/build/failed/base.log
ok 'a script that fails is told with its last lines'
expect_stderr_has 'Address family not supported by protocol'
expect_stderr_has 'Read-only file system'
ok 'a script has no network, and may not write to what is not its root'

script 'sleep 1000' '' '{seconds: 2}'
expect_status 1
expect_stderr_has "$failed took longer than 2 seconds"
ok 'a script that hangs is ended'

script 'cat /proc/sys/kernel/random/uuid >/etc/moment'
expect_status 1
expect_stderr_has "measure: error[unrepeatable]: project/measure.yml: input 'base': its packages' scripts made another root the second time"
first=$PWD/cache/measure/build/failed/base.first
expect_stderr_has "measure: hint: \`measure diff\` of these says what: $first "
run diff "$first" "${first%first}second"
expect_status 1
expect_stdout_has etc/moment
ok 'what is not the same twice is refused, and can be looked at'

recipe first ''
sed -i 's/dependencies.*//; s/configure: true/&\n    essential: false/' project/measure.yml
rm -f project/measure.lock
run lock project/measure.yml --at none
run build project/measure.yml -o x
expect_status 3
expect_stderr "measure: stage 'look': building
measure: input 'base': running its packages' scripts
measure: error[recipe]: project/measure.yml: input 'base': dpkg is not among the packages, which has to run their scripts
measure: hint: say \`essential: true\` or add dpkg to the packages"
sed -i 's/configure: true/limits: {seconds: 2}/' project/measure.yml
rm -f project/measure.lock
run lock project/measure.yml --at none
expect_status 3
expect_stderr_has "'limits' has no meaning: the input 'base' is not configured"
ok 'dpkg has to be there'

plan done
