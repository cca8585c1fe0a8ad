#!/bin/sh
# Things that are no files, files that may not be read, disks without room, deaths in between: a
# clear error with the right exit status, never a hang, never a part of an output.
. "${0%/*}/../lib.sh"
MUTATE=$BUILD/tests/mutate
program=$MEASURE

# every run ends by itself
cat >"$lib_top/run/bounded" <<EOT
#!/bin/sh
exec timeout -k 5 60 '$program' "\$@"
EOT
chmod 755 "$lib_top/run/bounded"
MEASURE=$lib_top/run/bounded

"$MUTATE" base - image.eif
"$MUTATE" key - key.pem 256
"$MUTATE" certificate - cert.pem 256
run extract image.eif -C parts
expect_status 0
mkfifo pipe
mkdir folder
: >empty
echo 'some text, which is no image' >text
head -c 547 image.eif >short
ok 'a good image is at hand'

# refused STATUS REASON WORDS FILE ARGS...: nothing on stdout, and what is said of FILE
refused()
{
	status=$1 reason=$2 words=$3 file=$4
	shift 4
	run "$@"
	expect_status "$status"
	expect_stdout ''
	case $words in
	*'*') expect_stderr_has "measure: error[$reason]: $file: ${words%?}" ;;
	*) expect_stderr_has "measure: error[$reason]: $file: $words" ;;
	esac
	expect test "$(grep -c '^measure: error' "$STDERR")" -eq 1
}

# every verb that reads an image
image_verbs()
{
	refused "$@" eif "$4"
	refused "$@" eif --lenient "$4"
	refused "$@" inspect "$4"
	refused "$@" extract "$4" -C none
	refused "$@" sign eif "$4" --key key.pem --cert cert.pem -o none.eif
	expect_no_file none none.eif
}

image_verbs 3 not-a-file 'is a pipe, not a regular file' pipe
ok 'a pipe as an image is refused, and nobody waits for its writer'
image_verbs 3 not-a-file 'is a directory, not a regular file' folder
image_verbs 3 not-a-file 'is a device, not a regular file' /dev/zero
image_verbs 3 not-a-file 'is a device, not a regular file' /dev/full
ok 'so are folders and devices'
image_verbs 5 no-such-file 'cannot be opened: No such file or directory' none.eif
image_verbs 5 no-such-file 'cannot be opened: Not a directory' text/none.eif
ok 'a file that is missing is an error of the environment'
refused 3 truncated 'magic needs 4 bytes, 0 are left, at offset 0 (0x0)' empty eif empty
refused 3 magic '*' text eif text
refused 3 truncated 'eif_crc32 needs 4 bytes, 3 are left, at offset 544 (0x220)' short eif short
ok 'what is no image, or less than its header, is malformed'

# every option that names a file
file_options()
{
	refused "$@" eif --kernel "$4" --cmdline x --ramdisk parts/ramdisk0
	refused "$@" eif --kernel parts/kernel --cmdline x --ramdisk "$4"
	refused "$@" build eif --kernel "$4" --cmdline x --ramdisk parts/ramdisk0 -o none.eif
	refused "$@" build eif --kernel parts/kernel --cmdline x --ramdisk "$4" -o none.eif
	refused "$@" build eif --kernel parts/kernel --cmdline x --ramdisk parts/ramdisk0 \
		--metadata "$4" -o none.eif
	refused "$@" build eif --kernel parts/kernel --cmdline x --ramdisk parts/ramdisk0 \
		--kernel-config "$4" -o none.eif
	refused "$@" build eif --kernel parts/kernel --cmdline "@$4" --ramdisk parts/ramdisk0 \
		-o none.eif
	refused "$@" sign eif image.eif --key "$4" --cert cert.pem -o none.eif
	refused "$@" sign eif image.eif --key key.pem --cert "$4" -o none.eif
	refused "$@" sign eif image.eif --cert cert.pem --attach "$4" -o none.eif
	refused "$@" pcr --certificate "$4"
	refused "$@" pcr --input "$4"
	expect_no_file none.eif
}

file_options 3 not-a-file '*' pipe
ok 'no option that names a file waits for a pipe'
file_options 3 not-a-file '*' folder
file_options 3 not-a-file '*' /dev/zero
file_options 5 no-such-file '*' none.pem
ok 'each says what is wrong with which file'

# As an ordinary user, before whom root's permissions do not stand.
chmod 0 image.eif
MEASURE=$program
run_unprivileged eif image.eif
MEASURE=$lib_top/run/bounded
if [ "$(id -u)" -eq 0 ] && ! setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
	skip 'a file that may not be read' 'no ordinary user can be had'
else
	expect_status 5
	expect_stdout ''
	expect_stderr 'measure: error[permission]: image.eif: cannot be opened: Permission denied'
	ok 'a file that may not be read is an error of the environment'
fi
chmod 644 image.eif

for name in text empty short; do
	run_stdin $name eif -
	expect_status 3
	expect_stdout ''
done
run_stdin /dev/null eif -
expect_status 3
run_stdin folder eif -
expect_status 3
expect_stdout ''
expect_stderr 'measure: error[not-a-file]: standard input: is a directory, not a regular file'
ok 'a stream that is no image is malformed, and so is a folder'

for to in folder pipe /dev/full; do
	run build eif --kernel parts/kernel --cmdline x --ramdisk parts/ramdisk0 -o "$to"
	expect_status 3
	expect_stderr_has "measure: error[not-a-file]: $to: "
	run sign eif image.eif --key key.pem --cert cert.pem -o "$to"
	expect_status 3
done
run build eif --kernel parts/kernel --cmdline x --ramdisk parts/ramdisk0 -o none/image.eif
expect_status 5
expect_stderr_has 'measure: error[no-such-file]: none/image.eif: '
expect test "$(find folder | wc -l)" -eq 1
ok 'an output is a regular file in a folder that is there'

# full_disk UNSHARE-OPTION: a small tmpfs in a mount namespace of its own; the inner script runs in it. It has room for the
# parts and one image, not for another one.
# shellcheck disable=SC2317 # called by expect
full_disk()
{
	cat >inner <<-'EOT'
		set -eu
		mkdir disk
		mount -t tmpfs -o size=320k none disk
		cp image.eif parts/kernel parts/ramdisk0 key.pem cert.pem disk
		head -c 120000 /dev/zero >disk/big
		"$MEASURE" build eif --kernel disk/big --cmdline x --ramdisk disk/ramdisk0 -q -o disk/first.eif
		cp disk/first.eif first.eif
		ls -A disk >before
		for verb in build sign extract; do
			status=0
			case $verb in
			build) set -- build eif --kernel disk/big --cmdline y --ramdisk disk/ramdisk0 -o disk/first.eif ;;
			sign) set -- sign eif disk/first.eif --key disk/key.pem --cert disk/cert.pem ;;
			extract) set -- extract disk/first.eif -C disk ;;
			esac
			"$MEASURE" "$@" >out-$verb 2>err-$verb || status=$?
			echo $status >status-$verb
			cmp disk/first.eif first.eif
			rm -f disk/metadata.json disk/cmdline
			ls -A disk >after
			[ $verb = extract ] || cmp before after
		done
	EOT
	MEASURE=$program unshare "$@" sh inner
}

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	namespace=-m
elif unshare -rm true 2>/dev/null; then
	namespace=-rm
else
	namespace=
fi
if [ -z "$namespace" ]; then
	skip 'a full disk' 'no mount namespace can be had'
else
	expect full_disk "$namespace"
	for verb in build sign extract; do
		expect test "$(cat status-$verb)" -eq 5
		expect test ! -s out-$verb
		expect grep -q '^measure: error\[no-space\]: disk/.*: No space left on device$' err-$verb
	done
	ok 'a full disk is told, the old image stays and no part of a new one'
fi

# A file of 64 MiB takes long enough to be killed at any moment of its making.
head -c 67108864 /dev/zero >big
printf old >built.eif
run build eif --kernel big --cmdline x --ramdisk parts/ramdisk0 -o whole.eif
expect_status 0
for delay in 0.01 0.03 0.06 0.1 0.15 0.2 0.3; do
	timeout -s KILL $delay "$program" build eif --kernel big --cmdline x --ramdisk parts/ramdisk0 \
		-q -o built.eif 2>/dev/null
	if [ "$(head -c 3 built.eif)" = old ]; then
		expect test "$(wc -c <built.eif)" -eq 3
	else
		expect_same built.eif whole.eif
	fi
done
expect test "$(find . -name '.*.tmp' | wc -l)" -le 1
ok 'a build that is killed leaves the old image or the new one'

truncate -s 1G whole.eif
run eif whole.eif
expect_status 3
expect_stderr_has 'measure: error[trailing]: whole.eif: '
ok 'a sparse file of 1 GiB is refused by its headers alone'

plan done
