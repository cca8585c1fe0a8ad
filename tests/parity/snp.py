"""snp.py PROGRAM COUNT SEED: random words for sev-snp-measure, in this process, and for
`measure snp`. Both say the same digest and write the same pages, or the second refuses for a reason
of this list. Prints one line for each of modes, and for what is neither."""
import collections, contextlib, glob, io, os, random, re, subprocess, sys

from sevsnpmeasure import cli

# What is refused although the peer has a digest: guests that cannot exist, words that another
# reader takes for others, and options of other modes.
REFUSED = [
    r"--vcpus: 0 to 0 is outside 1 to 8192",
    r"--vcpus: '.*' is no number of processors",
    r"--guest-features: '.*' is no number of at most 64 bits",
    r"--vcpu-sig: 0x\w+ has more than 32 bits",
    r"--(vcpu-\w+|vars-size): '.*' is no number",
    r"family \d+, model \d+, stepping \d+: 270, 255 and 15 are the highest",
    r"--\S+ means nothing in --mode",
    r"--initrd means nothing without --kernel",
    r"a variable store of \d+ bytes is no whole number of pages",
    r"there is no table of GUIDs 32 bytes before the end",
    r"a kernel is given, and the firmware has no place for its hash",
    r"section \d \((SECRETS|CPUID)\) has 0x\w+ bytes: of other than one page",
    r"sections \d and \d overlap",
    r"--snp-ovmf-hash is all zero",
]
TYPES = ["EPYC", "EPYC-v1", "EPYC-v2", "EPYC-IBPB", "EPYC-v3", "EPYC-v4", "EPYC-Rome", "EPYC-Rome-v1",
         "EPYC-Rome-v2", "EPYC-Rome-v3", "EPYC-Milan", "EPYC-Milan-v1", "EPYC-Milan-v2",
         "EPYC-Genoa", "EPYC-Genoa-v1", "EPYC-Turin"]
APPEND = ["", " ", "a", "console=ttyS0", " before", "behind ", "a\n", "\u00fc\u20ac", "x" * 5000,
          'a="b c"', "roothash=00", "\t"]
FIRMWARE = sorted(glob.glob("*.fd")) + ["whole.fd"] * 9

program, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rnd = random.Random(seed)


def maybe(chance):
    return rnd.random() < chance


def decimal(high):
    if maybe(.03):
        return rnd.choice(["0", "-1", "+4", " 4", "04", "00", "1_0"])
    return str(rnd.randint(1, high))


def based():
    n = rnd.choice([0, 1, 3, 0x21, rnd.getrandbits(16), rnd.getrandbits(32), rnd.getrandbits(64)])
    if maybe(.03):
        return rnd.choice(["-1", "+1", " 0x1", "0x_1", "0x10000000000000000"])
    return rnd.choice([hex, str, bin, oct, lambda x: hex(x).upper().replace("0X", "0x")])(n)


def words(mode):
    out = [["--mode", mode], ["--ovmf", rnd.choice(FIRMWARE)], ["--vcpus", decimal(40)]]
    way = rnd.random()
    if way < .85:
        out.append(["--vcpu-type", rnd.choice(TYPES + ["EPYC-v99"] if maybe(.1) else TYPES)])
    if .8 < way < .93:
        out.append(["--vcpu-sig", based()])
    if way > .9 or maybe(.03):
        out += [["--vcpu-family", decimal(90)], ["--vcpu-model", decimal(200)],
                ["--vcpu-stepping", decimal(15)]]
    if maybe(.5):
        out.append(["--vmm-type", "QEMU" if mode == "snp:svsm" else rnd.choice(["QEMU", "ec2", "gce"])])
    if maybe(.5):
        out.append(["--kernel", rnd.choice(["kernel", "initrd", "none"])])
        if maybe(.6):
            out.append(["--initrd", rnd.choice(["initrd", "none"])])
        if maybe(.7):
            out.append(["--append", rnd.choice(APPEND)])
    elif maybe(.1):
        out.append(rnd.choice([["--initrd", "initrd"], ["--append", ""]]))
    if maybe(.5):
        out.append(["--guest-features", based()])
    if maybe(.2):
        out.append(["--output-format", rnd.choice(["hex", "base64"])])
    if maybe(.1):
        out.append([rnd.choice(["-v", "--verbose"])])
    if maybe(.3 if mode == "snp" else .05):
        out.append(["--snp-ovmf-hash", rnd.choice([rnd.randbytes(48).hex(), rnd.randbytes(48).hex().upper(), "0" * 96])])
    if mode == "snp:svsm":
        out.append(["--svsm", rnd.choice(FIRMWARE + ["svsm.fd"] * 60)])
        out.append(rnd.choice([["--vars-size", rnd.choice(["4096", "540672", decimal(99999)])],
                               ["--vars-file", rnd.choice(["store", "kernel"])]]))
    elif maybe(.02):
        out.append(["--svsm", "svsm.fd"])
    if maybe(.1):
        out.append(["--dump-vmsa"])
    rnd.shuffle(out)
    return [["=".join(x)] if len(x) == 2 and maybe(.15) else x for x in out]


def pages():
    found = {name: open(name, "rb").read() for name in glob.glob("vmsa*.bin")}
    for name in found:
        os.unlink(name)
    return found


def theirs(argv):
    said = io.StringIO()
    sys.argv = ["sev-snp-measure"] + argv
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            status = cli.main()
    except SystemExit as leave:
        status = leave.code
    except Exception:  # it has no other way to refuse many a thing
        status = 1
    return (said.getvalue() if status == 0 else None), pages()


def ours(argv):
    run = subprocess.run([program, "snp"] + argv, capture_output=True, stdin=subprocess.DEVNULL)
    said = run.stdout.decode()
    if run.returncode == 0:
        return said, pages(), ""
    assert run.returncode in (2, 3) and said == "", (argv, run)
    return None, pages(), run.stderr.decode("utf-8", "replace")


seen = collections.Counter()
for _ in range(count):
    mode = rnd.choices(["snp", "seves", "sev", "snp:ovmf-hash", "snp:svsm"], [5, 2, 1, 1, 2])[0]
    argv = [w for option in words(mode) for w in option]
    want, want_pages = theirs(argv)
    got, got_pages, why = ours(argv)
    if mode == "snp:ovmf-hash" and want and got != want and "base64" in " ".join(argv):
        want = got  # the peer prints hex whatever it is asked for
    if got is None and want is not None and any(re.search(x, why) for x in REFUSED):
        seen[mode, "refused here alone"] += 1
    elif got is None and want is None:
        seen[mode, "refused by both"] += 1
    elif got == want and got_pages == want_pages:
        seen[mode, "equal"] += 1
    elif want is None:
        seen[mode, "taken here alone"] += 1
        if not re.search(r"--vars-size[= ]0", " ".join(argv)):
            print("odd:", argv, got)
    else:
        print("differs:", argv, want, got, why)
for (mode, what), n in sorted(seen.items()):
    print(f"{mode}: {n} {what}")
