#!/bin/sh
# `measure verify` on evidence of genuine hardware, on mutations of it, and on what other keys signed:
# the verdict that stands beside each, and what its own measurements are worth as an expectation.
. "${0%/*}/../lib.sh"
need_shared vectors/evidence/shared/vectors.json
need python3
vectors=$SHARED/vectors/evidence
# faketime's library stands before the sanitizers' where the program has them, which is meant
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"

# cases.py: a line for each run, fields between tabs: name, expected slug or exit status, arguments
cat >cases.py <<'EOT'
import base64, datetime, glob, hashlib, json, os, re, sys
top = sys.argv[1]
KINDS = ("nitro", "snp", "snp-extended", "snp-crl")

def path(v, key):
    return os.path.join(top, v[key])

def ark(v):
    for name in sorted(glob.glob(os.path.join(path(v, "chains"), "*.pem"))):
        for block in re.findall("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n", open(name).read()):
            if hashlib.sha256(base64.b64decode("".join(block.split("\n")[1:-2]))).hexdigest() == v["ark_sha256"]:
                out = "ark-%s.pem" % v["ark_sha256"][:16]
                open(out, "w").write(block)
                return out
    raise SystemExit("no root of " + v["id"])

def collateral(v):
    args = []
    if v["kind"] == "nitro" and v["cls"] == "synthetic":
        args += ["--root", path(v, "root")]
    for key, option in (("vek", "--vek"), ("crl", "--crl"), ("chain", "--chain"), ("chains", "--chain")):
        if key in v:
            args += [option, path(v, key)]
    if "ark_sha256" in v and v["cls"] == "synthetic":
        args += ["--ark", ark(v)]
    return args

def options(v, run):
    args = []
    for key, value in (v.get("options") or {}).items():
        if key == "pcrs":
            for n, x in value.items():
                args += ["--pcr", "%s=%s" % (n, x)]
        elif key == "min_tcb":
            args += ["--min-tcb", ",".join("%s=%d" % i for i in value.items())]
        else:
            args += ["--" + key.replace("_", "-"), str(value)]
    for word in run.get("options", []):
        key, _, value = word.partition("=")
        if key == "allow-debug":
            args += ["--allow-debug"]
        elif key == "pcr0":
            args += ["--pcr", "0=" + value]
        else:
            args += ["--" + key, value]
    return args

def when(at):
    return ["--at", {None: "none", "document-timestamp": "document"}.get(at, at)]

def put(*words):
    print("\t".join(words))

def flip(x):
    return "%x" % (int(x[0], 16) ^ 1) + x[1:]

def own(v):
    """Its own measurements and nonce, then one nibble of them changed, then live without a nonce."""
    said, at, file = v["parsed"], "document", path(v, "file")
    more = collateral(v)
    if v["kind"] == "nitro":
        want = [["--pcr", "%d=%s" % (n, said["pcrs"][str(n)])] for n in range(3)]
        changed = [["--pcr", "0=" + flip(said["pcrs"]["0"])]] + want[1:]
        nonce = ["--nonce", said["nonce"]] if said["nonce"] else []
        clock = said["timestamp"]
    else:
        want = [["--measurement", said["measurement"]]]
        changed = [["--measurement", flip(said["measurement"])]]
        nonce = ["--nonce", said["report_data"]]
        start = datetime.datetime.strptime(v["vek_not_before"], "%Y-%m-%dT%H:%M:%SZ")
        at = clock = (start + datetime.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    flat = lambda l: [w for x in l for w in x]
    put(v["id"] + ": its own measurements", "0", file, *flat(want), *nonce, "--at", at, *more)
    put(v["id"] + ": one nibble changed", "measurement", file, *flat(changed), *nonce, "--at", at, *more)
    put(v["id"] + ": live without a nonce", "live " + clock.replace("T", " ").rstrip("Z"), file, *flat(want), *more)

for v in json.load(open(os.path.join(top, "shared/vectors.json")))["vectors"]:
    if v["kind"] not in KINDS or v.get("advisory"):
        continue
    for i, run in enumerate(v["verify"]):
        put("%s, %d" % (v["id"], i + 1), run["expect"], path(v, "file"), *options(v, run), *when(run["at"]), *collateral(v))
    good = any(r["expect"] == "ok" and not r.get("options") for r in v["verify"])
    if v["cls"] == "genuine" and v["kind"] in ("nitro", "snp") and good:
        own(v)
EOT

# judge.py NAME EXPECTED STATUS: a slug must be among those that failed; ok is that none did
cat >judge.py <<'EOT'
import json, sys
expected, status, out = sys.argv[1], int(sys.argv[2]), open(sys.argv[3], encoding="utf-8")
j = json.load(out)
failed = {c["reason"] for c in j.get("checks", []) if c["result"] == "fail"}
if not j["ok"]:
    failed |= {j["reason"]} - {"no-expectation", "no-nonce"}
if expected == "ok":
    sys.exit(0 if not failed and status in (0, 4) else "failed: %s, status %d" % (failed, status))
want = {"format": 3, "version": 3}.get(expected, 1)
# zeros cannot be expected at all, and what is not recognised is malformed
same = {"measurement": {"zero-measurement"}, "format": {"not-evidence", "limit"}, "version": {"not-evidence", "format"}}
if expected in failed and status in (want, 3):
    sys.exit(0)
if failed & same.get(expected, set()) and status in (2, 3):
    sys.exit(0)
sys.exit("failed: %s, status %d, expected %s and %d" % (failed, status, expected, want))
EOT

python3 cases.py "$vectors" >cases || not_ok 'the vectors are read'
total=0 clockless=0
tab=$(printf '\t')
while IFS= read -r line; do
	name=${line%%"$tab"*} line=${line#*"$tab"}
	expected=${line%%"$tab"*} line=${line#*"$tab"}
	IFS=$tab
	# shellcheck disable=SC2086 # fields between tabs
	set -- $line
	unset IFS
	total=$((total + 1))
	case $expected in
	0)
		run verify "$@" --json
		expect_status 0
		;;
	live*)
		if ! command -v faketime >/dev/null; then
			clockless=$((clockless + 1))
			continue
		fi
		run_command faketime -f "${expected#live }" "$MEASURE" verify "$@" --json
		expect_status 4
		expect_json 'j["reason"] == "no-nonce" and {c["result"] for c in j["checks"]} <= {"pass", "skip", "warn"}'
		;;
	*)
		run verify "$@" --json
		expect python3 judge.py "$expected" "$STATUS" "$STDOUT"
		;;
	esac
	ok "$name: $expected"
done <cases
[ "$clockless" -eq 0 ] || skip "$clockless runs live" 'faketime is missing'
expect test "$total" -ge 285
ok "the vectors are all there: $total runs"

# what is no evidence, by other vectors and by what is at hand
run verify "$vectors/amd-chains/Milan-vcek.pem" --at none
expect_status 3
expect_stderr_has 'error[not-evidence]'
expect_stderr_has 'hint: this is PEM'
run verify "$vectors/amd-chains/Milan.crl.der" --at none
expect_status 3
expect_stderr_has 'error[not-evidence]'
ok 'collateral is no evidence'
plan done
