#!/usr/bin/env bash
# What the program costs, beside a yardstick that runs in turn with it: A B A B, warm cache, at most
# two cores, medians (of small differences the least). One line per figure, with the limit it has to
# keep: OK or OVER. A figure that could not be taken says why, and then the exit status is 1; OVER
# alone leaves it 0, because this is a benchmark and no test.
#   tests/bench/run.sh [LINE...]    all lines, or those named
#
# MEASURE       the program (build/measure)
# PEERS         a folder with eif_build, nitro-cli, describe-eif or sev-snp-measure, before PATH
# BENCH_ROUNDS  samples of each side (5)
# BENCH_BIG=0   without the sparse image of 10 GiB, and with a tree of 256 MiB for one of 4 GiB
# TMPDIR        where the images go (/var/tmp)
set -eu
export LC_ALL=C
cd "$(dirname "$0")/../.."
. tests/bench/lib.sh

MEASURE=$(realpath -m "${MEASURE:-${BUILD:-build}/measure}")
FILLED=${MEASURE%/*}/tests/filled
PEERS=${PEERS:-}
ROUNDS=${BENCH_ROUNDS:-5}
MIB=$((1 << 20))
GIB=$((1 << 30))
CMDLINE='reboot=k panic=30 pci=off nomodules console=ttyS0 random.trust_cpu=on root=/dev/ram0'
LAYOUT='kernel 12 MiB, ramdisks 112, 450 and 450 MiB'

# ---- lines: a line is named PAIR_FIGURE, and the lines of one pair share its samples

LINES_ALL=(eif_wall eif_cpu eif_rss json_wall json_cpu json_rss stream_wall stream_rss
build_wall build_cpu build_rss
tree_wall tree_cpu tree_rss tar_wall tar_cpu tar_rss layers_wall layers_cpu layers_rss small_wall version_cpu
sign_cpu check_cpu lint_wall lint_rss
table_cpu solve_cpu snp_wall snp_cpu
verify_cpu verify_rss batch_cpu batch_rss
publish2_cpu publish3_cpu publish4_cpu publish5_cpu publish5_rss growth_cpu publish_syncs
desk2_cpu desk3_cpu desk4_cpu desk5_cpu desk2_rss desk4_rss desk5_rss desks_growth
who_wall who_cpu who_rss audit_cpu audit_rss
unpack_wall unpack_cpu unpack_rss stage_wall stage_cpu cached_wall cached_rss
describe_wall describe_cpu describe_rss eif_build_wall eif_build_cpu eif_build_rss
big_wall big_cpu big_rss big_pcr2)

eif_wall() { versus eif wall 1.15; }
eif_cpu() { versus eif cpu 2.3; }
eif_rss() { most eif rss $((16 << 10)); }
json_wall() { versus json wall 1.7; }
json_cpu() { versus json cpu 3.4; }
json_rss() { most json rss $((16 << 10)); }
stream_wall() { versus stream wall -; }
stream_rss() { most stream rss $((16 << 10)); }
build_wall() { versus build wall 1.5; }
build_cpu() { versus build cpu -; }
build_rss() { most build rss -; }
tree_wall() { versus tree wall 1; }
tree_cpu() { versus tree cpu -; }
tree_rss() { most tree rss $((64 << 10)); }
tar_wall() { versus tar wall 1; }
tar_cpu() { versus tar cpu -; }
tar_rss() { most tar rss $((64 << 10)); }
layers_wall() { versus layers wall 2; }
layers_cpu() { versus layers cpu -; }
layers_rss() { most layers rss $((64 << 10)); }
unpack_wall() { versus unpack wall 1.3; }
unpack_cpu() { versus unpack cpu -; }
unpack_rss() { most unpack rss $((128 << 10)); }
stage_wall() { versus stage wall 1.1; }
stage_cpu() { versus stage cpu -; }
cached_wall() { most cached wall 2000000; }
cached_rss() { most cached rss $((128 << 10)); }
small_wall() { most small wall 50000; }
version_cpu() { most version cpu 3500; }
sign_cpu() { beyond sign 3000; }
check_cpu() { beyond check 3000; }
verify_cpu() { versus verify cpu 1.3; }
verify_rss() { most verify rss $((16 << 10)); }
batch_cpu() { versus batch cpu 1.25; }
batch_rss() { most batch rss $((16 << 10)); }
publish2_cpu() { most publish2 cpu 50000; }
publish3_cpu() { most publish3 cpu 50000; }
publish4_cpu() { most publish4 cpu 50000; }
publish5_cpu() { most publish5 cpu 50000; }
publish5_rss() { most publish5 rss $((128 << 10)); }
growth_cpu() { versus growth cpu 2.5; } # log 10^5 / log 10^2
desk2_cpu() { mean desk2 cpu 50000; }
desk3_cpu() { mean desk3 cpu 50000; }
desk4_cpu() { mean desk4 cpu 50000; }
desk5_cpu() { mean desk5 cpu 50000; }
desk2_rss() { greatest desk2 rss $((128 << 10)); }
desk4_rss() { greatest desk4 rss $((128 << 10)); }
desk5_rss() { greatest desk5 rss $((128 << 10)); }
lint_wall() { most lint wall 100000; }
lint_rss() { most lint rss $((32 << 10)); }
table_cpu() { beyond table 25000; }
solve_cpu() { most solve cpu 1000000; }
snp_wall() { versus snp wall 0.1; }
snp_cpu() { versus snp cpu -; }
describe_wall() { versus describe wall -; }
describe_cpu() { versus describe cpu -; }
describe_rss() { versus describe rss -; }
eif_build_wall() { versus eif_build wall -; }
eif_build_cpu() { versus eif_build cpu -; }
eif_build_rss() { versus eif_build rss -; }
big_wall() { versus big wall -; }
big_cpu() { versus big cpu -; }
big_rss() { most big rss $((16 << 10)); }

# The image of holes has one ramdisk behind the first, so PCR2 follows from its size alone.
big_pcr2() {
	local ours theirs verdict=OK
	! absent big_pcr2 || return 0
	ours=$("$MEASURE" eif "$work/big.eif" | sed -n 's/^PCR2 *//p')
	theirs=$({
		head -c 48 /dev/zero
		head -c $((5 * GIB)) /dev/zero | openssl dgst -sha384 -binary
	} | openssl dgst -sha384 -r | cut -d' ' -f1)
	[ "$ours" = "$theirs" ] || verdict=WRONG
	row big_pcr2 "${ours:0:8}.." "openssl ${theirs:0:8}.." '' equal $verdict
	[ $verdict = OK ] || echo big_pcr2 >>"$work/failed"
}

who_wall() { most who wall 50000; }
who_cpu() { most who cpu -; }
who_rss() { most who rss $((128 << 10)); }
audit_cpu() { versus audit cpu 1.25; }
audit_rss() { most audit rss $((128 << 10)); }

# What one publish asks the disk for; of 40, so that a roll-up of packs is among them.
publish_syncs() {
	local most mean
	! absent publish_syncs || return 0
	most=$(sort -n "$work/syncs" | tail -n 1)
	mean=$(awk '{ n += $1 } END { printf "%.2f", n / NR }' "$work/syncs")
	row publish_syncs "$mean" "at most $most" '' '<= 8' "$(verdict "$mean" 8)"
}

# By the means, so that what is done once in many publications counts too.
desks_growth() {
	local few many ratio
	! absent desks_growth || return 0
	few=$(average desk2.a cpu)
	many=$(average desk5.a cpu)
	ratio=$(awk -v a="$many" -v b="$few" 'BEGIN { printf "%.3f", a / b }')
	row desks_growth "$(unit cpu "$many")" "10^2 statements $(unit cpu "$few")" "$ratio x" '<= 2.5 x' \
		"$(verdict "$ratio" 2.5)"
}

# ---- pairs: A is ours, B the yardstick

pair_eif() {
	need_image
	A=("$MEASURE" eif "$work/image.eif")
	B=(openssl dgst -sha384 "$work/image.eif")
	interleave eif 'openssl dgst' "$ROUNDS"
}

pair_json() {
	need_image
	A=("$MEASURE" eif --json "$work/image.eif")
	B=(openssl dgst -sha384 "$work/image.eif")
	interleave json 'openssl dgst' "$ROUNDS"
}

# shellcheck disable=SC2016 # the inner shell expands
pair_stream() {
	need_image
	A=(sh -c 'cat "$2" | "$1" eif -' - "$MEASURE" "$work/image.eif")
	B=(sh -c 'cat "$1" | openssl dgst -sha384' - "$work/image.eif")
	interleave stream 'cat | openssl dgst' "$ROUNDS"
}

# B makes its copy as durable as A does: the file, then the name in the folder.
# shellcheck disable=SC2016 # the inner shell expands
pair_build() {
	need_image
	A=("$MEASURE" build eif "${parts[@]}" -o "$work/out/ours.eif")
	B=(sh -c 'cp "$1" "$2/copy.eif" && sync "$2/copy.eif" && sync "$2" &&
		openssl dgst -sha384 "$2/copy.eif"' - "$work/image.eif" "$work/out")
	BEFORE=clear_outputs
	interleave build 'cp, sync, dgst' "$ROUNDS"
}

# A ramdisk of many files, written and durable; B writes none. Both read from the page cache.
# shellcheck disable=SC2016 # the inner shell expands
pair_tree() {
	need_tree tree
	A=("$MEASURE" build initrd --rootfs "$work/tree" -o "$work/out/initrd")
	B=(sh -c 'bsdtar -cf - -C "$1" . | sha384sum' - "$work/tree")
	BEFORE=clear_outputs
	interleave tree 'bsdtar | sha384sum' "$(tree_rounds)"
}

# shellcheck disable=SC2016 # the inner shell expands
pair_tar() {
	need_tree tar
	A=("$MEASURE" build initrd --rootfs "$work/tree.tar" -o "$work/out/initrd")
	B=(sh -c 'bsdtar -cf - -C "$1" . | sha384sum' - "$work/tree")
	BEFORE=clear_outputs
	interleave tar 'bsdtar | sha384sum' "$(tree_rounds)"
}

# shellcheck disable=SC2016 # the inner shell expands
pair_layers() {
	need_layers
	A=("$MEASURE" build initrd --rootfs "$work/layout" -o "$work/out/initrd")
	B=(sh -c 'gzip -dc "$1" | sha384sum' - "$work/layer.gz")
	BEFORE=clear_outputs
	interleave layers 'gzip -dc | sha384sum' "$(tree_rounds)"
}

# A root of packages and a command that does nothing in it; B only unpacks them.
# shellcheck disable=SC2016 # the inner shell expands
pair_unpack() {
	need_recipe unpack
	A=("$MEASURE" build "$work/recipe/measure.yml" -q --stage nothing --store "$work/store"
		--cache "$work/out/cache" -o "$work/out/image")
	B=(sh -c 'mkdir "$2" && for deb in "$1"/*.deb; do dpkg-deb -x "$deb" "$2" || exit; done' -
		"$work/debs" "$work/out/root")
	BEFORE=clear_recipe
	interleave unpack 'dpkg-deb -x' "$ROUNDS"
}

# The same command in the sandbox and without: the root is unpacked, the lock checked, both anew.
pair_stage() {
	need_recipe stage
	A=("$MEASURE" build "$work/recipe/measure.yml" -q --stage work --store "$work/store"
		--cache "$work/out/cache" -o "$work/out/image")
	B=(busybox sh -eu "$work/recipe/work.sh")
	BEFORE=clear_recipe
	interleave stage 'by hand' 3
}

pair_cached() {
	need_recipe cached
	A=("$MEASURE" build "$work/recipe/measure.yml" -q --store "$work/store"
		--cache "$work/cache" -o "$work/out/image")
	B=("$MEASURE" version)
	"${A[@]}" >"$work/log" 2>&1
	BEFORE=clear_recipe
	interleave cached version "$ROUNDS"
}

# 13 MB, one run of four
pair_small() {
	need_sparse small.eif $((9 * MIB)) "$MIB" $((3 * MIB))
	A=("$MEASURE" eif "$work/small.eif")
	B=(openssl dgst -sha384 "$work/small.eif")
	interleave small 'openssl dgst' "$ROUNDS" 4
}

pair_version() {
	A=("$MEASURE" version)
	B=(true)
	interleave version 'empty program' "$ROUNDS" 40
}

# what is signed is verified before it is written
pair_sign() {
	need_release
	A=("$MEASURE" sign manifest "$work/release" --signer bench --key "$work/key"
		-o "$work/out/signed")
	B=("$MEASURE" version)
	operations sign 1 1
	interleave sign 'version, P-384' $((8 * ROUNDS)) 3
}

pair_check() {
	need_release
	A=("$MEASURE" check "$work/tiny.eif" --manifest "$work/signed" --trust "$work/trust.yml")
	B=("$MEASURE" version)
	operations check 0 1
	interleave check 'version, P-384' $((8 * ROUNDS)) 3
}

# Four links of certificates and the document itself; the root is pinned. Both start a process.
pair_verify() {
	need_documents
	helper p384 -lcrypto
	A=("$MEASURE" verify "$work/many/1" "${archive[@]}")
	B=("$work/p384" verify 5)
	interleave verify 'process, 5 P-384' $((2 * ROUNDS)) 10
}

# of each the links below the zone, which all have in common, and the document
pair_batch() {
	need_documents
	helper p384 -lcrypto
	A=("$MEASURE" verify --batch "$work/many" "${archive[@]}")
	B=("$work/p384" verify 602)
	interleave batch '602 P-384' "$ROUNDS"
}

# One more statement in a database of so many, without its signature; waiting for the disk is no CPU.
pair_publish2() { publish_into 100; }
pair_publish3() { publish_into 1000; }
pair_publish4() { publish_into 10000; }
pair_publish5() { publish_into 100000; }

publish_into() {
	need_filled "$1"
	A=("$FILLED" grow "$work/filled-$1")
	B=("$MEASURE" version)
	interleave "publish$((${#1} - 1))" version "$ROUNDS" 8
}

pair_growth() {
	need_filled 100000
	need_filled 100
	A=("$FILLED" grow "$work/filled-100000")
	B=("$FILLED" grow "$work/filled-100")
	interleave growth '10^2 statements' "$ROUNDS" 8
}

# `measure db publish`, each time of another statement; what was kept is written anew among them.
pair_desk2() { desk_with 100; }
pair_desk3() { desk_with 1000; }
pair_desk4() { desk_with 10000; }
pair_desk5() { desk_with 100000; }

desk_with() {
	local i
	need_desk "$1"
	for i in {1..40}; do
		desk "$1"
		spend "$work/desk$((${#1} - 1)).a" 1 "${desk[@]}"
	done
}

pair_desks() {
	[ -e "$work/desk2.a" ] || desk_with 100
	[ -e "$work/desk5.a" ] || desk_with 100000
}

pair_publish() {
	local i
	command -v strace >/dev/null || skip publish 'no strace'
	need_desk 100
	for i in {1..40}; do
		desk 100
		strace -f -qq -e trace=fsync,fdatasync,syncfs,sync -o "$work/calls" "${desk[@]}" >"$work/log"
		grep -c sync "$work/calls" >>"$work/syncs"
	done
}

# With nothing new since the last look-up.
pair_who() {
	need_listed
	A=("$MEASURE" who "$listed" --db "$work/listed" --trust "$work/listed.yml" -q)
	B=("$MEASURE" version)
	interleave who version "$ROUNDS" 8
}

# From the first statement, beside what the signatures alone cost.
pair_audit() {
	need_listed
	helper p384 -lcrypto
	A=("$MEASURE" db audit --db "$work/listed" --trust "$work/listed.yml")
	B=("$work/p384" verify 10000)
	interleave audit '10^4 P-384' 3
}

pair_lint() {
	need_rows 10000
	A=("$MEASURE" manifest lint "$work/rows")
	B=(openssl dgst -sha384 "$work/rows")
	interleave lint 'openssl dgst' "$ROUNDS" 4
}

# 1 to 512 processors of all types with two values of features: 22528 digests
# shellcheck disable=SC2054 # lists of the program's own
pair_table() {
	need_firmware
	A=("$MEASURE" snp --ovmf "$work/ovmf" --vcpus 1-512 --vcpu-type all
		--guest-features 0x1,0x21 --csv)
	B=("$MEASURE" version)
	echo 0 >"$work/table.also"
	interleave table 'version' $((2 * ROUNDS)) 2
}

# a digest that nobody has, so that all of more than a million combinations are tried
# shellcheck disable=SC2016 # the inner shell expands
pair_solve() {
	need_firmware
	A=(sh -c '"$1" solve "$2" -q --ovmf "$3" --kernel "$4" --append x || test $? = 1' - "$MEASURE"
		"$(printf %096d 1)" "$work/ovmf" "$work/small-kernel")
	B=("$MEASURE" version)
	interleave solve 'version' 3
}

pair_snp() {
	peer sev-snp-measure || skip snp 'no sev-snp-measure in PEERS or PATH'
	need_firmware
	arguments=(--mode snp --ovmf "$work/ovmf" --vcpus 4 --vcpu-type EPYC-v4)
	A=("$MEASURE" snp "${arguments[@]:2}")
	B=("$found" "${arguments[@]}")
	interleave snp sev-snp-measure "$ROUNDS" 2
}

pair_describe() {
	find_describe || skip describe 'neither nitro-cli nor describe-eif in PEERS or PATH'
	need_image
	A=("$MEASURE" eif "$work/image.eif")
	B=("${describe[@]}" "$work/image.eif")
	interleave describe "${describe[0]##*/}" 3
}

find_describe() {
	if peer describe-eif || peer describe-eif-1.5; then
		describe=("$found")
	else
		peer nitro-cli && describe=("$found" describe-eif --eif-path)
	fi
}

# eif_build syncs nothing, ours does.
pair_eif_build() {
	peer eif_build || skip eif_build 'no eif_build in PEERS or PATH'
	need_image
	A=("$MEASURE" build eif "${parts[@]}" -o "$work/out/ours.eif")
	B=("$found" "${parts[@]}" --output "$work/out/theirs.eif")
	BEFORE=clear_outputs
	interleave eif_build eif_build 3
}

pair_big() {
	[ "${BENCH_BIG:-1}" != 0 ] || skip big 'BENCH_BIG=0'
	need_sparse big.eif $((12 * MIB)) $((5 * GIB)) $((5 * GIB))
	A=("$MEASURE" eif "$work/big.eif")
	B=(openssl dgst -sha384 "$work/big.eif")
	interleave big 'openssl dgst' 1
}

# ---- the run

[ $# -gt 0 ] || set -- "${LINES_ALL[@]}"
for line; do
	[[ " ${LINES_ALL[*]} " == *" $line "* ]] || {
		echo "bench: no line '$line'" >&2
		exit 2
	}
done
two_cores "$@"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/measure-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
room_or_exit $((5 << 20))
mkdir "$work/out"
helper spent || { cat "$work/log" >&2; exit 1; }

echo "$(nproc) cores (of ${BENCH_PINNED:-$(nproc)}), $(openssl version | cut -d' ' -f1-2), image of 1 GiB: $LAYOUT"
row LINE OURS YARDSTICK RATIO LIMIT ''
for line; do
	sample "${line%_*}"
	"$line"
done
[ ! -e "$work/shares" ] || others
[ ! -e "$work/failed" ]
