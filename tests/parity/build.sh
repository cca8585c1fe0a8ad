#!/bin/sh
# `measure build eif` and eif_build: layout, names, ramdisks, command lines
. "${0%/*}/../lib.sh"
need eif_build
. "$ROOT/tests/parity/lib.sh"

for arch in x86_64 aarch64; do
	for cmdline in c 'console=ttyS0 reboot=k' ' a  b ' 'a"b\c' 'é ☃ 😀' 'two
lines
'; do
		both "$arch, command line '$cmdline'" --arch "$arch" --kernel kernel \
			--cmdline "$cmdline" --ramdisk rd0 --ramdisk rd1
	done
done

ramdisks=
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29; do
	ramdisks="$ramdisks --ramdisk rd$((n % 3))"
	# shellcheck disable=SC2086
	both "$n ramdisks" --kernel kernel --cmdline c $ramdisks
done

rm -f ours.eif
# shellcheck disable=SC2086
run_command eif_build --kernel kernel --cmdline c $ramdisks --ramdisk rd0 --output theirs.eif
expect [ "$STATUS" != 0 ]
# shellcheck disable=SC2086
run build eif --kernel kernel --cmdline c $ramdisks --ramdisk rd0 -o ours.eif
expect [ "$STATUS" != 0 ]
expect_no_file ours.eif
ok 'neither writes 30 ramdisks'

for size in 1 2 3 4095 4096 4097 1048575 1048576 1048577 2097152 2097153 5000011; do
	filled part "$size"
	both "kernel and ramdisk of $size bytes" --kernel part --cmdline c --ramdisk part --ramdisk rd2
done

mkdir -p 'dir one/two.d'
for path in 'dir one/two.d/bzImage-6.1' './dir one/../image' 'k"e\r' 'ké☃' 'tab	'; do
	cp kernel "$path"
	both "the name of the kernel '$path'" --kernel "$path" --cmdline c --ramdisk rd0
done
ln -s kernel link
both 'a link to the kernel' --kernel link --cmdline c --ramdisk rd0

# eif_build takes the version from --name
for name in n a/b/c 'q"b\s/' 'é😀' "$(printf 'a\001\002\010\011\013\014\033\037\177b')"; do
	run_command eif_build --build-time "$EPOCH" --kernel kernel --cmdline c --ramdisk rd0 \
		--name "$name" --output theirs.eif
	run build eif --kernel kernel --cmdline c --ramdisk rd0 --name "$name" --version "$name" \
		-o ours.eif
	expect_status 0
	expect_same ours.eif theirs.eif
	named "the name '$(printf %s "$name" | tr -d '[:cntrl:]')'"
done

both 'build options' --kernel kernel --cmdline c --ramdisk rd0 --build-tool 'tool "x"' \
	--build-tool-version 1.2é --img-os Linux --img-kernel 6.1.0-42
EPOCH=2026-11-21T13:09:02.618585313+00:00
both 'a build time with a fraction' --kernel kernel --cmdline c --ramdisk rd0

# eif_build asks the clock when it is given a kernel's configuration, so its time is read back
while IFS='|' read -r line; do
	printf 'one\ntwo\n%b' "$line" >config
	run_command eif_build --kernel kernel --cmdline c --ramdisk rd0 --kernel_config config \
		--output theirs.eif
	expect_status 0
	time=$(grep -ao '"BuildTime":"[^"]*"' theirs.eif | cut -d'"' -f4)
	run build eif --kernel kernel --cmdline c --ramdisk rd0 --kernel-config config \
		--build-time "$time" -o ours.eif
	expect_status 0
	expect_same ours.eif theirs.eif
	named "kernel configuration '$line'"
done <<'LINES'
# Linux/x86_64 4.14.256-209.484.amzn2.x86_64 Kernel Configuration\n#\n
# Linux/arm64 5.10.1 Kernel Configuration\n
# Linux/x86 6.1.0\r\n
# Linux/x86 6.1.0
# L"\\\\x/y 5é k\n
LINES

plan done
