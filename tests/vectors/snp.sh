#!/bin/sh
# Launch digests from outside: what sev-snp-measure printed, in this release and in older ones, and
# what it computes in its own tests.
. "${0%/*}/../lib.sh"
need_shared vectors/snp
need python3
need zstd
vectors=$SHARED/vectors/snp

mkdir inputs
for file in "$vectors"/inputs/*.zst; do
	name=${file##*/}
	zstd -qd "$file" -o "inputs/${name%.zst}"
done
: >inputs/devnull

# of KIND FILE: a line of arguments and a line of the answer for each run that had one
runs()
{
	python3 - "$1" "$2" <<'EOT'
import json, shlex, sys
kind, path = sys.argv[1:]
data = json.load(open(path))
if kind == "now":
    lists = [("", data["vectors"])]
else:
    lists = [(release, part["differs"]) for release, part in data["legacy"].items()]
for release, runs in lists:
    for run in runs:
        if run.get("rc", 0) != 0:
            continue
        words = ["inputs/" + w[1:] if w.startswith("@") else w for w in run["argv"]]
        if release:
            vmm = words[words.index("--vmm-type") + 1] if "--vmm-type" in words else "QEMU"
            if "--vmm-type" in words:
                at = words.index("--vmm-type")
                del words[at:at + 2]
            words += ["--profile", vmm.lower() + "-legacy"]
            if release == "v0.0.9" and "--guest-features" not in words and \
               words[words.index("--mode") + 1] == "snp":
                words += ["--guest-features", "0x21"]
        if "--append" in words and "\n" in words[words.index("--append") + 1]:
            at = words.index("--append")
            with open("newline", "w") as f:
                f.write(words[at + 1])
            words[at:at + 2] = ["--append-file", "newline"]
        print(" ".join(shlex.quote(w) for w in words))
        print(run["stdout"].strip())
EOT
}

# Refused although the peer prints something: no guest has 0 processors.
refused() { case $1 in *'--vcpus 0 '*) true ;; *) false ;; esac; }

all()
{
	n=0 good=0
	while IFS= read -r words && IFS= read -r want; do
		if refused "$words"; then
			eval "run snp $words"
			expect_status 2
			ok "refused: $words"
			continue
		fi
		n=$((n + 1))
		eval "run snp $words"
		expect_status 0
		expect_stdout "$want"
		if [ -s "$lib_problems" ]; then
			ok "$(printf %.120s "$words")"
		else
			good=$((good + 1))
		fi
	done <"$1"
	ok "$good of $n digests of $2"
}

# shellcheck disable=SC2094 # another file
runs now "$vectors/sev-snp-measure.json" >now
all now 'sev-snp-measure 0.0.13'
# shellcheck disable=SC2094 # another file
runs old "$vectors/sev-snp-measure-older-releases.json" >old
all old 'its releases 0.0.9, 0.0.11, 0.0.12 where they differ'

# SEV and SEV-ES: from the digest and the files alone to a command that gives the digest
python3 - now <<'EOT' >sev
import re, shlex, sys
lines = open(sys.argv[1]).read().splitlines()
runs = [(shlex.split(w), d) for w, d in zip(lines[::2], lines[1::2]) if re.fullmatch("[0-9a-f]{64}", d)]
keep = ["--ovmf", "--kernel", "--initrd", "--append", "--append-file"]
runs = [(w, d) for w, d in runs if "newline" not in w and "0" not in w]
for words, digest in runs[::max(1, len(runs) // 24)]:
    files = [w for i, x in enumerate(words) if x in keep for w in words[i:i + 2]]
    print(digest, " ".join(shlex.quote(w) for w in files))
EOT
mkdir bin
ln -s "$MEASURE" bin/measure
n=0
while read -r digest words; do
	eval "run solve $digest $words"
	expect_status 0
	head -n 1 "$STDOUT" >line.sh
	run_command env PATH="$PWD/bin:$PATH" sh line.sh
	expect_stdout "$digest"
	n=$((n + 1))
done <sev
expect test "$n" -gt 10
ok "$n of $n digests of SEV and SEV-ES are found"

# What it refuses: without a digest here either.
python3 - "$vectors/sev-snp-measure.json" <<'EOT' >wrong
import json, shlex, sys
for run in json.load(open(sys.argv[1]))["vectors"]:
    if run["rc"] != 0:
        print(" ".join(shlex.quote("inputs/" + w[1:] if w.startswith("@") else w) for w in run["argv"]))
EOT
n=0
while read -r words; do
	eval "run snp $words"
	case $STATUS in 2 | 3) ;; *) expect_status '2 or 3' ;; esac
	expect_stdout ''
	expect_stderr_has 'measure: error['
	n=$((n + 1))
done <wrong
expect test "$n" -gt 0
ok "$n of $n command lines that it refuses are refused"

# the pages of processors, by the bytes that are not zero
python3 - "$vectors/sev-snp-measure.json" <<'EOT' >pages
import json, sys
for page in json.load(open(sys.argv[1]))["vmsa_pages"]:
    print(page["mode"], page["vmm"], page["cpu_type"], page["vcpu"], page["sha384"])
EOT
n=0
while read -r mode vmm type vcpu sha384; do
	set -- --mode "$mode" --vmm-type "$vmm" --vcpus 2 --vcpu-type "$type"
	case $mode in
	snp:svsm) set -- "$@" --ovmf inputs/fx-svsm-ovmf --svsm inputs/fx-svsm --vars-size 540672 ;;
	*) set -- "$@" --ovmf inputs/amdsev-2026.08 ;;
	esac
	run snp "$@" --dump-vmsa
	expect_status 0
	expect test "$(sha384sum "vmsa$vcpu.bin" | cut -d ' ' -f 1)" = "$sha384"
	n=$((n + 1))
done <pages
expect test "$n" -gt 0
ok "$n of $n pages of processors"

# the peer's own unit tests
python3 - "$vectors/unit.json" <<'EOT' >unit
import json, shlex, sys
modes = {"SEV": "sev", "SEV_ES": "seves", "SEV_SNP": "snp", "SEV_SNP_SVSM": "snp:svsm"}
for fact in json.load(open(sys.argv[1]))["facts"]:
    a = fact["args"]
    if "digest" not in fact:
        continue
    name = lambda path: "inputs/devnull" if path == "/dev/null" else "inputs/fx-" + \
        path.split("/")[-1].split(".")[0].replace("ovmf_", "").lower().replace("_", "-")
    words = ["--mode", modes[a["mode"]], "--ovmf", name(a["ovmf"])]
    if a["mode"] == "SEV_SNP_SVSM":
        words[-1] = "inputs/fx-svsm-ovmf"
        words += ["--svsm", "inputs/fx-svsm", "--vars-size", str(a.get("ovmf_vars_size") or 540672)]
    if a["mode"] != "SEV":
        words += ["--vcpus", str(a["vcpus"]), "--guest-features", str(a["guest_features"])]
        words += ["--vcpu-sig", str(a["vcpu_sig"] or 0x800f12)]
    for option in "kernel", "initrd":
        if a.get(option):
            words += ["--" + option, name(a[option])]
    if a.get("append") is not None and a.get("kernel"):
        words += ["--append", a["append"]]
    if a.get("snp_ovmf_hash_str"):
        words += ["--snp-ovmf-hash", a["snp_ovmf_hash_str"]]
    if a.get("vmm_type"):
        words += ["--vmm-type", a["vmm_type"]]
    print(" ".join(shlex.quote(w) for w in words))
    print(fact["digest"])
EOT
all unit "its own unit tests"

# files of volumes, padding apart, and those with names, as a walker in Python counted them
modules()
{
	run inspect "inputs/$1"
	expect_status 0
	expect test "$(grep -cE '(, |  )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' "$STDOUT")" -eq "$2"
	expect test "$(grep -c USER_INTERFACE "$STDOUT")" -eq "$3"
}
modules ovmf-2022.11 131 127
modules ovmf-2025.02 138 134
modules amdsev-2026.08 106 102
ok 'modules of real firmware, out of its compressed volumes'

plan done
