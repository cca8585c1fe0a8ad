# shellcheck shell=bash disable=SC2154,SC2034 # globals are set here and used there
# The machinery of run.sh: files to measure, samples, figures. Sourced, never run.
# Globals: work (scratch folder), MEASURE, PEERS, MIB, CMDLINE; a pair_* function sets A and B, the
# commands to compare, and may set BEFORE, a command that runs before each, untimed.

# ---- the machine

# two_cores: runs the script again on its first two cores, when it may use more
two_cores() {
	local cores
	cores=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status | tr , '\n' |
		while IFS=- read -r from to; do seq "$from" "${to:-$from}"; done | head -n 2 | paste -sd,)
	if [ "$(nproc)" -gt 2 ] && [ -z "${BENCH_PINNED:-}" ]; then
		BENCH_PINNED=$(nproc) exec taskset -c "$cores" "$0" "$@"
	fi
}

room_or_exit() {
	local free
	free=$(df -Pk "$work" | awk 'NR == 2 { print $4 }')
	[ "$free" -lt "$1" ] || return 0
	echo "bench: needs $(($1 >> 20)) GiB in $work, $((free >> 20)) GiB are free; see TMPDIR" >&2
	exit 1
}

# helper NAME LIBRARY...: compiles tests/bench/NAME.c once
helper() {
	local name=$1
	shift
	[ -x "$work/$name" ] || ${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -o "$work/$name" \
		"tests/bench/$name.c" "$@" 2>"$work/log"
}

# peer NAME: its path in $found
peer() {
	found=$(PATH="${PEERS:+$PEERS:}$PATH" command -v "$1")
}

# ---- files to measure

# random MIB NAME: bytes without holes or repetition, the same in every run
random() {
	head -c $(($1 * MIB)) /dev/zero |
		openssl enc -aes-128-ctr -nosalt -pbkdf2 -iter 1 -pass "pass:$2" -out "$work/$2"
}

# need_image: $work/image.eif and the parts it is built from, in the page cache
need_image() {
	parts=(--kernel "$work/kernel" --cmdline "$CMDLINE" --ramdisk "$work/rd0"
		--ramdisk "$work/rd1" --ramdisk "$work/rd2")
	if [ ! -e "$work/image.eif" ]; then
		random 12 kernel
		random 112 rd0
		random 450 rd1
		random 450 rd2
		"$MEASURE" build eif "${parts[@]}" -o "$work/image.eif" >"$work/log" 2>&1
	fi
	cat "$work"/{kernel,rd0,rd1,rd2,image.eif} >/dev/null
}

# need_sparse NAME KERNEL RAMDISK...: $work/NAME, an image of holes
need_sparse() {
	local name=$1
	shift
	helper sparse -ldeflate
	"$work/sparse" "$work/$name" "$@" 2>"$work/log"
}

clear_outputs() {
	rm -f "$work"/out/*
	sync "$work/out"
}

# ---- samples

# sample PAIR: its samples go to PAIR.a and PAIR.b, or PAIR.why says why there are none. Not for
# conditions: there the shell would run on after a failing command.
sample() {
	[ ! -e "$work/$1.done" ] || return 0
	: >"$work/$1.done"
	: >"$work/log"
	BEFORE=:
	set +e
	(
		set -e
		"pair_$1"
	)
	local status=$?
	set -e
	[ "$status" = 0 ] || explain "$1"
}

# interleave PAIR YARDSTICK ROUNDS [RUNS]: A B A B, a sample being the mean of RUNS runs
interleave() {
	local i
	echo "$2" >"$work/$1.name"
	for ((i = 0; i < $3; i++)); do
		$BEFORE
		spend "$work/$1.a" "${4:-1}" "${A[@]}"
		$BEFORE
		spend "$work/$1.b" "${4:-1}" "${B[@]}"
	done
}

# spend FILE RUNS COMMAND...: one sample to FILE, and to shares what the whole machine did meanwhile
spend() {
	local file=$1 runs=$2 before
	shift 2
	before=$(machine)
	"$work/spent" "$runs" "$work/log" "$@" >>"$file"
	echo "$before $(machine) $runs $(tail -n 1 "$file")" >>"$work/shares"
}

# machine: busy and all microseconds of all cores since they started
machine() {
	awk -v tick="$(getconf CLK_TCK)" '/^cpu / {
		for (i = 2; i <= 9; i++) all += $i
		printf "%.0f %.0f", (all - $5 - $6) * 1e6 / tick, all * 1e6 / tick }' /proc/stat
}

# others: how much of the machine's time went to other programs while samples were taken. They
# lengthen wall-clock times, most of all of what runs on every core.
others() {
	awk '{ busy += $3 - $1 - $5 * $7; all += $4 - $2 }
		END {
			if (!all)
				exit
			share = busy < 0 ? 0 : busy / all
			printf "other programs took %.0f %% of the cores meanwhile", share * 100
			print (share > 0.05 ? ": wall-clock times are too long" : "")
		}' "$work/shares"
}

skip() {
	echo "skipped: $2" >"$work/$1.why"
	exit 0
}

explain() {
	local last
	last=$(tail -n 1 "$work/log" | tr -cd '[:print:]' | sed "s|$work/||g")
	echo "not measured: ${last:-a command failed without a word}" >"$work/$1.why"
}

# ---- figures: FIGURE is wall or cpu (microseconds) or rss (KiB)

# median PAIR.SIDE FIGURE
median() {
	local column=1
	[ "$2" != cpu ] || column=2
	[ "$2" != rss ] || column=3
	sort -n -k "$column,$column" "$work/$1" | awk -v c="$column" '{ v[NR] = $c }
		END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# unit FIGURE VALUE
unit() {
	case $1 in
	rss) awk -v v="$2" 'BEGIN { printf "%.1f MiB", v / 1024 }' ;;
	*) awk -v v="$2" 'BEGIN { if (v < 1e5) printf "%.2f ms", v / 1e3; else printf "%.3f s", v / 1e6 }' ;;
	esac
}

# verdict VALUE LIMIT: nothing without a limit
verdict() {
	awk -v v="$1" -v l="$2" 'BEGIN { if (l != "-") print (v <= l ? "OK" : "OVER") }'
}

row() {
	printf '%-15s %-11s %-26s %-8s %-12s %s\n' "$@" | sed 's/ *$//'
}

# absent LINE: prints why the line has no figure; false when it has one
absent() {
	local why=$work/${1%_*}.why
	[ -e "$why" ] || return 1
	printf '%-15s %s\n' "$1" "$(cut -c 1-200 "$why")"
	! grep -q '^not measured' "$why" || echo "$1" >>"$work/failed"
}

# versus PAIR FIGURE LIMIT: ours over the yardstick's; - is no limit
versus() {
	local ours theirs ratio
	! absent "$1_$2" || return 0
	ours=$(median "$1.a" "$2")
	theirs=$(median "$1.b" "$2")
	ratio=$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.3f", a / b }')
	row "$1_$2" "$(unit "$2" "$ours")" "$(cat "$work/$1.name") $(unit "$2" "$theirs")" \
		"$ratio x" "$([ "$3" = - ] || echo "<= $3 x")" "$(verdict "$ratio" "$3")"
}

# most PAIR FIGURE LIMIT: ours alone, against a limit in the figure's own unit
most() {
	local ours
	! absent "$1_$2" || return 0
	ours=$(median "$1.a" "$2")
	row "$1_$2" "$(unit "$2" "$ours")" \
		"$(cat "$work/$1.name") $(unit "$2" "$(median "$1.b" "$2")")" '' \
		"$([ "$3" = - ] || echo "<= $(unit "$2" "$3")")" "$(verdict "$ours" "$3")"
}
