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

# need_release: $work/release, a manifest of $work/tiny.eif; $work/signed by $work/key, which
# $work/trust.yml trusts
need_release() {
	[ ! -e "$work/trust.yml" ] || return 0
	need_sparse tiny.eif 4096 4096 4096
	"$MEASURE" manifest make "$work/tiny.eif" -q --product bench/tiny --version 1 -o "$work/release"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$work/key" 2>"$work/log"
	openssl pkey -in "$work/key" -pubout -out "$work/key.pem"
	"$MEASURE" sign manifest "$work/release" -q --signer bench --key "$work/key" -o "$work/signed"
	"$MEASURE" trust add "$work/key.pem" -q --role publisher --trust "$work/trust.yml"
}

# need_filled N: $work/filled-N, a database of N statements
need_filled() {
	[ -e "$work/filled-$1" ] || "$FILLED" plain "$work/filled-$1" "$1" >"$work/log" 2>&1
}

# need_desk N: $work/desk-N, a database of N signed manifests that was replayed once, and 200 more to
# be published into it, $work/next-N/1 and so on; by a key of P-256, which is soon made and verified
need_desk() {
	export XDG_STATE_HOME=$work/state-$1 XDG_CACHE_HOME=$work/cache
	[ ! -e "$work/desk-$1" ] || return 0
	mkdir "$work/next-$1"
	"$FILLED" signed "$work/desk-$1" "$work/desk-$1.yml" P-256 "$1" "$work/next-$1" 200 >"$work/log" 2>&1
	"$MEASURE" db show --db "$work/desk-$1" --trust "$work/desk-$1.yml" >"$work/log"
	echo 0 >"$work/next-$1/done"
}

# desk N: `desk` publishes the next statement into $work/desk-N
desk() {
	local n
	n=$(($(cat "$work/next-$1/done") + 1))
	echo "$n" >"$work/next-$1/done"
	desk=("$MEASURE" db publish "$work/next-$1/$n" --db "$work/desk-$1" --trust "$work/desk-$1.yml")
}

# need_listed: $work/listed, a database of 10 000 manifests with 30 000 registers, signed; and replayed
# once, as whoever looks up has done. $listed is the digest of the first payload.
need_listed() {
	export XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
	local release
	if [ ! -e "$work/listed" ]; then
		"$FILLED" signed "$work/listed" "$work/listed.yml" P-384 10000 >"$work/log" 2>&1
		"$MEASURE" db show --db "$work/listed" --trust "$work/listed.yml" >"$work/shown"
	fi
	release=$(sed -n '1s/  .*//p' "$work/shown")
	listed=$("$MEASURE" db show "$release" --db "$work/listed" --trust "$work/listed.yml" |
		sed -n 's/.*payload  sha256://p')
}

# need_rows N: $work/rows, a CoRIM of the AMD SNP profile with N reference triples, each a policy, a
# launch digest and a name
# shellcheck disable=SC2016 # perl expands
need_rows() {
	perl -e '
		sub hex_of { pack("H*", join("", @_)) }
		my ($n) = @ARGV;
		my $comid = hex_of("a201a1006767756573742f3104a10099") . pack("n", $n);
		for my $i (1 .. $n) {
			my $digest = pack("N", $i) x 12;
			$comid .= hex_of("82a200a100d86f492b060104019c78030101d902305830") . $digest .
				hex_of("82a2000201a104d90230480000030000000000") .
				hex_of("a20019028101a2028182075830") . $digest .
				hex_of("0b6d") . sprintf("EPYC-v4 %05d", $i);
		}
		print hex_of("d901f5a3006767756573742f310181d901fa5a"), pack("N", length $comid), $comid,
			hex_of("03d8207822"), "tag:amd.com,2024:snp-corim-profile";
	' "$1" >"$work/rows"
}

# need_firmware: $work/ovmf, 4 MiB as edk2 builds them: 181 pages of code, pages of 0xff, and in the
# last page the table of GUIDs and the metadata with a place for kernel hashes
# shellcheck disable=SC2016 # perl expands
need_firmware() {
	[ ! -e "$work/ovmf" ] || return 0
	random 1 code
	{
		head -c $((843 * 4096)) /dev/zero | tr '\0' '\377'
		head -c $((180 * 4096)) "$work/code"
		perl -e '
			sub guid { my @p = split /-/, shift; pack("VvvH4H12", hex $p[0], hex $p[1], hex $p[2], @p[3, 4]) }
			sub entry { my ($data, $guid) = @_; $data . pack("v", 18 + length $data) . guid($guid) }
			my @sections = ([0x800000, 0x9000, 1], [0x80a000, 0x3000, 1], [0x80d000, 0x1000, 2],
				[0x80e000, 0x1000, 3], [0x80f000, 0x1000, 4], [0x810000, 0x1000, 0x10],
				[0x811000, 0xf000, 1]);
			my $metadata = pack("a4VVV", "ASEV", 16 + 12 * @sections, 1, scalar @sections) .
				join("", map { pack("VVV", @$_) } @sections);
			my $table = entry(pack("VV", 0x810c00, 0x400), "7255371f-3a3b-4b04-927b-1da6efa8d454") .
				entry(pack("V", 0x200), "dc886566-984a-4798-a75e-5585a7bf67cc") .
				entry(pack("V", 0x80b004), "00f771de-1a7e-4fcb-890e-68c77e2fb44e");
			$table .= pack("v", 18 + length $table) . guid("96b582de-1fb2-45f7-baea-a366c55a082d");
			print "\0" x (4096 - 0x200), $metadata,
				"\0" x (0x200 - 32 - length($metadata) - length $table), $table, "\0" x 32;
		'
	} >"$work/ovmf"
	printf kernel >"$work/small-kernel"
}

# tree_rounds: the big one takes its time
tree_rounds() {
	[ "${BENCH_BIG:-1}" = 0 ] && echo "$ROUNDS" || echo 2
}

# need_tree tree|tar: $work/tree, 4 GiB in 200 000 files (256 MiB in 12 500), and $work/tree.tar
# shellcheck disable=SC2016 # perl expands
need_tree() {
	command -v bsdtar >/dev/null || skip "$1" 'no bsdtar'
	local files=200000
	[ "${BENCH_BIG:-1}" != 0 ] || files=12500
	if [ ! -e "$work/tree" ]; then
		random 16 bytes
		mkdir "$work/tree"
		perl -e '
			my ($from, $to, $files) = @ARGV;
			open(my $in, "<:raw", $from) or die;
			read($in, my $bytes, 16 << 20) or die;
			for my $i (0 .. $files - 1) {
				my $folder = sprintf("%s/%03d", $to, $i % 1000);
				mkdir $folder if $i < 1000;
				my $size = 21475 - 10000 + $i * 7919 % 20001;
				open(my $out, ">:raw", "$folder/$i") or die;
				print $out substr($bytes, $i * 4096 % (16 << 20) % ((16 << 20) - $size), $size);
				close($out) or die;
			}
		' "$work/bytes" "$work/tree" "$files"
	fi
	[ "$1" = tree ] || [ -e "$work/tree.tar" ] ||
		bsdtar --format=ustar -cf "$work/tree.tar" -C "$work/tree" .
}

# need_layers: $work/layout, an image of the tree in one layer, which is $work/layer.gz
need_layers() {
	need_tree tar
	[ -e "$work/layout" ] || python3 -B tests/bench/layout.py "$work/tree.tar" "$work/layer.gz" "$work/layout"
}

# need_recipe PAIR: $work/recipe, locked, whose stages have a root of the packages in $work/debs, all
# of which are in $work/store: 32 of 8 MiB each with what this machine has in /usr/share, and a shell
# shellcheck disable=SC2016 # backquotes are none
need_recipe() {
	local tool
	for tool in busybox bwrap dpkg-deb gpg gpgv; do
		command -v "$tool" >/dev/null || skip "$1" "no $tool"
	done
	[ ! -e "$work/recipe/measure.lock" ] || return 0
	mkdir -p "$work/debs" "$work/recipe" "$work/store/sha256" "$work/store/lists/bench/bench"
	need_debs
	need_lists
	echo 'busybox dd if=/dev/zero bs=1048576 count=4096 2>/dev/null | busybox sha256sum >sum' |
		tee "$work/recipe/work.sh" >"$work/log"
	cat >"$work/recipe/measure.yml" <<-END
		recipe: 1
		product: example.org/bench
		version: "1"
		vendor: example.org
		epoch: 2026-01-01T00:00:00Z
		suites:
		  bench: {archive: bench, suite: bench, keyring: ring.gpg, keys: [$key]}
		inputs:
		  root:
		    from: [bench]
		    packages: [$(cd "$work/debs" && printf '%s, ' *.deb | sed 's/\.deb//g; s/, $//')]
		    links: {usr/bin/sh: busybox}
		stages:
		  nothing: {root: root, run: "echo >done", outputs: {done: done}}
		  work: {root: root, run: "$(cat "$work/recipe/work.sh")", outputs: {sum: sum}}
		files:
		  done: nothing/done
		  sum: work/sum
	END
	"$MEASURE" lock "$work/recipe/measure.yml" -q --store "$work/store" >"$work/log" 2>&1
}

# need_debs: what is compressed is what packages hold, texts and tables
need_debs() {
	local i
	find /usr/share/doc /usr/share/perl /usr/lib/python3 -type f -size -512k -print0 2>/dev/null |
		sort -z | xargs -0 cat 2>/dev/null | head -c $((256 * MIB)) >"$work/texts"
	for i in $(seq 0 32); do
		mkdir -p "$work/deb/DEBIAN" "$work/deb/usr/bin" "$work/deb/usr/share/bench/$i"
		if [ "$i" = 32 ]; then
			cp "$(command -v busybox)" "$work/deb/usr/bin/busybox"
		else
			(cd "$work/deb/usr/share/bench/$i" &&
				tail -c +$((i * 8 * MIB + 1)) "$work/texts" | head -c $((8 * MIB)) | split -a 4 -b 20000)
		fi
		printf 'Package: bench%s\nVersion: 1\nArchitecture: amd64\nMaintainer: bench\nDescription: bench\n' \
			"$i" >"$work/deb/DEBIAN/control"
		dpkg-deb --root-owner-group -Zxz -z1 -b "$work/deb" "$work/debs/bench$i.deb" >"$work/log"
		rm -r "$work/deb"
	done
	rm "$work/texts"
}

# need_lists: the packages in the store, and a list of them that $key has signed
need_lists() {
	local deb sum
	for deb in "$work"/debs/*.deb; do
		sum=$(sha256sum "$deb" | cut -d ' ' -f 1)
		install -m 444 "$deb" "$work/store/sha256/$sum"
		printf 'Package: %s\nVersion: 1\nArchitecture: amd64\nFilename: pool/%s\nSize: %s\nSHA256: %s\n\n' \
			"$(basename "$deb" .deb)" "${deb##*/}" "$(stat -c %s "$deb")" "$sum"
	done >"$work/Packages"
	sum=$(sha256sum "$work/Packages" | cut -d ' ' -f 1)
	install -m 444 "$work/Packages" "$work/store/sha256/$sum"
	printf 'Suite: bench\nCodename: bench\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n %s %s %s\n' \
		"$sum" "$(stat -c %s "$work/Packages")" main/binary-amd64/Packages >"$work/Release"
	# the path of the agent's socket has to be short
	GNUPGHOME=$(mktemp -d /tmp/gnupg.XXXXXX)
	export GNUPGHOME
	gpg --batch -q --passphrase '' --quick-gen-key bench ed25519 sign never 2>"$work/log"
	key=$(gpg --with-colons --list-keys 2>"$work/log" | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p')
	gpg --export >"$work/recipe/ring.gpg"
	gpg --batch -q --clearsign -o "$work/store/lists/bench/bench/InRelease" "$work/Release"
	gpgconf --kill all
	rm -rf "$GNUPGHOME"
}

clear_recipe() {
	rm -rf "$work"/out/*
	sync "$work/out"
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

# operations PAIR SIGN VERIFY: the microseconds of so many signatures with P-384, made and verified,
# go to PAIR.also
operations() {
	helper p384 -lcrypto
	"$work/p384" 200 | awk -v s="$2" -v v="$3" '{ print $1 * s + $2 * v }' >"$work/$1.also"
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
	local column
	column=$(column "$2")
	sort -n -k "$column,$column" "$work/$1" | awk -v c="$column" '{ v[NR] = $c }
		END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# column FIGURE: of a sample
column() {
	case $1 in
	wall) echo 1 ;;
	cpu) echo 2 ;;
	rss) echo 3 ;;
	esac
}

average() { awk -v c="$(column "$2")" '{ n += $c } END { print n / NR }' "$work/$1"; }

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

# mean PAIR FIGURE LIMIT, greatest PAIR FIGURE LIMIT: ours alone, of samples that are not alike
mean() { unlike "$1" "$2" "$3" "$(average "$1.a" "$2")"; }
greatest() { unlike "$1" "$2" "$3" "$(peak "$1.a" "$2")"; }
peak() { sort -n -k "$(column "$2"),$(column "$2")" "$work/$1" | awk -v c="$(column "$2")" 'END { print $c }'; }

unlike() {
	! absent "$1_$2" || return 0
	row "$1_$2" "$(unit "$2" "$4")" \
		"median $(unit "$2" "$(median "$1.a" "$2")"), most $(unit "$2" "$(peak "$1.a" "$2")")" '' \
		"$([ "$3" = - ] || echo "<= $(unit "$2" "$3")")" "$(verdict "$4" "$3")"
}

# least PAIR.SIDE: of the microseconds of CPU
least() { awk 'NR == 1 || $2 < v { v = $2 } END { print v }' "$work/$1"; }

# beyond PAIR LIMIT: microseconds of CPU that ours takes more than the yardstick and PAIR.also, each
# at its least: the differences are small, and other programs can only lengthen them
beyond() {
	local ours theirs more
	! absent "$1_cpu" || return 0
	ours=$(least "$1.a")
	theirs=$(awk -v b="$(least "$1.b")" '{ print b + $1 }' "$work/$1.also")
	more=$(awk -v a="$ours" -v b="$theirs" 'BEGIN { print a - b }')
	row "$1_cpu" "$(unit cpu "$ours")" "$(cat "$work/$1.name") $(unit cpu "$theirs")" \
		"+$(unit cpu "$more")" "<= +$(unit cpu "$2")" "$(verdict "$more" "$2")"
}

# need_documents: $work/many, 200 documents of one chain down to the zone, to be verified as an
# archive with the options in `archive`
need_documents() {
	local pcr
	pcr="0=$(printf '11%.0s' {1..48})"
	archive=(--root "$work/root.pem" --at document --pcr "$pcr" -q)
	[ ! -e "$work/many" ] || return 0
	mkdir "$work/many"
	(cd "$work/many" && "${MEASURE%/*}/tests/document" --pcr "$pcr" "$work/root.pem" {1..200})
}
